#!/bin/sh
# SPDX-License-Identifier: MIT
# libraries.sh ROW ...: how long a program takes to start that refers to all of 200 functions in each
# of 1, 10 or 50 libraries and calls one of each; beside the same sources linked statically, and
# dynamically with musl and with glibc, lazily and at once.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/libraries
runs=300

# prepare COUNT: the program in a root with slots and one without, and as its peers.
prepare() {
	rm -rf "$here/many$1"
	cp -r bench/libraries "$here/many$1"
	sed -i "s/^COUNT = .*/COUNT = $1/" "$here/many$1/Makefile"
	make_recipe "$here/recipe$1" "$here/many$1" 1.0
	"$weld" build "$here/recipe$1/recipe" --check=no -o "$here/packages"
	for kind in slots static; do
		mkdir -p "$here/$kind$1"
		"$weld" --root "$here/$kind$1" --yes install "$(package_file compiler-rt)" \
			"$(package_file musl)" "$here/packages/many$1-1.0-1.weld"
		[ $kind = slots ] || {
			"$weld" --root "$here/$kind$1" policy set sharing never
			"$weld" --root "$here/$kind$1" --yes relink
		}
	done
	for peer in musl glibc glibc-now; do
		make_peer "$1" $peer
	done
}

# make_peer COUNT PEER: in a folder of its own, which the program remembers.
make_peer() {
	peer=$here/$2$1
	rm -rf "$peer"
	cp -r "$here/many$1" "$peer"
	case $2 in
	musl) set -- "$1" musl-gcc -Wl,-z,now ;;
	glibc) set -- "$1" cc -Wl,-z,lazy ;;
	glibc-now) set -- "$1" cc -Wl,-z,now ;;
	esac
	make -C "$peer" CC="$2" LDFLAGS="$3 -Wl,-rpath,$peer"
}

measure() {
	count=${1#libraries-}
	for kind in slots static; do
		printf '%s\t%s\n' $kind "$here/$kind$count/current/bin/many$count"
	done >"$here/programs"
	for kind in musl glibc glibc-now; do
		printf '%s\t%s\n' $kind "$here/$kind$count/many$count"
	done >>"$here/programs"
	"$here/spawn" $runs "$here/programs" | jq -Rnc --arg row "$1" --argjson runs $runs '
		[inputs | split("\t") | {name: .[0], median: (.[1] | tonumber), p10: (.[2] | tonumber),
			p90: (.[3] | tonumber), faults: (.[4] | tonumber)}]
		| {row: $row, unit: "us", runs: $runs, weld: .[0], peers: .[1:]}'
}

mkdir -p "$here/packages"
chmod -R u+w "$here" 2>/dev/null || :
cc -O2 -D_GNU_SOURCE -I. bench/spawn.c -o "$here/spawn"
for row; do
	case $row in
	libraries-*) ;;
	*)
		echo "$0: $row: no such row" >&2
		exit 2
		;;
	esac
	rm -rf "$here/slots${row#libraries-}" "$here/static${row#libraries-}"
	# In the background, so that its first failure ends it: set -e does not reach into a condition.
	prepare "${row#libraries-}" >"$here/log" 2>&1 &
	wait $! || {
		tail -n 20 "$here/log" >&2
		exit 1
	}
	measure "$row"
done
