#!/bin/sh
# SPDX-License-Identifier: MIT
# architectures.sh: the very same package files make roots for x86-64, AArch64 and RISC-V, and what every
# program prints there, under QEMU, is what it prints here, byte for byte: standard output, errors
# and status. `machines` is a package made for this: what C and the kernel promise.
#
# x86-64 has what the other tests lowered in tier full, AArch64 is lowered in tier fast and RISC-V in
# instant, so that each tier is seen. What was lowered before is taken from out/test/architectures, which may be deleted.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_scratch
sources=$PWD
[ "$(uname -m)" = x86_64 ] || tap_bail "QEMU's user mode is tried from x86-64 only"
kept=$PWD/out/test/architectures
everything="bzip2 busybox dash file jq lua lz4 minigzip sqlite tree xz zstd machines"

mkdir -p "$scratch/packages" "$kept"
cp -al "$packages"/. "$scratch/packages" 2>/dev/null || cp -a "$packages"/. "$scratch/packages"
make_recipe "$scratch/machines" tests/story/sources/machines 1.0
tap_try "a package of promises" "$weld" build "$scratch/machines/recipe" -o "$scratch/packages" --check=no
make_repo "$scratch/repo" "$scratch/keys" "$scratch/packages"/*.weld >/dev/null 2>&1 || tap_bail "no repository"

# root ARCHITECTURE TIER: a root with everything; its cache is kept for the next run.
root() {
	[ ! -d "$kept/$1" ] || cp -al "$kept/$1" "$scratch/cache-$1"
	mkdir -p "$scratch/$1"
	[ ! -d "$scratch/cache-$1" ] || mv "$scratch/cache-$1" "$scratch/$1/cache"
	make_root "$scratch/$1" "$scratch/repo" >/dev/null 2>&1 || tap_bail "no root for $1"
	"$weld" --root "$scratch/$1" policy set tier "$2" >/dev/null 2>&1
	# shellcheck disable=SC2086 # a list of names
	tap_try "$1 ($2): everything installs" "$weld" --root "$scratch/$1" -y install --arch "$1" $everything
	rm -rf "${kept:?}/$1"
	cp -al "$scratch/$1/cache" "$kept/$1" 2>/dev/null || cp -a "$scratch/$1/cache" "$kept/$1"
	mkdir -p "$scratch/at/$1"
	ln -s "$scratch/$1/current/bin" "$scratch/at/$1/bin"
	"$weld" --root "$scratch/$1" --json list | jq -r '.packages[] | "\(.name) \(.version)"' >"$scratch/list-$1"
}

root x86_64 instant
root aarch64 fast
root riscv64 instant
for arch in aarch64 riscv64; do
	tap_same "$arch: the same packages" "$scratch/list-$arch" "$scratch/list-x86_64"
	machine=$(file -bL "$scratch/$arch/current/bin/"* "$scratch/$arch/current/slots/"* | grep ELF | cut -d, -f2 | sort -u)
	tap_note <<-END
		$machine
	END
	tap_is "$arch: every image is for it" "$(echo "$machine" | wc -l)" 1
done

# A program that stands in the directory `at/ARCHITECTURE` knows itself as bin/NAME everywhere.
run_on() {
	run_arch=$1
	shift
	set -- "bin/$1" "$@"
	run_program=$1
	shift 2
	cd "$scratch/at/$run_arch" || exit 1
	case $run_arch in
	x86_64) "$run_program" "$@" ;;
	*) "qemu-$run_arch" "$run_program" "$@" ;;
	esac >"$scratch/out-$run_arch" 2>"$scratch/err-$run_arch" <"$scratch/input"
	echo "status $?" >>"$scratch/out-$run_arch"
	# QEMU tells of a child that died, which the kernel does not.
	sed -i '/^qemu: uncaught target signal/d' "$scratch/err-$run_arch"
}

# same NAME INPUT PROGRAM ARGUMENT ...: one run on each machine; all that it says is equal. Input - is none.
same() {
	same_name=$1
	case $2 in
	-) : >"$scratch/input" ;;
	*) cp "$2" "$scratch/input" ;;
	esac
	shift 2
	for arch in x86_64 aarch64 riscv64; do
		(run_on $arch "$@")
	done
	for arch in aarch64 riscv64; do
		tap_same "$same_name: $arch" "$scratch/out-$arch" "$scratch/out-x86_64"
		cmp -s "$scratch/err-$arch" "$scratch/err-x86_64" || {
			tap_result 1 "$same_name: errors on $arch"
			diff "$scratch/err-x86_64" "$scratch/err-$arch" | head -n 5 | tap_note
		}
	done
}

# in_all COMMAND ...: do something in each machine's directory.
in_all() {
	for arch in x86_64 aarch64 riscv64; do
		(cd "$scratch/at/$arch" && "$@")
	done
}

# same_files NAME FILE: what the programs wrote is equal, too.
same_files() {
	for arch in aarch64 riscv64; do
		tap_same "$1: $arch" "$scratch/at/$arch/$2" "$scratch/at/x86_64/$2"
	done
}

# What C and the kernel promise.
same "numbers, arguments, threads" - numbers
same "the kernel's structures" - kernel "an argument"
tap_try "that is much: $(wc -l <"$scratch/out-x86_64") lines" test "$(wc -l <"$scratch/out-x86_64")" -gt 30

# lua and dash: the scripts that are compared with Debian's builds, too.
for script in tests/story/scripts/*.lua; do
	same "lua: $(basename "$script")" - lua "$sources/$script" first "second one"
done
for script in tests/story/scripts/*.dash; do
	same "dash: $(basename "$script")" - dash "$sources/$script" first "second one"
done
printf 'local t = {}\nfor i = 1, 10 do t[i] = i * i end\nprint(#t, t[10])\n' >"$scratch/squares.lua"
in_all cp "$scratch/squares.lua" .
same "luac: compiles" - luac -o squares.luac squares.lua
same_files "luac: the same bytes" squares.luac
same "lua: runs what luac made" - lua squares.luac
same "lua: an error has its trace" - lua -e 'local function f() error("wrong") end f()'

# sqlite3
cat >"$scratch/rows.sql" <<'SQL'
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price REAL, tag TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO item SELECT i, printf('item-%06d', (i * 7919) % 100003), (i * 37 % 10007) / 7.0, char(97 + i % 26) FROM n;
CREATE INDEX item_name ON item(name);
ANALYZE;
.mode csv
SELECT count(*), sum(price), avg(price), min(name), max(name) FROM item;
SELECT tag, count(*), round(total(price), 3) FROM item GROUP BY tag ORDER BY tag;
SELECT * FROM item ORDER BY price DESC, id LIMIT 25;
SELECT json_group_array(name) FROM (SELECT name FROM item ORDER BY id LIMIT 3);
SELECT 1.0 / 3, 2e-7 / 3, 1e300 * 1e10, cast('0.1' AS REAL) + 0.2, -0.0, round(2.5), 123456789.123456789;
SELECT printf('%.20g %!.20f', 0.1, 2.0 / 3), hex(zeroblob(3)), date('2024-02-29', '+1 year');
EXPLAIN QUERY PLAN SELECT * FROM item WHERE name = 'x';
PRAGMA integrity_check;
SELECT * FROM none;
SQL
same "sqlite3: a database" "$scratch/rows.sql" sqlite3 rows.db
same_files "sqlite3: the same bytes in the file" rows.db
same "sqlite3: dump" - sqlite3 rows.db .dump

# jq, with and without oniguruma
awk 'BEGIN {
	printf "["
	for (i = 0; i < 600; i++)
		printf "%s{\"id\":%d,\"name\":\"user-%05d\",\"score\":%.6f,\"tags\":[\"t%d\",\"\\u00e9%d\"],\"nested\":{\"ok\":%s,\"none\":null,\"list\":[1,2.5e3,-0.125]}}\n",
			i ? "," : "", i, i * 7919 % 100003, i * 37 % 10007 / 7, i % 13, i % 7,
			i % 2 ? "true" : "false"
	printf "]"
}' >"$scratch/big.json"
same "jq: identity" "$scratch/big.json" jq .
same "jq: group and sum" "$scratch/big.json" jq \
	'group_by(.tags[0]) | map({tag: .[0].tags[0], n: length, sum: (map(.score) | add)})'
same "jq: regular expressions" "$scratch/big.json" jq -r \
	'[.[] | .name | select(test("^user-0+(?<n>[1-9]{2,3})7$")) | capture("(?<d>[0-9]+)$").d] | .[]'
same "jq: numbers, dates, formats" "$scratch/big.json" jq -c \
	'.[0:50][] | [.id / 7, (.id * 86400 | todate), (.tags | @csv), (.nested | tojson | @base64), (.score | sin, log, pow(.; 1.5))]'
same "jq: an error has its status" "$scratch/big.json" jq '.[0].name.x'

# The compressors: the same bytes, threads included, and back; the data is half text, half noise.
{
	awk 'BEGIN { for (i = 0; i < 9000; i++) printf "%d line %d of some text\n", i, i * 7919 % 10007 }'
	head -c 150000 "$scratch/repo/targets/"*sqlite*.weld
} >"$scratch/data"
in_all cp "$scratch/data" .
same "zstd -5, two threads" - zstd -q -5 -T2 -B64KB data -o data.zst
same "zstd -19" - zstd -q -19 -T1 data -o data.19.zst
same_files "zstd: the same bytes" data.zst
same_files "zstd -19: the same bytes" data.19.zst
same "zstd: back" "$scratch/at/x86_64/data.19.zst" zstd -q -dc
tap_same "is what it was" "$scratch/data" "$scratch/at/x86_64/data"
same "xz, two threads" - xz -1 -k -T2 --block-size=128KiB data
same_files "xz: the same bytes" data.xz
same "xz: lists them" - xz --robot -l data.xz
same "xz: back" - xz -dc data.xz
same "xzdec" "$scratch/at/x86_64/data.xz" xzdec
same "lzmainfo: no such file" - lzmainfo none.lzma
same "bzip2" - bzip2 -k -9 data
same_files "bzip2: the same bytes" data.bz2
same "bzip2: back" - bzip2 -dc data.bz2
same "bzip2recover: nothing to do" "$scratch/data" bzip2recover none.bz2
same "lz4" - lz4 -q -9 data data.lz4
same_files "lz4: the same bytes" data.lz4
same "lz4: back" - lz4 -q -dc data.lz4
same "minigzip: zlib" "$scratch/data" minigzip -6
gzip -9 <"$scratch/data" >"$scratch/data.gz"
same "minigzip: back" "$scratch/data.gz" minigzip -d
head -c 100000 "$scratch/at/x86_64/data.zst" >"$scratch/cut.zst"
same "zstd: a cut file is an error" "$scratch/cut.zst" zstd -q -t

# tree and file: what the kernel says of files
in_all mkdir -p forest/a/b forest/c
in_all sh -c 'echo text >forest/a/note; cp data.zst data.xz rows.db squares.luac forest/c; ln -s ../a/note forest/c/link
	mkfifo forest/pipe; chmod 4755 forest/a/note; touch -d @1000000000 forest/a/* forest/c/* forest/* forest'
same "tree" - tree -Dpsug --timefmt %s -J -I nothing --noreport -n -F --du -a forest/a
same "tree: all" - tree -ps --charset UTF-8 forest
same "file" - file forest/a/note forest/c/data.zst forest/c/data.xz forest/c/rows.db forest/c/squares.luac forest/c/link forest/pipe forest
same "file: types" - file --mime -b forest/c/data.zst forest/a/note
same "file: looks into what is compressed" - file -z forest/c/data.xz

# busybox: one program, many ways into libc
same "busybox" - busybox
printf 'pear 3\napple 20\nfig 100\napple 3\n' >"$scratch/fruit"
for applet in 'sort -k2n' 'awk {s+=$2}END{print(s,s/7,sin(s))}' 'sed s/\(a.*\)e/<\1>/' 'md5sum' 'sha256sum' 'wc' 'od -tx2' \
	'tr a-m A-M' 'cut -c2-4' 'grep -nE ^[ap].*[0-9]{2}$' 'uniq -c' 'base64' 'tac' 'nl' 'hexdump -C' 'cksum' 'gzip -c' 'bc'; do
	# shellcheck disable=SC2086 # an applet and its arguments
	same "busybox $applet" "$scratch/fruit" busybox $applet
done
same "busybox ash" - busybox ash -c 'i=0; while [ $i -lt 5 ]; do i=$((i + 1)); echo $i $((i * i % 3)); done; f() { return 7; }; f; echo $?'
same "busybox stat" - busybox stat -L -c '%s %f %h %Y %a %F' forest/a/note forest/c/data.zst forest
same "busybox ls" - busybox ls -l --color=never forest/c/squares.luac
same "busybox tar" - busybox tar -cf - forest/c
same "busybox date" - busybox date -u -d @1234567890
same "busybox factor, expr, printf" - busybox sh -c 'factor 1234567890; printf "%08.3f %x\n" 3.14159 255; expr 7 \* 6'

# What facts say of an image is what is in it, on every machine: names and addresses, calls by name.
ask() {
	"$weld" --root "$scratch/$arch" sql "$1" | tr '\t' ' ' | LC_ALL=C sort -u
}

differ() {
	LC_ALL=C comm "$2" "$3" "$4" >"$scratch/difference"
	tap_is "$1" "$(head -n 5 "$scratch/difference")" ''
}

for arch in aarch64 riscv64; do
	lua=$scratch/$arch/current/bin/lua
	# Labels and the static linker's thunks are no functions of anybody.
	llvm-nm-22 --defined-only "$lua" | awk '$2 ~ /^[tTwWiI]$/ { sub(/^0+/, "", $1); print $1, $3 }' |
		grep -v -e ' \.L' -e ' __AArch64AbsLongThunk' | LC_ALL=C sort -u >"$scratch/nm"
	ask "SELECT printf('%x', address), symbol FROM functions
		WHERE image = 'bin/lua' AND inside IS NULL AND symbol NOT LIKE '.%'" >"$scratch/facts"
	differ "$arch: facts have each function that nm shows" -23 "$scratch/nm" "$scratch/facts"
	differ "$arch: and no other" -13 "$scratch/nm" "$scratch/facts"
	llvm-objdump-22 -d --no-show-raw-insn "$lua" | awk '
	/^[0-9a-f]+ <[^.].*>:$/ { from = substr($2, 2, length($2) - 3); next }
	$2 ~ /^(b|bl|b\..*|cbn?z|tbn?z|j|jal|jr|jalr|tail|b[a-z]+)$/ && $NF ~ /^<[^+]*>$/ {
		to = substr($NF, 2, length($NF) - 2)
		if (to != from && to !~ /^\.|^__AArch64AbsLongThunk/) print from, to
	}' | LC_ALL=C sort -u >"$scratch/seen"
	ask "SELECT DISTINCT caller, callee FROM calls
		WHERE image = 'bin/lua' AND kind = 'call' AND slot IS NULL" >"$scratch/said"
	tap_try "$arch: objdump shows calls: $(wc -l <"$scratch/seen")" test "$(wc -l <"$scratch/seen")" -gt 500
	differ "$arch: facts have each call that objdump shows" -23 "$scratch/seen" "$scratch/said"
	# Of native code is said what cannot be ruled out.
	ask "SELECT DISTINCT c.caller, c.callee FROM calls c
		JOIN functions a ON a.image = c.image AND a.symbol = c.caller
		WHERE c.image = 'bin/lua' AND c.kind = 'call' AND c.slot IS NULL AND a.native = 0
		AND c.caller <> c.callee" >"$scratch/said"
	differ "$arch: and no other" -13 "$scratch/seen" "$scratch/said"
done
tap_done
