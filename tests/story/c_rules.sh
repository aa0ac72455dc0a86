#!/bin/sh
# SPDX-License-Identifier: MIT
# c_rules.sh: what C promises across libraries holds, whether they are slots or private: thread-local
# variables, constructors and destructors, weak symbols, aliases, visibility, versions, addresses of
# functions, callbacks, redefined names. The same sources as shared libraries of this machine say what is right.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_scratch

sources=$PWD/tests/story/sources/c_rules
programs="tls tls-plain hooks exit-thread weak weak-plain names own-names own-malloc order walk"
mkdir "$scratch/packages"
for name in musl compiler-rt linux-headers; do
	ln "$(package_file $name)" "$scratch/packages" 2>/dev/null ||
		cp "$(package_file $name)" "$scratch/packages"
done
make_recipe "$scratch/made" "$sources" 1.0
cat >"$scratch/made/recipe/build" <<'B'
build() {
	make CFLAGS=-O2 CC="$CC"
}

package() {
	make install CFLAGS=-O2 CC="$CC" PREFIX="$PREFIX" DESTDIR="$DESTDIR"
}
B
tap_try "libraries and programs build" \
	"$weld" build "$scratch/made/recipe" -o "$scratch/packages" --check=no

# The oracle; where libc decides an order, the expected text stands beside the sources.
cp -r "$sources" "$scratch/native"
make -s -C "$scratch/native" CC=gcc LDFLAGS=-Wl,-rpath-link,. PREFIX=/ \
	DESTDIR="$scratch/oracle" install || tap_bail "the oracle does not build"
for name in $programs; do
	if [ -e "$sources/$name.out" ]; then
		cp "$sources/$name.out" "$scratch/$name.wanted"
	else
		LD_LIBRARY_PATH="$scratch/oracle/lib" "$scratch/oracle/bin/$name" >"$scratch/$name.wanted"
		echo "status $?" >>"$scratch/$name.wanted"
	fi
done

root=$scratch/root
# compare WHAT [EMULATOR]
compare() {
	for name in $programs; do
		${2:-} "$root/current/bin/$name" >"$scratch/got" 2>&1
		echo "status $?" >>"$scratch/got"
		tap_same "$1: $name" "$scratch/got" "$scratch/$name.wanted"
	done
}

# why LIBRARY PROGRAM: the reason for which a program has a library inside.
why() {
	"$weld" --root "$root" --json slots --why |
		jq -r --arg name "$1" --arg program "$2" \
			'.private[] | select(.name == $name and (.users | index($program))) | .reason'
}

tap_try "they install" "$weld" --root "$root" --yes install "$scratch/packages"/*.weld
compare auto
tap_is "who redefines what libc calls has libc inside" "$(why c bin/own-malloc)" \
	"the program defines calloc, which the library uses"
tap_is "and what needs libc with it" "$(why counts bin/own-malloc)" \
	"imports c: the program defines calloc, which the library uses"
tap_is "who redefines what a library calls has that library inside" "$(why names bin/own-names)" \
	"the program defines names_data, which the library uses"
tap_is "who defines what a library looks for has it inside" "$(why weak bin/weak | cut -d, -f1)" \
	"the program defines weak_hook"
tap_is "others share all the same" "$("$weld" --root "$root" --json slots |
	jq -c '[.slots[].name] | sort')" '["above","below","c","cells","counts","hooks"]'
tap_try "they share it always" "$weld" --root "$root" --yes policy set sharing always
tap_try "and are linked so" "$weld" --root "$root" --yes relink
compare always
tap_is "everything that can has a slot" "$("$weld" --root "$root" --json slots |
	jq -c '[.slots[].name] | sort')" \
	'["above","below","c","cells","counts","hooks","names","order1","order2","walk","weak"]'
tap_try "no tier changes that" "$weld" --root "$root" --yes policy set tier instant
"$weld" --root "$root" --yes relink >/dev/null 2>&1
compare instant
tap_try "they share nothing" "$weld" --root "$root" --yes policy set sharing never
tap_try "and are linked again" "$weld" --root "$root" --yes relink
compare never
tap_is "then there is no slot" "$("$weld" --root "$root" --json slots | jq '.slots | length')" 0

# Where thread-local variables stand on the other side of the thread pointer.
for arch in aarch64 riscv64; do
	root=$scratch/$arch
	tap_try "$arch: they install" \
		"$weld" --root "$root" --yes install --arch $arch "$scratch/packages"/*.weld
	compare $arch qemu-$arch
done
tap_done
