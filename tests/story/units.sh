#!/bin/sh
# SPDX-License-Identifier: MIT
# units.sh: a library, a program and a plug-in with a unit and machine code for one architecture, and the neutral unit
# for all others; what does not fit, and machine code that is hostile.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
cp -a tests/story/units/sum tests/story/units/parts "$scratch"
here=$(uname -m)

build() {
	rm -f "$scratch/packages/$1"-[0-9]*.weld
	(cd "$scratch" && "$weld" build "$scratch/$1" -o "$scratch/packages" --check=no)
}

# install NAME [OPTION ...]
install() {
	install_name=$1
	shift
	rm -rf "$scratch/root" && mkdir "$scratch/root" && cp -a "$story_root/cache" "$scratch/root/cache" &&
		"$weld" --root "$scratch/root" --yes install "$@" "$scratch"/packages/musl-[0-9]*.weld \
			"$scratch"/packages/compiler-rt-[0-9]*.weld "$scratch/packages/$install_name"-*.weld
}

sql() {
	"$weld" --root "$scratch/root" sql "$1" | tr '\n' ' '
}

tap_try "a library with a unit of its own for x86-64 builds" build sum
tap_try "and installs" install sum
how=C
[ "$here" != x86_64 ] || how=assembly
tap_is "its program runs that unit here" "$("$scratch/root/current/bin/sum")" "4000000005 1 0 $how"
[ "$here" != x86_64 ] || how=quiet
tap_is "which may ask more of libc" "$(SUM_QUIET=1 "$scratch/root/current/bin/sum")" "4000000005 1 0 $how"
if [ "$here" = x86_64 ] && command -v qemu-aarch64 >/dev/null; then
	tap_try "the same package installs for another architecture" install sum --arch aarch64
	tap_is "and runs the neutral unit there" \
		"$(qemu-aarch64 "$scratch/root/current/bin/sum")" "4000000005 1 0 C"
else
	tap_skip "no qemu-aarch64"
fi

# A program and a plug-in: assembly that shares a variable with C and calls back, and a source of inline assembly.
tap_try "a program and a plug-in with machine code build" build parts
tap_try "and install" install parts
how=C
[ "$here" != x86_64 ] || how="inline assembly"
tap_is "both run it" "$("$scratch/root/current/bin/parts")" "2 100 84 $how"
if [ "$here" = x86_64 ]; then
	tap_is "facts know it" "$(sql "SELECT name FROM functions WHERE native AND package LIKE 'parts-%' ORDER BY name")" \
		"ask how plus_fast "
	tap_is "and what it calls" \
		"$(sql "SELECT callee FROM calls WHERE caller = 'ask' ORDER BY callee")" "features twice "
fi
if [ "$here" = x86_64 ] && command -v qemu-aarch64 >/dev/null; then
	tap_try "they install for another architecture" install parts --arch aarch64
	tap_is "and run their neutral units there" \
		"$(qemu-aarch64 "$scratch/root/current/bin/parts")" "2 100 84 C"
else
	tap_skip "no qemu-aarch64"
fi

# The unit must offer the same, and need nothing that nobody has.
sed -i 's/^#else/int sum_extra;\n#else/' "$scratch/sum/src/sum.c"
tap_refuse "a unit that exports other symbols is refused" "exports sum_extra" build sum
cp tests/story/units/sum/src/sum.c "$scratch/sum/src/sum.c"
sed -i 's/sum_fast(values, count) : 0/sum_faster(values, count) : 0/; s/^long sum_fast(/long sum_faster(/' \
	"$scratch/sum/src/sum.c"
tap_refuse "so is one that needs what nobody defines" "sum_faster" build sum
cp tests/story/units/sum/src/sum.c "$scratch/sum/src/sum.c"
sed -i 's/WELD_ARCH=x86_64/WELD_ARCH=aarch64/; s/sum_x86_64.S/sum_aarch64.S/' "$scratch/sum/build"
printf '\t.globl sum_fast\nsum_fast:\n\tb sum_one\n' >"$scratch/sum/src/sum_aarch64.S"
tap_refuse "machine code for another architecture than its unit is refused" "carries machine code for aarch64" \
	build sum
cp tests/story/units/sum/build "$scratch/sum/build"

# What machine code may not be.
printf '\t.section .text.more, "awx", @progbits\n\tret\n' >>"$scratch/parts/src/ask_x86_64.S"
tap_refuse "code that can be written is refused" "section .text.more: is writable and executable" build parts
tap_done
