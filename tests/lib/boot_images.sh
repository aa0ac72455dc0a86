#!/bin/sh
# SPDX-License-Identifier: MIT
# boot_images.sh: the images that the tests in tests/boot share, in out/test/boot; made anew each time from
# the repository and the cache of tests/lib/story_root.sh. They are read only.
set -eu

cd "$(dirname "$0")/../.."
. tests/lib/tap.sh
rm -f "$tap_log"
. tests/lib/story.sh

images=out/test/boot
chmod -R u+w "$images" 2>/dev/null || true
rm -rf "$images"
mkdir -p "$images"

build() {
	"$weld" --root "$story_root" --yes image build "$@"
}

# A service and its configuration, as a user would add them.
"$weld" build tests/boot/greeter --check=no -o "$images"
greeter=$(echo "$images"/greeter-*.weld)

build -o "$images/machine.img" lua sqlite jq dash minigzip "$greeter"
build -o "$images/next.img" --onto "$images/machine.img" tree
printf 'correct horse\n' >"$images/passphrase"
build -o "$images/memory" --format=kernel+initrd --passphrase-file "$images/passphrase"
build -o "$images/tree" --format=dir --base=none busybox lua
chmod -R a-w "$images"
