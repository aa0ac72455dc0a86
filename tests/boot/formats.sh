#!/bin/sh
# SPDX-License-Identifier: MIT
# formats.sh: kernel+initrd starts and asks for its passphrase, dir can be entered; and no dynamic loader
# is on any of it.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
machine_begin

# elf_files DIRECTORY: each ELF file as "TYPE FILE WORD ...": none when it has no program headers, as kernel
# modules; the words are what must not be there.
elf_files() {
	find "$1" -type f -exec sh -c '
		for file; do
			[ "$(head -c 4 "$file" | tr -d "\0")" = "$(printf "\177ELF")" ] || continue
			readelf -lW "$file" 2>&1 | awk -v file="$file" "
				BEGIN { type = \"none\" }
				/Elf file type is/ { type = \$5 }
				/INTERP|DYNAMIC/ { bad = bad \" \" \$1 }
				END { print type, file bad }"
		done' elf {} +
}

tap_try "the file tree of the disk can be extracted" \
	"$weld" image extract "$images/machine.img" "$scratch/files"
elf_files "$scratch/files" >"$scratch/elf"
cut -d ' ' -f 1 "$scratch/elf" | sort | uniq -c | tap_note
[ "$(grep -c '^EXEC' "$scratch/elf")" -ge 9 ]
tap_result $? "programs and slots are executables at fixed addresses"
grep -Ev '^(EXEC|none) [^ ]+$' "$scratch/elf" >"$scratch/odd"
[ ! -s "$scratch/odd" ]
tap_result $? "nothing on the disk has PT_INTERP or PT_DYNAMIC"
tap_note <"$scratch/odd"
find "$scratch/files" \( -name 'ld-*.so*' -o -name 'ld.so*' -o -name 'lib*.so*' \) >"$scratch/odd"
[ ! -s "$scratch/odd" ]
tap_result $? "no dynamic loader and no shared library is on the disk"
tap_note <"$scratch/odd"

[ "$(stat -c %A "$images/memory" | cut -c 5-)" = "------" ]
tap_result $? "only its owner reads an image that has a passphrase"
machine_start "$images/memory"
machine_try "kernel+initrd: boots to a log-in prompt" machine_expect 'login: $'
machine_send 'root\r'
machine_expect 'Password: $' 60
machine_send 'incorrect horse\r'
machine_try "a wrong passphrase is refused" machine_expect 'Login incorrect' 60
machine_expect 'login: $' 60
machine_try "the right passphrase is taken" machine_login 'correct horse'
machine_says "the system is in memory" "weld-boot status; grep /dev/vd /proc/mounts || echo no disk" \
	"generation: 1
started without weld.store: everything is in memory
no disk"
# Each program that runs: its mappings are of itself and of slots.
machine_says "no running program has mapped anything but itself and slots" \
	"cat /proc/[0-9]*/maps 2>/dev/null | awk '\$2 ~ /x/ && \$6 ~ /^\\// { print \$6 }' | sort -u | grep -Ev '/busybox\$|\\.slot\$|/weld-boot\$'; echo \$?" 1
machine_try "poweroff ends it" machine_off

if unshare -r chroot "$images/tree" /bin/true 2>/dev/null; then
	[ "$(unshare -r chroot "$images/tree" /bin/sh -c 'PATH=/bin; lua -e "print(6*7)" | tr 2 3')" = 43 ]
	tap_result $? "dir: its programs run in a chroot"
else
	tap_skip "chroot in a user namespace is not allowed here"
fi
tap_done
