# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# own_mounts.sh, sourced after tap.sh: a script that mounts file systems, without privilege.

# own_mounts SCRIPT ARGUMENT ...: run the script in a mount namespace of its own, with the argument
# "inside"; where the machine has no such thing it ends as skipped. Inside, nothing happens.
own_mounts() {
	[ "${2:-}" != inside ] || return 0
	own_mounts_map=
	[ "$(id -u)" = 0 ] || own_mounts_map=--map-root-user
	# shellcheck disable=SC2086 # nothing, or one word
	if ! unshare $own_mounts_map --mount true 2>/dev/null; then
		tap_skip "no mount namespace here"
		tap_done
	fi
	# shellcheck disable=SC2086
	exec unshare $own_mounts_map --mount "$1" inside
}
