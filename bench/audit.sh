#!/bin/sh
# SPDX-License-Identifier: MIT
# audit.sh ROW ...: how long `weld audit` takes in roots that were made up: 200 and 5000 packages, with
# one advisory on a library and one on libc, that every program of the root is searched for.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/audit
synthetic=${WELD_BUILD:-build}/tests/synthetic
runs=11

mkdir -p "$here"
# All chosen so that some programs reach them and others do not.
jq -n 'def record($id; $package; $symbols): {id: $id, affected: [{package: {ecosystem: "weld",
	name: $package}, versions: ["1.0"], ecosystem_specific: {symbols: $symbols}}]};
	[record("B-1"; "lib0001"; ["l0001_f00", "l0001_bad"]),
	 record("B-2"; "musl"; ["c_f001", "c_own700"])]' >"$here/advisories.json"

# once ROOT: the time of one audit in microseconds.
once() {
	once_begin=$(date +%s%N)
	once_status=0
	"$weld" --root "$1" -q audit -a "$here/advisories.json" >"$here/answer" || once_status=$?
	once_end=$(date +%s%N)
	[ $once_status = 5 ] || {
		echo "bench: audit ends with $once_status" >&2
		exit 1
	}
	echo $(((once_end - once_begin) / 1000))
}

for row; do
	count=${row#audit-}
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
		[ "$run" = 0 ] || once "$root"
	done | sort -n | sed -n "$(((runs + 1) / 2))p" |
		jq -c --arg row "$row" --argjson runs $runs --argjson limit $limit '{row: $row, unit: "us",
			runs: $runs, weld: {median: .}, peers: [{name: "limit", median: $limit}]}'
done
