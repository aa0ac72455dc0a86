#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh ROW ...: from nothing to the first run of lua, sqlite3 and zstd, installed together: from published
# objects, without a compiler, and compiled here in each tier; beside apt-get from a local repository
# in a root of its own, and upstream's own build from source by clang -O2. The rows install-run-*
# are how long work.lua takes in what was installed so.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/step.sh
. tests/lib/story.sh
. tests/lib/libexec.sh

here=$PWD/out/bench/install
runs=${BENCH_RUNS:-3}
cores=$(nproc)

# The level that this machine's objects are of, best first.
level() {
	for level_flags in "x86-64-v4 avx512f avx512vl" "x86-64-v3 avx2 bmi2" "x86-64-v2 sse4_2"; do
		level_name=${level_flags%% *}
		for level_flag in ${level_flags#* }; do
			grep -qw "$level_flag" /proc/cpuinfo || continue 2
		done
		echo "$level_name" && return
	done
	echo x86-64-v1
}

# A repository with the programs and all they need, and a builder's objects for this machine.
make_repository() {
	[ ! -e "$here/repo/.done" ] || return 0
	rm -rf "$here/repo" "$here/keys"
	for make_name in signer farm; do
		"$weld" key generate --keys "$here/keys" --no-passphrase $make_name
	done
	"$weld" repo init --keys "$here/keys" --key signer "$here/repo"
	for make_name in musl compiler-rt lua sqlite zstd zlib liblzma xz lz4; do
		make_files="${make_files:-} $(package_file $make_name)"
	done
	# shellcheck disable=SC2086 # a list of files
	"$weld" repo publish --keys "$here/keys" --key signer "$here/repo" $make_files
	"$weld" repo lower --keys "$here/keys" --key signer --builder farm --for "$(level)" \
		--cache "$here/objects" "$here/repo"
	: >"$here/repo/.done"
}

# new_root KEY VALUE: a root that knows the repository, with this policy; nothing is compiled for it yet.
new_root() {
	chmod -R u+w "$here/root" 2>/dev/null || :
	rm -rf "$here/root"
	"$weld" --root "$here/root" repo add base "file://$here/repo" --key "$here/repo/metadata/1.root.json"
	"$weld" --root "$here/root" update
	"$weld" --root "$here/root" policy set improve never
	"$weld" --root "$here/root" policy set "$1" "$2"
	"$weld" --root "$here/root" update
}

# first_run PREFIX LUA: each program says its version.
first_run() {
	"$1/$2" -v && "$1/sqlite3" --version && "$1/zstd" --version
}

# weld_once KIND: prints milliseconds.
weld_once() {
	case $1 in
	published) new_root builders farm ;;
	*) new_root tier "$1" ;;
	esac >>"$here/log" 2>&1
	once_began=$(step_ms)
	if [ "$1" = published ]; then
		WELD_LIBEXEC=$here/no-compiler "$weld" --root "$here/root" --yes install lua sqlite zstd
	else
		"$weld" --root "$here/root" --yes install lua sqlite zstd
	fi >>"$here/log" 2>&1
	first_run "$here/root/current/bin" lua >>"$here/log"
	echo $(($(step_ms) - once_began))
}

step_ms() {
	echo $(($(date +%s%N) / 1000000))
}

# A Debian of the essential packages and apt, with a repository of its own that has what is installed:
# each run installs it there and takes it away again. Prints milliseconds, a line a run.
apt_runs() {
	cat >"$here/apt-hook" <<-'END'
		set -eu
		root=$1
		runs=$2
		names="lua5.4 sqlite3 zstd"
		# Only what these bring: the rest is there, as on any machine.
		chroot "$root" apt-get install --yes --no-install-recommends --download-only $names >&2
		mkdir -p "$root/srv/repository"
		mv "$root"/var/cache/apt/archives/*.deb "$root/srv/repository"
		(cd "$root/srv/repository" && dpkg-scanpackages . >Packages 2>/dev/null)
		rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/var/lib/apt/lists/*
		echo "deb [trusted=yes] file:/srv/repository ./" >"$root/etc/apt/sources.list"
		chroot "$root" apt-get update >&2
		for run in $(seq "$runs"); do
			began=$(($(date +%s%N) / 1000000))
			chroot "$root" apt-get install --yes --no-install-recommends $names >&2
			chroot "$root" lua5.4 -v >&2
			chroot "$root" sqlite3 --version >&2
			chroot "$root" zstd --version >&2
			echo $(($(date +%s%N) / 1000000 - began)) >>"$3"
			chroot "$root" apt-get purge --yes --autoremove $names >&2
		done
	END
	rm -f "$here/apt-times"
	mmdebstrap --quiet --variant=apt --format=null \
		--customize-hook="sh $here/apt-hook \"\$1\" $runs $here/apt-times" bookworm - \
		>>"$here/log" 2>&1
	cat "$here/apt-times"
}

# source_of NAME: the upstream source that the recipe names, which weld build keeps by its digest.
source_of() {
	source_digest=$(grep -o '"[^"]*\.orig\.tar\.[a-z]*" = "[0-9a-f]*"' "recipes/$1/recipe.ucl" |
		sed 's/.* = "//;s/"//')
	for source_file in "${XDG_CACHE_HOME:-$HOME/.cache}/weld/sources/$source_digest".*; do
		[ -e "$source_file" ] && echo "$source_file" && return
	done
	echo "bench: the source of $1 is not in weld's cache (run 'weld build $1')" >&2
	return 1
}

# As upstream says, with clang -O2 and all cores; prints milliseconds, unpacking not counted.
source_once() {
	rm -rf "$here/source"
	for once_name in lua sqlite zstd; do
		mkdir -p "$here/source/$once_name"
		once_file=$(source_of $once_name)
		tar -C "$here/source/$once_name" --strip-components=1 -xf "$once_file"
	done
	mkdir "$here/source/bin"
	once_began=$(step_ms)
	(
		cd "$here/source"
		(cd lua/src && rm -f luac.c && for file in *.c; do echo "$file"; done |
			xargs -P "$cores" -n 1 clang-22 -O2 -std=gnu99 -DLUA_COMPAT_5_3 -DLUA_USE_LINUX -c &&
			clang-22 -o ../../bin/lua -Wl,-E ./*.o -lm -ldl)
		(cd sqlite && ./configure CC=clang-22 CFLAGS=-O2 --disable-tcl --disable-readline --disable-shared &&
			make -j"$cores" sqlite3 && cp sqlite3 ../bin)
		(cd zstd && make -j"$cores" -C programs CC=clang-22 CFLAGS=-O2 zstd-release && cp programs/zstd ../bin)
	) >>"$here/log" 2>&1
	first_run "$here/source/bin" lua >>"$here/log"
	echo $(($(step_ms) - once_began))
}

# median: of the numbers on standard input, a line each.
median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# once NAME: what this way takes, measured once in this run of the bench; kept in $here/times.
once() {
	[ -s "$here/times/$1" ] || case $1 in
	apt) apt_runs >"$here/times/$1" ;;
	source) source_once >"$here/times/$1" ;;
	*)
		once_run=0
		while [ $once_run -lt "$runs" ]; do
			weld_once "$1" >>"$here/times/$1"
			once_run=$((once_run + 1))
		done
		cp -L "$here/root/current/bin/lua" "$here/lua-$1"
		speed "$here/root/current/bin/lua" >"$here/times/run-$1"
		;;
	esac
	median <"$here/times/$1"
}

# speed LUA: how long work.lua takes, three times.
speed() {
	for speed_run in 1 2 3; do
		speed_began=$(step_ms)
		"$1" bench/work.lua >/dev/null
		echo "$speed_run $(($(step_ms) - speed_began))" | cut -d ' ' -f 2
	done
}

# row NAME MEDIAN PEER MEDIAN ...
row() {
	row_name=$1
	row_ours=$2
	shift 2
	row_peers=
	while [ $# -gt 0 ]; do
		row_peers=$row_peers${row_peers:+, }$(printf '{"name": "%s", "median": %s}' "$1" "$2")
		shift 2
	done
	printf '{"row": "%s", "unit": "ms", "runs": %s, "weld": {"median": %s}, "peers": [%s]}\n' \
		"$row_name" "$runs" "$row_ours" "$row_peers"
}

libexec_without_compiler "$here/no-compiler" "$(dirname "$(dirname "$weld")")"
rm -rf "$here/times"
mkdir "$here/times"
make_repository >"$here/log" 2>&1
for name; do
	case $name in
	install-published) row "$name" "$(once published)" apt "$(once apt)" source "$(once source)" ;;
	install-instant) row "$name" "$(once instant)" limit 1500 apt "$(once apt)" ;;
	install-fast | install-full)
		row "$name" "$(once "${name#install-}")" source "$(once source)" apt "$(once apt)"
		;;
	install-run-*)
		once "${name#install-run-}" >/dev/null
		row "$name" "$(median <"$here/times/run-${name#install-run-}")" \
			glibc "$(speed /usr/bin/lua5.4 | median)"
		;;
	*)
		echo "bench: $name: no such row" >&2
		exit 2
		;;
	esac
done
