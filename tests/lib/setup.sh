#!/bin/sh
# SPDX-License-Identifier: MIT
# setup.sh GROUP ...: install what is missing of these groups of tests/lib/debian-packages.
#
# Names the packages first; does nothing, and asks for nothing, when all are there.
set -eu

list=$(dirname "$0")/debian-packages

# The packages of a group that are not installed.
missing_of() {
	awk -v group="$1" '$1 == group { print $2 }' "$list" | while read -r name; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=none
		[ "$state" = installed ] || echo "$name"
	done
}

# Run a command as root: ourselves, or through sudo.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		echo "setup: root or sudo is needed to run: $*" >&2
		return 1
	fi
}

apt_quietly() {
	log=$(mktemp)
	if as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 \
		"$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
		return 0
	fi
	echo "setup: apt-get $* failed:" >&2
	tail -n 30 "$log" >&2
	rm -f "$log"
	return 1
}

command -v dpkg-query >/dev/null || {
	echo "setup: this needs Debian 12 (no dpkg-query here)" >&2
	exit 1
}
missing=
for group; do
	missing="$missing $(missing_of "$group" | tr '\n' ' ')"
done
missing=$(printf %s "$missing" | tr -s " " | sed "s/^ //;s/ \$//")
if [ -z "$missing" ]; then
	echo "all Debian packages that are needed are there"
	exit 0
fi
echo "installing from Debian: $missing"
# The lists may be missing or older than a package: refresh them first when one is not in them, and
# once more when what they name is gone from the mirror.
for name in $missing; do
	if [ -z "$(apt-cache madison "$name" 2>/dev/null)" ]; then
		apt_quietly update
		break
	fi
done
# shellcheck disable=SC2086 # a list of words
apt_quietly install -y --no-install-recommends $missing || {
	echo "setup: trying again with fresh package lists" >&2
	apt_quietly update
	apt_quietly install -y --no-install-recommends $missing
}
