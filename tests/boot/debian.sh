#!/bin/sh
# SPDX-License-Identifier: MIT
# debian.sh: a machine of Debian's with systemd, and weld on it as `meson install` puts it there. The daemon is
# started by the first who asks; accounts are made; the power goes in the middle of a change, and the next start
# finds the state before.
#
# Takes some minutes, so that it has a command of its own. The machine without weld is kept in out/test/debian.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
command -v mmdebstrap >/dev/null || machine_skip 'mmdebstrap is not installed'
story_scratch
trap 'machine_kill; story_clean_up' EXIT
kept=$PWD/out/test/debian
boot_seconds=600

# debian_make: the file system without weld.
debian_make() {
	[ ! -e "$kept/tree.tar" ] || return 0
	mkdir -p "$kept"
	mmdebstrap --quiet --variant=minbase \
		--include=systemd-sysv,dbus,linux-image-cloud-amd64,initramfs-tools,busybox,e2fsprogs \
		--include=libjansson4,libcurl4,libsodium23,libsolv1,libsqlite3-0,libnettle8,libzstd1,libmicrohttpd12 \
		bookworm "$kept/new.tar"
	mv "$kept/new.tar" "$kept/tree.tar"
}

# weld_packages: a repository of plain packages, one of them with so many files that it takes a while.
weld_packages() {
	directory=$scratch/made
	export HOME="$directory" XDG_CACHE_HOME="$directory/cache" XDG_CONFIG_HOME="$directory/config"
	# shellcheck source=tests/lib/plain_packages.sh
	. tests/lib/plain_packages.sh
	mkdir -p "$directory/src/large-1.0/more/share/large"
	(cd "$directory/src/large-1.0/more/share/large" && seq 5000 | split -l 1 -a 4 - file)
	recipe alpha 1.0 ''
	recipe served 1.0 'users { _weld-served { home = "var/lib/served" } }
		directories { "var/lib/served" { mode = "0750"; user = _weld-served } }'
	recipe large 1.0 ''
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/*.weld
}

# debian_disk: that, weld, and the repository, on a disk.
debian_disk() {
	mkdir "$scratch/tree"
	tar -C "$scratch/tree" --exclude='./dev/*' -xf "$kept/tree.tar"
	sed -i 's/^root:[^:]*/root:/' "$scratch/tree/etc/shadow"
	DESTDIR=$scratch/tree meson install -C "${WELD_BUILD:-build}" --no-rebuild
	rm -rf "$scratch/tree/usr/local/share"
	# The compiler's libraries are not Debian's.
	ldd "${WELD_BUILD:-build}/linker/weld-worker" | awk '/=>/ { print $1, $3 }' |
		while read -r name path; do
			[ -e "$scratch/tree/usr/lib/x86_64-linux-gnu/$name" ] ||
				cp -L "$path" "$scratch/tree/usr/local/lib/$name"
		done
	ldconfig -r "$scratch/tree"
	cp -R "$scratch/made/repo" "$scratch/tree/srv/repo"
	mkdir -p "$scratch/tree/etc/systemd/system/sockets.target.wants"
	ln -s /usr/local/lib/systemd/system/weld-pkgd.socket \
		"$scratch/tree/etc/systemd/system/sockets.target.wants/weld-pkgd.socket"
	mke2fs -q -F -t ext4 -d "$scratch/tree" "$scratch/disk.img" 1800M
	cp "$scratch"/tree/boot/vmlinuz-* "$scratch/kernel"
	cp "$scratch"/tree/boot/initrd.img-* "$scratch/initrd"
	rm -rf "$scratch/tree"
}

power_on() {
	machine_command qemu-system-x86_64 -accel tcg -m 768 -smp 1 -nographic -no-reboot -net none \
		-kernel "$scratch/kernel" -initrd "$scratch/initrd" \
		-append 'root=/dev/vda rw console=ttyS0 quiet systemd.mask=systemd-networkd-wait-online.service' \
		-drive "file=$scratch/disk.img,format=raw,if=virtio"
	machine_expect 'login: $'
	# shellcheck disable=SC2119 # no pass phrase
	machine_login
}

# in_it NAME WANTED COMMAND: the last line that a command in the machine says.
in_it() {
	in_it_said=$(machine_run "$3" 300) || :
	tap_is "$1" "$(echo "$in_it_said" | tail -n 1)" "$2"
}

debian_make >"$scratch/log" 2>&1 || tap_bail "$(tail -n 3 "$scratch/log")"
weld_packages >"$scratch/log" 2>&1 || tap_bail "$(tail -n 3 "$scratch/log")"
debian_disk >"$scratch/log" 2>&1 || tap_bail "$(tail -n 3 "$scratch/log")"

tap_try 'it starts' power_on
in_it 'the socket waits, the daemon is not started' 'active inactive' \
	'echo $(systemctl is-active weld-pkgd.socket weld-pkgd.service)'
in_it 'a repository is trusted, by the daemon' 0 \
	'weld repo add test /srv/repo --key /srv/repo/metadata/1.root.json; echo $?'
in_it 'which was started for it' active 'systemctl is-active weld-pkgd.service'
in_it 'it has the privileges that it needs, and no others' '00000000000000ff 00000000000000ff 1' \
	'awk "/CapEff|CapBnd|NoNewPrivs/ { print \$2 }" /proc/$(systemctl show -P MainPID weld-pkgd)/status | xargs'
in_it 'an update' 0 'weld update; echo $?'
in_it 'an install' 0 'weld --yes install alpha; echo $?'
in_it 'works' 'alpha 1.0' '/weld/current/bin/say-alpha'
in_it 'everybody may look' alpha 'su -s /bin/sh nobody -c "weld --root /weld list --names"'
in_it 'and not change' 1 'su -s /bin/sh nobody -c "weld --root /weld --yes remove alpha"; echo $?'
in_it 'which the journal knows' 1 'journalctl -u weld-pkgd | grep -c "denied: .*Remove for user 65534"'
in_it 'accounts are made' 0 'weld --yes install served; echo $?'
in_it 'with their directories' '750 _weld-served' \
	'stat -c "%a %U" /weld/state/var/lib/served'
in_it 'it is still the daemon that did it' 2 \
	'journalctl -u weld-pkgd | grep -c "install.*by user 0.*: done"'

# The power goes when the next generation is being laid out, with all that is written by then on the disk.
in_it 'a change is stopped on its way' generations/2 \
	'weld --yes install large >/dev/null 2>&1 & for i in $(seq 200000); do [ ! -e /weld/generations/3 ] || break; done; systemctl kill -s STOP weld-pkgd; sync; readlink /weld/current'
machine_kill
tap_try 'it starts again' power_on
in_it 'nobody has asked: no daemon' inactive 'systemctl is-active weld-pkgd.service'
in_it 'the state is the one before' 'alpha served' 'echo $(weld list --names)'
in_it 'by a daemon that was started for it' 1 'journalctl -b -u weld-pkgd | grep -c "serves /weld"'
in_it 'of the change nothing is left' '1 2' 'echo $(ls -d /weld/generations/* | sed "s,.*/,,")'
in_it 'all is sound' 0 'weld verify --all; echo $?'
in_it 'it is done now' 0 'weld --yes install large; echo $?'
in_it 'whole' 5000 'ls /weld/current/share/large | grep -c file'
in_it 'told to end, it ends' 'inactive success' \
	'systemctl stop weld-pkgd.service; echo $(systemctl is-active weld-pkgd.service; systemctl show -P Result weld-pkgd.service)'
in_it 'and is started by the next who asks' 3 'weld list --names | wc -l'
tap_try 'it shuts down' machine_off
[ "$tap_failures" = 0 ] || tail -c 4000 "$scratch/last-log" | tr -d '\r' | tail -n 60 | tap_note
tap_done
