#!/bin/sh
# SPDX-License-Identifier: MIT
# graph.sh ROW ...: how long questions to the dependency graph take in the roots that audit.sh is timed
# with: 200 and 5000 packages that were made up.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/audit
synthetic=${WELD_BUILD:-build}/tests/synthetic
runs=11

mkdir -p "$here"
[ -e "$here/lib0004-2.0-1.weld" ] || "$synthetic" package "$here" 4 200 2.0 retype

# ask ROOT QUESTION
ask() {
	case $2 in
	graph-json) "$weld" --root "$1" graph --format json ;;
	graph-html) "$weld" --root "$1" graph --format html ;;
	graph-dot) "$weld" --root "$1" graph ;;
	why) "$weld" --root "$1" why lib0001 ;;
	tree) "$weld" --root "$1" tree musl --invert ;;
	leaves) "$weld" --root "$1" leaves ;;
	why-not) "$weld" --root "$1" why-not app0005 ;;
	diff) "$weld" --root "$1" diff 1 1 ;;
	symbols) "$weld" --root "$1" symbols musl ;;
	provides) "$weld" --root "$1" provides c_f001 ;;
	binds) "$weld" --root "$1" binds c_f001 ;;
	owns) "$weld" --root "$1" owns c_f001 ;;
	can-replace) "$weld" --root "$1" can-replace lib0004 "$here/lib0004-2.0-1.weld" ;;
	esac
}

# once ROOT QUESTION: the time of one answer in microseconds.
once() {
	once_begin=$(date +%s%N)
	once_status=0
	ask "$1" "$2" >"$here/answer" 2>"$here/talk" || once_status=$?
	once_end=$(date +%s%N)
	# 3: nothing forbids it; 5: it cannot take its place.
	case $once_status in
	0 | 3 | 5) ;;
	*)
		cat "$here/talk" >&2
		exit 1
		;;
	esac
	echo $(((once_end - once_begin) / 1000))
}

for row; do
	question=${row%-*}
	count=${row##*-}
	root=$here/root-$count
	[ -e "$root/current" ] || {
		chmod -R u+w "$root" 2>/dev/null || :
		rm -rf "$root"
		"$synthetic" root "$root" "$count"
	}
	case $count in
	200) limit=100000 ;;
	*) limit=1000000 ;;
	esac
	for run in $(seq $runs); do
		[ "$run" = 0 ] || once "$root" "$question"
	done | sort -n | sed -n "$(((runs + 1) / 2))p" |
		jq -c --arg row "$row" --argjson runs $runs --argjson limit $limit '{row: $row, unit: "us",
			runs: $runs, weld: {median: .}, peers: [{name: "limit", median: $limit}]}'
done
