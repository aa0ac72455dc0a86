#!/bin/sh
# SPDX-License-Identifier: MIT
# image.sh ROW ...: a machine of {kernel, libc, busybox, lua, sqlite3} beside Debian's smallest with the same kernel
# package, made by mmdebstrap in the same run: how long weld's takes to make from cached objects, what
# both take on disk, how long they start, what memory they need then. Both start from kernel, initrd and disk,
# with the same arguments for QEMU.
set -eu

cd "$(dirname "$0")/.."
. tests/lib/step.sh
. tests/lib/story.sh
. tests/boot/machine.sh

here=$PWD/out/bench/image
ours=$here/weld.img
theirs=$here/debian.ext4
builds=3
boots=5

# The kernel package that recipes/linux has.
kernel_package=$(sed -n 's/^[[:space:]]*deb = "\(linux-image-[^"]*\)".*/\1/p' recipes/linux/recipe.ucl)

# make_ours: the image, once more; prints how long it took, in milliseconds.
make_ours() {
	make_began=$(step_clock)
	"$weld" --root "$here/root" --yes image build --force -o "$ours" lua sqlite >>"$here/log" 2>&1
	echo $((($(step_clock) - make_began) * 10))
}

# Kernel and initrd stand on the disk's own boot partition.
take_ours() {
	"$weld" --json image show "$ours" >"$here/show"
	take_at=$(jq '.partitions[] | select(.name == "weld-boot") | .start' "$here/show")
	for take_name in kernel initrd; do
		take_file=$(jq -r --arg name $take_name '.generations[0][$name]' "$here/show")
		case $take_name in
		kernel) take_file=$take_file.vmlinuz ;;
		initrd) take_file=$take_file.initrd ;;
		esac
		MTOOLS_SKIP_CHECK=1 mcopy -n -o -i "$ours@@$take_at" "::weld/$take_file" "$here/weld.$take_name"
	done
	jq -r '.generations[0].command_line' "$here/show" >"$here/weld.cmdline"
}

# Debian's, as the user who runs this. It goes to ext4, and for its size to squashfs as well.
make_theirs() {
	[ ! -e "$here/debian.done" ] || return 0
	mmdebstrap --quiet --variant=minbase \
		--include="$kernel_package,systemd-sysv,udev,lua5.4,sqlite3,busybox" \
		--customize-hook='chroot "$1" passwd -d root' bookworm "$here/debian.tar"
	rm -rf "$here/tree"
	mkdir "$here/tree"
	fakeroot sh -euc 'tar -C "$1" --exclude="./dev/*" -xf "$2"
		mke2fs -q -F -t ext4 -d "$1" "$3" 900M
		mksquashfs "$1" "$4" -quiet -no-progress -noappend -comp zstd' \
		make "$here/tree" "$here/debian.tar" "$theirs" "$here/debian.sqfs"
	cp "$here"/tree/boot/vmlinuz-* "$here/debian.kernel"
	cp "$here"/tree/boot/initrd.img-* "$here/debian.initrd"
	echo "root=/dev/vda rw console=ttyS0 quiet" >"$here/debian.cmdline"
	rm -rf "$here/tree"
	: >"$here/debian.done"
}

# boot NAME DISK SNAPSHOT: prints milliseconds to the log-in prompt, and the memory in use then, in kB.
boot() {
	boot_began=$(step_clock)
	machine_command qemu-system-x86_64 -accel tcg -m 512 -smp 1 -nographic -no-reboot -net none \
		-kernel "$here/$1.kernel" -initrd "$here/$1.initrd" -append "$(cat "$here/$1.cmdline")" \
		-drive "file=$2,format=raw,if=virtio,snapshot=$3"
	machine_expect 'login: $' || return
	boot_took=$((($(step_clock) - boot_began) * 10))
	machine_login || return
	boot_memory=$(machine_run "awk '/^MemTotal/ { t = \$2 } /^MemAvailable/ { print t - \$2 }' /proc/meminfo")
	echo "$boot_took $boot_memory"
	machine_off
}

# boot_or_end: machine.sh's functions are for conditions, where set -e does not reach.
boot_or_end() {
	boot "$@" || {
		echo "$0: the machine $1 did not start and end as it should:" >&2
		tail -n 20 "$machine_dir/log" >&2
		exit 1
	}
}

# median FILE [COLUMN]
median() {
	cut -d ' ' -f "${2:-1}" "$1" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

allocated() {
	du -B1 "$1" | cut -f 1
}

# print_row ROW UNIT RUNS OURS [NAME THEIRS] ...
print_row() {
	print_row=$1
	print_unit=$2
	print_runs=$3
	print_ours=$4
	shift 4
	jq -nc --arg row "$print_row" --arg unit "$print_unit" --argjson runs "$print_runs" \
		--argjson ours "$print_ours" '{row: $row, unit: $unit, runs: $runs, weld: {median: $ours},
		peers: [$ARGS.positional | _nwise(2) | {name: .[0], median: (.[1] | tonumber)}]}' --args "$@"
}

prepare() {
	chmod -R u+w "$here/repo" "$here/root" 2>/dev/null || :
	rm -rf "$here/repo" "$here/root"
	make_repo "$here/repo" "$here/keys" "$packages"/*.weld
	make_root "$here/root" "$here/repo"
	make_ours
	take_ours
	make_theirs
}

# Each starts once before: what only a first start does is not measured.
measure_boots() {
	[ ! -e "$here/boots.done" ] || return 0
	boot_or_end weld "$ours" off >/dev/null
	boot_or_end debian "$theirs" off >/dev/null
	: >"$here/weld.boots"
	: >"$here/debian.boots"
	for _ in $(seq $boots); do
		boot_or_end weld "$ours" on >>"$here/weld.boots"
		boot_or_end debian "$theirs" on >>"$here/debian.boots"
	done
	: >"$here/boots.done"
}

measure() {
	case $1 in
	image-build)
		for _ in $(seq $builds); do
			make_ours
		done >"$here/builds"
		print_row "$1" ms $builds "$(median "$here/builds")" limit 10000
		;;
	image-size)
		print_row "$1" B 1 "$(allocated "$ours")" debian "$(allocated "$theirs")" \
			debian-squashfs "$(allocated "$here/debian.sqfs")"
		;;
	image-boot)
		measure_boots
		print_row "$1" ms $boots "$(median "$here/weld.boots")" debian "$(median "$here/debian.boots")"
		;;
	image-memory)
		measure_boots
		print_row "$1" kB $boots "$(median "$here/weld.boots" 2)" debian \
			"$(median "$here/debian.boots" 2)"
		;;
	*)
		echo "$0: $1: no such row" >&2
		return 2
		;;
	esac
}

mkdir -p "$here"
rm -f "$here"/*.done
story_scratch
trap 'machine_kill; story_clean_up' EXIT
# In the background, so that its first failure ends it: set -e does not reach into a condition.
prepare >"$here/log" 2>&1 &
wait $! || {
	tail -n 20 "$here/log" >&2
	exit 1
}
for row; do
	measure "$row"
done
