#!/bin/sh
# SPDX-License-Identifier: MIT
# same_output.sh: the installed programs do what Debian's own builds of them do, byte for byte.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

bin=$story_root/current/bin
peer=/usr/bin

# both NAME PROGRAM INPUT ARGUMENT ...: run both builds on one input; outputs and statuses are equal.
both() {
	both_name=$1
	both_program=$2
	both_input=$3
	shift 3
	both_peer=$both_program
	[ "$both_program" = lua ] && both_peer=lua5.4
	(cd "$scratch" && "$bin/$both_program" "$@" <"$both_input" >ours 2>ours.err
		echo "status $?" >>ours)
	(cd "$scratch" && "$peer/$both_peer" "$@" <"$both_input" >theirs 2>theirs.err
		echo "status $?" >>theirs)
	tap_same "$both_name" "$scratch/ours" "$scratch/theirs"
	tail -n 3 "$scratch/ours.err" | tap_note
}

# sqlite3: a database of 100,000 rows, made by one build and read by the other. Where SQLite prints more
# than 17 digits of a real (.dump does), they depend on the size of long double, which is 80 bits in
# Debian's build for x86-64 and 128 in weld's, as in Debian's for arm64: what is dumped has none.
cat >"$scratch/rows.sql" <<'SQL'
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, tag TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
INSERT INTO item SELECT i, printf('item-%06d', (i * 7919) % 100003), (i * 37 % 10007) / 7.0,
	char(97 + i % 26) FROM n;
CREATE INDEX item_name ON item(name);
CREATE TABLE label AS SELECT name, tag, id, x'00ff' || tag AS bytes FROM item;
ANALYZE;
SQL
cat >"$scratch/ask.sql" <<'SQL'
.mode csv
.headers on
SELECT count(*), sum(price), avg(price), min(name), max(name) FROM item;
SELECT tag, count(*), round(total(price), 3) FROM item GROUP BY tag ORDER BY tag;
SELECT * FROM item ORDER BY price DESC, id LIMIT 25;
SELECT id FROM item WHERE name BETWEEN 'item-050000' AND 'item-050020';
SELECT a.tag, count(*) FROM item a JOIN item b ON a.id = b.id + 1 WHERE a.price < b.price GROUP BY 1;
SELECT json_group_array(name) FROM (SELECT name FROM item ORDER BY id LIMIT 3);
SELECT 1.0 / 3, 2e-7 / 3, 1e300 * 1e10, cast('0.1' AS REAL) + 0.2, -0.0, round(2.5), 123456789.123456789;
SELECT hex(zeroblob(3)), upper('abc'), substr('abcdef', 2, 3), date('2024-02-29', '+1 year');
EXPLAIN QUERY PLAN SELECT * FROM item WHERE name = 'x';
PRAGMA integrity_check;
SQL
"$bin/sqlite3" "$scratch/ours.db" <"$scratch/rows.sql"
"$peer/sqlite3" "$scratch/theirs.db" <"$scratch/rows.sql"
both "sqlite3: 100,000 rows that weld's build wrote" sqlite3 "$scratch/ask.sql" ours.db
both "sqlite3: 100,000 rows that Debian's build wrote" sqlite3 "$scratch/ask.sql" theirs.db
both "sqlite3: dump" sqlite3 /dev/null ours.db '.dump label'
both "sqlite3: an error has its status" sqlite3 /dev/null ours.db "SELECT * FROM none"

# jq: 10 MB of JSON
awk 'BEGIN {
	printf "["
	for (i = 0; i < 75000; i++)
		printf "%s{\"id\":%d,\"name\":\"user-%05d\",\"score\":%.6f,\"tags\":[\"t%d\",\"\\u00e9%d\"],\"nested\":{\"ok\":%s,\"none\":null,\"list\":[1,2.5e3,-0.125]}}\n",
			i ? "," : "", i, i * 7919 % 100003, i * 37 % 10007 / 7, i % 13, i % 7,
			i % 2 ? "true" : "false"
	printf "]"
}' >"$scratch/big.json"
tap_try "the JSON has 10 MB" test "$(wc -c <"$scratch/big.json")" -ge 10000000
both "jq: identity" jq "$scratch/big.json" .
both "jq: compact, sorted keys" jq "$scratch/big.json" -cS '.[]'
both "jq: group and sum" jq "$scratch/big.json" \
	'group_by(.tags[0]) | map({tag: .[0].tags[0], n: length, sum: (map(.score) | add)})'
both "jq: regular expressions (oniguruma)" jq "$scratch/big.json" -r \
	'[.[] | .name | select(test("^user-0+(?<n>[1-9]{2,3})7$")) | capture("(?<d>[0-9]+)$").d] | .[]'
both "jq: paths, dates, formats" jq "$scratch/big.json" -r \
	'.[0:50][] | [.id, (.id * 86400 | todate), (.tags | @csv), (.nested | tojson | @base64)] | @tsv'
both "jq: reduce" jq "$scratch/big.json" 'reduce .[] as $x ({}; .[$x.tags[1]] += $x.id)'
both "jq: an error has its status" jq "$scratch/big.json" '.[0].name.x'
both "jq: -e of false" jq /dev/null -ne false

# zstd and xz: 50 MB through one build and back through the other
awk 'BEGIN { srand(7); for (i = 0; i < 900000; i++)
	printf "%d %s line of some text that repeats %d\n", i, i * 2654435761 % 4294967296, rand() * 1e6
}' | head -c 52428800 >"$scratch/big"
tap_try "the file has 50 MB" test "$(wc -c <"$scratch/big")" -ge 50000000
"$bin/zstd" -q -3 -T1 <"$scratch/big" >"$scratch/ours.zst"
"$peer/zstd" -q -3 -T1 <"$scratch/big" >"$scratch/theirs.zst"
tap_same "zstd: the same compressed bytes" "$scratch/ours.zst" "$scratch/theirs.zst"
"$bin/zstd" -q -d <"$scratch/theirs.zst" >"$scratch/back"
tap_same "zstd: round trip of 50 MB" "$scratch/back" "$scratch/big"
"$bin/zstd" -q -T2 -6 <"$scratch/big" | "$peer/zstd" -q -d >"$scratch/back"
tap_same "zstd: with threads" "$scratch/back" "$scratch/big"
"$bin/xz" -1 -T1 <"$scratch/big" >"$scratch/ours.xz"
"$peer/xz" -1 -T1 <"$scratch/big" >"$scratch/theirs.xz"
tap_same "xz: the same compressed bytes" "$scratch/ours.xz" "$scratch/theirs.xz"
"$bin/xz" -d <"$scratch/theirs.xz" >"$scratch/back"
tap_same "xz: round trip of 50 MB" "$scratch/back" "$scratch/big"
head -c 8000000 "$scratch/big" >"$scratch/part"
"$bin/xz" -T2 --block-size=1MiB <"$scratch/part" | "$peer/xz" -d >"$scratch/back"
tap_same "xz: with threads" "$scratch/back" "$scratch/part"
head -c 3000000 "$scratch/ours.xz" >"$scratch/cut.xz"
both "xz: a cut file is an error" xz "$scratch/cut.xz" -t
rm -f "$scratch/back" "$scratch/big" "$scratch/part"

# lua and dash: each script of scripts/
for script in tests/story/scripts/*.lua; do
	both "lua: $(basename "$script")" lua /dev/null "$PWD/$script" first "second one"
done
for script in tests/story/scripts/*.dash; do
	both "dash: $(basename "$script")" dash /dev/null "$PWD/$script" first "second one"
done

tap_done
