#!/bin/sh
# SPDX-License-Identifier: MIT
# clock.sh WELD SOURCE PKGD CLOCK: a machine's clock is set back, and far ahead, and put right again:
# nothing is lost, nothing old is believed, nothing waits for ever. CLOCK is tests/lib/clock.c.
set -eu
weld=$1
source=$2
pkgd=$(realpath "$3")
clock=$(realpath "$4")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"
# shellcheck source=tests/lib/daemon.sh
. "$source/tests/lib/daemon.sh"
day=86400
year=$((365 * day))

# at AHEAD UP COMMAND ...: with the clock ahead by so many seconds, and the machine up for so many more.
at() {
	ahead=$1
	up=$2
	shift 2
	CLOCK_AHEAD=$ahead CLOCK_UP=$up LD_PRELOAD=$clock ASAN_OPTIONS=verify_asan_link_order=0 "$@"
}

# a_w AHEAD UP ARG ...: weld on the root, at that time.
a_w() {
	a_ahead=$1
	a_up=$2
	shift 2
	at "$a_ahead" "$a_up" "$weld" --root "$root" --yes "$@"
}

# numbers: the generations that there are.
numbers() {
	w --json generations | jq -c '[.generations[].number]'
}

recipe alpha 1.0 ''
recipe beta 1.0 ''
recipe gamma 1.0 ''
{
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/*.weld
	w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json"
	w update
} >"$directory/log" 2>&1 || tap_bail "$(tail -n 3 "$directory/log")"
tap_try 'install' w install alpha
tap_is 'the clock can be set' "$(a_w $((40 * year)) 0 --json mark auto alpha >/dev/null &&
	w --json generations | jq ".generations[-1].time > now + 39 * $year")" true
w mark manual alpha >/dev/null 2>&1

# What expires.
tap_try 'set back by 40 years: what was fetched may be used' a_w $((-40 * year)) 0 install beta
a_w $((-40 * year)) 0 update >"$directory/out" 2>&1
tap_try 'and an update says that the clock is behind' grep -q 'clock is [0-9]* hours behind' "$directory/out"
tap_is 'nothing older is noted' "$(w --json repo list | jq ".repositories[0].updated > now - $day")" true
tap_refuse 'TUF attack: freeze: 20 days later, by a clock that shows yesterday' 'says that it is' \
	a_w -$day $((20 * day)) install gamma
tap_refuse 'nor is the same shown again' 'says that it is' a_w -$day $((20 * day)) update
tap_refuse 'by a clock that shows those 20 days' 'expired at.*weld update' a_w $((20 * day)) 0 install gamma
tap_refuse 'an update 73 years ahead' 'clock right' a_w $((73 * year)) 0 update
tap_try 'is no harm when the clock is right again' w update
tap_try 'nor to what is installed then' w install gamma

# What is collected.
w policy set gc 10d >/dev/null 2>&1
before=$(numbers)
a_w $((73 * year)) 0 mark auto alpha >"$directory/out" 2>&1
tap_is 'ahead by 73 years: no generation is old by that' "$(numbers | jq -c '.[:-1]')" "$before"
tap_try 'and it is told' grep -q 'clock went ahead by 26... days' "$directory/out"
tap_try 'nor by a collection' a_w $((73 * year + day)) 0 gc
tap_is 'all of them stay' "$(numbers | jq -c '.[:-1]')" "$before"
w mark manual alpha >/dev/null 2>&1
tap_is 'nor when it is right again' "$(numbers | jq -c '.[:-2]')" "$before"
a_w $((-50 * year)) 0 mark auto alpha >/dev/null 2>&1
w mark manual alpha >/dev/null 2>&1
a_w 0 0 mark auto alpha >/dev/null 2>&1
tap_is 'what was made at a time long ago is not old' "$(numbers | jq -c '.[:-5]')" "$before"
before=$(numbers)
a_w $((11 * day)) 0 mark manual alpha >/dev/null 2>&1
tap_is '11 days later all but the newest two are forgotten' "$(numbers)" "$(echo "$before" |
	jq -c '.[-1:] + [.[-1] + 1]')"

# What is ordered.
a_w $((-50 * year)) 0 mark auto alpha >/dev/null 2>&1
tap_is 'history is in the order in which it was made' \
	"$(w --json history | jq '[.events[].id] | . == sort and length > 10')" true
tap_is 'going back leads to the state before' \
	"$(w --json rollback | jq .generation)" "$(numbers | jq '.[-2]')"

# Who waits.
w policy set gc never >/dev/null 2>&1
CLOCK_AHEAD=$((-50 * year)) LD_PRELOAD=$clock daemon_start "$pkgd" "$root" --idle 0
tap_try 'a daemon that thinks it is 1976 answers' w list
tap_try 'and makes changes' w mark manual alpha
tap_refuse 'what is locked is not waited for longer than asked' 'another process writes to it' \
	flock "$root/lock" "$weld" --root "$root" --yes --wait=1 mark auto alpha
tap_done
