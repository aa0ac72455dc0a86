#!/bin/sh
# SPDX-License-Identifier: MIT
# sbom.sh ROW ...: how long bills of materials and licences take in the roots that audit.sh is timed
# with: 200 and 5000 packages that were made up.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/audit
synthetic=${WELD_BUILD:-build}/tests/synthetic
runs=11

mkdir -p "$here"

# once ROOT COMMAND: the time of one answer in microseconds.
once() {
	once_begin=$(date +%s%N)
	case $2 in
	sbom) "$weld" --root "$1" -q sbom ;;
	spdx) "$weld" --root "$1" -q sbom --format=spdx ;;
	licenses) "$weld" --root "$1" -q licenses ;;
	esac >"$here/answer"
	once_end=$(date +%s%N)
	echo $(((once_end - once_begin) / 1000))
}

for row; do
	command=${row%-*}
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
		[ "$run" = 0 ] || once "$root" "$command"
	done | sort -n | sed -n "$(((runs + 1) / 2))p" |
		jq -c --arg row "$row" --argjson runs $runs --argjson limit $limit '{row: $row, unit: "us",
			runs: $runs, weld: {median: .}, peers: [{name: "limit", median: $limit}]}'
done
