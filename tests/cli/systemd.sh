#!/bin/sh
# SPDX-License-Identifier: MIT
# systemd.sh WELD SOURCE PKGD: what systemd thinks of the units, and a pkgd that is started by the first one who
# connects. tests/boot/debian.sh has a whole machine.
set -eu
weld=$1
source=$2
pkgd=$(realpath "$3")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

# The units, with the program of the build.
mkdir "$directory/units"
for unit in "$source"/pkgd/systemd/*; do
	name=$(basename "$unit" .in)
	sed "s,@bindir@/pkgd,$pkgd," "$unit" >"$directory/units/$name"
done
for unit in weld-pkgd.socket weld-pkgd.service weld-pkgd@srv-weld.socket weld-pkgd@srv-weld.service; do
	systemd-analyze verify --man=no "$directory/units/$unit" >"$directory/said" 2>&1 || :
	# What other units there are is this machine's affair.
	tap_is "$unit is understood" "$(grep "$directory\|^weld-pkgd" "$directory/said" |
		grep -v ': Unit .* not found\|/bin/kill is not executable')" ''
done

recipe alpha 1.0 ''
w install "$directory/packages/alpha-1.0-1.weld" >"$directory/log" 2>&1 || tap_bail "$(tail -n 3 "$directory/log")"
activator=
trap '[ -z "$activator" ] || kill "$activator" 2>/dev/null || :; chmod -R u+w "$directory"; rm -rf "$directory"' EXIT

# activate NAME OPTION ... -- PKGD-OPTION ...: listen at $directory/NAME, and start pkgd when somebody comes.
activate() {
	socket=$directory/$1
	shift
	systemd-socket-activate -l "$socket" "$@" 2>"$directory/journal" &
	activator=$!
	tries=200
	while ! [ -S "$socket" ] && [ $tries -gt 0 ]; do
		tries=$((tries - 1))
		sleep 0.05
	done
}

# program: what runs now.
program() {
	basename "$(readlink "/proc/$activator/exe")"
}

activate socket "$pkgd" --root "$root" --idle 2 --stderr --check
tap_is 'nobody asks: no daemon' "$(program)" systemd-socket-activate
tap_is 'the first one who asks is answered' "$(WELD_SOCKET=$directory/socket w list --names)" alpha
tap_is 'by the daemon, on the socket that was handed over' "$(program)" pkgd
tap_try 'changes' env "WELD_SOCKET=$directory/socket" "$weld" --root "$root" --yes mark auto alpha
status=0
wait "$activator" || status=$?
activator=
tap_is 'with nothing to do it ends' "$status" 0
tap_try 'and leaves the socket to whom it belongs' test -S "$directory/socket"

# refused NAME OPTION ...: such a socket is not served.
refused() {
	refused_name=$1
	shift
	activate "$@" "$pkgd" --root "$root" --idle 2
	python3 -c 'import socket, sys
for kind in socket.SOCK_STREAM, socket.SOCK_SEQPACKET, socket.SOCK_DGRAM:
    try:
        one = socket.socket(socket.AF_UNIX, kind)
        one.connect(sys.argv[1])
        one.send(b"x")
        break
    except OSError:
        pass' "$socket"
	status=0
	wait "$activator" || status=$?
	activator=
	tap_is "$refused_name: refused" "$status" 2
	tap_try "$refused_name: and it says so" grep -q 'pkgd: error: socket: ' "$directory/journal"
}
refused 'two sockets' two -l "$directory/other"
refused 'datagrams' datagrams -d
refused 'packets' packets --seqpacket
tap_done
