#!/bin/sh
# SPDX-License-Identifier: MIT
# daemon.sh WELD SOURCE PKGD: makes a repository of plain packages, and lets daemon.py ask pkgd for them.
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

recipe alpha 1.0 ''
recipe beta 1.0 ''
recipe gamma 1.0 ''
recipe local 1.0 ''
# Another package that says it is the same one.
mkdir -p "$directory/swapped" "$directory/src/local-1.0/more/share/local"
cp "$directory/packages/local-1.0-1.weld" "$directory/swapped"
echo other >"$directory/src/local-1.0/more/share/local/other"
recipe local 1.0 ''
{
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/[abg]*.weld
} >"$directory/log" 2>&1 || tap_bail "$(tail -n 3 "$directory/log")"
chmod 755 "$directory"
status=0
python3 "$source/tests/cli/daemon.py" "$weld" "$source" "$pkgd" "$directory" || status=$?
[ $status = 0 ] || tail -n 40 "$directory/journal" | tap_note
exit $status
