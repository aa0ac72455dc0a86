#!/bin/sh
# SPDX-License-Identifier: MIT
# system.sh: one disk, started by BIOS and then by EFI: log-in, programs, network, services, shared slots,
# and state that stays.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
machine_begin
machine_copy machine.img

# A server on this host: QEMU's network has it as 10.0.2.2.
mkdir "$scratch/served"
"$weld" repo init --keys "$story_keys" "$scratch/served" >/dev/null
"$weld" repo serve "$scratch/served" >"$scratch/url" 2>&1 &
story_children="$story_children $!"
port=$((20000 + $$ % 20000))

machine_start --port "$port:7" "$disk"
machine_try "BIOS: the disk boots to a log-in prompt" machine_expect 'login: $'
machine_try "root logs in without a passphrase, as the build said" machine_login

machine_says "lua runs" "lua -e 'print(_VERSION, 6*7, (\"weld\"):rep(2, \"-\"))'" "Lua 5.4	42	weld-weld"
machine_says "sqlite3 runs" \
	"sqlite3 :memory: 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1000) SELECT sum(i) FROM n'" \
	500500
machine_says "jq runs" "echo '[1,2,3]' | jq -Mc 'map(.*.)'" "[1,4,9]"
machine_says "dash runs" "dash -c 'trap \"echo bye\" EXIT; for i in 1 2; do echo \$i; done' | tr '\\n' ' '" \
	"1 2 bye "

# The address comes a moment after the prompt.
machine_says "the network has an address by DHCP" \
	"i=0; until ip -4 addr | grep -q 'inet 10.0.2' || [ \$i = 30 ]; do sleep 1; i=\$((i+1)); done; ip -4 addr | grep -o 'inet 10.0.2.[0-9]*'" \
	"inet 10.0.2.15"
url=$(sed -n 's|^http://127.0.0.1:|http://10.0.2.2:|p' "$scratch/url")
sha=$(sha256sum <"$scratch/served/metadata/1.root.json" | cut -d ' ' -f 1)
machine_says "wget fetches from this host" "wget -q -O - $url/metadata/1.root.json | sha256sum | cut -d ' ' -f 1" "$sha"

machine_says "services of the directory run" \
	"for s in dhcp klog syslog greeter; do sv status /run/services/\$s | cut -d : -f 1; done | tr '\\n' ' '" \
	"run run run run "

# greeting: what the machine's service says through the forwarded port.
greeting() {
	timeout 20 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && cat <&3' greeting "$port" 2>/dev/null
}
[ "$(greeting)" = "hello from the package" ]
tap_result $? "a service answers through --port"

# Two programs at once: what the kernel has mapped is what the builder says, once for both.
"$weld" --json image show "$disk" | jq -r '.slots[] | "\(.name) \(.base_hex | ltrimstr("0x"))"' >"$scratch/slots"
machine_run "mkfifo /tmp/in; sqlite3 :memory: </tmp/in >/dev/null & minigzip -d </tmp/in >/dev/null & exec 9>/tmp/in; sleep 2" >/dev/null
machine_run 'cat /proc/$(pidof sqlite3)/smaps' >"$scratch/sqlite3"
machine_run 'cat /proc/$(pidof minigzip)/smaps' >"$scratch/minigzip"
machine_run 'exec 9>&-; rm /tmp/in' >/dev/null

# mapped PROGRAM LIBRARY [FIELD]: where the slot's code is, and in which file; or a figure of it, in kB.
mapped() {
	awk -v file="/lib$2.slot\$" -v field="${3:-}" '
		/^[0-9a-f]+-/ { is_code = $2 == "r-xp" && $6 ~ file }
		is_code && field == "" && /^[0-9a-f]+-/ { print $1, $4, $5, $6 }
		is_code && $1 == field ":" { print $2 }' "$scratch/$1"
}

# base_mapped PROGRAM LIBRARY: where the slot begins.
base_mapped() {
	awk -v file="/lib$2.slot\$" '$6 ~ file { sub("-.*", "", $1); print $1; exit }' "$scratch/$1"
}

for library in c z; do
	base=$(awk -v name=$library '$1 == name { print $2 }' "$scratch/slots")
	[ -n "$base" ] && [ "$(base_mapped sqlite3 $library)" = "$base" ] &&
		[ "$(base_mapped minigzip $library)" = "$base" ]
	tap_result $? "lib$library is at 0x$base in two programs, as the builder says"
	[ -n "$(mapped sqlite3 $library)" ] &&
		[ "$(mapped sqlite3 $library)" = "$(mapped minigzip $library)" ]
	tap_result $? "both map the same file"
	mapped sqlite3 $library | tap_note
done
pss=$(mapped sqlite3 c Pss)
rss=$(mapped sqlite3 c Rss)
[ "${rss:-0}" -gt 0 ] && [ "$pss" -lt $((rss / 2)) ] && [ "$(mapped sqlite3 c Private_Dirty)" = 0 ]
tap_result $? "the memory of libc's code is shared: $rss kB resident, $pss kB its share"

machine_says "/weld is read-only, and what the kernel checks" \
	"touch /weld/x 2>/dev/null; echo \$?; grep -o ' /weld/state ext4 rw\\| / [a-z]* ro' /proc/mounts | sort" \
	"1
 / erofs ro
 /weld/state ext4 rw"
machine_says "the generation is known to have come up" "weld-boot status | grep -E '^(generation|weld_good|weld_trying)'" \
	"generation: 1
weld_good: 1
weld_trying: none"

machine_says "files in /root and changed configuration can be written" \
	"echo kept >/root/kept && echo changed >/etc/greeter.conf && echo moved >/etc/hostname; echo \$?" 0
machine_try "poweroff ends the machine cleanly" machine_off

machine_efi=--efi
[ -e /usr/share/OVMF/OVMF_CODE_4M.fd ] || {
	tap_skip "EFI: ovmf is not installed"
	machine_efi=
}
machine_start ${machine_efi:+"$machine_efi"} --port "$port:7" "$disk"
machine_try "EFI: the same disk boots to a log-in prompt" machine_expect 'login: $'
machine_try "root logs in again" machine_login
[ -z "$machine_efi" ] ||
	machine_says "the firmware was EFI" "dmesg | grep -c 'efi: EFI v'" 1
machine_says "a file in /root was kept" "cat /root/kept" kept
machine_says "changed configuration was kept, and took effect" "hostname; cat /etc/greeter.conf" "moved
changed"
[ "$(greeting)" = changed ]
tap_result $? "the service answers with it"
machine_try "poweroff ends this machine, too" machine_off
tap_try "the disk's stores are whole" "$weld" image verify "$disk"
tap_done
