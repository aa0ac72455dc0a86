#!/bin/sh
# SPDX-License-Identifier: MIT
# units.sh: a library with a unit and a native object for one architecture, and the neutral unit for all
# others; what does not fit, and native objects that are hostile.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
cp -a tests/story/units/sum "$scratch"

build() {
	"$weld" build "$scratch/sum" -o "$scratch/packages" --check=no
}

install() {
	rm -rf "$scratch/root" && mkdir "$scratch/root" && cp -a "$story_root/cache" "$scratch/root/cache" &&
		"$weld" --root "$scratch/root" --yes install "$@" "$scratch"/packages/musl-[0-9]*.weld \
			"$scratch"/packages/compiler-rt-[0-9]*.weld "$scratch"/packages/sum-*.weld
}

tap_try "a library with a unit of its own for x86-64 builds" build
tap_try "and installs" install
how=C
[ "$(uname -m)" != x86_64 ] || how=assembly
tap_is "its program runs that unit here" "$("$scratch/root/current/bin/sum")" "4000000005 1 0 $how"
if [ "$(uname -m)" = x86_64 ] && command -v qemu-aarch64 >/dev/null; then
	tap_try "the same package installs for another architecture" install --arch aarch64
	tap_is "and runs the neutral unit there" \
		"$(qemu-aarch64 "$scratch/root/current/bin/sum")" "4000000005 1 0 C"
else
	tap_skip "no qemu-aarch64"
fi

# The unit must offer and need the same.
sed -i 's/^#else/int sum_extra;\n#else/' "$scratch/sum/src/sum.c"
tap_refuse "a unit that exports other symbols is refused" "exports other symbols than libsum" build
cp tests/story/units/sum/src/sum.c "$scratch/sum/src/sum.c"
sed -i 's/sum_fast(values, count) : 0/sum_faster(values, count) : 0/; s/^long sum_fast(/long sum_faster(/' \
	"$scratch/sum/src/sum.c"
tap_refuse "so is one that needs what nobody defines" "sum_faster" build
cp tests/story/units/sum/src/sum.c "$scratch/sum/src/sum.c"

# What a native object may not be.
sed -i 's/^\t\.text$/\t.section .text.sum, "awx", @progbits/' "$scratch/sum/src/sum_x86_64.S"
sed -i 's/^version = .*/version = "1.1"/' "$scratch/sum/recipe.ucl"
rm "$scratch"/packages/sum-*.weld
if [ "$(uname -m)" = x86_64 ]; then
	tap_try "a native object whose code can be written is packed" build
	tap_refuse "and refused when it is linked, by package and section" \
		"sum-1.1-1: native object of library sum: section .text.sum: is writable and executable" install
fi
tap_done
