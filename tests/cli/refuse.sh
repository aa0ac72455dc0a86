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

refused vanish "a symbol is gone" \
	'app[0-9]*-1.0-1: bin/app[0-9]*: needs the symbol l0001_f00, which libl0001 of lib0001-1.0-1 has as i32 .ptr, i64. and'
refused retype "a function has another type" \
	'bin/app[0-9]*: uses l0001_f00 of libl0001 as i32 .ptr, i64., which in lib0001-2.retype-1 is i64 .ptr, ptr, i32.;'
refused resize "a variable has another size" \
	'bin/app[0-9]*: uses l0001_d0 of libl0001 with 8 bytes .*, which in lib0001-2.resize-1 has 72 '

# Who comes in a new version in the same transaction is judged by what that was built with.
# together WITH: the library with both of its users in new versions, one of them built with this.
together() {
	"$synthetic" package "$directory" 3 40 2.0 same "$1"
	"$synthetic" package "$directory" 6 40 2.0 same 'lib0001 = 2.retype-1'
	"$weld" --root "$root" --yes install "$directory/lib0001-2.retype-1.weld" \
		"$directory/app0003-2.0-1.weld" "$directory/app0006-2.0-1.weld"
}
tap_refuse "a user that was built with the old library is refused with it" \
	"app0003-.*: uses l0001_f00 of libl0001 as i32" together 'lib0001 = 1.0-1'
tap_refuse "one that was built with the new library is not" 'cannot be read as LLVM bitcode' \
	together 'lib0001 = 2.retype-1'
tap_refuse "without a change it gets as far as lowering" 'cannot be read as LLVM bitcode' \
	"$weld" --root "$root" --yes install "$directory/lib0001-2.same-1.weld"
tap_done
