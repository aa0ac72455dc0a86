#!/bin/sh
# SPDX-License-Identifier: MIT
# image.sh WELD SOURCE: what `weld image build` promises without booting: the same bytes wherever it is
# built, nothing half-written, clear errors. Packages are plain files, so that nothing is compiled.
set -eu
weld=$(readlink -f "$1")
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
root=$directory/root
packages=$directory/packages

# package NAME LINES: a package of the files in $directory/src/NAME, with the prefix for @PREFIX@.
package() {
	mkdir -p "$directory/recipes/$1"
	tar -C "$directory/src" -czf "$directory/src/$1.tar.gz" "$1"
	cat >"$directory/recipes/$1/recipe.ucl" <<-END
		name = $1
		version = "1"
		summary = "Test package $1"
		licence = MIT
		bootstrap = yes
		source {
			url = "file://$directory/src/$1.tar.gz"
			sha256 = "$(sha256sum <"$directory/src/$1.tar.gz" | cut -d' ' -f1)"
		}
		$2
	END
	cat >"$directory/recipes/$1/build" <<-'END'
		build() {
			find . -type f -exec sed -i "s,@PREFIX@,$PREFIX,g" {} +
		}
		package() {
			find . -type f | sed 's,^\./,,' | while read -r file; do
				mode=644
				[ -x "$file" ] && mode=755
				case $file in
				*/*) weld_install $mode "$file" "${file%/*}" ;;
				esac
			done
		}
	END
	"$weld" build "$directory/recipes/$1" -o "$packages" --check=no >"$directory/log" 2>&1 || {
		tap_note <"$directory/log"
		tap_bail "$1 does not build"
	}
}

# file PATH LINES: a file of a package to be.
file() {
	mkdir -p "$directory/src/${1%/*}"
	printf '%s\n' "$2" >"$directory/src/$1"
}

# image ARG ...: weld image build on this root.
image() {
	"$weld" --root "$root" image build "$@"
}

file hello/bin/hello '#!/bin/sh'
# shellcheck disable=SC2016
echo 'cat "@PREFIX@/share/hello/text"' >>"$directory/src/hello/bin/hello"
chmod 755 "$directory/src/hello/bin/hello"
file hello/share/hello/text hello
file hello/etc/hello.conf 'setting = 1'
package hello 'config = [ "etc/*" ]'
file system/etc/shadow 'root::0:0:99999:7:::'
file system/etc/motd welcome
package system 'config = [ "etc/*" ]'
file boot/sbin/weld-boot 'not a program'
file boot/share/weld-boot/modules 'first-module # comes first'
package boot ''
file linux/boot/vmlinuz 'not a kernel'
modules=linux/lib/modules/1.0
file $modules/kernel/first_module.ko first
file $modules/kernel/needed.ko needed
file $modules/modules.dep 'kernel/first_module.ko: kernel/needed.ko'
file $modules/modules.builtin 'kernel/built-in.ko'
package linux ''
hello=$packages/hello-1-1.weld
system=$packages/system-1-1.weld
boot=$packages/boot-1-1.weld
linux=$packages/linux-1-1.weld

# The format dir.
mkdir "$directory/a" "$directory/b"
tap_try 'a directory is made' image --format dir --base none -o "$directory/a/tree" "$hello"
tree=$directory/a/tree
tap_try 'texts in it say /weld' grep -q '^cat "/weld/current/share/hello/text"$' "$tree/bin/hello"
tap_try 'its state is filled' grep -q 'setting = 1' "$tree/weld/state/config/etc/hello.conf"
tap_try 'it is a root of weld' "$weld" --root "$tree/weld" verify
# A place whose path no root could have: images do not depend on where they are made.
elsewhere="$directory/my images/$(printf '%0150d' 0)"
mkdir -p "$elsewhere"
cd "$elsewhere" || exit 1
tap_try 'it is made again, elsewhere' image --format dir --base none -o tree "$hello"
cd / || exit 1
tap_try 'the same packages give the same bytes' diff -r --no-dereference "$tree" "$elsewhere/tree"
tap_try 'it is a root of weld there, too' "$weld" --root "$elsewhere/tree/weld" verify
if grep -rqa "$directory" "$tree"; then here=yes; else here=no; fi
tap_try "this machine's paths are not in it" test $here = no
(SOURCE_DATE_EPOCH=86400 && export SOURCE_DATE_EPOCH &&
	image --format dir --base none -o "$directory/b/dated" "$hello" >/dev/null 2>&1) || true
"$weld" --root "$directory/b/dated/weld" --json generations >"$directory/json" || true
tap_try 'SOURCE_DATE_EPOCH is its time' grep -q '"time": *86400' "$directory/json"
if image -n --format dir --base none -o "$directory/b/dry" "$hello" >/dev/null 2>&1 &&
	[ ! -e "$directory/b/dry" ]; then dry=yes; else dry=no; fi
tap_try 'a dry run makes nothing' test $dry = yes

# What exists.
tap_refuse 'what exists is kept' 'is there already.*--force' \
	image --format dir --base none -o "$tree" "$hello"
touch "$tree/mark"
tap_try '--force replaces it' image --format dir --base none -o "$tree" --force "$hello"
tap_try 'the old one is gone' test ! -e "$tree/mark"
mkdir "$directory/home"
touch "$directory/home/diary"
tap_refuse '--force does not replace what is no image' 'no image' \
	image --format dir --base none -o "$directory/home" --force "$hello"
tap_try 'and leaves it alone' test -e "$directory/home/diary"

echo diary >"$directory/diary"
tap_refuse 'nor a file that is no disk' 'no image' \
	image --base none -o "$directory/diary" --force "$hello"

# The format kernel+initrd.
kernel() {
	image --format kernel+initrd --base none -o "$@"
}
tap_try 'kernel and initrd are made' kernel "$directory/a/kernel" "$hello" "$system" "$boot" "$linux"
tap_try 'and again, elsewhere' kernel "$directory/b/kernel" "$hello" "$system" "$boot" "$linux"
tap_try 'the same bytes' diff -r "$directory/a/kernel" "$directory/b/kernel"
zstd -dcq "$directory/a/kernel/initrd" >"$directory/cpio"
mkdir "$directory/unpacked"
(cd "$directory/unpacked" && cpio -idm --quiet --no-absolute-filenames <"$directory/cpio") ||
	tap_note <"$directory/log"
tap_try 'the initrd has the system' test -e "$directory/unpacked/weld/current/share/hello/text"
printf 'needed.ko\nfirst_module.ko\n' >"$directory/order"
cat "$directory/src/linux/boot/vmlinuz" >"$directory/vmlinuz"
tap_same 'the kernel stands beside it' "$directory/vmlinuz" "$directory/a/kernel/vmlinuz"
tap_try 'and not in it' test ! -e "$directory/unpacked/weld/current/boot/vmlinuz"
tap_same 'its modules stand in load order' "$directory/order" "$directory/unpacked/modules/order"
tap_try 'its init is weld-boot' test "$(readlink "$directory/unpacked/init")" = /weld/current/sbin/weld-boot
tap_refuse 'a package without the kernel' 'boot/vmlinuz|lib/modules.*package linux' \
	kernel "$directory/none" "$hello" "$boot"
tap_refuse 'nor an init' 'weld-boot.*package boot' kernel "$directory/none" "$hello" "$linux"
file boot/share/weld-boot/modules 'missing-module'
package boot ''
tap_refuse 'a kernel without a module that is needed' 'kernel 1.0 .*no kernel module missing_module' \
	kernel "$directory/none" "$boot" "$linux"
file boot/share/weld-boot/modules 'built_in'
package boot ''
head -c 600000 /dev/urandom >"$directory/src/linux/boot/vmlinuz"
package linux ''
tap_try 'a module that is built in needs no file' kernel "$directory/a/built-in" "$boot" "$linux"
tap_refuse 'an init that is no image' 'sbin/weld-boot: not a 64-bit ELF file' \
	image --base none -o "$directory/none" "$system" "$boot" "$linux"

# The package that makes a system is added, or is one of the files.
tap_refuse 'a system needs a base package' 'system: no such package' \
	image --format dir -o "$directory/none" "$hello"
tap_try 'which may be one of the files' image --format dir -o "$directory/based" "$hello" "$system"
tap_try 'and is in the image' test -e "$directory/based/etc/motd"

# Root's passphrase.
echo 'correct horse' >"$directory/passphrase"
image --format dir --base none -o "$directory/open" "$system" >"$directory/said" 2>&1 || true
tap_try 'without a passphrase it says so' grep -q 'without a passphrase' "$directory/said"
tap_try 'a passphrase is taken' image --format dir --base none -o "$directory/closed" \
	--passphrase-file "$directory/passphrase" "$system"
# shellcheck disable=SC2016
tap_try 'its hash stands in shadow' grep -q '^root:\$6\$[^:]*:0:0:' "$directory/closed/etc/shadow"
tap_try 'that only root can read' test "$(stat -L -c %a "$directory/closed/etc/shadow")" = 600
tap_refuse 'nobody to give a passphrase to' 'etc/shadow.*package system' image --format dir \
	--base none -o "$directory/none" --passphrase-file "$directory/passphrase" "$hello"

printf 'half\000other half\n' >"$directory/binary"
tap_refuse 'a passphrase that nobody can type' 'byte 5 .*control character' image --format dir \
	--base none -o "$directory/none" --passphrase-file "$directory/binary" "$system"

# Mistakes.
tap_refuse 'no output' 'give -o' image "$hello"
tap_refuse 'an unknown format' 'not one of disk' image --format iso -o "$directory/none" "$hello"
tap_refuse 'an odd size' 'not a size' image --size 5x -o "$directory/none" "$hello"
tap_refuse 'a size of a directory' 'only a disk' image --format dir --size 5M -o "$directory/none" "$hello"
tap_refuse 'an unknown package' 'no such package' image --format dir -o "$directory/none" nosuch
tap_refuse 'an unknown CPU' 'no such CPU.*did you mean' \
	image --format dir --base none --cpu x86-64-v33 -o "$directory/none" "$hello"
tap_refuse 'a directory that is not there' 'no such file' \
	image --format dir --base none -o "$directory/nowhere/none" "$hello"
tap_refuse 'onto what is no disk' 'none|disk|small|partition' \
	image --base none --onto "$directory/passphrase" -o "$directory/none" "$hello"
tap_try 'none of them left anything' test ! -e "$directory/none"

# Interrupted.
mkdir "$directory/c"
"$weld" --root "$root" image build --format dir --base none -o "$directory/c/tree" "$hello" \
	>/dev/null 2>&1 &
builder=$!
while [ -z "$(ls "$directory/c")" ]; do sleep 0.01; done
kill -9 $builder || true
wait $builder 2>/dev/null || true
rm -rf "$directory/c/tree"
i=0
while [ -n "$(ls "$directory/c")" ] && [ $i -lt 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
tap_try 'a killed build leaves nothing' test -z "$(ls "$directory/c")"

# A full disk: a file system of our own, which needs no privilege.
map=
[ "$(id -u)" = 0 ] || map=--map-root-user
cat >"$directory/full" <<'END'
set -u
mount -t tmpfs -o size="$1" none "$2" || exit 99
shift 2
"$@"
status=$?
rest=$(ls "$FULL")
[ -z "$rest" ] || echo "left: $rest"
exit $status
END
mkdir "$directory/disk"
export FULL="$directory/disk"
# shellcheck disable=SC2086
if unshare $map --mount true 2>/dev/null; then
	# What does not fit: the root, the initrd or the kernel.
	for size in 32 64 700 1000 1200; do
		tap_refuse "a full disk of $size KiB" 'no space|not enough space|disk is full' \
			unshare $map --mount sh "$directory/full" ${size}k "$FULL" "$weld" --root "$root" \
			image build --format kernel+initrd --base none -o "$FULL/image" "$system" "$boot" "$linux"
		tap_try 'leaves nothing' sh -c "! grep -q '^left:' '$tap_log'"
	done
else
	tap_skip 'no mount namespace here'
fi
tap_done
