#!/bin/sh
# SPDX-License-Identifier: MIT
# machine.sh WELD SOURCE: disks by `weld image build`, and what `image show`, `verify`, `extract` and `run`
# say of them, whole and damaged. Packages are plain files, so that nothing is compiled or started.
set -eu
weld=$(realpath "$1")
source=$(realpath "$2")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
packages=$directory/packages
export SOURCE_DATE_EPOCH=1700000000 TZ=UTC
PATH=$PATH:/usr/sbin:/sbin
for tool in mkfs.vfat mcopy mke2fs mkfs.erofs fsck.erofs qemu-system-x86_64 jq; do
	command -v $tool >/dev/null || {
		tap_skip "$tool is not installed"
		tap_done
	}
done

# package NAME: a package of the files in $directory/src/NAME.
package() {
	mkdir -p "$directory/recipes/$1"
	tar -C "$directory/src" -czf "$directory/src/$1.tar.gz" "$1"
	cat >"$directory/recipes/$1/recipe.ucl" <<-END
		name = $1
		version = "1"
		summary = "Test package $1"
		licence = MIT
		kind = native
		architectures = [ x86_64 ]
		bootstrap = yes
		source {
			url = "file://$directory/src/$1.tar.gz"
			sha256 = "$(sha256sum <"$directory/src/$1.tar.gz" | cut -d' ' -f1)"
		}
	END
	cat >"$directory/recipes/$1/build" <<-'END'
		build() {
			:
		}
		package() {
			find . -type f | sed 's,^\./,,' | while read -r file; do
				case $file in
				*/*) weld_install 755 "$file" "${file%/*}" ;;
				esac
			done
		}
	END
	"$weld" build "$directory/recipes/$1" -o "$packages" --check=no >"$directory/log" 2>&1 || {
		tap_note <"$directory/log"
		tap_bail "$1 does not build"
	}
}

# blank FILE BYTES: a file of zeros.
blank() {
	mkdir -p "$directory/src/${1%/*}"
	head -c "$2" /dev/zero >"$directory/src/$1"
}

# poke FILE OFFSET BYTES: overwrite, with printf's escapes.
poke() {
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

src=$directory/src
blank linux/boot/vmlinuz 200000
poke "$src/linux/boot/vmlinuz" 510 '\125\252'
poke "$src/linux/boot/vmlinuz" 514 HdrS
mkdir -p "$src/linux/lib/modules/1.0"
touch "$src/linux/lib/modules/1.0/modules.dep" "$src/linux/lib/modules/1.0/modules.builtin"
package linux
blank grub/boot/grub/bios-boot.img 512
poke "$src/grub/boot/grub/bios-boot.img" 510 '\125\252'
blank grub/boot/grub/bios-core.img 3000
poke "$src/grub/boot/grub/bios-core.img" 510 '\040\010'
blank grub/boot/grub/bootx64.efi 3000
poke "$src/grub/boot/grub/bootx64.efi" 0 MZ
package grub
mkdir -p "$src/boot/sbin" "$src/boot/share/weld-boot" "$src/one/share/one" "$src/two/share/two"
# An image with a note of no slots, image-note(5); it is never started.
cat >"$directory/boot.s" <<'END'
	.section .note.weld, "a", @note
	.long 5, 192, 1
	.asciz "weld"
	.byte 0, 0, 0
	.long 2, 1, 0, 64, 1, 0
	.skip 104
	.byte 0
	.asciz "sbin/weld-boot"
	.skip 48
	.text
	.globl _start
_start:	hlt
END
cc -nostdlib -static -Wl,--build-id=none -o "$src/boot/sbin/weld-boot" "$directory/boot.s"
touch "$src/boot/share/weld-boot/modules"
package boot
seq 100000 >"$src/one/share/one/numbers"
package one
seq 200000 >"$src/two/share/two/numbers"
package two

# image ARG ...: weld image build of these packages, and more.
image() {
	"$weld" --root "$directory/root" image build --base none "$@"
}
cd "$directory"
system="$packages/linux-1-1.weld $packages/grub-1-1.weld $packages/boot-1-1.weld"

# shellcheck disable=SC2086
tap_try 'a disk is made' image -o one.img $system "$packages/one-1-1.weld"
# shellcheck disable=SC2086
tap_try 'and again' image -o same.img $system "$packages/one-1-1.weld"
tap_same 'the same packages give the same bytes' one.img same.img
tap_try 'its name does not matter' cp one.img 'a, b.img'
tap_try 'a generation is added' image -o two.img --onto one.img "$packages/two-1-1.weld"
# shellcheck disable=SC2086
tap_refuse 'a size that is too small' 'at least [0-9]+ MiB' image -o no.img --size 80M $system

# What is there.
"$weld" image show --json two.img >two.json
"$weld" image show --json one.img >one.json
# field FILTER: of two.json.
field() {
	jq -r "$1" two.json
}
tap_try 'show: two generations, the newest first' test "$(field '[.generations[].number] | join(" ")')" = '2 1'
tap_try 'show: packages of the newest' test \
	"$(field '[.packages[].name] | join(" ")')" = 'boot grub linux one two'
tap_try 'show: slots' test "$(field '.slots | length')" = 0
tap_try 'show: the file systems have their date' test "$(field '.generations[0].source_date')" = 1700000000
tap_try 'show: a command line names the store' test "$(field '.generations[0] |
	. as $one | .command_line | contains("weld.store=" + $one.root_digest + ",")')" = true
tap_try 'show: for people' "$weld" image show two.img
if command -v sfdisk >/dev/null; then
	tap_try 'the partition table is one for others, too' sh -c 'sfdisk -V two.img 2>&1 | grep -q "No errors"'
else
	tap_skip 'sfdisk is not installed'
fi

# What was there stays, where it was.
for index in 2 3; do
	place=$(jq -r ".partitions[$index] | \"\\(.start) \\(.size)\"" one.json)
	tap_try "partition $((index + 1)) is the same and in its place" \
		cmp -i "${place% *}" -n "${place#* }" one.img two.img
done
state=$(jq -r '.partitions[2].start' one.json)
dd if=one.img of=state bs=1M skip=$((state / 1048576)) count=64 status=none
tap_try 'the state partition is a whole file system' e2fsck -fn state

# What comes out again.
tap_try 'extract' "$weld" image extract two.img tree
tap_same 'gives what was put in' "$src/two/share/two/numbers" tree/weld/current/share/two/numbers
tap_try 'extract an older generation' "$weld" image extract --generation 1 two.img older
tap_try 'which has no more than it had' test ! -e older/weld/current/share/two
tap_refuse 'extract to what exists' 'exists' "$weld" image extract two.img tree
tap_refuse 'a generation that is not there' 'no generation 3' "$weld" image extract --generation 3 two.img no
tap_try 'verify' "$weld" image verify two.img

# What it consists of, without a root.
tap_try 'sbom: of a disk' test "$("$weld" sbom --image two.img |
	jq -r '[.components[].name] | join(" ")')" = 'boot grub linux one two'
tap_try 'licenses: of a disk' sh -c '"$1" licenses --image two.img 2>/dev/null | grep -q "^  two 1-1"' sh "$weld"

# Running: the command is shown, nothing starts.
run() {
	"$weld" image run -n "$@"
}
run -m 300 --cpus 2 -p 8080:80 -p 2222:22 --snapshot 'a, b.img' -- -name x >told
tap_try 'run: commas are doubled' grep -q 'file=./a,, b.img,' told
tap_try 'run: software emulation' grep -q 'accel=tcg' told
tap_try 'run: memory and processors' grep -q -e '-smp 2 -m 300M' told
tap_try 'run: ports' grep -q 'hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=tcp:127.0.0.1:2222-:22' told
tap_try 'run: nothing is kept' grep -q 'snapshot=on' told
tap_try "run: QEMU's own arguments" grep -q -e '-name x$' told
tap_refuse 'run: an odd port' 'HOST:GUEST' run -p 80 one.img
tap_refuse 'run: a port too large' 'HOST:GUEST' run -p 80:70000 one.img
tap_refuse 'run: no such file' 'no such file' run none.img
tap_refuse 'run: what is no disk' 'json: not a disk' run one.json
tap_refuse 'run: a directory without a kernel' 'packages: has no vmlinuz' run packages
mkdir kernel
cp "$src/linux/boot/vmlinuz" kernel/vmlinuz
echo initrd >kernel/initrd
echo 'weld.generation=1 panic=10' >kernel/cmdline
tap_try 'run: kernel and initrd' run kernel
tap_refuse 'run: QEMU is not there' "install Debian's package qemu-system-x86" env PATH=/nonexistent \
	"$weld" image run -n kernel

# Damage, anywhere that matters, is found before anything starts.
# damaged NAME OFFSET PATTERN: one byte changed.
damaged() {
	cp two.img damaged.img
	poke damaged.img "$2" '\377'
	tap_refuse "damaged: $1" "damaged.img: .*$3" timeout 20 "$weld" image run damaged.img </dev/null
}
boot=$(field '.partitions[1].start')
newest=$(field '.partitions[4].start')
size=$(field .size)
damaged 'boot code' 3 'BIOS'
damaged 'partition table' 600 'partition table'
damaged 'partition table at the end' $((size - 500)) 'partition table at the end'
damaged 'core image' 34000 'BIOS'
damaged 'weld-boot' $((boot + 510)) 'weld-boot'
damaged 'the store' $((newest + 1025)) 'erofs'
cp two.img damaged.img
offset=$(grep -abo 'weld generation 2' damaged.img | head -n 1 | cut -d: -f1)
poke damaged.img "$offset" W
tap_refuse 'damaged: the menu or the list' 'damaged.img: .*(grub.cfg|generations)' timeout 20 "$weld" image run \
	damaged.img </dev/null
offset=$(grep -abo 'GRUB Environment' damaged.img | head -n 1 | cut -d: -f1)
cp two.img damaged.img
poke damaged.img "$offset" W
tap_refuse "damaged: GRUB's memory" 'damaged.img: .*grubenv' timeout 20 "$weld" image run damaged.img </dev/null
head -c $((size - 1048576)) two.img >damaged.img
tap_refuse 'damaged: cut short' 'damaged.img: ' timeout 20 "$weld" image run damaged.img </dev/null
cp two.img damaged.img
poke damaged.img $((newest + 20000)) '\377'
tap_try 'damaged: what only the running kernel reads' run damaged.img
status=0
"$weld" image verify damaged.img 2>error || status=$?
tap_try 'damaged: verify finds it' test $status = 5
tap_try 'damaged: and says where' grep -q 'generation 2: block 4 ' error
tap_refuse 'damaged: nothing is taken out of it' 'generation 2: block 4 ' \
	"$weld" image extract damaged.img none
# shellcheck disable=SC2086
tap_refuse 'damaged: nothing is made of it' 'generation 2: block 4 ' \
	image -o none.img --onto damaged.img $system
tap_refuse 'damaged: no bill is made of it' 'generation 2: block 4 ' "$weld" sbom --image damaged.img
tap_try 'damaged: but the older generation is whole' "$weld" image extract --generation 1 damaged.img whole
"$weld" --json image show damaged.img >damaged.json
tap_try 'damaged: show says so, and shows the rest' test "$(jq -r '"\(.problem | test("block 4 ")) \([.generations[].number])"' damaged.json)" = 'true [2,1]'
cp damaged.img before.img
tap_same 'nothing was changed by looking' before.img damaged.img
tap_done
