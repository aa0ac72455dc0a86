#!/bin/sh
# SPDX-License-Identifier: MIT
# scale.sh ROW ...: what weld takes in a root of so many packages with 20 small files each, in memory. A row is
# scale-QUESTION-COUNT. The peer is the most that a person should wait. scale-generations-1000 and its
# fellows are asked in a root of 20 packages that has 1,000 generations: memory has names for no more links.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/scale
plain=${WELD_BUILD:-build}/tests/plain
runs=${BENCH_RUNS:-5}
mkdir -p "$here"
# It is a tool of the tests: ./try does not build it.
[ -x "$plain" ] || ninja -C "${WELD_BUILD:-build}" tests/plain >"$here/log"
place=$(mktemp -d -p /dev/shm weld-bench.XXXXXX)
trap 'chmod -R u+w "$place"; rm -rf "$place"' EXIT

# need_repository COUNT: packages of which the last is never installed at first.
need_repository() {
	[ ! -e "$here/repo-$1/metadata/timestamp.json" ] || return 0
	rm -rf "$here/packages-$1" "$here/repo-$1" "$here/keys-$1"
	mkdir -p "$here/packages-$1"
	"$plain" "$here/packages-$1" "$1" 20
	"$weld" key generate --keys "$here/keys-$1" --no-passphrase signer
	"$weld" repo init --keys "$here/keys-$1" "$here/repo-$1"
	find "$here/packages-$1" -name '*.weld' | sort |
		xargs -n 4000 "$weld" repo publish --keys "$here/keys-$1" "$here/repo-$1"
}

# need_root NAME COUNT: all but the last package are in $root.
need_root() {
	root=$place/root-$1
	[ ! -e "$root/current" ] || return 0
	need_repository "$2"
	"$weld" --root "$root" repo add bench "file://$here/repo-$2" --key "$here/repo-$2/metadata/1.root.json"
	"$weld" --root "$root" update
	# shellcheck disable=SC2046 # a list of names
	"$weld" --root "$root" --yes install $(seq -f 'p%05g' "$(($2 - 1))")
}

# need_generations COUNT: so many of them, in $root.
need_generations() {
	need_root "generations-$1" 20
	while [ "$("$weld" --root "$root" generations --json | jq '.generations | length')" -lt "$1" ]; do
		"$weld" --root "$root" --yes hold p00003
		"$weld" --root "$root" --yes unhold p00003
	done
}

# ask QUESTION COUNT: one answer from $root.
ask() {
	ask_last=$(printf 'p%05d' "$2")
	case $1 in
	list) "$weld" --root "$root" list ;;
	search) "$weld" --root "$root" search 'package 77 ' ;;
	info) "$weld" --root "$root" info p00077 ;;
	files) "$weld" --root "$root" files p00077 ;;
	owner) "$weld" --root "$root" owns share/p00077/f07 ;;
	provides) "$weld" --root "$root" provides share/p00077/f07 ;;
	why) "$weld" --root "$root" why p00077 ;;
	dry-run) "$weld" --root "$root" --dry-run install "$ask_last" ;;
	install) "$weld" --root "$root" --yes install "$ask_last" ;;
	remove) "$weld" --root "$root" --yes remove "$ask_last" ;;
	generations) "$weld" --root "$root" generations ;;
	hold) "$weld" --root "$root" --yes hold p00003 ;;
	esac
}

# undo QUESTION COUNT: so that it can be asked again.
undo() {
	case $1 in
	install) ask remove "$2" ;;
	remove) ask install "$2" ;;
	hold) "$weld" --root "$root" --yes unhold p00003 ;;
	esac
}

# measure QUESTION COUNT: microseconds, one line a run.
measure() {
	[ "$1" != remove ] || undo remove "$2" >>"$here/log" 2>&1
	for measure_run in $(seq "$runs"); do
		[ "$measure_run" = 1 ] || undo "$1" "$2" >>"$here/log" 2>&1
		measure_began=$(date +%s%N)
		ask "$1" "$2" >>"$here/log" 2>&1
		measure_ended=$(date +%s%N)
		echo $(((measure_ended - measure_began) / 1000))
	done
	[ "$1" != install ] || undo install "$2" >>"$here/log" 2>&1
}

: >"$here/log"
for row; do
	count=${row##*-}
	question=${row#scale-}
	question=${question%-*}
	case $question in
	generations | hold) need_generations "$count" >>"$here/log" 2>&1 ;;
	*) need_root "$count" "$count" >>"$here/log" 2>&1 ;;
	esac
	case $question-$count in
	install-* | remove-* | hold-*) limit=300000 ;;
	*-300) limit=15000 ;;
	*) limit=50000 ;;
	esac
	measure "$question" "$count" | sort -n | sed -n "$(((runs + 1) / 2))p" |
		jq -c --arg row "$row" --argjson runs "$runs" --argjson limit $limit '{row: $row, unit: "us",
			runs: $runs, weld: {median: .}, peers: [{name: "limit", median: $limit}]}'
done
