#!/bin/sh
# SPDX-License-Identifier: MIT
# damage.sh: a bit that was changed in the store, or in its hash tree, is found by the kernel when it is
# read: the program that needs it fails, the kernel says why, and all others run.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/boot/machine.sh
machine_begin
command -v dump.erofs >/dev/null || machine_skip "dump.erofs is not installed"
machine_copy machine.img

"$weld" --json image show "$disk" >"$scratch/show"
start=$(jq '.partitions[] | select(.kind == "generation") | .start' "$scratch/show")
blocks=$(jq '.generations[0].blocks' "$scratch/show")
tail -c +$((start + 1)) "$disk" | head -c $((blocks * 4096)) >"$scratch/store"
"$weld" image extract "$disk" "$scratch/files"

# blocks_of PROGRAM: first and last block of a program's contents in the store.
blocks_of() {
	path=$(readlink "$scratch/files/weld/current/bin/$1")
	path=/weld/store/${path##*/store/}
	dump.erofs -e --path="$path" "$scratch/store" |
		awk '/^ *[0-9]+:/ { gsub(/[^0-9]+/, " "); $0 = $0; at = NF - 2
			print int($at / 4096), int(($(at + 1) - 1) / 4096) }' |
		sort -n | sed -n '1p;$p' | tr '\n' ' ' | awk '{ print $1, $NF }'
}

# flip BYTE: change a bit of the disk.
flip() {
	byte=$(od -An -tu1 -j "$1" -N 1 "$disk")
	printf '%b' "\\0$(printf %o $((byte ^ 16)))" |
		dd of="$disk" bs=1 seek="$1" conv=notrunc status=none
}

# The tree: one block of digests for 128 blocks, upper levels first. leaf_of BLOCK: its block.
leaf_of() {
	above=0
	level=$(((blocks + 127) / 128))
	while [ $level -gt 1 ]; do
		level=$(((level + 127) / 128))
		above=$((above + level))
	done
	echo $((blocks + above + $1 / 128))
}

blocks_of sqlite3 >"$scratch/range"
read -r first last <"$scratch/range"
# Digests that are for blocks of this program only.
leaf=$(leaf_of $(((first / 128 + 1) * 128)))
[ $(((first / 128 + 2) * 128)) -le "$last" ] || tap_bail "sqlite3 is too small for this test"
echo "sqlite3 is in blocks $first to $last of $blocks; bits are flipped in $first and $leaf" | tap_note
flip $((start + first * 4096 + 1000))
tap_refuse "weld image verify finds it" "block" "$weld" image verify "$disk"
flip $((start + leaf * 4096 + 2000))

machine_start "$disk"
machine_try "a disk with changed bits boots, as nothing needs them yet" machine_up
machine_run "sqlite3 :memory: 'SELECT 1'" >"$scratch/said"
[ "$answer" != 0 ] && grep -q 'I/O error' "$scratch/said"
tap_result $? "the program that has one fails with an error"
tap_note <"$scratch/said"
machine_run "dd if=/bin/sqlite3 of=/dev/null bs=4096 conv=noerror 2>&1 | grep -c 'I/O error'" >"$scratch/said"
[ "$(cat "$scratch/said")" -gt 1 ]
tap_result $? "reading its file gives errors, not wrong bytes"
machine_run "dmesg | grep 'device-mapper: verity' | sort -u -k 3" >"$scratch/said"
for block in " data block $first" "metadata block $leaf"; do
	grep -q "$block is corrupted" "$scratch/said"
	tap_result $? "the kernel says: $block is corrupted"
done
head -n 4 "$scratch/said" | tap_note
machine_says "the other programs run" "lua -e 'print(1)'; jq -Mn 1; echo 1 | minigzip | minigzip -d" "1
1
1"
machine_kill
tap_done
