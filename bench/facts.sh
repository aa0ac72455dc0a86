#!/bin/sh
# SPDX-License-Identifier: MIT
# facts.sh ROW ...: how large the facts of the base set are beside its images, and how long a question in
# SQL over all of them takes. The root is the one of the story tests.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

runs=11
[ -e "$story_root/current" ] || tests/lib/story_root.sh >"$PWD/out/bench/log"

# sum: the sum of the numbers on standard input.
sum() {
	awk '{ sum += $1 } END { print sum }'
}

size() {
	facts=$(find "$story_root/store" -name facts -printf '%s\n' | sum)
	images=$(find "$story_root/store" -name facts -printf '%h\n' | while read -r directory; do
		find "$directory" -type f ! -name facts ! -name sites -printf '%s\n'
	done | sum)
	jq -nc --argjson facts "$facts" --argjson images "$images" '{row: "facts-size", unit: "B",
		runs: 1, weld: {median: $facts}, peers: [{name: "images", median: $images}]}'
}

sql() {
	for run in $(seq $runs); do
		begin=$(date +%s%N)
		"$weld" --root "$story_root" -q sql "SELECT image, symbol, inside
			FROM functions WHERE name = 'inflate' -- $run" >/dev/null
		end=$(date +%s%N)
		echo $(((end - begin) / 1000))
	done | sort -n | sed -n "$(((runs + 1) / 2))p" |
		jq -c --argjson runs $runs '{row: "sql", unit: "us", runs: $runs,
			weld: {median: .}, peers: [{name: "limit", median: 100000}]}'
}

for row; do
	case $row in
	facts-size) size ;;
	sql) sql ;;
	esac
done
