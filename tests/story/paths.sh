#!/bin/sh
# SPDX-License-Identifier: MIT
# paths.sh: any packages of the base set can be installed together: no two have something in one place.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_scratch

for file in "$packages"/*.weld; do
	zstd -dc "$file" 2>/dev/null | tar xO manifest.json 2>/dev/null |
		jq -r '.name as $name | (.programs[], (.files[] | select(.directory | not))) | .path + " " + $name'
done | sort >"$scratch/paths"

tap_try 'the packages have files' test "$(wc -l <"$scratch/paths")" -gt 500
cut -d ' ' -f 1 "$scratch/paths" | uniq -d | sed 's/$/ /' >"$scratch/twice"
grep -F -f "$scratch/twice" "$scratch/paths" | tap_note
tap_try 'no path is in two of them' test ! -s "$scratch/twice"
for name in sh init getty login mount ip udhcpc vi modprobe poweroff runsvdir passwd tar wget syslogd; do
	grep -q "^s\{0,1\}bin/$name busybox$" "$scratch/paths" || echo "$name" >>"$scratch/missing"
done
tap_try 'busybox is what a machine needs' test ! -e "$scratch/missing"
tap_done
