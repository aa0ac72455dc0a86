#!/bin/sh
# SPDX-License-Identifier: MIT
# headers.sh: every header compiles alone, with gcc and with clang.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

llvm=$(llvm-config-22 --includedir)
for header in $(git ls-files -co --exclude-standard '*.h' | grep -v '^recipes/' | sort -u); do
	[ -f "$header" ] || continue
	# A header of one architecture is that architecture's.
	case $header in
	*_aarch64*) target=--target=aarch64-linux-gnu ;;
	*_riscv64*) target=--target=riscv64-linux-gnu ;;
	*) target=--target=x86_64-linux-gnu ;;
	esac
	set -- -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only -I. \
		-isystem "$llvm" -x c "$header"
	tap_try "clang: $header" clang-22 $target "$@"
	[ $target != --target=x86_64-linux-gnu ] || tap_try "gcc: $header" gcc "$@"
done
tap_done
