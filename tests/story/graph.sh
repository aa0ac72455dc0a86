#!/bin/sh
# SPDX-License-Identifier: MIT
# graph.sh: what the graph says of real programs is what their images hold.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

# Bindings are absolute symbols of an image, beside weld's own: nm shows the very ones that stand on its
# edges.
"$weld" --root "$story_root" --json graph >"$scratch/graph.json"
"$weld" --root "$story_root" --json slots >"$scratch/slots.json"

# same_bindings ID FILE: compare one image.
same_bindings() {
	jq -r --arg id "$1" '.edges[] | select(.from == $id and .kind == "binds to slot") | .symbols[]' \
		"$scratch/graph.json" | sort >"$scratch/told"
	nm "$2" | awk '($2 == "A" || $2 == "a") && $3 !~ /^__weld_/ { print $3 }' | sort -u >"$scratch/linked"
	tap_same "$1 is bound to what the graph says" "$scratch/told" "$scratch/linked"
}
for id in $(jq -r '.nodes[] | select(.kind == "program") | .id' "$scratch/graph.json"); do
	same_bindings "$id" "$story_root/current/${id#program:}"
done
jq -r '.slots[] | "\(.name) \(.path)"' "$scratch/slots.json" >"$scratch/slots"
while read -r name path; do
	same_bindings "slot:$name" "$path"
done <"$scratch/slots"

# Functions by their symbols: what an image contains is in its symbol table, inlined copies are not.
for symbol in inflate inflate_table lzma_code jv_copy sqlite3_open; do
	"$weld" --root "$story_root" --json binds "$symbol" |
		jq -r '.images[] | select(.kind == "program" and .how == "contains") | .image' |
		sort -u >"$scratch/told"
	jq -r '.nodes[] | select(.kind == "program") | .name' "$scratch/graph.json" | while read -r path; do
		! nm "$story_root/current/$path" | grep -q " [tTwW] $symbol\$" || echo "$path"
	done | sort -u >"$scratch/linked"
	tap_same "programs that contain $symbol" "$scratch/told" "$scratch/linked"
done
tap_try 'the page has the root in it' sh -c '"$1" --root "$2" graph --format html | grep -q slot:z' \
	- "$weld" "$story_root"
tap_done
