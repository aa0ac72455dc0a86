# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# tap.sh, sourced: results in the Test Anything Protocol; end with `tap_done`.

tap_count=0
tap_failures=0
tap_log=$(mktemp)

# tap_result STATUS NAME: one promise; kept when STATUS is 0.
tap_result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
		return 0
	fi
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_count - $2"
	return 0
}

# tap_note: standard input, as notes.
tap_note() {
	sed 's/^/# /'
}

# tap_try NAME COMMAND ...: the command succeeds; its output is shown when it does not.
tap_try() {
	tap_name=$1
	shift
	tap_status=0
	"$@" >"$tap_log" 2>&1 || tap_status=$?
	tap_result $((tap_status != 0)) "$tap_name"
	[ $tap_status = 0 ] ||
		{ printf 'status %d of: %s\n' $tap_status "$*" && tail -n 30 "$tap_log"; } | tap_note
}

# tap_is NAME GOT WANTED: equal texts.
tap_is() {
	if [ "$2" = "$3" ]; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		printf 'got: %s\nwanted: %s\n' "$2" "$3" | tap_note
	fi
}

# tap_refuse NAME PATTERN COMMAND ...: the command fails, by itself and not by a signal, with a
# message that matches.
tap_refuse() {
	tap_name=$1
	tap_pattern=$2
	shift 2
	tap_status=0
	"$@" >"$tap_log" 2>&1 || tap_status=$?
	if [ "$tap_status" -gt 0 ] && [ "$tap_status" -lt 128 ] &&
		grep -Eqi -e "$tap_pattern" "$tap_log"; then
		tap_result 0 "$tap_name"
	else
		tap_result 1 "$tap_name"
		{
			printf 'status %d, wanted /%s/, of: %s\n' "$tap_status" "$tap_pattern" "$*"
			tail -n 30 "$tap_log"
		} | tap_note
	fi
}

# tap_same NAME FILE FILE: equal bytes.
tap_same() {
	if cmp -s "$2" "$3"; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		{ cmp "$2" "$3" 2>&1; diff -a "$2" "$3" | head -n 10; } | tap_note
	fi
}

# tap_skip REASON: what cannot be tried here.
tap_skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $1"
}

# tap_bail REASON: nothing more can be tried.
tap_bail() {
	echo "Bail out! $1"
	exit 1
}

# tap_done: the plan; ends the script.
tap_done() {
	rm -f "$tap_log"
	echo "1..$tap_count"
	[ "$tap_failures" = 0 ] && [ "$tap_count" -gt 0 ]
	exit
}
