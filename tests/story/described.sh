#!/bin/sh
# SPDX-License-Identifier: MIT
# described.sh: what a daemon answers about a root with real programs in it is what its interface description
# says, member by member: the daemon checks each of its replies here, and fails where one is another.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

# A daemon takes the root's lock when it starts: the shared one is everybody's.
root=$scratch/root
cp -a "$story_root" "$root"
pkgd=$(dirname "$(dirname "$weld")")/pkgd/pkgd
"$pkgd" --root "$root" --socket "$scratch/socket" --check --stderr 2>"$scratch/journal" &
daemon=$!
story_children="${story_children:-} $daemon"
for _ in $(seq 100); do
	[ ! -S "$scratch/socket" ] || break
	sleep 0.1
done
[ -S "$scratch/socket" ] || tap_bail "no daemon: $(tail -n 1 "$scratch/journal")"
export WELD_SOCKET="$scratch/socket"

# answers COMMAND ...: the daemon has an answer, and it is as described.
answers() {
	tap_try "weld $*" "$weld" --root "$root" --json "$@"
}
answers list
answers info lua zlib jq
answers files jq
answers owns bin/jq
answers owns inflate
answers provides bin/lua
answers why zlib
answers tree jq
answers tree --invert zlib
answers leaves
answers symbols zlib
answers symbols jq
answers binds inflate
answers binds malloc
answers slots
answers graph jq
answers history
answers generations
answers licenses
answers licenses --texts jq
answers sbom --format spdx
answers policy show
answers repo list
answers verify jq
answers config list
answers sql "SELECT * FROM packages"
newest=$("$weld" --root "$root" --json generations | jq '[.generations[].number] | max')
oldest=$("$weld" --root "$root" --json generations | jq '[.generations[].number] | min')
answers diff "$oldest" "$newest"
answers history info "$("$weld" --root "$root" --json history | jq '.events[-1].id')"
kill "$daemon"
tap_is "nothing was another than described" "$(grep -c 'reply of' "$scratch/journal")" 0
tap_done
