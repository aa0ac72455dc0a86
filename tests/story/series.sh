#!/bin/sh
# SPDX-License-Identifier: MIT
# series.sh: two series of a library with musl, and the same programs built with each of them, beside each other:
# slots, inlined copies, headers in a package of their own, an upgrade of one, a lost database.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

mkdir "$scratch/packages"
for name in musl compiler-rt linux-headers; do
	cp "$(package_file $name)" "$scratch/packages"
done
root=$scratch/root
mkdir "$root" && cp -a "$story_root/cache" "$root/cache"

# library VERSION SERIES FACTOR
library() {
	make_recipe "$scratch/tick-$1" tests/story/sources/tick "$1" "series = \"$2\"" \
		"packages { tick-dev { files = [ \"include/**\", \"lib/pkgconfig/**\" ]; requires = [ \"tick@$2\" ] } }"
	cat >"$scratch/tick-$1/recipe/build" <<-B
		build() {
			make CC="\$CC" FACTOR=$3
		}
		package() {
			make install CC="\$CC" FACTOR=$3 PREFIX="\$PREFIX" DESTDIR="\$DESTDIR"
		}
	B
	"$weld" build "$scratch/tick-$1/recipe" -o "$scratch/packages" --check=no
}

# programs SERIES: all of them, named after it.
programs() {
	make_recipe "$scratch/tickers-$1" tests/story/sources/tickers "1.$1" "series = \"$1\"" \
		"build_requires = [ \"tick-dev@$1\" ]"
	cat >"$scratch/tickers-$1/recipe/build" <<-'B'
		build() {
			make CC="$CC"
		}
		package() {
			make install CC="$CC" PREFIX="$PREFIX" DESTDIR="$DESTDIR"
			for name in "$DESTDIR$PREFIX"/bin/*; do
				mv "$name" "$name$SERIES"
			done
		}
	B
	"$weld" build "$scratch/tickers-$1/recipe" -o "$scratch/packages" --check=no
}

# w ARG ...: weld on this root, saying yes.
w() {
	"$weld" --root "$root" --yes "$@"
}

# says PROGRAM ...: their output in one line.
says() {
	for says_name in "$@"; do
		"$root/current/bin/$says_name" || echo "status $?"
	done | tr '\n' ' '
}

tap_try "one series builds" library 1.0 1 3
tap_try "and the other" library 2.0 2 5
tap_try "programs of one" programs 1
tap_try "and of the other" programs 2
for series in 1 2; do
	tap_is "series $series: the programs import it" "$(tar -xOf "$scratch/packages/tickers@$series-1.$series-1.weld" manifest.json |
		jq -r '[.programs[].imports[]] | unique | map(select(startswith("tick"))) | join(" ")')" "tick@$series"
done
tap_try "all of it installs" w install "$scratch"/packages/musl-[0-9]*.weld "$scratch"/packages/compiler-rt-[0-9]*.weld \
	"$scratch"/packages/tick@*.weld "$scratch"/packages/tickers@*.weld
tap_is "programs of one" "$(says calls1 points1)" "4 4 1 4 "
tap_is "programs of the other" "$(says calls2 points2)" "6 6 1 6 "
tap_is "both have slots" "$(slots_of "$root" | cut -d' ' -f1 | sort | tr '\n' ' ')" "c tick@1 tick@2 "
tap_is "that do not overlap" "$(w --json slots | jq '[.slots[] | {base, end: (.base + .size)}] | sort_by(.base) |
	[range(1; length) as $i | .[$i].base >= .[$i - 1].end] | all')" true
tap_is "each program lists one in its image" "$(for name in calls1 calls2; do
	"$weld" debug dump "$root/current/bin/$name" 2>/dev/null | grep -o 'tick@.' | sort -u
done | tr '\n' ' ')" "tick@1 tick@2 "
tap_refuse "headers of both are one path" "include/tick.h" w install "$scratch"/packages/tick-dev@*.weld
before=$(readlink -f "$root/current/bin/calls2")

# A fix in one series, also in what was inlined.
tap_try "one series changes" library 1.1 1 7
tap_try "and is upgraded" w install "$scratch"/packages/tick@1-1.1-1.weld
tap_is "its programs are other ones" "$(says calls1 points1)" "8 8 1 8 "
tap_is "the others are the same" "$(says calls2 points2) $(readlink -f "$root/current/bin/calls2")" "6 6 1 6  $before"
tap_try "rollback" w rollback
tap_is "is the old one of one" "$(says calls1 calls2)" "4 4 1 6 6 1 "

# A lost database.
rm "$root/db/weld.db"
tap_try "a lost database is made again" w repair
tap_try "the root is whole" w verify
tap_is "all run" "$(says calls1 calls2)" "4 4 1 6 6 1 "
tap_done
