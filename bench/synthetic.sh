# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# synthetic.sh, sourced: rows about one command in roots that were made up, of 200 and 5000 packages.

. tests/lib/story.sh

here=$PWD/out/bench/synthetic
synthetic=${WELD_BUILD:-build}/tests/synthetic
runs=11
mkdir -p "$here"
# It is a tool of the tests: ./try does not build it.
[ -x "$synthetic" ] || ninja -C "${WELD_BUILD:-build}" tests/synthetic >"$here/log"

# need_root COUNT: the root of that many packages is in $root.
need_root() {
	root=$here/root-$1
	[ -e "$root/current" ] || {
		chmod -R u+w "$root" 2>/dev/null || :
		rm -rf "$root"
		"$synthetic" root "$root" "$1"
	}
}

# time_rows ROW ...: a row is QUESTION-COUNT; `ask QUESTION` is timed, for which $root is set. Its status may be
# among those in $statuses. The peer is the most that a person should wait.
time_rows() {
	for row; do
		need_root "${row##*-}"
		case ${row##*-} in
		200) limit=100000 ;;
		*) limit=1000000 ;;
		esac
		for run in $(seq $runs); do
			[ "$run" = 0 ] || time_answer "${row%-*}"
		done | sort -n | sed -n "$(((runs + 1) / 2))p" |
			jq -c --arg row "$row" --argjson runs $runs --argjson limit $limit '{row: $row, unit: "us",
				runs: $runs, weld: {median: .}, peers: [{name: "limit", median: $limit}]}'
	done
}

# time_answer QUESTION: prints microseconds.
time_answer() {
	answer_begin=$(date +%s%N)
	answer_status=0
	ask "$1" >"$here/answer" 2>"$here/talk" || answer_status=$?
	answer_end=$(date +%s%N)
	case " $statuses " in
	*" $answer_status "*) echo $(((answer_end - answer_begin) / 1000)) ;;
	*)
		echo "bench: $1 ends with $answer_status" >&2
		cat "$here/talk" >&2
		exit 1
		;;
	esac
}
