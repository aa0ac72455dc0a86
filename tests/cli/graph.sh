#!/bin/sh
# SPDX-License-Identifier: MIT
# graph.sh WELD SOURCE SYNTHETIC: the dependency graph and the questions to it, on a root of packages
# whose units are never linked, and on a repository of such packages.
set -eu
weld=$1
source=$2
synthetic=$3
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
root=$directory/root

w() {
	"$weld" --root "$root" "$@"
}

# holds NAME FILTER: jq says true of the answer.
holds() {
	tap_try "$1" jq -e "$2" "$directory/answer"
}

# status COMMAND ...: only its exit status.
status() {
	status=0
	"$@" >"$directory/out" 2>&1 || status=$?
	echo "$status"
}

"$synthetic" root "$root" 40 || tap_bail 'no root'

# graph: every kind of node and edge, each edge between nodes that are there, symbols on them.
w graph --format json >"$directory/answer"
holds 'all packages are nodes' '[.nodes[] | select(.kind == "package")] | length == 40'
holds 'ids are unique' '(.nodes | length) == ([.nodes[].id] | unique | length)'
holds 'every edge leads from node to node' \
	'[.nodes[].id] as $ids | all(.edges[]; (.from | IN($ids[])) and (.to | IN($ids[])))'
holds 'every kind of edge is there' '[.edges[].kind] | unique == ["binds to slot", "builds with",
	"contains", "links privately", "requires"]'
holds 'a requirement has the symbols that it is for' 'any(.edges[]; .from == "package:app0005" and
	.to == "package:lib0004" and .by == "lib:l0004" and .symbols ==
	["l0004_d0", "l0004_f02", "l0004_f04", "l0004_f06", "l0004_f08"])'
holds 'so has a binding' 'any(.edges[]; .from == "program:bin/app0005" and .to == "slot:l0004" and
	.symbols == ["l0004_d0", "l0004_f02", "l0004_f04", "l0004_f06", "l0004_f08"])'
holds 'a slot has its place' 'any(.nodes[]; .id == "slot:c" and .address == "0x10000000" and
	.reserved == 65536 and (.layout_id | length) == 64)'
holds 'what packages were built with is known' \
	'any(.edges[]; .to == "tool:clang 22.1.8" and .kind == "builds with")'
w --json graph >"$directory/json"
tap_same '--json is --format json' "$directory/json" "$directory/answer"
w graph --json -o "$directory/file"
tap_same 'a file has the same' "$directory/file" "$directory/answer"
tap_refuse 'two formats contradict each other' 'contradict' w --json graph --format dot
tap_refuse 'an unknown format is told' 'dot, json, svg, html' w graph --format png
tap_refuse 'an unknown kind of edge is told' 'kind of edge' w graph --edges friends
tap_refuse 'an unknown node is told, with a near one' 'did you mean app0005' w graph app005
w --json graph app0005 >"$directory/answer"
holds 'a part has what a package needs' 'any(.nodes[]; .id == "slot:l0004") and
	(any(.nodes[]; .id == "package:app0006") | not)'
w --json graph slot:l0004 --invert >"$directory/answer"
holds 'and inverted what needs it' 'any(.nodes[]; .id == "program:bin/app0005") and
	(any(.nodes[]; .id == "slot:c") | not)'
w --json graph --edges requires >"$directory/answer"
holds 'edges are chosen by kind' '[.edges[].kind] | unique == ["requires"]'

# Graphviz reads what is written.
w graph >"$directory/graph.dot"
if command -v dot >/dev/null; then
	w graph app0005 --format svg -o "$directory/graph.svg"
	tap_try 'a picture is drawn' grep -q '</svg>' "$directory/graph.svg"
	tap_try 'with the program in it' grep -q 'bin/app0005' "$directory/graph.svg"
	tap_try 'the whole graph is in the language' sh -c 'dot -Tcanon <"$1" >/dev/null' - "$directory/graph.dot"
else
	tap_skip 'no Graphviz here'
fi
mkdir "$directory/empty"
tap_refuse 'without Graphviz its package is named' 'package graphviz' \
	env PATH="$directory/empty" "$(realpath "$weld")" --root "$root" graph --format svg
tap_is 'a closed pipe ends it quietly' \
	"$({ w graph --json 2>"$directory/err" || true; } | head -c 1; cat "$directory/err")" '{'

# Chains of requirements; lib0001 requires app0002 and is required by it.
w --json why lib0001 >"$directory/answer"
holds 'why tells chains with symbols' 'any(.packages[0].chains[]; .[0].package == "app0002" and
	.[1].package == "lib0001" and (.[1].symbols | index("l0001_d0")) != null)'
w why lib0001 >"$directory/out"
tap_try 'also to a person' grep -q 'app0002 -(lib:l0001: l0001_d0, .* more)-> lib0001' "$directory/out"
tap_refuse 'why of what is not installed' 'not installed' w why nothing
w --json tree app0002 >"$directory/answer"
holds 'a cycle ends where it began' '[.. | objects | select(.name? == "app0002")] |
	map(.repeated) == [false, true]'
w --json tree musl --invert >"$directory/answer"
holds 'a tree can be inverted' '.tree.children | length == 39'
w --json leaves >"$directory/answer"
holds 'leaves are what nothing requires' '[.packages[].name] | index("app0005") != null and
	index("app0002") == null and index("lib0001") == null'

# Symbols.
w --json symbols l0004 >"$directory/answer"
holds 'a library has exports with types' '.units[0].exports[] | select(.name == "l0004_f00") |
	.type == "i32 (ptr, i64)" and .kind == "function"'
holds 'and needs with their library' '.units[0].needs[] | select(.name == "l0001_d0") | .library == "l0001"'
w --json binds l0004_f02 >"$directory/answer"
holds 'who exports a symbol' '.exports[0].package == "lib0004" and .exports[0].slot'
holds 'who is bound to it' 'any(.images[]; .image == "bin/app0005" and .how == "bound" and .library == "l0004")'
holds 'whose slot contains it' 'any(.images[]; .image == "l0004" and .kind == "slot" and .how == "contains")'
w --json graph >"$directory/answer"
w --json binds l0007_f02 >"$directory/answer"
holds 'who has a private copy' 'any(.images[]; .image == "bin/app0008" and .how == "contains" and
	.from == "lib0007-1.0-1")'
w --json binds l0001_bad >"$directory/answer"
holds 'a function that nothing exports is known from facts' '.exports == [] and any(.images[];
	.image == "l0001" and .how == "contains" and .known_from == "facts" and .source != "")'
holds 'so are its inlined copies' 'any(.images[]; .image == "l0001" and .how == "inlined" and
	.into == ["l0001_f14"] and .from == "lib0001-1.0-1")'
tap_is 'and its owner' "$(w owns l0001_bad)" 'l0001_bad: lib0001-1.0-1, in l0001'
tap_refuse 'a symbol that nothing has' 'nothing that is installed' w binds no_such_symbol
tap_refuse 'a quote in a symbol is only a character' 'nothing that is installed' w binds 'a"b\c'
tap_is 'a path has an owner' "$(w owns bin/app0005)" 'bin/app0005: app0005-1.0-1'
tap_is 'a symbol, too' "$(w owns l0004_f00)" 'l0004_f00: lib0004-1.0-1, in l0004'
tap_refuse 'nobody owns nonsense' 'no package has such' w owns nonsense

for facts in "$root"/store/*-app0005-1.0-1/facts; do
	chmod u+w "$facts"
	cp "$facts" "$directory/facts"
	head -c 100 "$directory/facts" >"$facts"
	tap_refuse 'damaged facts are told, with the remedy' 'app0005.*damaged.*weld repair' w binds c_f002
	: >"$facts"
	tap_refuse 'so are empty ones' 'app0005.*damaged.*weld repair' w graph
	cp "$directory/facts" "$facts"
done

# can-replace: the very change, the program and the symbol are told.
for change in same vanish retype resize; do
	mkdir "$directory/$change"
	"$synthetic" package "$directory/$change" 4 40 2.0 $change
	tap_is "exit status of can-replace: $change" \
		"$(status w can-replace lib0004 "$directory/$change/lib0004-2.0-1.weld")" \
		"$([ $change = same ] && echo 0 || echo 5)"
	w --json can-replace lib0004 "$directory/$change/lib0004-2.0-1.weld" >"$directory/$change.json" || :
done
cp "$directory/vanish.json" "$directory/answer"
holds 'a vanished symbol' 'any(.problems[]; .kind == "vanished" and .unit == "bin/app0006" and
	.symbol == "l0004_f00" and .old_type == "i32 (ptr, i64)")'
cp "$directory/retype.json" "$directory/answer"
holds 'both types' 'any(.problems[]; .kind == "type" and .unit == "bin/app0006" and
	.old_type == "i32 (ptr, i64)" and .new_type == "i64 (ptr, ptr, i32)")'
cp "$directory/resize.json" "$directory/answer"
holds 'both sizes' 'any(.problems[]; .kind == "size" and .unit == "bin/app0005" and
	.old_size == 8 and .new_size == 72)'
holds 'nobody is blamed who does not use it' 'all(.problems[]; .symbol == "l0004_d0")'
"$synthetic" package "$directory" 7 40 2.0
tap_is 'a package without the library cannot' \
	"$(status w can-replace lib0004 "$directory/lib0007-2.0-1.weld")" 5
tap_refuse 'a file that is no package' 'not' w can-replace lib0004 "$source/meson.build/x.weld"

# Packages that are only in a repository.
mkdir "$directory/packages"
for index in 0 1 2 3 4 5; do
	"$synthetic" package "$directory/packages" $index 6 1.0
done
"$synthetic" package "$directory/packages" 4 6 2.0 retype
{
	"$weld" key generate --keys "$directory/keys" --no-passphrase signer
	"$weld" repo init --keys "$directory/keys" "$directory/repo"
	"$weld" repo publish --keys "$directory/keys" "$directory/repo" "$directory"/packages/*.weld
	root=$directory/other
	mkdir "$root"
	w repo add base "file://$directory/repo" --key "$directory/repo/metadata/1.root.json"
	w update
} >"$directory/log" 2>&1 || { tap_note <"$directory/log" && tap_bail 'no repository'; }
root=$directory/other
w --json graph app0005 >"$directory/answer"
holds 'a graph of what is offered' 'any(.nodes[]; .id == "package:lib0004" and (.installed | not))'
holds 'with the symbols from the index' 'any(.edges[]; .from == "package:app0005" and
	.by == "lib:l0004" and (.symbols | length) == 5)'
w --json tree app0005 >"$directory/answer"
holds 'a tree of what is offered' '.tree.installed == false and any(.tree.children[]; .name == "lib0004")'
w --json symbols app0005 >"$directory/answer"
holds 'symbols of what is offered' '.installed == false and any(.units[0].needs[]; .library == "l0004")'
w --json owns bin/app0005 l0004_f00 >"$directory/answer"
holds 'owners of what is offered' '[.owners[] | [.package, .installed]] ==
	[["app0005", false], ["lib0004", false]]'
w --json can-replace lib0004=1.0 2.0 >"$directory/answer" || :
holds 'replacing what is offered' '.new == "lib0004-2.0-1" and .users == 1 and .unused_changed == 1'
w --json can-replace lib0004 "$directory/vanish/lib0004-2.0-1.weld" >"$directory/answer" || :
holds 'by a file' '.old == "lib0004-2.0-1"'

# why-not: the chain that forbids it.
"$synthetic" package "$directory/packages" 40 41 1.0
"$weld" repo publish --keys "$directory/keys" "$directory/repo" \
	"$directory"/packages/lib0040-1.0-1.weld >"$directory/log" 2>&1
w -q update >"$directory/log" 2>&1
tap_is 'something forbids it' "$(status w why-not lib0040)" 0
tap_try 'and is told' grep -q 'lib0040-1.0-1 needs lib:l0019, which nothing provides' "$directory/out"
tap_is 'nothing forbids it' "$(status w why-not app0005)" 3
tap_refuse 'a version that is not there' 'no such version' w why-not app0005=9
tap_refuse 'a package that is not there' 'no such package' w why-not nothing
tap_done
