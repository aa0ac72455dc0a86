#!/bin/sh
# SPDX-License-Identifier: MIT
# facts.sh: what the facts of each program and slot say it contains and calls is what nm and objdump
# see in it; and what calls another function in the IR calls or contains it in the image.
set -u
export LC_ALL=C

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

# ask QUERY: rows, cells with a tab between.
ask() {
	"$weld" --root "$story_root" sql "$1"
}

# empty FILE WHAT: kept when there is nothing in the file.
empty() {
	[ ! -s "$1" ]
	tap_result $? "$2"
	head -n 10 "$1" | tap_note
}

ask "SELECT image, kind, file FROM images WHERE current ORDER BY 1" >"$scratch/images"
[ -s "$scratch/images" ]
tap_result $? "there are images to look at"

# Every name of a function at every address: both lists, so that neither may say more.
compare_symbols() {
	nm --defined-only "$2" | awk '$2 ~ /^[tTwWiI]$/ { print $1, $3 }' |
		sed 's/^0*//' | grep -v -E ' (__weld_rooms_end|__cfi_)' | sort -u >"$scratch/nm"
	ask "SELECT printf('%x', address), symbol FROM functions
		WHERE image = '$1' AND inside IS NULL AND symbol NOT LIKE '.%'" |
		tr '\t' ' ' | sort -u >"$scratch/facts"
	comm -23 "$scratch/nm" "$scratch/facts" >"$scratch/missing"
	empty "$scratch/missing" "$1: facts have each function that nm shows"
	comm -13 "$scratch/nm" "$scratch/facts" >"$scratch/invented"
	empty "$scratch/invented" "$1: facts have no function that nm does not show"
}

# Calls and jumps from one function to the beginning of another, by address.
compare_calls() {
	objdump -d --no-show-raw-insn "$2" >"$scratch/dump"
	awk '
	/^[0-9a-f]+ <.*>:$/ { from = $1; sub(/^0+/, "", from); next }
	$2 ~ /^(call|jmp|j[a-z]+)$/ && $4 ~ /^<[^+]*>$/ && $3 != from { print $3, from }
	' "$scratch/dump" | sort >"$scratch/branches"
	# What goes to slots has an address there.
	cut -d' ' -f1 "$scratch/nm" | sort -u | join - "$scratch/branches" |
		awk '{ print $2, $1 }' | sort -u >"$scratch/seen"
	ask "SELECT printf('%x', a.address), printf('%x', b.address), a.native
		FROM calls c JOIN functions a ON a.image = c.image AND a.symbol = c.caller
		JOIN functions b ON b.image = c.image AND b.symbol = c.callee
		WHERE c.image = '$1' AND c.kind = 'call' AND c.slot IS NULL" |
		tr '\t' ' ' | sort -u >"$scratch/said"
	cut -d' ' -f1,2 "$scratch/said" | sort -u | comm -23 "$scratch/seen" - >"$scratch/missing"
	empty "$scratch/missing" "$1: facts have each call that objdump shows"
	awk '$3 == 0 && $1 != $2 { print $1, $2 }' "$scratch/said" | sort -u |
		comm -13 "$scratch/seen" - >"$scratch/invented"
	empty "$scratch/invented" "$1: facts have no call that objdump does not show"
}

# Calls between functions of a unit, from its IR: "caller callee", internal names without numbers. Of
# callers of one name nobody knows which is in the image: they are left out.
calls_in_ir() {
	llvm-dis-22 -o - "$1" | awk '
	function name(text) {
		sub(/^[^@]*@/, "", text)
		sub(/[^A-Za-z0-9_.$-].*/, "", text)
		sub(/(\.[0-9]+)+$/, "", text)
		return text
	}
	/^define / { from = name($0); defined[from]++; next }
	/^}/ { from = "" }
	from != "" && /(call|invoke) [^@]*@/ && !/asm / { pairs[from " " name($0)] = 1 }
	END {
		for (pair in pairs) {
			split(pair, part, " ")
			if (part[2] in defined && defined[part[1]] == 1 && part[1] != part[2]) print pair
		}
	}' | sort -u
}

# What calls in the IR calls or contains in the image; both, and that nothing is forgotten, is the
# rule that an audit stands on. `unit` is a program or a library.
check_unit() {
	calls_in_ir "$3" >"$scratch/ir"
	{
		ask "SELECT DISTINCT a.name, b.name FROM calls c
			JOIN functions a ON a.image = c.image AND a.symbol = c.caller
			JOIN functions b ON b.image = c.image AND b.symbol = c.callee
			WHERE c.image = '$1'"
		ask "SELECT DISTINCT a.name, b.name FROM functions b
			JOIN functions a ON a.image = b.image AND a.symbol = b.inside
			WHERE b.image = '$1' AND b.inside IS NOT NULL"
	} | tr '\t' ' ' | sort -u >"$scratch/known"
	ask "SELECT DISTINCT name FROM functions
		WHERE image = '$1' AND unit = '$2' AND inside IS NULL" | sort -u >"$scratch/there"
	join "$scratch/there" "$scratch/ir" | sort -u | comm -23 - "$scratch/known" >"$scratch/missing"
	empty "$scratch/missing" "$1: what $2 calls in its IR is called or contained"
}

# unit_of PACKAGE NAME: the path of the unit of a library or program that a package in the store has.
unit_of() {
	for manifest in "$story_root"/store/*-"$1"/manifest.json; do
		digest=$(jq -r --arg name "$2" '(.libraries[] | select(.name == $name).unit),
			(.programs[] | select(.path == $name).unit)' "$manifest")
		[ -n "$digest" ] && echo "${manifest%/*}/objects/$digest"
	done
}

while IFS="$(printf '\t')" read -r image _ file; do
	compare_symbols "$image" "$story_root/$file"
	compare_calls "$image" "$story_root/$file"
	ask "SELECT DISTINCT package, unit FROM functions
		WHERE image = '$image' AND inside IS NULL AND NOT native" >"$scratch/units"
	while IFS="$(printf '\t')" read -r package name; do
		unit=$(unit_of "$package" "$name")
		[ -n "$unit" ]
		tap_result $? "$image: $package has the unit of $name"
		[ -n "$unit" ] && check_unit "$image" "$name" "$unit"
	done <"$scratch/units"
done <"$scratch/images"

# Thirty functions of anywhere, drawn with a fixed seed: a program contains what nm shows, and else
# only what is inside something that nm shows.
ask "SELECT DISTINCT name FROM functions ORDER BY 1" |
	awk 'BEGIN { srand(2026) } { print rand() "\t" $0 }' | sort -n | head -n 30 | cut -f2 |
	sort >"$scratch/drawn"
[ "$(wc -l <"$scratch/drawn")" -eq 30 ]
tap_result $? "thirty functions are drawn"
while IFS="$(printf '\t')" read -r image _ file; do
	nm --defined-only "$story_root/$file" | awk '$2 !~ /^[aA]$/ { print $3 }' |
		sort -u >"$scratch/nm"
	ask "SELECT name, coalesce(symbol, inside) FROM functions WHERE image = '$image'" |
		sort -u >"$scratch/facts"
	join -t"$(printf '\t')" "$scratch/drawn" "$scratch/facts" | cut -f2 | sort -u |
		comm -23 - "$scratch/nm" >"$scratch/wrong"
	cut -f1 "$scratch/facts" | sort -u >"$scratch/named"
	comm -12 "$scratch/drawn" "$scratch/nm" | comm -23 - "$scratch/named" >>"$scratch/wrong"
	empty "$scratch/wrong" "$image: thirty drawn functions are where the facts say"
done <"$scratch/images"

tap_done
