#!/bin/sh
# SPDX-License-Identifier: MIT
# story_root.sh: what the story tests share: out/test/repo has the whole base set, out/test/root has
# all of it installed. Made anew each time; what was lowered before is taken from the old root's cache.
set -eu

cd "$(dirname "$0")/../.."
. tests/lib/tap.sh
rm -f "$tap_log"
. tests/lib/story.sh

mkdir -p out/test
rm -rf out/test/repo out/test/old-cache
if [ -d out/test/root/cache ]; then
	mv out/test/root/cache out/test/old-cache
fi
chmod -R u+w out/test/root 2>/dev/null || true
rm -rf out/test/root
make_repo "$story_repo" "$story_keys" "$packages"/*.weld
mkdir -p out/test/root
if [ -d out/test/old-cache ]; then
	mv out/test/old-cache out/test/root/cache
fi
make_root "$story_root" "$story_repo"
"$weld" --root "$story_root" --yes install lua sqlite jq dash zstd xz lz4 bzip2
