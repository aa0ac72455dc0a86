#!/bin/sh
# SPDX-License-Identifier: MIT
# audit.sh ROW ...: how long `weld audit` takes in roots that were made up, with one advisory on a
# library and one on libc, that every program of the root is searched for.
set -eu

cd "$(dirname "$0")/.."
. bench/synthetic.sh

# All chosen so that some programs reach them and others do not.
jq -n 'def record($id; $package; $symbols): {id: $id, affected: [{package: {ecosystem: "weld",
	name: $package}, versions: ["1.0"], ecosystem_specific: {symbols: $symbols}}]};
	[record("B-1"; "lib0001"; ["l0001_f00", "l0001_bad"]),
	 record("B-2"; "musl"; ["c_f001", "c_own700"])]' >"$here/advisories.json"

statuses=5
ask() {
	"$weld" --root "$root" -q audit -a "$here/advisories.json"
}

time_rows "$@"
