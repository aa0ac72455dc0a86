# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
# ways.sh, sourced by run: how a command comes to harm. A way WAY has
#     reset_WAY                          the root as it was before the command
#     hurt_WAY CALL INJECTION PLACE      the command, with strace's injection; sets $status, and leaves $directory/said
#                                        and $directory/trace
#     reason_against_WAY                 why that cannot be done here; nothing: it can
#
# tree       weld works on the root itself, in memory
# disk       the root is on a disk of its own, and with the injection the power is cut
# operation  weld asks a daemon, whose process for the operation gets the injection
# daemon     ... is stopped there, the daemon is killed, and another one started, as after a crash of the machine

build=$(dirname "$(dirname "$weld")")
disk=$directory/disk
daemon=

# 1. On the root itself

reason_against_tree() { :; }

reset_tree() {
	chmod -R u+w "$root" 2>/dev/null
	rm -rf "$root" "$directory/weld.lock"
	cp -a "$directory/base" "$root"
}

# injected CALL INJECTION PLACE: the words for strace. Without an injection it only looks.
injected() {
	echo "-f -o $directory/trace -e trace=$1 ${2:+-e inject=$1:$2:when=$3}"
}

hurt_tree() {
	status=0
	# shellcheck disable=SC2046,SC2086 # lists of words
	strace $(injected "$@") "$weld" --root "$root" --yes $arguments >"$directory/said" 2>&1 || status=$?
}

# 2. On a disk

reason_against_disk() {
	[ -x "$build/tests/store_crash_test" ] || {
		echo "no $build/tests/store_crash_test"
		return
	}
	mkdir -p "$directory/try"
	truncate -s 8M "$disk.try" && mkfs.ext4 -q -F "$disk.try" 2>/dev/null &&
		mount -o loop "$disk.try" "$directory/try" 2>/dev/null && umount "$directory/try" ||
		echo "no loop device can be mounted"
}

leave_disk() {
	umount "$root" 2>/dev/null || :
}

make_disk() {
	rm -f "$disk.base"
	truncate -s "$((64 + $(du -sm "$directory/base" | cut -f1) * 2))M" "$disk.base"
	mkfs.ext4 -q -F -d "$directory/base" "$disk.base"
}

reset_disk() {
	leave_disk
	rm -rf "$root" "$directory/weld.lock"
	mkdir "$root"
	cp --sparse=always "$disk.base" "$disk"
	mount -o loop "$disk" "$root"
}

hurt_disk() {
	hurt_tree "$@"
	"$build/tests/store_crash_test" shutdown "$root" || echo "the power is not cut"
	umount "$root" && mount -o loop "$disk" "$root" || echo "the disk cannot be mounted any more"
}

# 3. Through a daemon

reason_against_operation() { [ -x "$build/pkgd/pkgd" ] || echo "no $build/pkgd/pkgd"; }
reason_against_daemon() { reason_against_operation; }

reset_operation() { reset_tree; }
reset_daemon() { reset_tree; }

is_stopped() {
	grep -q 'stopped by SIGSTOP' "$directory/trace" 2>/dev/null
}

# daemon_begin [WORD ...]: a daemon, by these words before its command; it may end, or be stopped, before it can be asked.
daemon_begin() {
	rm -f "$directory/socket" "$directory/trace"
	"$@" "$build/pkgd/pkgd" --root "$root" --socket "$directory/socket" --rules "$directory/no-rules" --check --stderr \
		2>>"$directory/journal" &
	daemon=$!
	until [ -S "$directory/socket" ] || is_stopped || ! kill -0 "$daemon" 2>/dev/null; do
		sleep 0.01
	done
}

daemon_end() {
	[ -z "$daemon" ] || kill "${1:--TERM}" "$daemon" 2>/dev/null || :
	[ -z "$daemon" ] || wait "$daemon" 2>/dev/null || :
	# The tracer writes on for a moment.
	until ! pgrep -f "^strace .*$directory/trace" >/dev/null; do
		sleep 0.01
	done
	daemon=
}

ask_daemon() {
	# shellcheck disable=SC2086 # a list of words
	WELD_SOCKET=$directory/socket "$weld" --root "$root" --yes $arguments >"$directory/said" 2>&1
}

hurt_operation() {
	status=0
	: >"$directory/journal"
	# shellcheck disable=SC2046 # a list of words
	daemon_begin strace -D $(injected "$@")
	ask_daemon || status=$?
	daemon_end
}

# The injection is a stop, so that the operation stands where it is when the daemon goes.
hurt_daemon() {
	status=0
	: >"$directory/journal"
	# shellcheck disable=SC2046 # a list of words
	daemon_begin strace -D $(injected "$@")
	ask_daemon &
	asker=$!
	until is_stopped || ! kill -0 $asker 2>/dev/null; do
		sleep 0.01
	done
	daemon_end -KILL
	wait $asker || status=$?
	pending=$(w --json history | jq -r '.events[] | select(.result == "pending").command')
	mv "$directory/trace" "$directory/trace-of-the-first"
	daemon_begin
	# A change, so that it has its turn after what the daemon does at its start.
	WELD_SOCKET=$directory/socket w gc >/dev/null 2>&1 || echo "the next daemon answers nobody"
	daemon_end
	mv "$directory/trace-of-the-first" "$directory/trace"
	[ -z "$pending" ] || grep -q "at the start: interrupted '" "$directory/journal" ||
		echo "the journal does not say what became of '$pending'"
}
