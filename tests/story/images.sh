#!/bin/sh
# SPDX-License-Identifier: MIT
# images.sh: what readelf, objdump, /proc/PID/maps and smaps show of programs and slots is what weld
# says of them.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

bin=$story_root/current/bin
slots_of "$story_root" >"$scratch/slots"
tap_note <"$scratch/slots"

for name in sqlite3 lua jq dash zstd xz; do
	readelf -hlSW "$bin/$name" >"$scratch/elf" 2>&1
	grep -q 'Type:.*EXEC' "$scratch/elf"
	tap_result $? "$name: an executable at fixed addresses"
	grep -Eq 'INTERP|DYNAMIC|\.dynamic|\.plt|\.got\.plt|\.rela\.dyn|\.interp' "$scratch/elf"
	tap_result $((! $?)) "$name: no loader, no dynamic section, no PLT"
done

# base_of NAME: a slot's address as in the maps: 8 hex digits.
base_of() {
	awk -v name="$1" '$1 == name { print $2 }' "$scratch/slots" | tail -c 9
}

for library in c z; do
	base=$(base_of $library)
	[ -n "$base" ]
	tap_result $? "weld slots prints an address for $library"
done

# Slots do not overlap, and lie in the address arena.
jq -rn '[inputs | split(" ") | {name: .[0], base: .[1], size: .[2]}] | length' -R "$scratch/slots" \
	>/dev/null
sort -k2 "$scratch/slots" | while read -r name base size path; do
	echo "$name $((0x$base)) $size $path"
done | awk '{
	if ($2 < 268435456 || $2 + $3 > 2013265920) print $1 " lies outside"
	if ($2 < end) print $1 " overlaps " last
	end = $2 + $3; last = $1
}' >"$scratch/overlaps"
[ ! -s "$scratch/overlaps" ]
tap_result $? "slots lie in the address arena and do not overlap"
tap_note <"$scratch/overlaps"

hold "$bin/sqlite3" :memory:
first=$held
hold "$bin/zstd" -dc
second=$held

# text_of PID LIBRARY: "device inode" of the executable mapping in the library's slot.
text_of() {
	start=$((0x$(base_of "$2")))
	end=$((start + $(awk -v name="$2" '$1 == name { print $3 }' "$scratch/slots")))
	while read -r range flags _ device inode _; do
		case $flags in
		*x*) ;;
		*) continue ;;
		esac
		if [ $((0x${range%-*})) -ge $start ] && [ $((0x${range%-*})) -lt $end ]; then
			echo "$device $inode $range"
			return
		fi
	done <"/proc/$1/maps"
}
for library in c z; do
	base=$(base_of $library)
	path=$(awk -v name=$library '$1 == name { print $4 }' "$scratch/slots")
	wanted=$(stat -Lc '%i' "$path")
	one=$(text_of "$first" $library)
	two=$(text_of "$second" $library)
	[ -n "$one" ] && [ "$one" = "$two" ] && [ "$(echo "$one" | cut -d' ' -f2)" = "$wanted" ]
	tap_result $? "$library: sqlite3 and zstd map one file at 0x$base"
	{ echo "sqlite3: $one; zstd: $two; file: $wanted $path"; } | tap_note
	entry=$(readelf -lW "$path" | awk '$1 == "LOAD" { print $3; exit }')
	[ $((entry)) = $((0x$base)) ]
	tap_result $? "$library: the slot image begins at that address ($entry)"
done

# The text is in memory once: Pss of a page that n processes map is 1/n of it. How many of its
# pages both have touched depends on what they did.
text=$(text_of "$first" c)
awk -v range="${text##* }" '
	/^[0-9a-f]+-[0-9a-f]+ / { in_text = $1 == range }
	in_text && /^Rss:/ { rss = $2 }
	in_text && /^Pss:/ { pss = $2 }
	END { print rss + 0, pss + 0 }' "/proc/$first/smaps" >"$scratch/shared"
read -r rss pss <"$scratch/shared"
[ "$rss" -gt 0 ] && [ $((pss * 10)) -le $((rss * 9)) ]
tap_result $? "libc's text is shared: Rss $rss kB, Pss $pss kB in sqlite3"

# Calls go straight to the addresses of the slot's exports.
zlib_start=$((0x$(base_of z)))
zlib_size=$(awk '$1 == "z" { print $3 }' "$scratch/slots")
objdump -d --no-show-raw-insn "$bin/zstd" >"$scratch/code"
direct=$(awk '$2 == "call" || $2 == "jmp" { print $3 }' "$scratch/code" | grep -E '^(0x)?[0-9a-f]+$' |
	sed 's/^0x//' | while read -r target; do
	[ $((0x$target)) -ge $zlib_start ] && [ $((0x$target)) -lt $((zlib_start + zlib_size)) ] && echo 1
done | wc -l)
[ "$direct" -gt 0 ]
tap_result $? "zstd calls zlib directly: $direct call instructions with its addresses"

tap_try "weld owns zstd" "$weld" --root "$story_root" owns bin/zstd
tap_done
