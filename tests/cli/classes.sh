#!/bin/sh
# SPDX-License-Identifier: MIT
# classes.sh WELD SOURCE: what has broken other package managers, tried on a root with packages of plain files.
# Each check is named after its class of bugs; tests/README.md says where the others are.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
if [ "${3:-}" != inside ]; then
	# shellcheck disable=SC2046 # nothing, or one word
	unshare $([ "$(id -u)" = 0 ] || echo --map-root-user) --mount true 2>/dev/null &&
		exec unshare $([ "$(id -u)" = 0 ] || echo --map-root-user) --mount "$0" "$weld" "$source" inside
fi
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

repo=$directory/repo
key=$directory/config/weld/keys/signer.key

# more NAME-VERSION PATH TEXT: a further file of a package that is built later.
more() {
	mkdir -p "$(dirname "$directory/src/$1/more/$2")"
	echo "$3" >"$directory/src/$1/more/$2"
}

more service-1.0 var/lib/service/first one
more service-2.0 var/lib/service/first one
more service-2.0 var/lib/service/data/second two
mkdir -p "$directory/src/large-1.0/more/share/large"
head -c 50000000 /dev/zero >"$directory/src/large-1.0/more/share/large/zeros"
recipe alpha 1.0 ''
recipe alpha 2.0 ''
recipe beta 1.0 ''
recipe service 1.0 ''
recipe service 2.0 ''
recipe large 1.0 ''
recipe local 1.0 ''
{
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$repo"
	"$weld" repo publish "$repo" "$directory"/packages/[abs]*-1.0-1.weld "$directory/packages/large-1.0-1.weld"
	w repo add test "file://$repo" --key "$repo/metadata/1.root.json"
	w update
	w install alpha service
	"$weld" repo publish "$repo" "$directory"/packages/*-2.0-1.weld
	w update
} >"$directory/log" 2>&1 || {
	tap_note <"$directory/log"
	tap_bail "no root"
}

# state: all that the root consists of.
state() {
	(cd "$root" && find . -path ./lock -prune -o -printf '%p %y %m %n %l\n' | sort &&
		find store generations state -type f -exec sha256sum {} + | sort -k 2)
}

# refused NAME PATTERN COMMAND ...: refused with this message, and nothing has changed.
refused() {
	state >"$directory/before"
	tap_refuse "$@"
	state >"$directory/after"
	tap_same "$1: nothing has changed" "$directory/before" "$directory/after"
}

# target NAME: the file of the repository that a package is.
target() {
	find "$repo/targets" -name "*.$1"
}

# damage FILE: one bit in the middle of it.
damage() {
	python3 - "$1" <<-'END'
		import os, sys
		os.chmod(sys.argv[1], 0o644)
		with open(sys.argv[1], "r+b") as file:
		    file.seek(os.path.getsize(sys.argv[1]) // 2)
		    byte = file.read(1)[0] ^ 1
		    file.seek(-1, 1)
		    file.write(bytes([byte]))
	END
}

# 2. A service owns a directory below var/, and puts a link where an update will write.
mkdir "$directory/outside"
if [ "$(id -u)" = 0 ] && chown 1234 "$root/state/var/lib/service" 2>/dev/null; then
	ln -s "$directory/outside" "$root/state/var/lib/service/data"
	tap_refuse "bug class 2: a link that a service planted is not followed" \
		'var/lib/service/data: a link where others can write' w upgrade service
	tap_is "bug class 2: and nothing has changed" "$(cat "$root/current/share/service/text")" 'service 1.0'
	tap_is "bug class 2: nothing was written behind it" "$(find "$directory/outside" -type f)" ''
	rm "$root/state/var/lib/service/data"
	chown 0 "$root/state/var/lib/service"
else
	tap_skip "not root: nobody else owns a directory"
fi
mv "$root/state/var/lib/service" "$directory/outside"
ln -s "$directory/outside/service" "$root/state/var/lib/service"
tap_try "bug class 2: a link that the owner put is followed" w upgrade service
tap_is "bug class 2: to where he wants it" "$(cat "$directory/outside/service/data/second")" two

# 3. Names that would lead elsewhere as file names; what a server says is tests/unit/index_test.c's.
tap_refuse "bug class 3: a repository's name is no path" 'name' \
	w repo add ../test "file://$repo" --key "$repo/metadata/1.root.json"
tap_refuse "bug class 3: nor is a package's" '.' w install ../alpha
tap_refuse "bug class 3: nor is a key's" 'name' "$weld" key generate ../signer --no-passphrase

# 4. Until its digest is known to be right, a package is bytes in a file without a name.
cp "$(target alpha-2.0-1.weld)" "$directory/good"
damage "$(target alpha-2.0-1.weld)"
refused "bug class 4: a package that was not signed leaves no trace" 'SHA-256 is not the signed one' \
	w upgrade alpha
cp "$directory/good" "$(target alpha-2.0-1.weld)"

# What TUF calls attacks; those by documents alone are in tests/unit/trust_test.c.
cp "$(target service-1.0-1.weld)" "$(target alpha-2.0-1.weld)"
refused "TUF attack: wrong software: another package that is signed" 'SHA-256|signed length|longer than' \
	w upgrade alpha
cp "$directory/good" "$(target alpha-2.0-1.weld)"

# 17. (Who is traced cannot look for leaks.) Ownership is never changed by path, and what has a second name is no part of the store.
if strace -f -o "$directory/trace" -e trace=chown,lchown,fchownat,fchown true 2>/dev/null; then
	tap_try "upgrade" strace -E ASAN_OPTIONS=detect_leaks=0 -f -qq -o "$directory/trace" -e trace=chown,lchown,fchownat \
		"$weld" --root "$root" --yes upgrade alpha
	tap_is "bug class 17: no owner is changed by path" "$(grep -c chown "$directory/trace")" 0
else
	tap_skip "strace cannot trace here"
	w upgrade alpha >/dev/null 2>&1
fi

# 18. What is damaged is replaced by what was verified, not removed before.
object=$(readlink -f "$root/current/share/alpha/text")
damage "$object"
damage "$(target alpha-2.0-1.weld)"
refused "bug class 18: nothing is repaired with what is not verified" 'SHA-256 is not the signed one' w repair
cp "$directory/good" "$(target alpha-2.0-1.weld)"
tap_try "bug class 18: with the right package it is" w repair
tap_is "bug class 18: by the right bytes" "$(cat "$object")" 'alpha 2.0'
tap_try "bug class 18: and well again" w verify

# 19. Names that are one name on a file system that folds them: nothing new takes the place of what is there.
if strace -f -o "$directory/trace" true 2>/dev/null; then
	strace -E ASAN_OPTIONS=detect_leaks=0 -f -qq -o "$directory/trace" -e trace=open,openat,openat2,creat \
		"$weld" --root "$root" --yes install "$directory/packages/local-1.0-1.weld" >/dev/null 2>&1
	tap_is "bug class 19: every file is made where none was" \
		"$(grep O_CREAT "$directory/trace" | grep -Ev 'O_EXCL|"lock"|db/[a-z]*\.db' || :)" ''
	w remove local >/dev/null 2>&1
else
	tap_skip "strace cannot trace here"
fi

# 20. What was imported is a copy of our own.
cp "$directory/packages/local-1.0-1.weld" "$directory/local-1.0-1.weld"
w install "$directory/local-1.0-1.weld" >/dev/null 2>&1
damage "$directory/local-1.0-1.weld"
tap_try "bug class 20: editing a package afterwards changes nothing" w verify
tap_is "bug class 20: no file of the store has another name" \
	"$(find "$root/store" -type f -links +1 | wc -l)" 0

# 22, 23. What reads what nobody trusts is in the workers alone; and the solver reads no cache that somebody
# else may have written.
build=$(dirname "$(dirname "$weld")")
if nm -D --undefined-only "$build/repo/solve/weld-solve" >"$directory/symbols" 2>/dev/null; then
	for program in cli/weld pkgd/pkgd; do
		tap_is "bug classes 22, 23: $program does not decompress, solve, fetch, serve or compile" \
			"$(nm -D --undefined-only "$build/$program" | grep -E ' (ZSTD_|archive_|pool_|solver_|curl_|MHD_|LLVM)' || :)" ''
	done
	tap_is "bug class 23: libsolv's own file format is never read" \
		"$(grep -E ' (pool_create|repo_add_solv|repo_write)(@|$)' "$directory/symbols" | sed 's/.* //; s/@.*//')" \
		pool_create
else
	tap_skip "$build/repo/solve/weld-solve is not seen"
fi

# 24. Room is looked for before anything is fetched, by sizes that were signed and must be true.
if [ "${3:-}" = inside ] && mkdir "$directory/disk" && mount -t tmpfs -o size=30m none "$directory/disk"; then
	small=$directory/disk/root
	"$weld" --root "$small" --yes repo add test "file://$repo" --key "$repo/metadata/1.root.json" >/dev/null
	"$weld" --root "$small" --yes update >/dev/null 2>&1
	mv "$(target large-1.0-1.weld)" "$directory/large"
	tap_refuse "bug class 24: what has no room is not even fetched" \
		'not enough space: the packages take 5[0-9]* bytes, and [0-9]* are free.*nothing has changed' \
		"$weld" --root "$small" --yes install large
	mv "$directory/large" "$repo/targets/$(sha256sum <"$directory/large" | cut -d' ' -f1).large-1.0-1.weld"
	"$source/tests/lib/lying_owner.py" "$repo" "$key" large installed_size 4096 ||
		tap_bail "the owner cannot lie"
	"$weld" --root "$small" --yes update >/dev/null 2>&1
	tap_refuse "bug class 24: a bomb fills no more than the disk, and leaves nothing" 'space' \
		"$weld" --root "$small" --yes install large
	tap_is "bug class 24: all of it is gone" \
		"$(du -sk "$small/store" "$small/cache" | awk '{ sum += $1 } END { print sum < 100 }')" 1
	umount "$directory/disk"
else
	tap_skip "no disk of our own here"
	"$source/tests/lib/lying_owner.py" "$repo" "$key" large installed_size 4096
fi
w update >/dev/null 2>&1
refused "bug class 24: a size that is not as it was signed" 'is larger or smaller than its repository says' \
	w install large

"$source/tests/lib/lying_owner.py" "$repo" "$key" beta requires '["alpha"]'
w update >/dev/null 2>&1
refused "TUF attack: extraneous dependencies: an index that asks for more than the package" \
	'requires and provides other things than its repository says' w install beta

# 27. What is in the store gives nobody another's rights.
tap_is "bug class 27: nothing in the store is set-user-id or writable" \
	"$(find "$root/store" "$root/generations" -mindepth 1 ! -type l -perm /7222)" ''
more private-1.0 share/private/tool x
chmod 4755 "$directory/src/private-1.0/more/share/private/tool"
recipe private 1.0 ''
w install "$directory/packages/private-1.0-1.weld" >/dev/null 2>&1
tap_is "bug class 27: also of a package that was built of such" \
	"$(stat -c %a "$(readlink -f "$root/current/share/private/tool")")" 555
tap_done
