#!/bin/sh
# SPDX-License-Identifier: MIT
# files.sh WELD SOURCE: paths that two packages want, that move from one to another, and that users
# have filled, with packages of plain files.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

# more NAME VERSION PATH TEXT: a file of a package.
more() {
	mkdir -p "$(dirname "$directory/src/$1-$2/more/$3")"
	echo "$4" >"$directory/src/$1-$2/more/$3"
}

more alpha 1.0 share/common/moved 'of alpha'
more alpha 1.0 etc/moved.conf 'level = 1'
more alpha 1.0 share/tree/leaf 'of alpha'
more beta 1.1 share/common/moved 'of beta'
more beta 1.1 etc/moved.conf 'level = 1'
more thief 1.0 share/common/moved 'of thief'
more below 1.0 share/common/moved/leaf 'of below'
more above 1.0 share/tree 'of above'
more keeper 1.0 var/lib/keeper/seed 'packaged'
more friend 1.0 share/common/mine 'of friend'
recipe alpha 1.0 ''
recipe alpha 1.1 ''
for name in beta thief below above keeper friend; do
	recipe $name 1.0 ''
done
recipe beta 1.1 ''
"$weld" key generate signer --no-passphrase >/dev/null
"$weld" repo init "$directory/repo" >/dev/null
"$weld" repo publish "$directory/repo" "$directory"/packages/*-1.0-1.weld >/dev/null
w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" >/dev/null
w update >/dev/null
tap_try 'install' w install alpha beta keeper

# refused NAME PATTERN PACKAGE: also in a dry run, and nothing was fetched.
refused() {
	tap_refuse "$1" "$2" w install "$3"
	tap_refuse "$1: the plan already says so" "$2" "$weld" --root "$root" --dry-run install "$3"
	[ -z "$(find "$root/store" -name "*-$3-*")" ] || tap_result 1 "$1: it was fetched"
}
refused 'the same path' 'share/common/moved: (thief|alpha)-1.0-1 and (thief|alpha)-1.0-1 both have it' thief
refused 'a path below a file' 'share/common/moved: .*alpha-1.0-1' below
refused 'a file above a path' 'share/tree: above-1.0-1 and alpha-1.0-1' above
tap_refuse 'among what comes' 'share/common/moved' "$weld" --root "$directory/other" --yes install \
	"$directory/packages/alpha-1.0-1.weld" "$directory/packages/thief-1.0-1.weld"
tap_is 'a directory of one package is one link' "$(test -L "$root/current/share/common" && echo yes)" yes
tap_try 'a directory is shared' w install friend
tap_is 'then it is none' "$(test -L "$root/current/share/common" || ls "$root/current/share/common")" "mine
moved"
tap_try 'and goes' w remove friend
tap_is 'then it is one again' "$(test -L "$root/current/share/common" && echo yes)" yes
tap_try 'and comes back' w install friend

# A list of files, and the links beside it, are verified and made anew.
spoil() {
	chmod -R u+w "$(dirname "$root"/store/*-alpha-1.0-1/files.json)"
	eval "$2"
	tap_refuse "$1 is found" "$3" w verify
	tap_try "$1 is repaired" w repair
	tap_try "then all is well" w verify --all
}
spoil 'a list' 'echo >"$(echo "$root"/store/*-alpha-1.0-1/files.json)"' 'files.json'
spoil 'a link beside it' 'rm "$root"/store/*-alpha-1.0-1/tree/share/tree/leaf' 'tree/share/tree/leaf'
spoil 'a list that is gone' 'rm -r "$(dirname "$root"/store/*-alpha-1.0-1/files.json)"' 'files.json'

# A file moves from alpha to beta.
echo 'level = mine' >"$root/current/etc/moved.conf"
"$weld" repo publish "$directory/repo" "$directory"/packages/*-1.1-1.weld >/dev/null
w update >/dev/null
tap_refuse 'only one half of a move' 'moved.*both have it' w upgrade beta
tap_try 'both halves' w upgrade
both=$(basename "$(readlink "$root/current")")
tap_is 'the file is there, and is the other one' "$(cat "$root/current/share/common/moved")" 'of beta'
tap_is 'it belongs to the other package' "$(w owns share/common/moved)" 'share/common/moved: beta-1.1-1'
tap_is "the user's configuration moved with it" "$(cat "$root/current/etc/moved.conf")" 'level = mine'
tap_try 'going back' w rollback
tap_is 'brings the first one back' "$(cat "$root/current/share/common/moved")" 'of alpha'
tap_try 'forward' w rollback "$both"
tap_try 'what is left of alpha goes' w remove alpha
tap_is 'and leaves what moved' "$(cat "$root/current/share/common/moved")" 'of beta'

# What users and programs wrote.
echo 'written since' >"$root/current/var/lib/keeper/seed"
echo 'written since' >"$root/current/var/lib/keeper/data"
tap_try 'remove' w remove keeper
tap_is 'data survive' "$(cat "$root/state/var/lib/keeper/data")" 'written since'
tap_try 'again' w install keeper
tap_is 'and are used again' "$(cat "$root/current/var/lib/keeper/seed")" 'written since'
tap_try 'purge' w purge keeper
tap_is 'data survive that, too' "$(cat "$root/state/var/lib/keeper/data")" 'written since'
tap_try 'gc' w gc --keep 1
tap_is 'and that' "$(cat "$root/state/var/lib/keeper/data")" 'written since'
tap_done
