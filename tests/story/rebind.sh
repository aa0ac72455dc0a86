#!/bin/sh
# SPDX-License-Identifier: MIT
# rebind.sh: a library whose exports have moved. The programs that use it are bound again without compiler
# and static linker, and are byte for byte what linking them makes.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

root=$scratch/root
mkdir "$scratch/packages"
cp -a "$packages"/. "$scratch/packages"
"$weld" build zlib --patch tests/story/zlib-one-more.patch --release 2 --check=no -o "$scratch/packages" \
	>"$scratch/log" 2>&1 || {
	tap_note <"$scratch/log"
	tap_bail "zlib does not build"
}
update=$scratch/packages/zlib-1.2.13-2.weld
make_root "$root" "$story_repo" >/dev/null || tap_bail "no root"
"$weld" --root "$root" --yes install zstd sqlite file minigzip >/dev/null 2>&1 || tap_bail "no install"
bin=$root/current/bin

# images: kind, name and digest of every image of the current generation, and of what stands beside it.
images() {
	jq -r '.images[] | "\(.is_slot) \(.name) \(.digest) \(.facts) \(.sites)"' "$root/current/manifest.json"
}

# works: what the users of zlib do.
works() {
	printf 'round trip\n' | "$bin/minigzip" | gzip -dc &&
		printf 'round trip\n' | "$bin/zstd" -q --format=gzip | gzip -dc &&
		"$bin/sqlite3" :memory: "SELECT sum(value) FROM json_each('[1, 2, 3]')" &&
		"$bin/file" -b --mime-type -m "$root/current/share/misc/magic.mgc" "$bin/zstd"
}

cp -a "$root" "$scratch/before"
works >"$scratch/works" 2>&1
images >"$scratch/images.1"
! grep -q null "$scratch/images.1"
tap_result $? "all images can be bound again"
z=$(slots_of "$root" | grep '^z ')
users=$("$weld" --root "$root" --json slots | jq '.slots[] | select(.name == "z") | .users | length')

WELD_DEBUG="link" "$weld" --root "$root" --yes --json install "$update" >"$scratch/reply" 2>"$scratch/debug"
tap_result $? "zlib with one more export is installed"
[ "$(slots_of "$root" | grep '^z ')" != "$z" ]
tap_result $? "its slot has moved"
jq -c '.images | del(.list)' "$scratch/reply" | tap_note
tap_try "its $users users are bound again, and only zlib is lowered" \
	jq -e --argjson users "$users" '.images | .rebound == $users and .rebound > 3 and .linked == 0 and
		.lowered == 1 and .written.rebound > 0' "$scratch/reply"
grep -o 'link: .*: static linker' "$scratch/debug" | sort -u >"$scratch/linked"
tap_note <"$scratch/linked"
grep -q zlib-1.2.13-2 "$scratch/linked" && ! grep -qv zlib-1.2.13-2 "$scratch/linked"
tap_result $? "the static linker has run for zlib only"
works >"$scratch/works.2" 2>&1
tap_same "they do what they did" "$scratch/works" "$scratch/works.2"
tap_try "nothing is damaged" "$weld" --root "$root" verify
images >"$scratch/images.2"

# Again, with models that cannot be used: all of it is linked.
chmod -R u+w "$root"
rm -rf "$root"
mv "$scratch/before" "$root"
for sites in "$root"/store/*/sites; do
	chmod u+w "$sites"
	echo damage >>"$sites"
	chmod u-w "$sites"
done
tap_refuse "that the records are damaged is seen" "sites.*changed" "$weld" --root "$root" verify
"$weld" --root "$root" --yes --json install "$update" >"$scratch/reply" 2>"$scratch/debug"
tap_result $? "the update is installed again"
jq -c '.images | del(.list)' "$scratch/reply" | tap_note
tap_try "nothing is bound again, and $users programs are linked" \
	jq -e --argjson users "$users" '.images | .rebound == 0 and .linked >= $users' "$scratch/reply"
images | sed 's/ [^ ]*$//' | sort >"$scratch/images.3"
sed 's/ [^ ]*$//' "$scratch/images.2" | sort >"$scratch/images.bound"
tap_same "images and facts are those that were bound again" "$scratch/images.bound" "$scratch/images.3"
tap_done
