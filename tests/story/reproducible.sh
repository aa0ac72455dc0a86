#!/bin/sh
# SPDX-License-Identifier: MIT
# reproducible.sh: the same recipe built again, in another directory and another home, by another number of
# compilers at a time, gives the same bytes.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

again="$scratch/another place"
mkdir -p "$again/tmp" "$again/home"
cp -a "$packages" "$again/packages"
cache=${XDG_CACHE_HOME:-$HOME/.cache}
for name in zlib lua lz4; do
	first=$(package_file $name)
	rm -f "$again/packages/$(basename "$first")"
	tap_try "$name builds again" env TMPDIR="$again/tmp" HOME="$again/home" \
		XDG_CACHE_HOME="$cache" "$weld" build --force --jobs 1 -o "$again/packages" "$name"
	tap_same "$name: the same bytes" "$first" "$again/packages/$(basename "$first")"
done
tap_done
