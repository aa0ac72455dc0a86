#!/bin/sh
# SPDX-License-Identifier: MIT
# inline.sh: small functions of a slot are inlined into programs that call them. An update of such a function lowers
# these programs again in the same transaction, and no others; policy can turn it off.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

root=$scratch/root
mkdir "$scratch/packages"
for name in musl compiler-rt linux-headers; do
	ln "$(package_file $name)" "$scratch/packages" 2>/dev/null ||
		cp "$(package_file $name)" "$scratch/packages"
done

# build NAME VERSION VARIABLES [LINE ...]: a package of tests/story/sources, made with these variables.
build() {
	build_name=$1
	build_version=$2
	build_variables=$3
	shift 3
	mkdir -p "$scratch/made/$build_name/recipe"
	cat >"$scratch/made/$build_name/recipe/build" <<-B
		build() {
			make CC="\$CC" $build_variables
		}

		package() {
			make install CC="\$CC" PREFIX="\$PREFIX" DESTDIR="\$DESTDIR" $build_variables
		}
	B
	make_recipe "$scratch/made/$build_name" "$PWD/tests/story/sources/$build_name" "$build_version" "$@" &&
		"$weld" build "$scratch/made/$build_name/recipe" -o "$scratch/packages" --check=no
}

# install FILE ...: what became of each image: "calls lowered, ...".
install() {
	"$weld" --root "$root" --yes --json install "$@" >"$scratch/reply" && outcomes
}

relink() {
	"$weld" --root "$root" --yes --json relink >"$scratch/reply" && outcomes
}

outcomes() {
	jq -r '[.images.list[] | "\(.name | ltrimstr("bin/")) \(.outcome)"] | sort | join(", ")' "$scratch/reply"
}

run() {
	for name in calls points others owns; do
		printf '%s ' "$("$root/current/bin/$name" 2>&1)"
	done
}

tap_try "the library builds" build tick 1.0 "FACTOR=3 WEIGHT=1"
tap_try "so do its programs" build tickers 1.0 "" "build_requires = [tick]"
tap_try "a new body of its small function" build tick 1.1 "FACTOR=5 WEIGHT=1"
tap_try "then of its large one" build tick 1.2 "FACTOR=5 WEIGHT=7"
tap_try "and once more of the small one" build tick 1.3 "FACTOR=9 WEIGHT=7"

mkdir "$root"
cp -al "$story_root/cache" "$root/cache" 2>/dev/null || cp -a "$story_root/cache" "$root/cache"
"$weld" --root "$root" --yes install "$(package_file musl)" "$(package_file compiler-rt)" >/dev/null 2>&1 ||
	tap_bail "no root"
"$weld" --root "$root" policy set inline on >/dev/null 2>&1 && "$weld" --root "$root" policy set tier full >/dev/null 2>&1
tick=$scratch/packages/tick

install "$tick-1.0-1.weld" "$scratch/packages/tickers-1.0-1.weld" >/dev/null
tap_is "programs do what their sources say" "$(run)" "4 4 1 4 6 -5 -11 1 "
nm "$root/current/bin/calls" | grep -q ' A tick_scale'
tap_result $? "the function's address is the slot's"
tap_is "what was inlined is told" \
	"$("$weld" --root "$root" --json info tickers | jq -c '.packages[0].installed.inlined')" \
	'[{"functions":["tick_scale"],"image":"bin/calls","package":"tick-1.0-1"}]'

cat >"$scratch/advisory.json" <<-'END'
	{"id": "TICK-1", "summary": "scales wrongly", "affected": [{"package": {"ecosystem": "weld", "name": "tick"},
	 "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
	 "ecosystem_specific": {"symbols": ["tick_scale"]}}]}
END
audit() {
	"$weld" --root "$root" --json audit -a "$scratch/advisory.json" |
		jq -r '[.findings[] | select(.image == "bin/calls") | "\(.symbol) \(.state)"] | unique | join(", ")'
}
tap_is "an advisory on it is seen in the program that has a copy" "$(audit)" "tick_scale reachable"

tap_is "a new body of the small function lowers again who inlined it, and nobody else" \
	"$(install "$tick-1.1-1.weld")" \
	"c kept, calls lowered, others kept, owns kept, points kept, tick lowered"
tap_is "which settles the advisory" "$(audit)" ""
tap_is "the old one is nowhere" "$(run)" "6 6 1 6 6 -5 -11 1 "
tap_is "a new body of the large one touches no program" "$(install "$tick-1.2-1.weld")" \
	"c kept, calls kept, others kept, owns kept, points kept, tick lowered"
tap_is "and is everywhere" "$(run)" "6 6 1 6 42 -41 -83 1 "

"$weld" --root "$root" policy set inline off >/dev/null 2>&1
tap_is "without inlining, who inlined something is lowered again" "$(relink)" \
	"c kept, calls lowered, others kept, owns kept, points kept, tick kept"
tap_is "then an update of the small function touches nobody" "$(install "$tick-1.3-1.weld")" \
	"c kept, calls kept, others kept, owns kept, points kept, tick lowered"
tap_is "and is everywhere at once" "$(run)" "10 10 1 10 42 -41 -83 1 "
"$weld" --root "$root" policy set inline on >/dev/null 2>&1
tap_is "with it again, it is inlined again" "$(relink)" \
	"c kept, calls lowered, others kept, owns kept, points kept, tick kept"
tap_is "and does the same" "$(run)" "10 10 1 10 42 -41 -83 1 "
tap_refuse "policy inline is on or off" "inline: 'maybe' is not one of off, on" \
	"$weld" --root "$root" policy set inline maybe
tap_done
