#!/bin/sh
# SPDX-License-Identifier: MIT
# search.sh TARGET SECONDS: let libFuzzer look for inputs that break a target of tests/fuzz. It begins
# with the target's corpus; what it finds stays in out/fuzz/TARGET, and an input that breaks a promise
# is named in the end. Exit status 0: none was found.
set -eu

[ $# = 2 ] || {
	echo "usage: $0 TARGET SECONDS" >&2
	exit 2
}
cd "$(dirname "$0")/../.."
. tests/lib/step.sh
. tests/lib/build.sh
[ -f "tests/fuzz/$1_fuzz.c" ] || {
	echo "$0: $1: no such target (tests/fuzz/*_fuzz.c)" >&2
	exit 2
}
mkdir -p out/log "out/fuzz/$1"
CC=clang-22 build_weld build-fuzz "tests/$1_libfuzzer" -Dlibfuzzer=true -Dc_args=-fsanitize=fuzzer-no-link \
	-Db_sanitize=address,undefined -Db_lundef=false
exec "build-fuzz/tests/$1_libfuzzer" -max_total_time="$2" -max_len=65536 -print_final_stats=1 \
	-artifact_prefix="out/fuzz/$1-" "out/fuzz/$1" "tests/fuzz/$1"
