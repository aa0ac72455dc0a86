#!/bin/sh
# SPDX-License-Identifier: MIT
# sharing.sh ROW ...: what 100 processes of 10 programs take of memory (the sum of their PSS), and what the
# programs and their libraries take on disk: with slots, fully static, and as Debian has them.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/sharing
each=10 # processes of a program

# A line a program that waits for its input: its path in a root, Debian's program, arguments.
programs='bin/dash /usr/bin/dash
bin/lua /usr/bin/lua5.4 -
bin/sqlite3 /usr/bin/sqlite3 :memory:
bin/jq /usr/bin/jq .
bin/zstd /usr/bin/zstd -q -c
bin/xz /usr/bin/xz -c
bin/bzip2 /usr/bin/bzip2 -c
bin/lz4 /usr/bin/lz4 -q -c
bin/luac /usr/bin/luac5.4 -p -
bin/file /usr/bin/file -f -'

prepare() {
	chmod -R u+w "$here" 2>/dev/null || :
	rm -rf "$here"
	mkdir -p "$here"
	make_repo "$here/repo" "$here/keys" "$packages"/*.weld
	for kind in slots static; do
		make_root "$here/$kind" "$here/repo"
		"$weld" --root "$here/$kind" --yes install dash lua sqlite jq zstd xz bzip2 lz4 file
		[ $kind = slots ] || {
			"$weld" --root "$here/$kind" policy set sharing never
			"$weld" --root "$here/$kind" --yes relink
		}
	done
}

# program_of KIND PATH PEER: the program of that kind.
program_of() {
	case $1 in
	debian) echo "$3" ;;
	*) echo "$here/$1/current/$2" ;;
	esac
}

# memory KIND: start all processes, and print the sum of what each says it takes, in bytes.
memory() {
	rm -f "$here/input"
	mkfifo "$here/input"
	sleep 600 >"$here/input" &
	writer=$!
	children=
	while read -r path peer arguments; do
		for _ in $(seq $each); do
			# shellcheck disable=SC2086 # a list of words
			"$(program_of "$1" "$path" "$peer")" $arguments <"$here/input" >/dev/null 2>&1 &
			children="$children $!"
		done
	done <<-END
		$programs
	END
	sleep 2
	for child in $children; do
		awk '$1 == "Pss:" { print $2 * 1024 }' "/proc/$child/smaps_rollup"
	done | awk -v wanted=$((each * 10)) '{ sum += $1 }
		END { if (NR != wanted) exit 1; printf "%d\n", sum }' >"$here/sum" || {
		echo "bench: sharing: not all processes of $1 run" >&2
		exit 1
	}
	# shellcheck disable=SC2086 # a list of words
	kill $children $writer 2>/dev/null || :
	wait 2>/dev/null || :
	cat "$here/sum"
}

# disk KIND: bytes of the programs and of every library that they need.
disk() {
	while read -r path peer _; do
		case $1 in
		debian)
			echo "$peer"
			ldd "$peer" | awk '$2 == "=>" { print $3 } $1 ~ "^/" { print $1 }'
			;;
		*)
			program_of "$1" "$path" "$peer"
			find "$here/$1/current/slots" -mindepth 1 2>/dev/null || :
			;;
		esac
	done <<-END | xargs -r readlink -f | sort -u | xargs -r stat -L -c %s | awk '{ sum += $1 } END { printf "%d\n", sum }'
		$programs
	END
}

# row NAME UNIT: from what the function of that name prints for each kind.
row() {
	slots=$("$1" slots)
	static=$("$1" static)
	debian=$("$1" debian)
	jq -nc --arg row "$1" --argjson slots "$slots" --argjson static "$static" --argjson debian "$debian" '
		{row: $row, unit: "B", runs: 1, weld: {median: $slots},
			peers: [{name: "static", median: $static}, {name: "glibc", median: $debian}]}'
}

mkdir -p "$PWD/out/bench"
prepare >"$PWD/out/bench/log" 2>&1 &
wait $! || {
	tail -n 20 "$PWD/out/bench/log" >&2
	exit 1
}
for row; do
	case $row in
	memory | disk) row "$row" ;;
	*)
		echo "$0: $row: no such row" >&2
		exit 2
		;;
	esac
done
