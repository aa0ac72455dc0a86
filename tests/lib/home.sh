# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# home.sh, sourced after tap.sh: a $directory of the test's own, which goes away at its end, and
# where weld finds all that it would look for in a home.

directory=$(mktemp -d)
trap 'chmod -R u+w "$directory"; rm -rf "$directory"' EXIT
unset WELD_ROOT SOURCE_DATE_EPOCH
export HOME="$directory" XDG_CACHE_HOME="$directory/cache" XDG_CONFIG_HOME="$directory/config"
