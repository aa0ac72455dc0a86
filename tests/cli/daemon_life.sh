#!/bin/sh
# SPDX-License-Identifier: MIT
# daemon_life.sh WELD SOURCE PKGD: makes a root of plain packages and a copy of pkgd that can be replaced, and lets
# daemon_life.py do to that daemon what happens to daemons.
set -eu
weld=$1
source=$2
pkgd=$(realpath "$3")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# Mounts go with the namespace.
if [ "${4-}" != inside ] && unshare --mount true 2>/dev/null; then
	exec unshare --mount "$0" "$weld" "$source" "$pkgd" inside
fi
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

recipe alpha 1.0 ''
recipe beta 1.0 ''
{
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/*.weld
	w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json"
	w update
	w install alpha
} >"$directory/log" 2>&1 || tap_bail "$(tail -n 3 "$directory/log")"
# What it starts it finds from where it stands, as in the build's own tree.
build=$(dirname "$(dirname "$pkgd")")
mkdir -p "$directory/tree/pkgd" "$directory/small"
for folder in cli linker repo base; do
	[ ! -d "$build/$folder" ] || ln -s "$build/$folder" "$directory/tree/$folder"
done
cp "$pkgd" "$directory/tree/pkgd/pkgd"
cp "$pkgd" "$directory/tree/pkgd/pkgd.good"
echo 'allow { verbs = [read]; users = ["*"] }' >"$directory/rules"
chmod 644 "$directory/rules"
[ "${4-}" != inside ] || mount -t tmpfs -o size=6m none "$directory/small" 2>/dev/null || :
status=0
python3 "$source/tests/cli/daemon_life.py" "$source" "$directory/tree/pkgd/pkgd" "$directory" || status=$?
[ $status = 0 ] || tail -n 40 "$directory/journal" | tap_note
[ "${4-}" != inside ] || umount "$directory/small" 2>/dev/null || :
exit $status
