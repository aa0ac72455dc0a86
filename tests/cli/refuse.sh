#!/bin/sh
# SPDX-License-Identifier: MIT
# refuse.sh WELD SOURCE SYNTHETIC: an update that would break a program stops before anything is lowered,
# and can-replace has said so. The units of this root are plain text: whatever gets as far as
# lowering fails with another message.
set -eu
weld=$1
source=$2
synthetic=$3
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
root=$directory/root

"$synthetic" root "$root" 40 || tap_bail 'no root'
for change in same vanish retype resize; do
	"$synthetic" package "$directory" 1 40 "2.$change" $change || tap_bail 'no package'
done
ls "$root/generations" "$root/cache" >"$directory/before" 2>&1 || :

# refused CHANGE WHAT PATTERN: `can-replace` and `install` see it alike, and nothing is left behind.
refused() {
	file=$directory/lib0001-2.$1-1.weld
	status=0
	"$weld" --root "$root" --json can-replace lib0001 "$file" >"$directory/verdict" 2>&1 || status=$?
	tap_is "$2: can-replace says no" $status 5
	tap_refuse "$2: program, symbol and both are named" "$3" "$weld" --root "$root" --yes install "$file"
	cp "$tap_log" "$directory/said"
	tap_try "$2: nothing has changed" grep -q 'nothing has changed' "$directory/said"
	unit=$(jq -r '[.problems[] | select(.kind == "type" or .kind == "size" or .kind == "vanished")][0].unit' \
		"$directory/verdict")
	tap_try "$2: the program is the one that can-replace names" grep -q "$unit" "$directory/said"
	ls "$root/generations" "$root/cache" >"$directory/after" 2>&1 || :
	tap_same "$2: no generation, and nothing lowered" "$directory/before" "$directory/after"
}

refused vanish "a symbol is gone" 'app[0-9]*-1.0-1: bin/app[0-9]*: needs the symbol l0001_f00'
refused retype "a function has another type" \
	'bin/app[0-9]*: uses l0001_f00 of libl0001 as i32 .ptr, i64., which in lib0001-2.retype-1 is i64 .ptr, ptr, i32.;'
refused resize "a variable has another size" \
	'bin/app[0-9]*: uses l0001_d0 of libl0001 with 8 bytes .*, which in lib0001-2.resize-1 has 72 '
tap_refuse "without a change it gets as far as lowering" 'cannot be read as LLVM bitcode' \
	"$weld" --root "$root" --yes install "$directory/lib0001-2.same-1.weld"
tap_done
