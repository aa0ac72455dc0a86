# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# step.sh, sourced: say what is being done, and how long it took.

# Centiseconds since the machine started.
step_clock() {
	read -r step_uptime step_rest </proc/uptime
	: "$step_rest"
	echo "$step_uptime" | tr -d .
}

step_start_of_all=$(step_clock)
step_number=0

# Begin a step.
step() {
	step_number=$((step_number + 1))
	printf '\n[%d] %s\n' "$step_number" "$*"
	step_start=$(step_clock)
}

# End a step with its time.
step_done() {
	step_took=$(($(step_clock) - step_start))
	printf '    done in %d.%02d s\n' $((step_took / 100)) $((step_took % 100))
}

# The time since the script began, as text.
step_total() {
	step_took=$(($(step_clock) - step_start_of_all))
	printf '%d min %02d s' $((step_took / 6000)) $((step_took / 100 % 60))
}

# Run a command that talks much: its output goes to a log, whose end is shown when it fails.
quietly() {
	quietly_log=$1
	shift
	if ! "$@" >"$quietly_log" 2>&1; then
		printf 'failed: %s\nthe end of %s:\n' "$*" "$quietly_log" >&2
		tail -n 40 "$quietly_log" >&2
		return 1
	fi
}
