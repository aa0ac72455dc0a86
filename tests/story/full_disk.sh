#!/bin/sh
# SPDX-License-Identifier: MIT
# full_disk.sh: a root on a small file system that fills up: a clear error, the old generation works,
# and with room again the same command succeeds.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

. tests/lib/own_mounts.sh
own_mounts "$0" "$@"
. tests/lib/story.sh
story_begin
disk=$scratch/disk
mkdir "$disk"
mount -t tmpfs -o size=512m none "$disk" || tap_bail "mount"
root=$disk/root
"$weld" --root "$root" repo add base "file://$story_repo" --key "$story_repo/metadata/1.root.json" \
	>/dev/null || tap_bail "no root"
"$weld" --root "$root" update >/dev/null || tap_bail "no metadata"
"$weld" --root "$root" --yes install dash >/dev/null 2>&1 || tap_bail "dash does not install"
state_of "$root" >"$scratch/before"

used=$(df -k --output=used "$disk" | tail -n 1)
for spare in 0 64 1024 4096; do
	mount -o remount,size=$((used + spare))k "$disk" || tap_bail "remount"
	tap_refuse "with $spare KiB left: a clear error" "space" \
		"$weld" --root "$root" --yes install sqlite jq
	state_of "$root" >"$scratch/after"
	tap_same "with $spare KiB left: the old generation stays" "$scratch/before" "$scratch/after"
	tap_try "with $spare KiB left: its programs run" "$root/current/bin/dash" -c 'exit 0'
	tap_try "with $spare KiB left: weld list works" "$weld" --root "$root" list
	mount -o remount,size=512m "$disk"
	used=$(df -k --output=used "$disk" | tail -n 1)
done
tap_try "with room again it succeeds" "$weld" --root "$root" --yes install sqlite jq
tap_try "and what it installed runs" "$root/current/bin/sqlite3" :memory: "SELECT 1"
umount "$disk"
tap_done
