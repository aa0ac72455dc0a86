#!/bin/sh
# SPDX-License-Identifier: MIT
# tiers.sh: what somebody waits for is compiled quickly, better images follow without being in anybody's
# way, what the cache has in a better tier is used, and scripts get full.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_scratch

root=$scratch/root
base="$(package_file musl) $(package_file compiler-rt)"

# at_terminal COMMAND ...: run it as somebody who sits at a terminal would.
at_terminal() {
	printf '%s ' "$@" >"$scratch/command"
	script -qec "sh '$scratch/command'" /dev/null </dev/null
}

# tier_of IMAGE: of the current generation.
tier_of() {
	jq -r --arg name "$1" '.images[] | select(.name == $name) | .tier' "$root/current/manifest.json"
}

# improve_here: in place of the process that a change may have started, or is about to.
improve_here() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		"$weld" --root "$root" improve --stop
		"$weld" --root "$root" improve && return
		echo "attempt $try: another one was first"
	done
	return 1
}

# slow_pace: as if compiling everything in full took a minute for each MB: nobody would wait for that.
slow_pace() {
	echo '{"instant": 4000, "fast": 20000, "full": 60000}' >"$root/state/pace.json"
}

# shellcheck disable=SC2086 # a list of files
tap_try "a script installs" "$weld" --root "$root" -y install $base "$(package_file bzip2)"
tap_is "what it gets is full" "$(tier_of bin/bzip2)" full
tap_is "and so is libc" "$(tier_of c)" full
"$weld" --root "$root" improve --status >"$scratch/status"
tap_is "nothing is left to do" "$(cat "$scratch/status")" "all images are full"

slow_pace
at_terminal "$weld" --root "$root" -n install "$(package_file lz4)" >"$scratch/plan"
grep -q 'To compile: up to .* (instant; better images follow in the background)' "$scratch/plan"
tap_result $? "who waits at a terminal is told how long, and that more follows"
"$weld" --root "$root" -n install "$(package_file lz4)" >"$scratch/plan"
grep -q 'To compile: up to .* (full)' "$scratch/plan"
tap_result $? "a script gets full"
tap_try "better images in the background are turned off" "$weld" --root "$root" policy set improve never
at_terminal "$weld" --root "$root" -n install "$(package_file lz4)" >"$scratch/plan"
grep -q 'To compile: up to .* (full)' "$scratch/plan"
tap_result $? "and then a person gets full, too"
tap_try "they are turned on, for scripts, too" "$weld" --root "$root" policy set improve always
tap_try "somebody waits for lz4" "$weld" --root "$root" -y install "$(package_file lz4)"
tap_is "it was compiled quickly" "$(tier_of bin/lz4)" instant
tap_is "what was there in a better tier is kept" "$(tier_of bin/bzip2)" full
[ "$(echo hello | "$root/current/bin/lz4" -c | "$root/current/bin/lz4" -dc)" = hello ]
tap_result $? "and it runs"
"$weld" --root "$root" improve --status | tee "$scratch/status" | tap_note
grep -q 'bin/lz4 *instant' "$scratch/status"
tap_result $? "its tier is shown"
"$weld" --root "$root" info lz4 | grep -q 'bin/lz4 (instant)'
tap_result $? "also by info"
"$weld" --root "$root" generations | grep -q '1 instant'
tap_result $? "and by generations"

# The process of its own can be seen and ended; what it leaves half done harms nobody.
"$weld" --root "$root" improve --background
tries=0
until pid=$("$weld" --root "$root" --json improve --status | jq .pid) && [ "$pid" != 0 ]; do
	tries=$((tries + 1))
	[ $tries -lt 100 ] || break
	[ "$(tier_of bin/lz4)" = instant ] || break
	sleep 0.1
done
if [ "$pid" != 0 ]; then
	[ "$(ps -o sid= -p "$pid")" != "$(ps -o sid= -p $$)" ]
	tap_result $? "it belongs to no session of ours"
	tap_refuse "two do not do it at once" "process $pid makes better images" "$weld" --root "$root" improve
fi
kill -9 "$pid" 2>/dev/null
tap_try "it may be killed" "$weld" --root "$root" improve --stop
tap_try "everything is as it was" "$weld" --root "$root" verify
tap_try "better images, here and now" improve_here
tap_is "lz4 is full" "$(tier_of bin/lz4)" full
[ "$(echo hello | "$root/current/bin/lz4" -c | "$root/current/bin/lz4" -dc)" = hello ]
tap_result $? "and it runs"
"$weld" --root "$root" history | grep -q 'done *weld improve$'
tap_result $? "history names what was done"
[ ! -e "$root/cache/improvement" ]
tap_result $? "nothing half made is left"

# Back goes to before the last change, not to worse images of the same packages.
tap_try "one step back" "$weld" --root "$root" -y rollback
[ ! -e "$root/current/bin/lz4" ]
tap_result $? "leads to before lz4 was there"
slow_pace
tap_try "lz4 again" "$weld" --root "$root" -y install "$(package_file lz4)"
tap_is "is full at once: the cache has it" "$(tier_of bin/lz4)" full

# The lock is not held while better images are compiled: another change comes first, and holds.
slow_pace
tap_try "dash, quickly" "$weld" --root "$root" -y install "$(package_file dash)"
"$weld" --root "$root" improve --stop 2>/dev/null
before=$(generation_of "$root")
"$weld" --root "$root" improve --background
"$weld" --root "$root" -y remove bzip2 >"$scratch/log" 2>&1
tap_result $? "a change while they are made"
"$weld" --root "$root" improve --stop 2>/dev/null
tap_try "better images of the new state" improve_here
tap_is "dash is full" "$(tier_of bin/dash)" full
[ ! -e "$root/current/bin/bzip2" ] && [ "$(generation_of "$root")" -gt "$before" ]
tap_result $? "and bzip2 stays away"

tap_try "with --wait" "$weld" --root "$root" -y --wait install "$(package_file tree)"
tap_is "what comes is full at once" "$(tier_of bin/tree)" full
tap_is "and all else, too" "$("$weld" --root "$root" improve --status)" "all images are full"

# Memory: a real worker that may not have what it needs.
tap_refuse "too little to say is refused" "policy memory: '1M' is not a size" "$weld" --root "$root" policy set memory 1M
tap_try "little memory" "$weld" --root "$root" policy set memory 256M
state_of "$root" >"$scratch/before"
tap_refuse "a worker that needs more names what it compiled and the remedy" \
	"bin/.*needs more than 256 MB of memory .*weld policy set memory" \
	"$weld" --root "$root" -y --wait install "$(package_file sqlite)" "$(package_file zlib)"
state_of "$root" >"$scratch/after"
tap_same "and nothing has changed" "$scratch/before" "$scratch/after"
"$weld" --root "$root" improve --stop 2>/dev/null
tap_done
