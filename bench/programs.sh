#!/bin/sh
# SPDX-License-Identifier: MIT
# programs.sh ROW ...: weld's programs beside the same ones linked statically, and as Debian has
# them. A row is one program on one input: each build of it runs in turn, from spawn to exit.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench
programs="start dash lua sqlite speedtest1 zstd xz jq"

# Roots with slots (slots) and with everything in each program (static), and the peers built by gcc.
prepare() {
	cc -O2 -D_GNU_SOURCE -I. bench/spawn.c -o "$here/spawn"
	mkdir -p "$here/packages"
	cp -au "$packages"/. "$here/packages"
	make_recipe "$here/start" bench/start 1.0 'build_requires = [ zlib ]'
	"$weld" build "$here/start/recipe" bench/speedtest1 --check=no -o "$here/packages"
	chmod -R u+w "$here/repo" "$here/slots" "$here/static" 2>/dev/null || :
	rm -rf "$here/repo" "$here/slots" "$here/static"
	make_repo "$here/repo" "$here/keys" "$here/packages"/*.weld
	for kind in slots static; do
		make_root "$here/$kind" "$here/repo"
		[ $kind = slots ] || "$weld" --root "$here/$kind" policy set sharing never
		# shellcheck disable=SC2086 # a list of words
		"$weld" --root "$here/$kind" --yes install $programs
	done
	cc -O2 bench/start/start.c -o "$here/start-glibc" -lz
	cc -O2 "$here/slots/current/share/speedtest1/speedtest1.c" -o "$here/speedtest1-glibc" \
		-lsqlite3
	[ -s "$here/text" ] || awk 'BEGIN {
		srand(11)
		for (i = 0; i < 400000; i++)
			printf "%d %d a line of text that repeats itself %d\n", i, i * 7919 % 100003, rand() * 1e6
	}' >"$here/text"
	head -c 4000000 "$here/text" >"$here/short-text"
	[ -s "$here/numbers" ] || awk 'BEGIN {
		srand(5)
		for (i = 0; i < 900000; i++)
			printf "{\"id\":%d,\"name\":\"item %d\",\"tags\":[\"a\",\"b\"],\"size\":%.6f,\"note\":\"a line of text that repeats\"}\n",
				i, i * 7919 % 100003, rand() * 1e6
	}' >"$here/numbers"
}

# programs_of ROW: a line a build for bench/spawn.c, weld's first; tabs between the words.
programs_of() {
	case $1 in
	start) each_build bin/start "$here/start-glibc" ;;
	dash) each_build bin/dash /bin/dash -c : ;;
	lua) each_build bin/lua /usr/bin/lua5.4 "$PWD/bench/work.lua" ;;
	sqlite) each_build bin/speedtest1 "$here/speedtest1-glibc" --memdb --size 25 ;;
	zstd) each_build bin/zstd /usr/bin/zstd -q -3 -T1 -c "$here/text" ;;
	xz) each_build bin/xz /usr/bin/xz -2 -T1 -c "$here/short-text" ;;
	jq) each_build bin/jq /usr/bin/jq -c 'select(.id % 1000 == 0)' "$here/numbers" ;;
	start-sqlite) each_build bin/sqlite3 /usr/bin/sqlite3 --version ;;
	start-lua) each_build bin/lua /usr/bin/lua5.4 -v ;;
	start-jq) each_build bin/jq /usr/bin/jq --version ;;
	start-zstd) each_build bin/zstd /usr/bin/zstd --version ;;
	*)
		echo "$0: $1: no such row" >&2
		return 2
		;;
	esac
}

# each_build PATH PEER ARGUMENT ...
each_build() {
	build_path=$1
	build_peer=$2
	shift 2
	for build in "slots $here/slots/current/$build_path" "static $here/static/current/$build_path" \
		"glibc $build_peer"; do
		printf '%s\t%s' "${build%% *}" "${build#* }"
		[ $# = 0 ] || printf '\t%s' "$@"
		printf '\n'
	done
}

measure() {
	programs_of "$1" >"$here/programs"
	case $1 in
	start | start-* | dash) runs=500 ;;
	jq) runs=3 ;;
	*) runs=7 ;;
	esac
	"$here/spawn" $runs "$here/programs" | jq -Rnc --arg row "$1" --argjson runs $runs '
		[inputs | split("\t") | {name: .[0], median: (.[1] | tonumber), p10: (.[2] | tonumber),
			p90: (.[3] | tonumber), faults: (.[4] | tonumber)}]
		| {row: $row, unit: "us", runs: $runs, weld: .[0], peers: .[1:]}'
}

mkdir -p "$here"
# In the background, so that its first failure ends it: set -e does not reach into a condition.
prepare >"$here/log" 2>&1 &
wait $! || {
	tail -n 20 "$here/log" >&2
	exit 1
}
for row; do
	measure "$row"
done
