#!/bin/sh
# SPDX-License-Identifier: MIT
# crash.sh: weld is killed, or its disk fails, at many points of an install. The next command finds
# the old generation or the new one, whole, and can go on.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

base=$scratch/base
make_root "$base" "$story_repo" >/dev/null || tap_bail "no root"
"$weld" --root "$base" --yes install dash >/dev/null 2>&1 || tap_bail "dash does not install"
old=$(generation_of "$base")
install=lz4

# fresh: $root is the base root again.
root=$scratch/root
fresh() {
	chmod -R u+w "$root" 2>/dev/null
	rm -rf "$root"
	cp -a "$base" "$root"
}

# whole: the current generation has no broken link, its programs run, and it is the old or the new.
whole() {
	[ -z "$(find -L "$root/current/" -type l)" ] || return 1
	[ "$("$root/current/bin/dash" -c 'echo $((6 * 7))')" = 42 ] || return 1
	if [ "$(generation_of "$root")" = "$old" ]; then
		[ ! -e "$root/current/bin/lz4" ]
	else
		[ "$("$root/current/bin/lz4" --version | wc -l)" -gt 0 ]
	fi
}

# goes_on: the next command says what is installed, and the install can be done again.
goes_on() {
	"$weld" --root "$root" list >"$scratch/list" 2>&1 || return 1
	"$weld" --root "$root" --yes install $install >"$scratch/again" 2>&1 ||
		[ $? = 3 ] || return 1 # 3: it was installed already
	[ -x "$root/current/bin/lz4" ] && whole
}

fresh
start=$(date +%s%N)
"$weld" --root "$root" --yes install $install >/dev/null 2>&1 || tap_bail "$install does not install"
took_ms=$((($(date +%s%N) - start) / 1000000 + 1))

# killed at 20 moments of its run
points=20
failures=0
for point in $(seq 1 $points); do
	fresh
	"$weld" --root "$root" --yes install $install >/dev/null 2>&1 &
	child=$!
	sleep "$(awk -v t=$((took_ms * point / points)) 'BEGIN { print t / 1000 }')"
	kill -9 $child 2>/dev/null
	wait $child 2>/dev/null
	if ! whole || ! goes_on; then
		failures=$((failures + 1))
		echo "# killed after $((took_ms * point / points)) ms:"
		tail -n 3 "$scratch/list" "$scratch/again" 2>/dev/null | tap_note
	fi
done
tap_result $((failures != 0)) "killed at $points moments: the old state or the new one, and it goes on"

# killed at system calls that change the disk
if strace -f -o /dev/null true 2>/dev/null; then
	for call in renameat,rename,renameat2 fdatasync,fsync symlinkat mkdirat unlinkat,unlink; do
		failures=0
		count=0
		for nth in 1 2 3 5 8 13 21 34 55; do
			fresh
			strace -f -qq -o /dev/null -e "trace=$call" \
				-e "inject=$call:signal=KILL:when=$nth" \
				"$weld" --root "$root" --yes install $install >/dev/null 2>&1
			status=$?
			[ $status = 0 ] && break
			count=$((count + 1))
			if ! whole || ! goes_on; then
				failures=$((failures + 1))
				echo "# killed at $call number $nth:"
				tail -n 3 "$scratch/list" "$scratch/again" 2>/dev/null | tap_note
			fi
		done
		tap_result $((failures != 0)) "killed at $count of its calls of $call"
	done

	# New addresses for all: those that are linked for are those of the generation that is current.
	settled() {
		[ -z "$(find -L "$root/current/" -type l)" ] && [ "$("$root/current/bin/dash" -c 'echo $((6 * 7))')" = 42 ] &&
			"$weld" --root "$root" verify >"$scratch/list" 2>&1 &&
			"$weld" --root "$root" --yes --json relink >"$scratch/again" 2>&1 &&
			jq -e '.nothing or (.images | .lowered + .linked + .rebound == 0)' "$scratch/again" >/dev/null
	}
	# A copy is linked for its own path first.
	fresh
	"$weld" --root "$root" --yes relink >/dev/null 2>&1
	chmod -R u+w "$base"
	rm -rf "$base"
	cp -a "$root" "$base"
	old=$(generation_of "$base")
	failures=0
	count=0
	for point in renameat,rename,renameat2:1 renameat,rename,renameat2:2 renameat,rename,renameat2:4 fdatasync,fsync:2 \
		symlinkat:3 unlinkat,unlink:2; do
		fresh
		strace -f -qq -o /dev/null -e "trace=${point%:*}" -e "inject=${point%:*}:signal=KILL:when=${point##*:}" \
			"$weld" --root "$root" --yes relink --reseed >/dev/null 2>&1 || count=$((count + 1))
		if ! settled; then
			failures=$((failures + 1))
			echo "# relink --reseed killed at $point:"
			tail -n 3 "$scratch/list" "$scratch/again" 2>/dev/null | tap_note
		fi
	done
	tap_result $((failures != 0 || count < 4)) "relink --reseed killed at $count of its calls: one seed, one layout"
else
	tap_skip "strace cannot trace here"
fi

# A full disk, or a broken one, at the n-th write, sync or rename.
for number in 28 5; do
	failures=0
	count=0
	nth=1
	while :; do
		fresh
		WELD_FAULT=$nth:$number "$weld" --root "$root" --yes install $install \
			>"$scratch/output" 2>&1 && break
		count=$((count + 1))
		wanted="No space left|Input/output error"
		if ! grep -Eq "$wanted" "$scratch/output" || ! whole || ! goes_on; then
			failures=$((failures + 1))
			{ echo "fault $number at $nth:" && tail -n 3 "$scratch/output" "$scratch/again"; } |
				tap_note
		fi
		nth=$((nth + 1 + nth / 6))
		[ $nth -lt 5000 ] || break
	done
	tap_result $((failures != 0 || count == 0)) \
		"errno $number at $count of its writes: a clear error, and it goes on"
done

tap_done
