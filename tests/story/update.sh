#!/bin/sh
# SPDX-License-Identifier: MIT
# update.sh: a fix in a library reaches every program that uses it, in a slot or linked privately;
# rollback takes it back; an update that does not link does not happen.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

keys=$scratch/keys
repo=$scratch/repo
mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
make_recipe "$scratch/gzpush" tests/story/sources/gzpush 1.0 'build_requires = [ zlib ]'
"$weld" build "$scratch/gzpush/recipe" -o "$scratch/packages" --check=no >"$scratch/log" 2>&1 || {
	tap_note <"$scratch/log"
	tap_bail "gzpush does not build"
}
make_repo "$repo" "$keys" "$scratch/packages"/*.weld >/dev/null || tap_bail "no repository"

# release N PATCH: publish zlib with this patch as release N.
release() {
	mkdir -p "$scratch/release"
	rm -rf "$scratch/release"
	cp -a "$packages" "$scratch/release"
	"$weld" build zlib --patch "$2" --release "$1" --check=no -o "$scratch/release" &&
		"$weld" repo publish --keys "$keys" "$repo" "$scratch/release"/zlib-[0-9]*-"$1".weld
}

# pushes ROOT: whether the fix of gzungetc() is in that root's gzpush.
printf 'hello\n' | gzip >"$scratch/hello.gz"
pushes() {
	[ "$("$1/current/bin/gzpush" "$scratch/hello.gz" 2>/dev/null)" = "pushed >hello" ]
}

# zlib_of ROOT: the package that is installed.
zlib_of() {
	"$weld" --root "$1" list | grep -o 'zlib[ -]*[0-9][^ ]*'
}

many=$scratch/many
one=$scratch/one
make_root "$many" "$repo" >/dev/null || tap_bail "no root"
make_root "$one" "$repo" >/dev/null || tap_bail "no root"
tap_try "zlib with three users" "$weld" --root "$many" --yes install gzpush zstd sqlite
tap_try "zlib with one user" "$weld" --root "$one" --yes install gzpush
slots_of "$many" | grep -q '^z '
tap_result $? "three users: a slot"
slots_of "$one" | grep -q '^z '
tap_result $((! $?)) "one user: linked privately"
pushes "$many"
tap_result $((! $?)) "slot: the fault of zlib 1.2.13 is there"
pushes "$one"
tap_result $((! $?)) "private: the fault is there"
before=$(generation_of "$many")
state_of "$many" >"$scratch/before"

tap_try "zlib with the fix is published" release 2 tests/story/zlib-gzungetc.patch
for root in "$many" "$one"; do
	name=$(basename "$root")
	tap_try "$name: update" "$weld" --root "$root" update
	tap_try "$name: it is known before that it would link" "$weld" --root "$root" can-replace zlib 1.2.13-2
	tap_try "$name: a dry run of the upgrade" "$weld" --root "$root" --yes --dry-run upgrade
	pushes "$root"
	tap_result $((! $?)) "$name: which has done nothing"
	tap_try "$name: upgrade" "$weld" --root "$root" --yes upgrade
	pushes "$root"
	tap_result $? "$name: the fix is there"
	zlib_of "$root" | tap_note
done
printf 'round trip\n' | "$many/current/bin/zstd" -q --format=gzip | gzip -dc >"$scratch/back"
printf 'round trip\n' | cmp -s - "$scratch/back"
tap_result $? "the other users of zlib work"

tap_try "rollback" "$weld" --root "$many" --yes rollback
pushes "$many"
tap_result $((! $?)) "the fault is back"
state_of "$many" >"$scratch/after"
sed 1d "$scratch/before" >"$scratch/before.tree"
sed 1d "$scratch/after" >"$scratch/after.tree"
echo "generation $before, now $(generation_of "$many")" | tap_note
tap_same "the generation before is as it was" "$scratch/before.tree" "$scratch/after.tree"
tap_try "upgrade again, without compiling" "$weld" --root "$many" --yes upgrade
pushes "$many"
tap_result $? "the fix is there again"

tap_try "zlib without gzungetc is published" release 3 tests/story/zlib-without-gzungetc.patch
for root in "$many" "$one"; do
	name=$(basename "$root")
	state_of "$root" >"$scratch/before"
	tap_try "$name: update" "$weld" --root "$root" update
	"$weld" --root "$root" --json can-replace zlib 1.2.13-3 >"$scratch/verdict" 2>&1
	[ $? = 5 ]
	tap_result $? "$name: it is known before that it would not link"
	tap_try "$name: with program, symbol and type" jq -e '.problems | length == 1 and
		.[0].kind == "vanished" and .[0].unit == "bin/gzpush" and .[0].symbol == "gzungetc" and
		.[0].old_type == "i32 (i32, ptr)"' "$scratch/verdict"
	tap_try "$name: and that this is why not" sh -c '"$1" --root "$2" why-not zlib=1.2.13-3 | grep gzungetc' \
		- "$weld" "$root"
	tap_refuse "$name: an update without a symbol in use is refused, the symbol named" "gzungetc" \
		"$weld" --root "$root" --yes upgrade
	grep -q gzpush "$tap_log"
	tap_result $? "$name: and the program"
	state_of "$root" >"$scratch/after"
	tap_same "$name: nothing has changed" "$scratch/before" "$scratch/after"
	pushes "$root"
	tap_result $? "$name: and it works"
done
tap_try "without its user the update goes through" "$weld" --root "$many" --yes remove gzpush
tap_try "and installs" "$weld" --root "$many" --yes upgrade
"$weld" --root "$many" list | grep -q 'zlib.*-3\b'
tap_result $? "zlib is release 3"
tap_try "and its users run" "$many/current/bin/sqlite3" :memory: "SELECT 1"

# A second user moves a library to a slot, and its going moves it back; what runs does not notice.
tap_try "a second user comes" "$weld" --root "$one" --yes install zstd
slots_of "$one" | grep -q '^z '
tap_result $? "and zlib has a slot"
pushes "$one"
tap_result $? "which the first user is bound to now"
tap_try "the second user goes" "$weld" --root "$one" --yes remove zstd
pushes "$one"
tap_result $? "and the first one works"
tap_done
