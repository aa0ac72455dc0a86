#!/bin/sh
# SPDX-License-Identifier: MIT
# store.sh BINARY: an upgrade of a small root, by the store alone, is killed before a system
# call, or a system call fails, or the power is cut there; then the root must be in its old state
# or in its new one. All system calls that change a file are tried at every STRIDE-th
# place (WELD_CRASH_STRIDE, 1 tries all). Cutting the power needs root and a loop device.
set -u

. "$(dirname "$0")/../lib/tap.sh"

binary=$1
stride=${WELD_CRASH_STRIDE:-4}
scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d)
root=$scratch/mount/root
disk=$scratch/disk

clean_up() {
	umount "$scratch/mount" 2>/dev/null
	rm -rf "$scratch"
}
trap clean_up EXIT

command -v strace >/dev/null || {
	tap_skip "strace is not installed"
	tap_done
	exit
}

# has_old_or_new STATUS: what is there is sound, and fits what the command said.
has_old_or_new() {
	if ! version=$("$binary" check "$root"); then
		echo "not sound: $version"
		return 1
	fi
	case $1/$version in
	0/"program 2") ;;
	0/*)
		echo "done, but lost"
		return 1
		;;
	1/"program 2")
		echo "failed, but done"
		return 1
		;;
	esac
	[ -d "$root/generations/1" ] || {
		echo "the generation that was current is gone"
		return 1
	}
}

reset_tree() {
	rm -rf "$root"
	cp -a "$scratch/base" "$root"
}

reset_disk() {
	umount "$scratch/mount" 2>/dev/null
	cp --sparse=always "$disk.base" "$disk"
	mount -o loop "$disk" "$scratch/mount"
}

cut_power() {
	"$binary" shutdown "$scratch/mount" && umount "$scratch/mount" &&
		mount -o loop "$disk" "$scratch/mount"
}

# sweep NAME INJECTION RESET AFTER CALL ...: try each call at every place, until none is left.
sweep() {
	name=$1 injection=$2 reset=$3 after=$4
	shift 4
	points=0
	: >"$scratch/wrong"
	for call; do
		place=1
		while [ $place -lt 500 ]; do
			$reset || return 1
			status=0
			strace -f -o "$scratch/trace" -e trace="$call" \
				-e inject="$call:$injection:when=$place" \
				"$binary" install "$root" 2 >/dev/null 2>&1 || status=$?
			$after || return 1
			has_old_or_new $status >"$scratch/said" ||
				echo "$call, place $place: $(cat "$scratch/said")" >>"$scratch/wrong"
			grep -q -e INJECTED -e 'killed by SIGKILL' "$scratch/trace" || break
			points=$((points + 1))
			place=$((place + stride))
		done
	done
	tap_note <"$scratch/wrong"
	[ $points -gt 10 ] && [ ! -s "$scratch/wrong" ]
	tap_result $? "$name at $points places leaves the old state or the new one"
}

mkdir "$scratch/mount"
tap_try "a root to begin with" "$binary" install "$root" 1
cp -a "$root" "$scratch/base"
writes="write pwrite64 fdatasync fsync renameat symlinkat unlink unlinkat mkdirat openat openat2
	fchmod fchmodat ftruncate flock"
# shellcheck disable=SC2086 # a list of words
sweep "a kill" signal=KILL reset_tree true $writes
# shellcheck disable=SC2086
sweep "EIO" error=EIO reset_tree true $writes
# shellcheck disable=SC2086
sweep "ENOSPC" error=ENOSPC reset_tree true $writes
# What cannot be looked at is not what is not there: an older generation stays.
"$binary" install "$root" 2 >/dev/null && "$binary" install "$root" 1 >/dev/null
rm -rf "$scratch/base"
cp -a "$root" "$scratch/base"
stride=1 sweep "EIO at a look" error=EIO reset_tree true newfstatat

rm -rf "$root"
if truncate -s 64M "$disk" && mkfs.ext4 -q -F "$disk" 2>/dev/null &&
	mount -o loop "$disk" "$scratch/mount" 2>/dev/null; then
	tap_try "a root on a disk of its own" "$binary" install "$root" 1
	umount "$scratch/mount"
	cp --sparse=always "$disk" "$disk.base"
	sweep "a power cut" signal=KILL reset_disk cut_power \
		pwrite64 fdatasync fsync renameat unlink flock
else
	tap_skip "no loop device can be mounted: a power cut"
fi
tap_done
