#!/bin/sh
# SPDX-License-Identifier: MIT
# storm.sh ROW ...: what an update of a library costs that many programs use. A row is storm-[stable-]LIBRARY-COUNT:
# so many programs, each in a package of its own, use LIBRARY (z or c). In "stable" its exports stay where
# they are; else they have moved. Everything that the update has to compile is in the cache.
#
# Figures are of the whole command, in milliseconds; each run begins with the same root. With them
# go the bytes of the images that were written, and how many images were touched.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/story.sh

here=$PWD/out/bench/storm
storm=${WELD_BUILD:-build}/tests/storm
runs=${WELD_STORM_RUNS:-5}
mkdir -p "$here"
# It is a tool of the tests: ./try does not build it.
[ -x "$storm" ] || ninja -C "${WELD_BUILD:-build}" tests/storm >"$here/log"

package_of() {
	case $1 in
	z) echo zlib ;;
	*) echo musl ;;
	esac
}

# need_update LIBRARY KIND: the package is in $update.
need_update() {
	need_package=$(package_of "$1")
	case $2 in
	stable) need_release=2 ;;
	*) need_release=3 ;;
	esac
	mkdir -p "$here/$1-$2"
	update=$(find "$here/$1-$2" -name "$need_package-[0-9]*-$need_release.weld")
	[ -n "$update" ] && return
	cp -au "$packages"/*.weld "$here/$1-$2"
	"$weld" build "$need_package" --patch "bench/storm/$1-$2.patch" --release $need_release --check=no \
		-o "$here/$1-$2" >"$here/log" 2>&1 || {
		tail -n 5 "$here/log" >&2
		exit 1
	}
	update=$(find "$here/$1-$2" -name "$need_package-[0-9]*-$need_release.weld")
}

# need_root COUNT: a root with so many programs is in root-COUNT.base.
need_root() {
	[ -e "$here/root-$1.base/current" ] && return
	mkdir -p "$here/programs-$1"
	[ "$(find "$here/programs-$1" -name '*.weld' | wc -l)" = "$1" ] || "$storm" "$here/programs-$1" "$1"
	remove "$here/root-$1"
	mkdir -p "$here/root-$1"
	"$weld" --root "$here/root-$1" --yes install "$(package_file compiler-rt)" "$(package_file musl)" \
		"$(package_file zlib)" "$here/programs-$1"/*.weld >"$here/log" 2>&1
	mv "$here/root-$1" "$here/root-$1.base"
}

remove() {
	chmod -R u+w "$1" 2>/dev/null || :
	rm -rf "$1"
}

# restore COUNT: the root as it was first, where it was linked for.
restore() {
	remove "$here/root-$1"
	cp -a "$here/root-$1.base" "$here/root-$1"
}

# spoil COUNT: no image of the root can be bound again.
spoil() {
	find "$here/root-$1/store" -name sites -exec chmod u+w {} + -exec sh -c 'for f; do echo >>"$f"; done' - {} +
}

# time_update COUNT: prints milliseconds, bytes written, images touched.
time_update() {
	sync
	time_begin=$(date +%s%N)
	"$weld" --root "$here/root-$1" --yes --json install "$update" >"$here/reply" 2>"$here/talk" || {
		tail -n 3 "$here/talk" >&2
		exit 1
	}
	time_end=$(date +%s%N)
	jq -r --argjson ms $(((time_end - time_begin) / 1000000)) \
		'.images | "\($ms) \(.written | add) \(.rebound + .linked + .lowered)"' "$here/reply"
}

# time_dynamic LIBRARY: the same library as a shared one, in a Debian package, installed in a root of its own.
time_dynamic() {
	dynamic=$here/dynamic-$1
	case $1 in
	z) dynamic_file=$(readlink -f /lib/x86_64-linux-gnu/libz.so.1) ;;
	*) dynamic_file=$(readlink -f /lib/x86_64-linux-gnu/libc.so.6) ;;
	esac
	remove "$dynamic"
	mkdir -p "$dynamic/new/DEBIAN" "$dynamic/new/usr/lib" "$dynamic/root/var/lib/dpkg/info" \
		"$dynamic/root/var/lib/dpkg/updates"
	: >"$dynamic/root/var/lib/dpkg/status"
	cp "$dynamic_file" "$dynamic/new/usr/lib"
	printf 'Package: storm\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody <nobody@invalid>\nDescription: a library\n' \
		>"$dynamic/new/DEBIAN/control"
	dpkg-deb --root-owner-group --build "$dynamic/new" "$dynamic/new.deb" >/dev/null
	sync
	time_begin=$(date +%s%N)
	dpkg --force-not-root,bad-path --root="$dynamic/root" --log=/dev/null -i "$dynamic/new.deb" >"$here/talk" 2>&1 || {
		tail -n 3 "$here/talk" >&2
		exit 1
	}
	time_end=$(date +%s%N)
	echo $(((time_end - time_begin) / 1000000)) "$(stat -c %s "$dynamic_file")" 0
}

# time_ld COUNT: ld.lld alone, as often, for one small object; on all cores.
time_ld() {
	[ -s "$here/one.o" ] || {
		printf 'int puts(const char *); int f(void) { return puts("x"); }\nint main(void) { return f(); }\n' >"$here/one.c"
		clang-22 -O2 -fno-pic -c "$here/one.c" -o "$here/one.o"
	}
	remove "$here/ld"
	mkdir -p "$here/ld"
	sync
	time_begin=$(date +%s%N)
	seq "$1" | xargs -P "$(nproc)" -I{} ld.lld-22 -static --threads=1 --gc-sections --entry=main \
		--defsym=puts=0x20000000 -o "$here/ld/{}" "$here/one.o"
	time_end=$(date +%s%N)
	echo $(((time_end - time_begin) / 1000000)) "$(du -sb "$here/ld" | cut -f 1)" "$1"
}

# summary NAME FILE: runs as JSON.
summary() {
	sort -n "$2" | jq -Rnc --arg name "$1" '[inputs | split(" ") | map(tonumber)]
		| {name: $name, median: .[length / 2 | floor][0], p10: .[length / 10 | floor][0], written: .[0][1],
		   touched: .[0][2]}'
}

# warm LIBRARY KIND COUNT: what this update has to compile is in the cache of the root.
warm() {
	[ -e "$here/warm-$1-$2-$3" ] && return
	restore "$3"
	time_update "$3" >/dev/null
	chmod -R u+w "$here/root-$3.base/cache"
	cp -an "$here/root-$3/cache/." "$here/root-$3.base/cache"
	: >"$here/warm-$1-$2-$3"
}

measure() {
	row=$1
	count=${row##*-}
	kind=moved
	library=${row#storm-}
	case $row in
	*-stable-*)
		kind=stable
		library=${library#stable-}
		;;
	esac
	library=${library%-*}
	need_root "$count"
	need_update "$library" $kind
	warm "$library" $kind "$count"
	rm -f "$here"/runs-*
	for run in $(seq "$runs"); do
		[ "$run" = 0 ] || restore "$count"
		time_update "$count" >>"$here/runs-weld"
		time_dynamic "$library" >>"$here/runs-dynamic"
		[ $kind = moved ] || continue
		restore "$count"
		spoil "$count"
		time_update "$count" >>"$here/runs-linked"
		time_ld "$count" >>"$here/runs-ld"
	done
	if [ $kind = moved ]; then
		for peer in linked ld dynamic; do summary $peer "$here/runs-$peer"; done
		[ "$count" != 1000 ] || echo '{"name": "limit", "median": 2000}'
	else
		summary dynamic "$here/runs-dynamic"
		echo '{"name": "limit", "median": 300}'
	fi >"$here/peers"
	summary weld "$here/runs-weld" | jq -c --arg row "$row" --argjson runs "$runs" --slurpfile peers "$here/peers" \
		'{row: $row, unit: "ms", runs: $runs, weld: del(.name), peers: $peers}'
	remove "$here/root-$count"
}

for row; do
	measure "$row"
done
