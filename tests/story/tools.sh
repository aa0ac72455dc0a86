#!/bin/sh
# SPDX-License-Identifier: MIT
# tools.sh: gdb, perf, valgrind, core files and execinfo.h name the functions of slots.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

# A root of its own: valgrind knows x86-64-v3, not what this CPU may have.
root=$scratch/root
mkdir -p "$root" "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
w() {
	"$weld" --root "$root" --yes "$@" >"$scratch/log" 2>&1 || { tap_note <"$scratch/log"; false; }
}
make_recipe "$scratch/faulty" tests/story/sources/faulty 1.0 'build_requires = [ zlib ]'
"$weld" build "$scratch/faulty/recipe" -o "$scratch/packages" --check=no >"$scratch/log" 2>&1 ||
	{ tap_note <"$scratch/log"; tap_bail "faulty does not build"; }
w install "$(package_file musl)" "$(package_file compiler-rt)" || tap_bail "no root"
w policy set cpu x86-64-v3
w policy set sharing always
tap_try "faulty installs, with zlib in a slot" w install "$(package_file zlib)" "$scratch"/packages/faulty-*.weld
faulty=$root/current/bin/faulty
slot=$(basename "$(echo "$root"/current/slots/z-*)")

# in_order NAME FILE PATTERN ...: the patterns match lines of the file, in this order.
in_order() {
	in_order_name=$1
	in_order_file=$2
	shift 2
	in_order_at=1
	for pattern; do
		in_order_found=$(tail -n +$in_order_at "$in_order_file" | grep -nEm1 -e "$pattern" | cut -d: -f1)
		if [ -z "$in_order_found" ]; then
			tap_result 1 "$in_order_name"
			{ echo "no line /$pattern/ from line $in_order_at on of:"; head -n 60 "$in_order_file" | cut -c 1-200; } | tap_note
			return
		fi
		in_order_at=$((in_order_at + in_order_found))
	done
	tap_result 0 "$in_order_name"
}

# debug ARGUMENT ...: gdb as it is, without weld's help or anybody's configuration.
debug() {
	gdb -nx -batch -ex 'set pagination off' -ex 'set breakpoint pending on' \
		-ex 'set debuginfod enabled off' "$@" </dev/null >"$scratch/got" 2>&1
}

debug -ex 'break deflate' -ex 'run clean' -ex 'bt' -ex 'info symbol deflate' -ex 'info sharedlibrary' "$faulty"
in_order "gdb: break in a slot; a backtrace through slot and program" "$scratch/got" \
	"Breakpoint 1, .* in deflate .*from $root/current/slots/$slot" '^#0 .* deflate' ' compress2? ' ' shrink ' ' main '
in_order "gdb: info symbol names the slot" "$scratch/got" "deflate in section .text of $root/current/slots/$slot"
in_order "gdb: the slots are its shared libraries" "$scratch/got" 'slots/c-' "slots/$slot"
debug -ex 'break shrink' -ex 'run clean' -ex 'break compress' -ex 'continue' -ex 'stepi' -ex 'bt 2' -ex 'finish' "$faulty"
in_order "gdb: stepping in a slot, and back to the program" "$scratch/got" 'Breakpoint 1, .* shrink' \
	'Breakpoint 2, .* compress' '^#0 .* compress' '^#1 .* shrink' '^0x.* in shrink'

"$faulty" trace >"$scratch/got"
in_order "backtrace(): through a callback of libc" "$scratch/got" '^/.*faulty\(print_trace\+0x' 'libc.slot\(.*qsort' \
	'faulty\(trace_in_libc\+' 'faulty\(main\+' 'libc.slot\(__libc_start_main\+' 'faulty\(weld_start\+'
"$faulty" caught >"$scratch/got"
in_order "backtrace(): through a signal frame, from a slot" "$scratch/got" 'faulty\(print_trace\+' \
	'faulty\(print_trace_of_signal\+' 'weld_restore_signal' 'libz.slot\(crc32' 'faulty\(read_nothing\+' 'faulty\(main\+'
"$faulty" objects >"$scratch/got"
in_order "dl_iterate_phdr() lists program and slots" "$scratch/got" '.' 'slots/c-' "slots/$slot"
"$faulty" caught >"$scratch/got"
address=$(sed -n 's/.*libz.slot(crc32.*\[\(0x[0-9a-f]*\)\].*/\1/p' "$scratch/got" | head -n 1)
addr2line -fe "$root/current/slots/$slot" "$address" >"$scratch/got"
in_order "addr2line names a slot's function" "$scratch/got" '^crc32'

(cd "$scratch" && exec prlimit --core=unlimited "$faulty" crash) >/dev/null 2>&1
core=$(find "$scratch" -maxdepth 1 -name 'core*' | head -n 1)
if [ -n "$core" ]; then
	debug -ex bt -ex 'info sharedlibrary' "$faulty" "$core"
	in_order "core file: gdb names the slot's function" "$scratch/got" 'SIGSEGV' '^#0 .* crc32' ' read_nothing ' ' main ' \
		"slots/$slot"
	debug -ex 'info proc mappings' "$faulty" "$core"
	in_order "core file: it says which files were mapped" "$scratch/got" '(libc|libz).slot' '(libc|libz).slot'
else
	tap_skip "no core files here: $(cat /proc/sys/kernel/core_pattern)"
fi

if perf record -e cpu-clock -o "$scratch/perf.data" "$faulty" work >"$scratch/log" 2>&1; then
	perf report -i "$scratch/perf.data" --stdio >"$scratch/got" 2>/dev/null
	in_order "perf: report names the slot's function" "$scratch/got" '[0-9]% +faulty +libz.slot +\[\.\] crc32'
	perf record -g --call-graph dwarf -e cpu-clock -o "$scratch/perf.data" "$faulty" work >"$scratch/log" 2>&1
	perf script -i "$scratch/perf.data" >"$scratch/got" 2>/dev/null
	in_order "perf: call chains go through slot and program" "$scratch/got" 'crc32' ' work\+0x.*/faulty\)' ' main\+0x.*/faulty\)'
else
	tap_skip "the kernel forbids perf: $(tail -n 1 "$scratch/log")"
fi

# Heap blocks are not told apart: valgrind replaces malloc by a library that a dynamic loader preloads.
memcheck() {
	valgrind --error-exitcode=9 "$faulty" "$1" >"$scratch/got" 2>&1
}

memcheck clean
tap_is "valgrind: no false alarm" "$?" 0
memcheck undefined
tap_is "valgrind: finds what is wrong" "$?" 9
in_order "valgrind: names functions of slot and program" "$scratch/got" 'depends on uninitialised value' \
	'(at|by) 0x.*: [a-z_0-9]+ \(in .*libz.slot\)' 'by 0x.*: compress2? ' 'by 0x.*: shrink \(in .*faulty' 'by 0x.*: main'
tap_done
