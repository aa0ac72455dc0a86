#!/bin/sh
# SPDX-License-Identifier: MIT
# memory.sh [sanitizers|threads|valgrind ...]: memory, descriptors and threads of programs that run, for as long as it
# takes; without a word all of it. `./check` tries unit and fuzz tests under sanitizers, this tries more:
#
#   sanitizers  the suite cli, daemon and crowd included, by a build with address and undefined-behaviour checks
#   threads     what runs in several threads, by a build with a checker of data races
#   valgrind    unit tests, and a daemon with ten clients: what was not initialized, not freed, not closed
#
# Exit status 0: nothing was found.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/step.sh
. tests/lib/build.sh
mkdir -p out/log
failed=0

# Undefined behaviour ends a program, too, and what a test starts is looked at as well.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

sanitizers() {
	step "the suite cli with address and undefined-behaviour checks"
	CC=clang-22 build_weld build-clang all -Db_sanitize=address,undefined -Db_lundef=false
	meson test -C build-clang --no-rebuild --print-errorlogs -t 10 --suite cli || failed=1
	step_done
}

threads() {
	step "threads, with a checker of data races"
	programs="parallel_test package_test fetch_test serve_test trust_test store_test"
	CC=clang-22 build_weld build-threads programs -Db_sanitize=thread -Db_lundef=false
	# shellcheck disable=SC2046,SC2086 # a list of words
	quietly out/log/build-threads ninja -C build-threads pkgd/pkgd $(printf 'tests/%s ' $programs)
	export TSAN_OPTIONS=halt_on_error=1:exitcode=66
	for program in $programs; do
		quietly "out/log/threads-$program" "build-threads/tests/$program" || failed=1
	done
	quietly out/log/threads-lifecycle tests/cli/lifecycle.sh "$PWD/build-threads/cli/weld" "$PWD" || failed=1
	quietly out/log/threads-daemon tests/cli/lifecycle.sh "$PWD/build-threads/cli/weld" "$PWD" \
		"$PWD/build-threads/pkgd/pkgd" || failed=1
	quietly out/log/threads-classes tests/cli/classes.sh "$PWD/build-threads/cli/weld" "$PWD" || failed=1
	step_done
}

# checked LOG COMMAND ...: run under valgrind; what is found is in the log, and fails.
checked() {
	checked_log=out/log/$1
	shift
	valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --show-leak-kinds=definite \
		--track-fds=yes --error-exitcode=99 --child-silent-after-fork=yes --log-file="$checked_log" \
		"$@" >"$checked_log.out" 2>&1 || {
		printf '    %s: status %d\n' "$checked_log" $?
		head -n 30 "$checked_log"
		failed=1
	}
}

# What a daemon has open in the end is its socket, the lock beside it and its signals.
valgrind_daemon() {
	step "a daemon under valgrind"
	place=$(mktemp -d)
	log=out/log/valgrind-pkgd
	# valgrind keeps twelve descriptors for itself, and lets nobody set another limit than what is left.
	sh -c 'ulimit -n 1036 && exec "$@"' sh valgrind --leak-check=full --track-fds=yes --error-exitcode=99 \
		--errors-for-leak-kinds=definite,indirect --child-silent-after-fork=yes --log-file="$log" \
		build/pkgd/pkgd --root "$place/root" --socket "$place/socket" --check --stderr 2>"$log.out" &
	daemon=$!
	while ! [ -S "$place/socket" ] && kill -0 "$daemon" 2>/dev/null; do
		sleep 0.2
	done
	python3 tests/lib/mixed_load.py "$place/socket" || failed=1
	kill "$daemon" || failed=1
	wait "$daemon" || failed=1
	opened=$(grep -A 1 -e 'Open .*descriptor' -e 'Open .* socket' "$log" | grep -c ' at 0x')
	[ "$opened" = 3 ] || {
		grep -A 6 'Open ' "$log"
		failed=1
	}
	rm -r "$place"
	step_done
}

valgrind_unit() {
	step "unit tests under valgrind"
	# Not those that start workers or daemons: valgrind 3.19 knows neither pidfds nor close_range(2).
	for name in access advisory arena call db err facts file hash index json key licence licences map merge nearest \
		parallel recipe record relation rooms schedule script slot store str tuf ucl varlink vec wanted world; do
		checked "valgrind-$name" "build/tests/${name}_test"
	done
	step_done
}

[ $# -gt 0 ] || set -- sanitizers threads valgrind
for what; do
	case $what in
	sanitizers) sanitizers ;;
	threads) threads ;;
	valgrind)
		valgrind_unit
		valgrind_daemon
		;;
	*)
		echo "usage: $0 [sanitizers|threads|valgrind ...]" >&2
		exit 2
		;;
	esac
done
printf '\nall of it took %s; %s\n' "$(step_total)" "$([ $failed = 0 ] && echo 'nothing was found' || echo 'see above')"
exit $failed
