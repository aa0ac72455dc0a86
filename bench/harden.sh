#!/bin/sh
# SPDX-License-Identifier: MIT
# harden.sh ROW ...: what each defence costs: the same programs linked without any, with the default ones
# and with each alone, side by side in one run. A row is one program on one input, or the size of code.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench
roots=$here/harden
sets="default none stack-protector stack-clash zero-registers cfi bounds speculative-loads shuffle
read-only all"
programs="lua sqlite zstd"

# root_of SET: make the root that is linked with a set, unless it is there.
root_of() {
	[ ! -e "$roots/$1/current/bin/zstd" ] || return 0
	chmod -R u+w "$roots/$1" 2>/dev/null || :
	rm -rf "${roots:?}/$1"
	make_root "$roots/$1" "$roots/repo"
	"$weld" --root "$roots/$1" policy set harden "$1"
	# shellcheck disable=SC2086 # a list of words
	"$weld" --root "$roots/$1" --yes --wait install $programs
}

prepare() {
	mkdir -p "$roots"
	cc -O2 -D_GNU_SOURCE -I. bench/spawn.c -o "$here/spawn"
	[ -e "$roots/repo" ] || make_repo "$roots/repo" "$roots/keys" "$packages"/*.weld
	for set in $sets; do
		root_of "$set"
	done
	[ -s "$here/text" ] || awk 'BEGIN {
		srand(11)
		for (i = 0; i < 400000; i++)
			printf "%d %d a line of text that repeats itself %d\n", i, i * 7919 % 100003, rand() * 1e6
	}' >"$here/text"
	cat >"$roots/work.sql" <<'SQL'
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO item SELECT i, printf('item-%06d', (i * 7919) % 100003), (i * 37 % 10007) / 7.0 FROM n;
CREATE INDEX item_name ON item(name);
SELECT count(*), sum(price) FROM item a WHERE EXISTS (SELECT 1 FROM item b WHERE b.name > a.name AND b.id = a.id + 1);
SQL
}

# line SET PROGRAM ARGUMENT ...: for bench/spawn.c.
line() {
	line_set=$1
	line_program=$2
	shift 2
	printf '%s\t%s' "$line_set" "$roots/$line_set/current/bin/$line_program"
	printf '\t%s' "$@"
	printf '\n'
}

lines_of() {
	for set in $sets; do
		case $1 in
		harden-start) line "$set" lua -v ;;
		harden-lua) line "$set" lua "$PWD/bench/work.lua" ;;
		harden-sqlite) line "$set" sqlite3 -init "$roots/work.sql" :memory: .quit ;;
		harden-zstd) line "$set" zstd -q -3 -T1 -c "$here/text" ;;
		esac
	done
}

# Bytes of code of the programs and their libc: a line a set, as spawn.c writes them.
sizes() {
	for set in $sets; do
		for file in "$roots/$set/current/bin/lua" "$roots/$set/current/bin/sqlite3" \
			"$roots/$set/current/bin/zstd" "$roots/$set"/current/slots/c-*; do
			size -A "$file"
		done | awk -v set="$set" '$1 == ".text" { n += $2 } END { print set "\t" n }'
	done
}

# report ROW UNIT RUNS: figures on standard input; the default set is weld's.
report() {
	jq -Rcn --arg row "$1" --arg unit "$2" --argjson runs "$3" '
		[inputs | split("\t") | {name: .[0], median: (.[1] | tonumber)}] |
		{row: $row, unit: $unit, runs: $runs, weld: {median: .[0].median}, peers: .[1:]}'
}

[ $# -gt 0 ] || exit 0
prepare >&2
for row in "$@"; do
	case $row in
	harden-size) sizes | report "$row" bytes 1 ;;
	harden-start | harden-lua | harden-sqlite | harden-zstd)
		runs=${BENCH_RUNS:-40}
		[ "$row" != harden-start ] || runs=$((runs * 20))
		lines_of "$row" >"$roots/programs"
		"$here/spawn" "$runs" "$roots/programs" | report "$row" us "$runs"
		;;
	*)
		echo "$0: $row: no such row" >&2
		exit 2
		;;
	esac
done
