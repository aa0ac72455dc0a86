#!/bin/sh
# SPDX-License-Identifier: MIT
# root.sh WELD SOURCE: roots and package files as people name them, and with which rights roots are made.
set -eu
weld=$(realpath "$1")
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
export TMPDIR="$directory/tmp"
mkdir -p "$directory/tmp" "$directory/place/deep"
# As the kernel names it: a path to start from has no links.
work=$(cd "$directory/place" && pwd -P)
cd "$work/deep"

# named ROOT: how weld reads a root's name.
named() {
	"$weld" --root "$1" --json env | jq -r .root
}

tap_is 'a relative root' "$(named root)" "$work/deep/root"
tap_is 'with a dot' "$(named ./root)" "$work/deep/root"
tap_is 'with slashes' "$(named .//root//)" "$work/deep/root"
tap_is 'this directory' "$(named .)" "$work/deep"
tap_is 'beside this directory' "$(named ../root/.)" "$work/root"
tap_is 'an absolute one with slashes' "$(named "$work//./root/")" "$work/root"
tap_is 'above everything' "$(named ../../../../../../../../../../../../../../x)" /x
mkdir "$work/elsewhere"
ln -s "$work/elsewhere" link
tap_refuse 'what may lead through a link is not guessed' 'has ./\.\./.' "$weld" --root link/../root list

"$weld" key generate signer --no-passphrase >"$directory/log" 2>&1
"$weld" repo init "$work/repo" >"$directory/log" 2>&1
metadata=$work/repo/metadata/1.root.json
tap_try 'a dry run without a root' "$weld" --root fresh --dry-run repo add test "$work/repo" --key "$metadata"
tap_is 'makes none' "$(ls)" link
tap_is 'and leaves nothing behind' "$(ls "$TMPDIR")" ''

bad=$(printf '\377')
tap_refuse 'a name that is not UTF-8 is not left out' 'argument 4 is not UTF-8' \
	"$weld" --root . verify "$bad"
mkdir "$bad"
cd "$bad"
echo no >x.weld
tap_refuse 'nor a file' 'not UTF-8' "$weld" --root "$work/odd" install x.weld
cd ..
tap_refuse 'nor a root' 'root.s path is not UTF-8' env WELD_ROOT="/$bad" "$weld" list

mkdir "$work/a \"strange\" nämé #1?%20"
cp -r "$work/repo" "$work/a \"strange\" nämé #1?%20/repo"
tap_try 'a repository with a strange path' "$weld" --root strange repo add odd \
	"$work/a \"strange\" nämé #1?%20/repo" --key "$metadata"
tap_try 'is found' "$weld" --root strange update
tap_refuse 'a repository that is not there' "run 'weld repo init nowhere'" "$weld" repo publish nowhere x.weld

tap_refuse 'a directory of other things becomes no root' 'other things are in it' \
	"$weld" --root "$work" repo add test "$work/repo" --key "$metadata"
tap_try 'and stays as it was' test ! -e "$work/store"

mkfifo pipe.weld
mkdir folder.weld
umask 077
tap_try 'a root is made' "$weld" --root made repo add test "$work/repo" --key "$metadata"
tap_is 'which all users can read' "$(stat -c %a made made/store made/db/weld.db made/db/trust.db | tr '\n' ' ')" \
	'755 755 644 644 '
tap_is 'but lock and seed are its owner'\''s' "$(stat -c %a made/lock made/state/seed | tr '\n' ' ')" '600 600 '
tap_refuse 'a pipe is no package' 'pipe.weld: not a file' timeout 20 "$weld" --root made --yes install pipe.weld
tap_refuse 'a directory is no package' 'folder.weld: not a file' "$weld" --root made --yes install ./folder.weld

# What a root is to be like is said before anything is in it.
while read -r key value; do
	tap_try "policy $key of an empty root" "$weld" --root "policy-$key" policy set "$key" "$value"
	tap_is "policy $key is kept" "$("$weld" --root "policy-$key" policy show | grep "^$key ")" "$key $value"
done <<END
sharing never
tier fast
improve never
memory 1G
arch riscv64
cpu generic
builders $(printf '%064d' 1)
harden none
END
tap_try 'a dry run of it' "$weld" --root policy-dry --dry-run policy set tier fast
tap_try 'makes no root' test ! -e policy-dry
tap_done
