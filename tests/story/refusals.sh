#!/bin/sh
# SPDX-License-Identifier: MIT
# refusals.sh: a program and a slot that do not belong together never run: the mapper says why, and
# ends with 127.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

root=$scratch/root
make_root "$root" "$story_repo" >/dev/null || tap_bail "no root"
"$weld" --root "$root" --yes install zstd sqlite >/dev/null 2>&1 || tap_bail "no install"
image=$(readlink -f "$root/current/slots"/z-*)
store=$(dirname "$image")
cp "$image" "$scratch/z"
bin=$root/current/bin
tap_try "as installed it runs" "$bin/zstd" --version
chmod u+w "$store" "$image"

# put FILE: make this the slot's image.
put() {
	chmod u+w "$store"
	rm -f "$image"
	cp "$1" "$image"
	chmod a+rx "$image"
}

# refused NAME: starting zstd fails with 127 and one line that names the library.
refused() {
	"$bin/zstd" --version >"$scratch/out" 2>"$scratch/err"
	status=$?
	[ $status = 127 ] && [ ! -s "$scratch/out" ] && [ "$(wc -l <"$scratch/err")" = 1 ]
	tap_result $? "$1: refused, with status 127 and one line"
	{ echo "status $status" && cat "$scratch/out" "$scratch/err"; } | head -n 5 | tap_note
}

libc=$(readlink -f "$root/current/slots"/c-*)
put "$libc"
refused "another library in the slot's place"
: >"$scratch/empty"
put "$scratch/empty"
refused "an empty file"
head -c 4096 "$scratch/z" >"$scratch/cut"
put "$scratch/cut"
refused "a file that is cut"
head -c 100000 /dev/urandom >"$scratch/noise"
put "$scratch/noise"
refused "noise"
cp "$scratch/z" "$scratch/other"
# One byte of the layout id in the image note: a slot of another layout.
note=$(readelf -SW "$scratch/z" | awk '/ NOTE / { for (i = 1; i <= NF; i++) if ($i == "NOTE") print $(i + 2) }' | head -n 1)
if [ -n "$note" ]; then
	layout=$("$weld" --root "$root" --json slots | jq -r '.slots[] | select(.name == "z") | .layout_id')
	at=$(LC_ALL=C grep -obUaP "$(echo "$layout" | cut -c1-16 | sed 's/../\\x&/g')" "$scratch/z" |
		head -n 1 | cut -d: -f1)
	[ -n "$at" ]
	tap_result $? "the slot's note has the layout id that weld slots prints"
	printf '\377\376\375' | dd of="$scratch/other" bs=1 seek="${at:-0}" conv=notrunc 2>/dev/null
	put "$scratch/other"
	refused "a slot of another layout"
else
	tap_skip "slot images have no section headers here"
fi
rm -f "$image"
refused "no file at all"
put "$scratch/z"
tap_try "with the right slot it runs again" "$bin/zstd" --version
tap_done
