#!/bin/sh
# SPDX-License-Identifier: MIT
# assembly.sh: OpenSSL's SHA-256 with upstream's own assembly for two architectures, which finds out at its start
# what the CPU can do, and C for all others: one package, linked for three machines.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
tap_try "OpenSSL's SHA-256 builds by upstream's rules" \
	"$weld" build tests/story/assembly -o "$scratch/packages" --check=no
here=$(uname -m)
wanted=$(sha256sum <"$weld" | cut -d ' ' -f 1)

# sha ARCH: install for it, in $root, and run there; prints the digest of a file of some megabytes.
sha() {
	root=$scratch/root-$1
	mkdir "$root"
	cp -al "$story_root/cache" "$root/cache" 2>/dev/null || cp -a "$story_root/cache" "$root/cache"
	"$weld" --root "$root" --yes install --arch "$1" "$scratch"/packages/musl-[0-9]*.weld \
		"$scratch"/packages/compiler-rt-[0-9]*.weld "$scratch"/packages/sha-[0-9]*.weld \
		>"$scratch/log" 2>&1 || tap_note <"$scratch/log"
	if [ "$1" = "$here" ]; then
		"$root/current/bin/sha" <"$weld"
	else
		"qemu-$1" "$root/current/bin/sha" <"$weld"
	fi
}

for arch in x86_64 aarch64 riscv64; do
	if [ $arch != "$here" ] && ! command -v qemu-$arch >/dev/null; then
		tap_skip "no qemu-$arch"
		continue
	fi
	sha $arch >"$scratch/digest"
	tap_is "$arch: the digest is right" "$(cat "$scratch/digest")" "$wanted"
	"$weld" --root "$scratch/root-$arch" sql "SELECT name FROM functions WHERE native AND package LIKE 'sha-%'" \
		>"$scratch/native"
	case $arch in
	riscv64) tap_is "$arch: it is C" "$(wc -l <"$scratch/native")" 0 ;;
	*) tap_try "$arch: it is upstream's assembly" grep -q sha256_block_data_order "$scratch/native" ;;
	esac
done
tap_done
