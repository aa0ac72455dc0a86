#!/bin/sh
# SPDX-License-Identifier: MIT
# trust.sh: what a repository or its transport could do to a root is refused, with the reason, and
# changes nothing.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

musl=$(package_file musl)
runtime=$(package_file compiler-rt)
lz4=$(package_file lz4)
dash=$(package_file dash)
good=$scratch/good
bad=$scratch/bad
root=$scratch/root
keys=$scratch/keys
make_repo "$good" "$keys" "$musl" "$runtime" "$dash" >/dev/null || tap_bail "no repository"
cp -a "$good" "$scratch/first"
make_root "$root" "$bad" "file://$bad" >/dev/null 2>&1 && tap_bail "a repository that is not there"
rm -rf "$root"
cp -a "$good" "$bad"
make_root "$root" "$bad" >/dev/null || tap_bail "no root"
"$weld" --root "$root" --yes install dash >/dev/null || tap_bail "dash does not install"
"$weld" repo publish --keys "$keys" "$good" "$lz4" >/dev/null || tap_bail "publish"

# serve DIRECTORY: the repository that the root knows becomes a copy of this one.
serve() {
	rm -rf "$bad"
	cp -a "$1" "$bad"
}

state_of "$root" >"$scratch/before"

# refused NAME PATTERN COMMAND ...: refused with this message, and nothing has changed.
refused() {
	tap_refuse "$@"
	state_of "$root" >"$scratch/after"
	cmp -s "$scratch/before" "$scratch/after"
	tap_result $? "$1: nothing changed"
}

# damage FILE: one bit in the middle of it.
damage() {
	damage_at=$(($(wc -c <"$1") / 2))
	damage_byte=$(od -An -tu1 -j "$damage_at" -N 1 "$1")
	chmod u+w "$1"
	printf '%b' "\\0$(printf %o $((damage_byte ^ 1)))" |
		dd of="$1" bs=1 seek="$damage_at" conv=notrunc 2>/dev/null
}

newest() {
	find "$bad/metadata" -name "*$1" | sort -V | tail -n 1
}

for role in timestamp snapshot targets; do
	serve "$good"
	damage "$(newest "$role.json")"
	refused "a bit of $role.json is wrong" "signature|digest|hash|JSON|length|format|differ" \
		"$weld" --root "$root" update
done

serve "$good"
rm "$(newest snapshot.json)"
refused "the snapshot is missing" "snapshot" "$weld" --root "$root" update

make_repo "$scratch/forged" "$scratch/other-keys" "$musl" "$runtime" "$dash" "$lz4" >/dev/null
serve "$scratch/forged"
refused "all is signed by another key" "signature|trust|key" "$weld" --root "$root" update

serve "$good"
cp "$scratch/forged/metadata/timestamp.json" "$bad/metadata/timestamp.json"
refused "the timestamp is signed by another key" "signature|trust|key" "$weld" --root "$root" update

serve "$good"
tap_try "the repository as it is is accepted" "$weld" --root "$root" update
serve "$scratch/first"
refused "older metadata comes back" "older|rollback|version" "$weld" --root "$root" update

serve "$good"
for file in "$bad"/targets/*."$(basename "$lz4")"; do
	damage "$file"
done
refused "a bit of a package is wrong" "digest|sha-?256|differ|match" \
	"$weld" --root "$root" --yes install lz4
serve "$good"
for file in "$bad"/targets/*."$(basename "$lz4")"; do
	chmod u+w "$file" && truncate -s -100 "$file"
done
refused "a package is cut" "short|length|size|digest|sha-?256" "$weld" --root "$root" --yes install lz4
serve "$good"
for file in "$bad"/targets/*."$(basename "$lz4")"; do
	chmod u+w "$file" && head -c 1000000 /dev/zero >>"$file"
done
refused "a package goes on and on" "long|length|size|limit|digest" \
	"$weld" --root "$root" --yes install lz4
serve "$good"
rm "$bad"/targets/*."$(basename "$lz4")"
refused "a package is missing" "lz4" "$weld" --root "$root" --yes install lz4

# A package from a file is checked as well.
cp "$lz4" "$scratch/damaged-1-1.weld"
damage "$scratch/damaged-1-1.weld"
refused "a damaged package file" "." "$weld" --root "$root" --yes install "$scratch/damaged-1-1.weld"
head -c 5000 /dev/urandom >"$scratch/noise-1-1.weld"
refused "noise in place of a package file" "noise" \
	"$weld" --root "$root" --yes install "$scratch/noise-1-1.weld"
: >"$scratch/empty-1-1.weld"
refused "an empty package file" "empty" "$weld" --root "$root" --yes install "$scratch/empty-1-1.weld"

# And the other side: a repository takes no other bytes for what it has published.
tap_refuse "publishing noise is refused" "noise" \
	"$weld" repo publish --keys "$keys" "$good" "$scratch/noise-1-1.weld"
tap_refuse "publishing with another key is refused" "key|signature" \
	"$weld" repo publish --keys "$scratch/other-keys" "$good" "$dash"
tap_try "repo check finds nothing wrong" "$weld" repo check "$good"
serve "$good"
for file in "$bad"/targets/*."$(basename "$lz4")"; do
	damage "$file"
done
tap_refuse "repo check finds the damaged package" "lz4" "$weld" repo check "$bad"
tap_refuse "a root trusts no repository by a file of another one" "signature|trust|key|root" \
	"$weld" --root "$scratch/root2" repo add x "file://$good" \
	--key "$scratch/forged/metadata/timestamp.json"

serve "$good"
tap_try "and then all is well again" "$weld" --root "$root" --yes install lz4
tap_done
