#!/bin/sh
# SPDX-License-Identifier: MIT
# accounts.sh WELD SOURCE PKGD: accounts and directories that packages need are told, and made where that may be.
set -eu
weld=$1
source=$2
pkgd=$3
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

recipe there 1.0 'users { root {} }'
recipe gone 1.0 'users { _weld-no-user {} }
	groups { _weld-no-group {} }'
recipe place 1.0 'directories { "var/lib/place" { mode = "0750" } }'
recipe served 1.0 'groups { _weld-team { id = 871 } }
	users { _weld-served { id = 872; groups = [ _weld-team ]; home = "var/lib/served"; shell = "/bin/sh"; comment = "Served by weld" }
		_weld-plain {} }
	directories { "var/lib/served" { mode = "01770"; user = _weld-served; group = _weld-team }
		"var/log/served" { user = _weld-plain } }'
recipe other 1.0 'users { _weld-served { id = 873 }
		_weld-taken { id = 872 } }'

w install "$directory/packages/there-1.0-1.weld" >"$directory/log" 2>&1
tap_is 'an account that is there is no news' "$(grep -c needs "$directory/log" || :)" 0
tap_try 'one that is missing keeps nothing from being installed' \
	sh -c "\"$weld\" --root \"$root\" --yes install \"$directory/packages/gone-1.0-1.weld\" >\"$directory/log\" 2>&1"
tap_is 'but is told' \
	"$(grep -c 'gone-1.0-1 needs the user _weld-no-user.*useradd --system _weld-no-user' "$directory/log")" 1
tap_is 'and so is a group' \
	"$(grep -c 'gone-1.0-1 needs the group _weld-no-group.*groupadd --system _weld-no-group' "$directory/log")" 1

# Directories
place=$root/state/var/lib/place
"$weld" --root "$root" --dry-run install "$directory/packages/place-1.0-1.weld" >"$directory/log"
tap_try 'the plan has a directory' grep -q 'directory  var/lib/place  place-1.0-1' "$directory/log"
tap_is 'a dry run makes none' "$([ -e "$place" ] || echo none)" none
tap_try 'a directory is made' w install "$directory/packages/place-1.0-1.weld"
tap_is 'with its mode' "$(stat -c '%a %F' "$place")" '750 directory'
echo kept >"$place/data"
chmod 700 "$place"
tap_try 'it is removed with its package by nobody' w purge place
tap_is 'nor is what is in it' "$(cat "$place/data")" kept
w install "$directory/packages/place-1.0-1.weld" >/dev/null 2>&1
tap_is 'one that is there stays as it is' "$(stat -c %a "$place")" 700
w remove place >/dev/null 2>&1
rm -r "$place"
ln -s "$directory" "$root/state/var/lib/place"
chmod 777 "$root/state/var/lib"
tap_try 'a link in its place counts as one' w install "$directory/packages/place-1.0-1.weld"
tap_is 'and is not followed' "$(stat -c %a "$directory")" 700

# An image's machine makes them: it gets a list.
"$weld" --root "$root" --yes image build --format=dir --base=none -o "$directory/tree" "$directory/packages/served-1.0-1.weld" \
	"$directory/packages/place-1.0-1.weld" >"$directory/log" 2>&1
tap_is 'of accounts for an image nobody is warned' "$(grep -c needs "$directory/log" || :)" 0
tap_is 'its machine has a list' "$(cat "$directory/tree/weld/defaults/accounts")" 'group:_weld-team:871
user:_weld-plain::_weld-plain::/nonexistent:/bin/false:
user:_weld-served:872:_weld-served:_weld-team:/weld/state/var/lib/served:/bin/sh:Served by weld
directory:1770:_weld-served:_weld-team:/weld/state/var/lib/served
directory:755:_weld-plain::/weld/state/var/log/served'
tap_is 'what belongs to nobody else is in the image' "$(stat -c %a "$directory/tree/weld/defaults/var/lib/place")" 750

# Accounts are made by root only, and here on a machine of their own: it has a copy of etc.
if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
	tap_skip 'only root makes accounts, on a copy of etc'
	tap_done
fi
cp -a /etc "$directory/etc"

# m COMMAND ...: on that machine.
m() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$1" /etc && shift && exec "$@"' sh "$directory/etc" "$@"
}

# wm ARG ...: weld there.
wm() {
	m "$weld" --root "$root" --yes "$@"
}

served=$directory/packages/served-1.0-1.weld
wm install "$served" >"$directory/log" 2>&1
tap_is 'for a root of its own weld makes no accounts' "$(m getent passwd _weld-served || echo none)" none
tap_is 'but tells' "$(grep -c 'served-1.0-1 needs the user _weld-served' "$directory/log")" 1
wm remove served >/dev/null 2>&1
rm -r "$root/state/var/lib/served" "$root/state/var/log/served"
tap_try 'unless its policy says so' wm policy set accounts make
m "$weld" --root "$root" --json --dry-run install "$served" >"$directory/plan"
tap_is 'the plan has all of it' "$(jq -c '[.makes[] | .kind + " " + .name]' "$directory/plan")" \
	'["group _weld-team","user _weld-plain","user _weld-served","directory var/lib/served","directory var/log/served"]'
tap_try 'accounts are made' wm install "$served"
tap_is 'a user' "$(m getent passwd _weld-served | cut -d: -f1,3,5-7)" \
	"_weld-served:872:Served by weld:$root/state/var/lib/served:/bin/sh"
tap_is 'in its groups' "$(m id -Gn _weld-served)" '_weld-served _weld-team'
tap_is 'a group' "$(m getent group _weld-team | cut -d: -f1,3)" _weld-team:871
tap_is 'one that says nothing of itself' "$(m getent passwd _weld-plain | cut -d: -f6,7)" /nonexistent:/usr/sbin/nologin
tap_is 'a directory of theirs' "$(m stat -c '%a %U %G' "$root/state/var/lib/served")" '1770 _weld-served _weld-team'
tap_is 'another one' "$(m stat -c '%a %U' "$root/state/var/log/served")" '755 _weld-plain'
wm install "$directory/packages/other-1.0-1.weld" >"$directory/log" 2>&1
tap_is 'an account with another id stays as it is' \
	"$(grep -c 'other-1.0-1: the user _weld-served is there with another id (872, not 873)' "$directory/log") $(m id -u _weld-served)" '1 872'
tap_is 'who wants a taken id gets another' \
	"$(grep -c 'the id 872 belongs to _weld-served' "$directory/log") $(m id -un _weld-taken)" '1 _weld-taken'
tap_try 'accounts outlive their package' wm remove served other
tap_is 'since files may be theirs' "$(m id -u _weld-served)" 872
before=$(readlink "$root/current")
cp -a /etc/passwd /etc/group /etc/shadow /etc/gshadow "$directory/etc"
# shellcheck disable=SC2016
tap_refuse 'an account that cannot be made' 'served-1.0-1: the group _weld-team cannot be made: groupadd: ' \
	unshare -m sh -c 'mount --bind "$1" /etc && mount -o remount,bind,ro /etc && shift && exec "$@"' sh \
	"$directory/etc" "$weld" --root "$root" --yes install "$served"
tap_is 'changes nothing' "$(readlink "$root/current")" "$before"

# The daemon has given up what it does not need.
m "$pkgd" --root "$root" --socket "$directory/socket" --stderr >"$directory/journal" 2>&1 &
daemon=$!
while [ ! -S "$directory/socket" ] && kill -0 "$daemon" 2>/dev/null; do sleep 0.05; done
tap_try 'through a daemon, too' m env WELD_SOCKET="$directory/socket" "$weld" --root "$root" --yes install "$served"
kill "$daemon"
wait "$daemon" || :
tap_is 'accounts are made' "$(m id -u _weld-served) $(m stat -c %U "$root/state/var/lib/served")" '872 _weld-served'

tap_done
