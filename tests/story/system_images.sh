#!/bin/sh
# SPDX-License-Identifier: MIT
# system_images.sh: disks of real packages, without starting them: the same bytes wherever and from
# whichever root they are built, slots that keep their places, nothing lost on a full disk.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

. tests/lib/own_mounts.sh
own_mounts "$0" "$@"
. tests/lib/story.sh
story_begin

# build ROOT ARG ...: weld image build on this root.
build() {
	build_root=$1
	shift
	"$weld" --root "$build_root" image build "$@"
}

# slots_of DISK: names and addresses.
slots_of() {
	"$weld" --json image show "$1" | jq -r '.slots[] | "\(.name) \(.base)"' | sort
}

mkdir "$scratch/a" "$scratch/b"
state_of "$story_root" >"$scratch/before"
tap_try "a disk" build "$story_root" -o "$scratch/a/disk.img" lua sqlite
state_of "$story_root" >"$scratch/after"
tap_same "the root that it was built from is as before" "$scratch/before" "$scratch/after"
make_root "$scratch/root" "$story_repo" >/dev/null 2>&1 || tap_bail "no root"
tap_try "the disk again, from another root and elsewhere" \
	build "$scratch/root" -o "$scratch/b/other.img" sqlite lua
tap_same "the same packages give the same bytes" "$scratch/a/disk.img" "$scratch/b/other.img"
tap_try "another date" env SOURCE_DATE_EPOCH=86400 "$weld" --root "$story_root" image build \
	-o "$scratch/b/dated.img" lua sqlite
tap_try "gives other bytes" sh -c "! cmp -s '$scratch/a/disk.img' '$scratch/b/dated.img'"

tap_try "the same packages as a directory" build "$story_root" --format=dir -o "$scratch/tree" lua sqlite
"$weld" --root "$scratch/tree/weld" --json slots | jq -r '.slots[] | "\(.name) \(.base)"' | sort >"$scratch/slots"
slots_of "$scratch/a/disk.img" >"$scratch/disk_slots"
tap_same "have their slots at the same addresses" "$scratch/slots" "$scratch/disk_slots"
tap_try "weld verify finds nothing there" "$weld" --root "$scratch/tree/weld" verify
tap_try "no path of this machine is in it" sh -c "! grep -rqaF -e '$scratch' -e '$story_root' '$scratch/tree'"

cp "$scratch/a/disk.img" "$scratch/copy.img"
tap_try "a generation more" build "$story_root" -o "$scratch/a/disk.img" --onto "$scratch/a/disk.img" --force jq
slots_of "$scratch/a/disk.img" | grep -Fxf "$scratch/disk_slots" >"$scratch/kept"
tap_same "slots keep their addresses" "$scratch/disk_slots" "$scratch/kept"
tap_try "it is the newest of two" sh -c \
	"'$weld' --json image show '$scratch/a/disk.img' | jq -e '[.generations[].number] == [2, 1]'"
status=0
build "$story_root" -o "$scratch/none.img" --onto "$scratch/a/disk.img" >"$scratch/said" 2>&1 || status=$?
tap_try "nothing new is no new generation" test "$status" = 3
tap_try "and no disk" test ! -e "$scratch/none.img"

full=$scratch/full
mkdir "$full"
mount -t tmpfs -o size=512m none "$full" || tap_bail "mount"
cp "$scratch/copy.img" "$full/disk.img"
used=$(df -k --output=used "$full" | tail -n 1)
for spare in 64 8192 65536 100000; do
	mount -o remount,size=$((used + spare))k "$full" || tap_bail "remount"
	tap_refuse "with $spare KiB left: a clear error" "no space|disk is full" \
		build "$story_root" -o "$full/disk.img" --onto "$full/disk.img" --force jq
	tap_same "with $spare KiB left: the disk is as it was" "$scratch/copy.img" "$full/disk.img"
	tap_try "with $spare KiB left: nothing lies beside it" test "$(ls "$full")" = disk.img
done
umount "$full"
tap_done
