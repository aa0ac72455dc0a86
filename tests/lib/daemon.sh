# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# daemon.sh, sourced after home.sh: a pkgd of the test's own, which ends with it.

daemon=

# daemon_stop: end the daemon, and wait until it has.
daemon_stop() {
	if [ -n "$daemon" ] && kill "$daemon" 2>/dev/null; then
		wait "$daemon" || :
	fi
	daemon=
}
trap 'daemon_stop; chmod -R u+w "$directory"; rm -rf "$directory"' EXIT

# daemon_start PKGD ROOT [OPTION ...]: serve a root at $directory/socket, where weld then asks; what it logs
# goes to $directory/journal. Replies are checked against the interface.
daemon_start() {
	daemon_program=$1
	daemon_root=$2
	shift 2
	# Others than the owner come here, too.
	chmod 755 "$directory"
	rm -f "$directory/socket"
	"$daemon_program" --root "$daemon_root" --socket "$directory/socket" --check --stderr "$@" \
		2>>"$directory/journal" &
	daemon=$!
	daemon_tries=200
	while ! [ -S "$directory/socket" ]; do
		daemon_tries=$((daemon_tries - 1))
		if [ "$daemon_tries" = 0 ] || ! kill -0 "$daemon" 2>/dev/null; then
			tap_bail "no daemon: $(tail -n 3 "$directory/journal")"
		fi
		sleep 0.05
	done
	export WELD_SOCKET="$directory/socket"
}
