#!/bin/sh
# SPDX-License-Identifier: MIT
# audit.sh: what `weld audit` says of the base set is so. Advisories tell programs apart; and in every
# program, all functions of which it says that nothing leads there get a trap, and no work that the
# program does ends in one.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

plant=$(cd "${WELD_BUILD:-build}" && pwd)/tests/plant
root=$scratch/root
bin=$root/current/bin
scripts=$PWD/tests/story/scripts
make_root "$root" "$story_repo" >/dev/null || tap_bail "no root"
tap_try "the programs are installed" "$weld" --root "$root" --yes install minigzip zstd sqlite file xz \
	bzip2 lz4 lua jq dash tree busybox

# Advisories as they are, and as if nothing had been fixed: for all versions.
mkdir "$scratch/open"
for advisory in advisories/*.json; do
	jq '.affected |= map(select(.ranges) | .ranges |= map(.events |= map(select(.introduced) |
		.introduced = "0")))' "$advisory" >"$scratch/open/$(basename "$advisory")"
done
"$weld" --root "$root" --json audit -a advisories >"$scratch/real.json"
tap_result $(($? != 5)) "advisories as they are: findings"
"$weld" --root "$root" --json audit -a "$scratch/open" >"$scratch/open.json"
tap_result $(($? != 5)) "as if nothing had been fixed: findings"
jq -r '.findings[] | [.state, .advisory, .image, .symbol] | @tsv' "$scratch/open.json" | tap_note

# state FILE ADVISORY PROGRAM STATES: the worst state of the advisory's functions is one of these.
state() {
	state_got=$(jq -r --arg advisory "$2" --arg image "bin/$3" '[.findings[] |
		select(.advisory == $advisory and .image == $image) | .state] | if index("reachable")
		then "reachable" elif index("possible") then "possible" elif index("unreachable") then
		"unreachable" else .[0] // "none" end' "$scratch/$1.json")
	case " $4 " in
	*" $state_got "*) tap_result 0 "$2: $3 is $state_got" ;;
	*) tap_result 1 "$2: $3 is $state_got, not $4" ;;
	esac
}

# zlib's deflate: who compresses, and who only reads.
state open CVE-2018-25032 minigzip reachable
state open CVE-2018-25032 zstd reachable
state open CVE-2018-25032 sqlite3 "reachable possible"
state open CVE-2018-25032 file unreachable
# zlib's inflateGetHeader: nobody calls it.
for program in minigzip zstd sqlite3 file; do
	state open CVE-2022-37434 $program "absent unreachable"
	state real CVE-2023-45853 $program absent
done
# liblzma's threaded decoder: xz alone.
state real CVE-2025-31115 xz "reachable possible"
for program in xzdec lzmadec lzmainfo zstd file; do
	state real CVE-2025-31115 $program unreachable
done
# bzip2's decompressor, and its recovery program, which has none.
state open CVE-2019-12900 bzip2 reachable
state open CVE-2019-12900 file "reachable possible"
state open CVE-2019-12900 bzip2recover "absent unreachable"
# libc's iconv: in every program's slot, in no program's reach but that of lua, which opens plug-ins:
# they may ask for any name.
for program in bzip2 dash file jq lz4 minigzip sqlite3 tree xz zstd; do
	state real CVE-2025-26519 $program unreachable
done
state real CVE-2025-26519 lua possible
state real CVE-2022-33099 lua reachable
state real CVE-2024-23337 jq reachable
state open CVE-2016-4074 jq reachable
state open CVE-2021-3520 lz4 reachable
state open CVE-2022-35737 sqlite3 reachable
jq -e '[.findings[] | select(.state == "reachable")] | all(.chain | length > 0)' "$scratch/open.json" >/dev/null
tap_result $? "all that is reachable has a chain"

# Work. run INPUT PROGRAM ARGUMENT ...: a program runs; $trapped says which ended in a trap.
run() {
	run_input=$1
	run_program=$2
	shift 2
	(cd "$scratch/desk" && exec "$bin/$run_program" "$@" <"$run_input" >out 2>&1)
	run_status=$?
	# A shell tells of the end of what it has run.
	if [ $run_status = 133 ] || grep -q 'breakpoint trap' "$scratch/desk/out"; then
		trapped="$trapped $run_program:$*"
	fi
}

mkdir "$scratch/desk"
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "%d %d a line that repeats\n", i, i * 7919 % 1000 }' \
	>"$scratch/text"
for format in gz bz2 xz lzma zst lz4; do
	case $format in
	gz) gzip -c "$scratch/text" ;;
	bz2) "$bin/bzip2" -c "$scratch/text" ;;
	lzma) "$bin/xz" -c --format=lzma "$scratch/text" ;;
	zst) "$bin/zstd" -qc "$scratch/text" ;;
	*) "$bin/$format" -qc "$scratch/text" ;;
	esac >"$scratch/text.$format"
done
tar -C "$scratch" -cf "$scratch/text.tar" text
echo '{"a": [1, 2.5, {"b": null}], "c": "text"}' >"$scratch/some.json"

work() {
	case $1 in
	bzip2)
		run "$scratch/text" bzip2 -c
		run "$scratch/text.bz2" bzip2 -dc
		run "$scratch/text.bz2" bzip2 -tv
		run "$scratch/text" bzip2 -dc
		run "$scratch/text" bzip2 -1 -s -c
		run "$scratch/text.bz2" bzip2 -d -s -c
		;;
	busybox)
		run "$scripts/pipes.dash" busybox sh -s first
		run /dev/null busybox sh "$scripts/traps.dash" first
		# shellcheck disable=SC2016 # for the shell that is tested
		for work_command in 'ls -la "$0"' 'cat "$0/text" | grep -E "^1.*9 a" | head -3' \
			'sed -n "s/line/x/p;20q" "$0/text"' 'sort -rn "$0/text" | uniq -c | tail -2' \
			'awk "{ n += \$1 } END { print n, sin(1), length() }" "$0/text"' \
			'find "$0" -maxdepth 1 -name "*.gz" -exec wc {} +' 'tar -tvf "$0/text.tar"' \
			'tar -C "$0" -czf x.tar.gz text' 'gunzip -c "$0/text.gz"' 'bunzip2 -c "$0/text.bz2"' \
			'unxz -c "$0/text.xz"' 'unlzma -c "$0/text.lzma"' 'gzip -c "$0/text"' 'bzip2 -c "$0/text"' \
			'md5sum "$0/text"' 'sha256sum "$0/text"' 'sha512sum "$0/text"' 'od -c "$0/some.json"' \
			'diff "$0/text" "$0/some.json"' 'df .' 'du -s .' 'ps' 'date' 'id' 'uname -a' 'mount' 'free' \
			'seq 3 | xargs -n1 echo' 'stat .' 'cut -d" " -f1 "$0/text"' 'tr a b <"$0/text"' 'expr 3 + 4' \
			'mkdir -p a/b; ln -sf b a/c; cp "$0/text" a; chmod 600 a/text; mv a/text a/b; rm -r a' \
			'dd if=/dev/zero bs=1k count=9 | hexdump -C' 'env' 'tty' 'hostname' 'ip addr' 'ifconfig -a' \
			'dmesg --help' 'nonsense' 'timeout 1 true' 'printf "%05d %s\n" 3 x' 'vi --help' 'od --help'; do
			run /dev/null busybox sh -c "$work_command" "$scratch"
		done
		;;
	bzip2recover) run /dev/null bzip2recover "$scratch/text.bz2" ;;
	dash)
		run /dev/null dash "$scripts/pipes.dash" first "second one"
		run /dev/null dash "$scripts/traps.dash" first
		run "$scripts/pipes.dash" dash -s
		run /dev/null dash -c 'exit 3'
		;;
	file)
		for work_file in text text.gz text.tar text.zst some.json; do
			run /dev/null file "$scratch/$work_file"
			run /dev/null file -z -i "$scratch/$work_file"
		done
		run /dev/null file -z "$scratch/text.bz2" "$scratch/text.xz" "$bin/file" /dev/null
		run "$scratch/text" file -
		run /dev/null file -l
		;;
	jq)
		run "$scratch/some.json" jq .
		run "$scratch/some.json" jq -cS '.a[2].b = 3 | to_entries, (.. | numbers), @base64 "\(.c)"'
		run "$scratch/some.json" jq -r '[.a[0:2][] * 3 | tostring | test("^[0-9.]+$")], now > 1, (.c | @csv "\([.])")'
		run /dev/null jq -n '[range(100)] | group_by(. % 3) | map(add), ("a,b" | split(",")), (0 | todate)'
		run "$scratch/text" jq .
		run /dev/null jq -n --arg a 1 '$a, input'
		;;
	lua)
		run /dev/null lua "$scripts/numbers.lua" first
		run /dev/null lua "$scripts/strings.lua" first
		run "$scripts/strings.lua" lua -
		run /dev/null lua -e 'error({})'
		run /dev/null lua -e 'print(pcall(error, "x"), coroutine.wrap(function() return 1 end)(), #os.date())'
		;;
	luac) run /dev/null luac -l -o /dev/null "$scripts/strings.lua" ;;
	lz4)
		run "$scratch/text" lz4 -c
		run "$scratch/text" lz4 -9 -c
		run "$scratch/text.lz4" lz4 -dc
		run "$scratch/text.lz4" lz4 -t
		run "$scratch/text" lz4 -dc
		;;
	lzmadec) run "$scratch/text.lzma" lzmadec ;;
	lzmainfo) run /dev/null lzmainfo "$scratch/text.lzma" ;;
	minigzip)
		run "$scratch/text" minigzip
		run "$scratch/text.gz" minigzip -d
		run "$scratch/text" minigzip -d
		;;
	sqlite3)
		rm -f "$scratch/desk/db"
		run "$scripts/tables.sql" sqlite3 db
		run /dev/null sqlite3 db .tables "SELECT * FROM none"
		run /dev/null sqlite3 -A -cf archive "$scratch/some.json"
		run /dev/null sqlite3 :memory: ".import $scratch/text lines" "SELECT count(*) FROM lines"
		;;
	tree)
		run /dev/null tree "$PWD/tests/story"
		run /dev/null tree -aJ --du "$PWD/tests/story"
		;;
	xz)
		run "$scratch/text" xz -c
		run "$scratch/text" xz -T2 --block-size=100KiB -0 -c
		run "$scratch/text" xz --format=lzma -c
		run "$scratch/text.lzma" xz -dc
		run "$scratch/text.xz" xz -dc
		run "$scratch/text.xz" xz -dc -T2
		run /dev/null xz -lvv "$scratch/text.xz"
		run "$scratch/text" xz --x86 --lzma2 --check=sha256 -c
		run "$scratch/text" xz -t
		;;
	xzdec) run "$scratch/text.xz" xzdec ;;
	zstd)
		run "$scratch/text" zstd -19 -T2 -c
		run "$scratch/text" zstd --long --check -c
		run "$scratch/text.zst" zstd -dc
		for work_format in gzip xz lzma lz4; do
			run "$scratch/text" zstd --format=$work_format -c
		done
		for work_format in gz xz lzma lz4; do
			run "$scratch/text.$work_format" zstd -dc
		done
		run /dev/null zstd -lv "$scratch/text.zst"
		run /dev/null zstd -b1 -i0 "$scratch/text"
		;;
	esac
}

# images PROGRAM: the directories of its image and of all slots.
images() {
	dirname "$(readlink -f "$bin/$1")"
	slots_of "$root" | while read -r _ _ _ path; do
		dirname "$path"
	done
}

# plant_all PROGRAM: put the traps that $scratch/traps lists; the files stay as they were in $scratch/saved.
plant_all() {
	rm -rf "$scratch/saved"
	mkdir "$scratch/saved"
	planted=0
	for directory in $(images "$1"); do
		cp -a "$directory" "$scratch/saved"
		chmod -R u+w "$directory"
		planted=$((planted + $("$plant" trap "$directory" <"$scratch/traps")))
	done
}

pull_all() {
	for directory in $(images "$1"); do
		for file in "$scratch/saved/$(basename "$directory")"/*; do
			cat "$file" >"$directory/$(basename "$file")"
		done
	done
}

# every_function PROGRAM: an advisory that names all functions of its image and of all slots.
every_function() {
	for directory in $(images "$1"); do
		"$plant" list "$directory"
	done | grep -v '^weld ' | sort -u | jq -Rn '{id: "EVERY", affected: [[inputs | split(" ")] |
		group_by(.[0])[] | {package: {ecosystem: "weld", name: .[0][0]}, ranges: [{type:
		"ECOSYSTEM", events: [{introduced: "0"}]}], ecosystem_specific: {symbols: map(.[1])}}]}'
}

# Not lua: nothing is unreachable for what a plug-in may ask by name.
total=0
for program in busybox bzip2 bzip2recover dash file jq luac lz4 lzmadec lzmainfo minigzip sqlite3 \
	tree xz xzdec zstd; do
	every_function $program >"$scratch/every.json"
	"$weld" --root "$root" --json audit -a "$scratch/every.json" bin/$program >"$scratch/answer.json"
	jq -r '.findings[] | select(.state == "unreachable") | "\(.package) \(.symbol)"' \
		"$scratch/answer.json" >"$scratch/traps"
	trapped=
	work $program
	[ -z "$trapped" ] || tap_bail "$program ends in a trap of its own:$trapped"
	plant_all $program
	work $program
	pull_all $program
	[ -z "$trapped" ] && [ "$planted" -ge 100 ]
	tap_result $? "$program: $planted functions that are unreachable are never called"
	[ -z "$trapped" ] || echo "$trapped" | tap_note
	total=$((total + planted))
	jq -r '"\(.states)"' "$scratch/answer.json" | tap_note
done
echo "$total traps" | tap_note

# The traps do end whoever runs into them: functions that are reachable, and are called by this work.
caught() {
	echo "$2 $3" >"$scratch/traps"
	plant_all "$1"
	trapped=
	work "$1"
	pull_all "$1"
	[ -n "$trapped" ] && [ "$planted" -gt 0 ]
	tap_result $? "$1: $3, which is reachable, is called"
}
caught zstd zlib deflate
caught xz liblzma lzma_stream_decoder_mt
caught sqlite3 sqlite sqlite3_str_vappendf
caught lua lua luaV_execute
trapped=
for program in zstd xz sqlite3 lua; do
	work $program
done
[ -z "$trapped" ]
tap_result $? "and all is as it was"
tap_done
