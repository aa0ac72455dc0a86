#!/bin/sh
# SPDX-License-Identifier: MIT
# sbom.sh: bills of materials of the base set are valid, and say of programs and slots what the files
# themselves say; every package has its licence's text.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

for format in cyclonedx spdx; do
	"$weld" --root "$story_root" sbom --format $format >"$scratch/$format"
	tap_try "the base set's bill is valid $format" tests/sbom/validate.py $format "$scratch/$format"
done

# image REFERENCE JQ_PROGRAM: something of one image in the bill.
image() {
	jq -r --arg reference "$1" ".components[].components[]? | select(.[\"bom-ref\"] == \$reference) | $2" \
		"$scratch/cyclonedx"
}

# links PROGRAM KIND: what a program is linked with, "static" or "slot".
links() {
	image "program:$1" '.properties[] | select(.name == "weld:link").value' |
		sed -n "s/^$2 [a-z]*://p" | sort
}

jq -r '.components[].components[]? | select(.["bom-ref"] | startswith("program:")).name' \
	"$scratch/cyclonedx" | sort >"$scratch/programs"
(cd "$story_root/current" && find bin -type l) | while read -r path; do
	"$weld" debug dump "$story_root/current/$path" >/dev/null 2>&1 || continue
	case $(readlink "$story_root/current/$path") in
	*/store/*) echo "$path" ;;
	esac
done | sort >"$scratch/images"
tap_same 'the bill has every program' "$scratch/images" "$scratch/programs"

: >"$scratch/wrong_digests"
: >"$scratch/wrong_slots"
while read -r program; do
	file=$story_root/current/$program
	[ "$(image "program:$program" '.hashes[0].content')" = "$(sha256sum <"$file" | cut -d' ' -f1)" ] ||
		echo "$program" >>"$scratch/wrong_digests"
	"$weld" debug dump "$file" | sed -n 's/^slot: //p' | sort >"$scratch/note"
	links "$program" slot >"$scratch/links"
	cmp -s "$scratch/note" "$scratch/links" || echo "$program" >>"$scratch/wrong_slots"
	"$weld" debug dump "$file" | awk '/^slot:/ { name = $2 } /layout id:/ { print name, $3 }'
done <"$scratch/programs" | sort -u >"$scratch/layouts"
tap_try "digests are those of the files ($(wc -l <"$scratch/programs"))" test ! -s "$scratch/wrong_digests"
tap_try 'slots are those in the notes' test ! -s "$scratch/wrong_slots"
while read -r name layout; do
	[ "$(image "slot:$name" '.properties[] | select(.name == "weld:layout-id").value')" = "$layout" ]
	tap_result $? "slot $name has the layout that programs ask for"
done <"$scratch/layouts"

# Libraries with a name for all that they export: who has such a function inside says so.
for library in onig:onig_ sqlite3:sqlite3_ lua5.4:lua_; do
	prefix=${library#*:}
	library=${library%%:*}
	while read -r program; do
		nm "$story_root/current/$program" 2>/dev/null | grep -qi " t $prefix" && echo "$program"
	done <"$scratch/programs" >"$scratch/have"
	while read -r program; do
		links "$program" static | grep -qx "$library" && echo "$program"
	done <"$scratch/programs" >"$scratch/say"
	# The program of a library's own package may hold its own copy.
	comm -23 "$scratch/have" "$scratch/say" | grep -v '^bin/lua' >"$scratch/silent"
	tap_try "who has $prefix functions inside has $library in the bill" test ! -s "$scratch/silent"
	tap_note <"$scratch/silent"
done

is_empty=$("$weld" --root "$story_root" --json licenses 2>"$scratch/err" | jq -r '.without_text | join(" ")')
tap_try "every package has its licence's text" test -z "$is_empty"
echo "$is_empty" | tap_note
tap_try 'every licence is an SPDX expression' test ! -s "$scratch/err"
tap_try 'the texts can be printed' "$weld" --root "$story_root" licenses --texts
tap_done
