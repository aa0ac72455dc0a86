#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh: every header compiles alone, with gcc and with clang.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

llvm=$(llvm-config-22 --includedir)
for header in $(git ls-files -co --exclude-standard '*.h' | sort -u); do
	[ -f "$header" ] || continue
	for compiler in gcc clang-22; do
		tap_try "$compiler: $header" "$compiler" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra \
			-Werror -fsyntax-only -I. -isystem "$llvm" -x c "$header"
	done
done
tap_done
