#!/bin/sh
# SPDX-License-Identifier: MIT
# interface.sh WELD SOURCE PKGD SYNTHETIC: another implementation of varlink makes clients from the descriptions, and
# what is nested in answers is as described: a daemon that checks each of them says the same as weld by itself, of a root of
# packages that were made up.
set -eu
weld=$(realpath "$1")
source=$(realpath "$2")
pkgd=$(realpath "$3")
synthetic=$(realpath "$4")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/daemon.sh
. "$source/tests/lib/daemon.sh"
cd "$directory"

for file in org.weld.pkgd org.varlink.service; do
	find "$source/pkgd" -name "$file.varlink" -exec cp {} . \;
	tap_try "a client can be generated: $file" varlink-go-interface-generator "$file.varlink"
done

root=$directory/root
"$synthetic" root "$root" 40 || tap_bail 'no root'
mkdir packages vanish
"$synthetic" package packages 82 83 1.0
"$synthetic" package packages 4 40 2.0 vanish
cp packages/lib0004-2.0-1.weld vanish
jq -n '{id: "T-1", schema_version: "1.6.7", modified: "2026-01-01T00:00:00Z", affected: [{package: {ecosystem: "weld",
	name: "lib0001"}, ranges: [{type: "ECOSYSTEM", events: [{introduced: "0"}, {fixed: "2"}]}],
	ecosystem_specific: {symbols: ["l0001_f00"]}}]}' >advisory.json
{
	"$weld" key generate --keys keys --no-passphrase signer
	"$weld" repo init --keys keys repo
	"$weld" repo publish --keys keys repo packages/*.weld
	"$weld" --root "$root" repo add base "file://$directory/repo" --key repo/metadata/1.root.json
	"$weld" --root "$root" update
} >log 2>&1 || { tap_note <log && tap_bail 'no repository'; }
daemon_start "$pkgd" "$root"

# both NAME FILTER COMMAND ...: the same answer by weld itself and through the daemon, and jq says true of it.
both() {
	both_name=$1
	both_filter=$2
	shift 2
	WELD_SOCKET='' "$weld" --root "$root" --json "$@" >by_itself 2>err || :
	"$weld" --root "$root" --json "$@" >by_daemon 2>err || tap_note <err
	tap_same "$both_name: as by weld itself" by_itself by_daemon
	tap_try "$both_name: with all that is nested in it" jq -e "$both_filter" by_daemon
}
both chains 'any(.packages[].chains[][]; .symbols | length > 0)' why lib0004
both 'a tree' 'any(.tree.children[].children[]; .by == "lib:l0000" or .by == "lib:c")' tree app0005
both 'an inverted tree' '.tree.children | length > 1' tree --invert lib0004
both 'what would vanish' 'any(.problems[]; .kind == "vanished" and .unit_kind == "program" and .old_type != null)' \
	can-replace lib0004 vanish/lib0004-2.0-1.weld
both 'why not' '.problems[0].clauses | length > 0' why-not lib0082
both 'findings of an audit' 'any(.findings[]; .chain[0] == "main" and .steps[-1].symbol == "l0001_f00")' \
	audit --all -a advisory.json
both 'rows of SQL' '.rows == [[1, 0.5, "x", null]]' sql "SELECT 1, 0.5, 'x', NULL"
tap_is 'rows for people' "$("$weld" --root "$root" sql "SELECT 1, 0.5, 'x', NULL, name FROM packages LIMIT 1" |
	cut -f 1-4)" "$(printf '1\t0.5\tx\t')"
tap_is 'nothing was another than described' "$(grep -c 'reply of' journal)" 0
tap_done
