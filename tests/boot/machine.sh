# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# machine.sh, sourced after tap.sh and story.sh at the top of the tree: machines with a serial console.
#
# One machine runs at a time. Every wait is bounded, and it ends with the script, however that ends.

images=$PWD/out/test/boot
boot_seconds=240 # from power to a prompt; the builder may be busy
run_seconds=90   # for one command
machine_console=

# machine_begin: a scratch directory; skips the whole test where machines cannot be run.
machine_begin() {
	for machine_tool in qemu-system-x86_64 expect; do
		command -v $machine_tool >/dev/null || machine_skip "$machine_tool is not installed"
	done
	[ -e "$images/machine.img" ] || tap_bail "no $images: run tests/lib/boot_images.sh"
	story_scratch
	trap 'machine_kill; story_clean_up' EXIT
}

machine_skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

# machine_copy IMAGE: a fresh copy of a disk that all tests share; its path is in $disk.
machine_copy() {
	disk=$scratch/disk.img
	cp --sparse=always "$images/$1" "$disk"
	chmod u+w "$disk"
}

# machine_start ARGUMENT ...: power on, with arguments of `weld image run`.
machine_start() {
	machine_command "$weld" image run "$@"
}

# machine_command COMMAND ...: power on, with a command that becomes QEMU.
machine_command() {
	machine_kill
	machine_dir=$(mktemp -d "$scratch/machine.XXXXXX")
	mkfifo "$machine_dir/requests" "$machine_dir/answers"
	expect tests/boot/console.exp "$machine_dir" "$@" >"$machine_dir/expect" 2>&1 &
	machine_console=$!
	exec 7>"$machine_dir/requests" 8<"$machine_dir/answers"
}

# machine_ask REQUEST: the answer is in $answer; what was seen in $output.
machine_ask() {
	output=$machine_dir/output
	answer=gone
	[ -n "$machine_console" ] || return 1
	printf '%s\n' "$1" >&7 2>/dev/null && read -r answer <&8 || answer=gone
	[ "$answer" = 0 ]
}

# machine_expect REGEX [SECONDS]
machine_expect() {
	machine_ask "expect ${2:-$boot_seconds} $1"
}

machine_send() {
	machine_ask "send 0 $1"
}

# machine_run COMMAND [SECONDS]: one line for the shell there: prints its output, has its status.
machine_run() {
	machine_ask "run ${2:-$run_seconds} $1"
	cat "$output"
	case $answer in
	gone | timeout) echo "machine: $answer" && return 124 ;;
	*) return "$answer" ;;
	esac
}

# machine_login [PASSPHRASE]: from the log-in prompt, which was seen, to the shell's.
machine_login() {
	machine_send 'root\r'
	if [ $# -gt 0 ]; then
		machine_expect 'Password: $' 60 || return
		machine_send "$1\\r"
	fi
	machine_expect '[#$] (\x1b\[6n)?$' 60 &&
		machine_run 'stty cols 500; dmesg -n 1' >/dev/null
}

# machine_up [PASSPHRASE]: from power to the shell's prompt.
machine_up() {
	machine_expect 'login: $' && machine_login "$@"
}

# machine_off: shut down from the shell; has QEMU's status.
machine_off() {
	machine_send 'poweroff\r'
	machine_ask "end 90"
	machine_off_status=$answer
	machine_kill
	[ "$machine_off_status" = 0 ]
}

# machine_kill: the power goes. Its console ends, too.
machine_kill() {
	[ -n "$machine_console" ] || return 0
	machine_ask kill || kill -KILL "$(cat "$machine_dir/pid")" 2>/dev/null
	exec 7>&- 8<&-
	# It ends when requests end; SIGTERM in the middle of that would leave it waiting for itself.
	{ sleep 20 && kill -KILL "$machine_console"; } >/dev/null 2>&1 &
	machine_guard=$!
	wait "$machine_console" 2>/dev/null
	kill "$machine_guard" 2>/dev/null
	machine_console=
	cp "$machine_dir/log" "$scratch/last-log"
}

# machine_log: the end of what the machine showed, as notes, for a failure.
machine_log() {
	tail -c 3000 "$machine_dir/log" | tr -d '\r' | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' | tail -n 40 |
		tap_note
}

# machine_try NAME COMMAND ...: a promise, kept when the command succeeds; else the console is shown.
machine_try() {
	machine_failures=$tap_failures
	tap_try "$@"
	[ "$tap_failures" = "$machine_failures" ] || machine_log
}

# machine_says NAME COMMAND TEXT: a command on the machine succeeds and prints just this.
machine_says() {
	machine_said=$(machine_run "$2")
	machine_status=$?
	[ $machine_status = 0 ] && [ "$machine_said" = "$3" ]
	tap_result $? "$1"
	if [ $machine_status != 0 ] || [ "$machine_said" != "$3" ]; then
		printf 'status %d; wanted: %s\nsaid: %s\n' $machine_status "$3" "$machine_said" |
			tap_note
	fi
}
