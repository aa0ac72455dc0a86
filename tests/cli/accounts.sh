#!/bin/sh
# SPDX-License-Identifier: MIT
# accounts.sh WELD SOURCE: packages that need accounts are installed, and say which are missing.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

recipe there 1.0 'users { root {} }'
recipe gone 1.0 'users { _weld-no-user {} }
	groups { _weld-no-group {} }'
recipe place 1.0 'directories { "var/place" { mode = "0750" } }'
recipe run 1.0 'services { run { program = "bin/say-run" } }'

w install "$directory/packages/there-1.0-1.weld" >"$directory/log" 2>&1
tap_is 'an account that is there is no news' "$(grep -c needs "$directory/log" || :)" 0
tap_try 'one that is missing keeps nothing from being installed' \
	sh -c "\"$weld\" --root \"$root\" --yes install \"$directory/packages/gone-1.0-1.weld\" >\"$directory/log\" 2>&1"
tap_is 'but is told' \
	"$(grep -c 'gone-1.0-1 needs the user _weld-no-user.*useradd --system _weld-no-user' "$directory/log")" 1
tap_is 'and so is a group' \
	"$(grep -c 'gone-1.0-1 needs the group _weld-no-group.*groupadd --system _weld-no-group' "$directory/log")" 1
before=$(readlink "$root/current")
tap_refuse 'a directory is not left out silently' 'place-1.0-1: declares the directory var/place' \
	w install "$directory/packages/place-1.0-1.weld"
tap_refuse 'nor is a service' 'run-1.0-1: declares the service run' w install "$directory/packages/run-1.0-1.weld"
tap_is 'and nothing has changed' "$(readlink "$root/current")" "$before"

tap_done
