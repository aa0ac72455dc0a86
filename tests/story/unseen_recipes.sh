#!/bin/sh
# SPDX-License-Identifier: MIT
# unseen_recipes.sh: software that weld was not made for builds from a recipe of a few lines, with
# make, autotools (libtool, a shared library, run tests) and cmake, installs, and finds its data.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

sources=tests/story/sources
# Building needs the packages of the base set beside the output.
mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"

build() {
	"$weld" build "$scratch/$1/recipe" -o "$scratch/packages" "$2"
}

make_recipe "$scratch/gzpush" $sources/gzpush 1.0 'build_requires = [ zlib ]'
make_recipe "$scratch/tally" $sources/tally 2.1 'build_requires = [ lz4 ]'
make_recipe "$scratch/shapes" $sources/shapes 0.3 'build_requires = [ zlib ]'
cat >"$scratch/tally/recipe/build" <<'B'
check() {
	weld_make check
	weld_summary "tally-test"
}
B
cat >"$scratch/shapes/recipe/build" <<'B'
check() {
	(cd "$BUILD" && ctest --output-on-failure)
}
B
tap_try "make: builds" build gzpush --check=no
tap_try "autotools: builds, and passes its own tests" build tally --check=quick
tap_try "cmake: builds, and passes its own tests" build shapes --check=quick
make_repo "$scratch/repo" "$scratch/keys" "$scratch/packages"/*.weld >/dev/null 2>&1 ||
	tap_bail "no repository"
root=$scratch/root
make_root "$root" "$scratch/repo" >/dev/null 2>&1 || tap_bail "no root"
tap_try "all three install" "$weld" --root "$root" --yes install gzpush tally shapes

echo "some text" | "$root/current/bin/tally" >"$scratch/got"
echo "tally 2.1: 10 bytes, 2.9219 bits a byte, lz4 not smaller" >"$scratch/wanted"
tap_same "autotools: the program works" "$scratch/got" "$scratch/wanted"
"$root/current/bin/shapes" >"$scratch/got"
echo "3 boxes, total 38.250, checksum 04d4b8c8" >"$scratch/wanted"
tap_same "cmake: the program works, with threads, and finds its data" "$scratch/got" "$scratch/wanted"
tap_try "the manual page is there" test -s "$root/current/share/man/man1/tally.1"

# An import, not a copy: none of these programs has its own code of the library.
tap_try "zlib has two users and a slot" sh -c \
	"'$weld' --root '$root' slots | grep -E '(^|[^a-z0-9])z([^a-z0-9]|$)'"

# What is wrong with a recipe is said.
make_recipe "$scratch/broken" $sources/gzpush 1.0 'build_requires = [ no-such-library ]'
tap_refuse "a requirement that nobody provides is named" "no-such-library" \
	"$weld" build "$scratch/broken/recipe" -o "$scratch/packages"
make_recipe "$scratch/damaged" $sources/gzpush 1.0 'build_requires = [ zlib ]'
echo more >>"$scratch/damaged/gzpush-1.0.tar.gz"
tap_refuse "a source with another digest is refused" "sha-?256|digest" \
	"$weld" build "$scratch/damaged/recipe" -o "$scratch/packages"
sed 's/-lz$/-lz -lnowhere/' $sources/gzpush/Makefile >"$scratch/Makefile"
cp -r $sources/gzpush "$scratch/unlinked-src"
cp "$scratch/Makefile" "$scratch/unlinked-src/Makefile"
mv "$scratch/unlinked-src" "$scratch/unlinked"
make_recipe "$scratch/unlinked-recipe" "$scratch/unlinked" 1.0 'build_requires = [ zlib ]'
tap_refuse "a library that is missing at link time is named" "nowhere" \
	"$weld" build "$scratch/unlinked-recipe/recipe" -o "$scratch/packages"

tap_done
