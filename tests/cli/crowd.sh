#!/bin/sh
# SPDX-License-Identifier: MIT
# crowd.sh WELD SOURCE PKGD [SECONDS]: makes a repository of plain packages, and lets crowd.py bring fifty clients
# that ask for them. A few seconds show that it works; `tests/cli/crowd.sh build/cli/weld . build/pkgd/pkgd 300` looks
# for what is rare.
set -eu
weld=$(realpath "$1")
source=$(realpath "$2")
pkgd=$(realpath "$3")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

for name in alpha beta gamma delta epsilon; do
	recipe $name 1.0 ''
done
{
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/*.weld
	w repo add test "file://$directory/repo" --key "$directory/repo/metadata/1.root.json"
	w update
	w install alpha
} >"$directory/log" 2>&1 || tap_bail "$(tail -n 3 "$directory/log")"
status=0
python3 "$source/tests/cli/crowd.py" "$source" "$pkgd" "$directory" "${4:-10}" || status=$?
[ $status = 0 ] || tail -n 40 "$directory/journal" | tap_note
exit $status
