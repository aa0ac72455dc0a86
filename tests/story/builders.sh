#!/bin/sh
# SPDX-License-Identifier: MIT
# builders.sh: packages are installed from objects that a trusted builder published, without a compiler;
# objects that are not what was signed are not used, and what nobody trusts is not looked at.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
. tests/lib/libexec.sh
story_scratch

keys=$scratch/keys
repo=$scratch/repo
level=x86-64-v2
mkdir "$scratch/objects"
libexec_without_compiler "$scratch/no-compiler" "$(dirname "$(dirname "$weld")")"
# What was lowered for this test before is kept beside the shared root.
objects=$PWD/out/test/objects
mkdir -p "$objects"
"$weld" key generate --keys "$keys" --no-passphrase signer >/dev/null
"$weld" key generate --keys "$keys" --no-passphrase farm >/dev/null
"$weld" key generate --keys "$keys" --no-passphrase other >/dev/null
stranger=$("$weld" key generate --keys "$keys" --no-passphrase stranger | grep -o '[0-9a-f]\{64\}')
"$weld" repo init --keys "$keys" --key signer "$repo" >/dev/null
"$weld" repo publish --keys "$keys" --key signer "$repo" "$(package_file musl)" \
	"$(package_file compiler-rt)" "$(package_file dash)" "$(package_file tree)" \
	"$(package_file zlib)" "$(package_file minigzip)" >/dev/null || tap_bail "no repository"

# lower NAME LEVELS [PACKAGE ...]: what this builder lowers is published.
lower() {
	lower_name=$1
	lower_levels=$2
	shift 2
	"$weld" repo lower --keys "$keys" --key signer --builder "$lower_name" --for "$lower_levels" \
		--cache "$objects" "$repo" "$@"
}

tap_try "a builder lowers a repository" lower farm "$level"
tap_try "the repository is sound" "$weld" repo check "$repo"
find "$repo/targets" -name '*.objects' -exec sha256sum {} + | cut -d' ' -f1 | sort >"$scratch/first"
tap_try "again" lower farm "$level"
find "$repo/targets" -name '*.objects' -exec sha256sum {} + | cut -d' ' -f1 | sort >"$scratch/second"
tap_try "the same packages give the same bundles" cmp -s "$scratch/first" "$scratch/second"
tap_refuse "another key under the same name is refused" "signed by another key" \
	sh -c "cp '$keys/other.key' '$scratch/farm.key' && mkdir '$scratch/forged' &&
		cp '$keys/signer.key' '$scratch/forged/' &&
		'$weld' key import --keys '$scratch/forged' farm '$keys/other.key' >/dev/null &&
		'$weld' repo lower --keys '$scratch/forged' --key signer --builder farm --for $level \
			--cache '$objects' '$repo'"
tap_refuse "a level that there is not is refused" "not a level" lower farm x86-64-v9
tap_refuse "a package that there is not is refused" "no package of this name" \
	lower farm "$level" nonesuch

# root_for NAME [BUILDERS]: a root of its own that trusts these builders; $root is it.
root_for() {
	root=$scratch/$1
	served=$scratch/served-$1
	cp -a "$repo" "$served"
	mkdir -p "$root"
	"$weld" --root "$root" repo add base "file://$served" --key "$served/metadata/1.root.json" &&
		"$weld" --root "$root" policy set cpu $level &&
		"$weld" --root "$root" update &&
		{ [ $# = 1 ] || "$weld" --root "$root" policy set builders "$2"; } &&
		"$weld" --root "$root" update
}

# bare COMMAND ...: weld without a compiler.
bare() {
	WELD_LIBEXEC=$scratch/no-compiler "$weld" --root "$root" --yes "$@"
}

# code_of PACKAGE: where its code came from, as info says.
code_of() {
	"$weld" --root "$root" info "$1" | sed -n 's/^Code *//p'
}

root_for trusting farm >/dev/null 2>&1 || tap_bail "no root"
tap_try "repo list names the builder" sh -c "'$weld' --root '$root' --json repo list | grep -q '\"trusted\": true'"
bare install --dry-run dash tree minigzip >"$scratch/plan" 2>&1
grep -q "Compiled already, for 6 packages: by builder farm ($level)" "$scratch/plan"
tap_result $? "the plan says whose objects are used"
tap_try "install without a compiler" bare install dash tree minigzip
tap_is "what is installed runs" "$("$root/current/bin/dash" -c 'echo hello')" hello
tap_is "and says where its code came from" "$(code_of dash)" "$level, full, by builder farm"
tap_is "the slot of libc, too" "$(code_of musl)" "$level, full, by builder farm"
"$weld" --root "$root" generations | grep -q "from builders"
tap_result $? "generations say it"
cp -a "$scratch/served-trusting" "$scratch/kept"
tap_try "removing needs no compiler" bare remove minigzip
tap_try "rolling back needs none" bare rollback
tap_is "what was rolled back runs" \
	"$(echo text | "$root/current/bin/minigzip" | "$root/current/bin/minigzip" -d)" text
tap_try "verify is content" "$weld" --root "$root" verify
tap_try "the cache is garbage" bare gc --cache
chmod -R u+w "$root"/store/*-dash-*/dash && echo damage >>"$(ls "$root"/store/*-dash-*/dash)"
tap_try "repair fetches the objects again" bare repair
tap_is "what was repaired runs" "$("$root/current/bin/dash" -c 'echo hello')" hello

tap_try "verify --deep finds nothing wrong" "$weld" --root "$root" verify --deep

# A builder that lies: its tree says another version than the package has. Nothing but lowering tells.
cp -a "$objects" "$scratch/lies"
for entry in "$scratch/lies"/*; do
	python3 - "$entry" <<-'END'
		import hashlib, sys
		with open(sys.argv[1], "rb") as file:
		    bytes = file.read()[:-32]
		lie = bytes.replace(b"tree v2.1.0", b"tree v6.6.6")
		if lie != bytes:
		    with open(sys.argv[1], "wb") as file:
		        file.write(lie + hashlib.sha256(lie).digest())
	END
done
honest=$objects
objects=$scratch/lies
tap_try "a builder lies" lower other "$level"
objects=$honest
root_for deceived other >/dev/null 2>&1 || tap_bail "no root"
tap_try "nobody notices at first" bare install tree
tap_is "the lie is installed" "$("$root/current/bin/tree" --version | grep -o 'v[0-9.]*' | head -n 1)" v6.6.6
tap_try "its signatures and digests are right" "$weld" --root "$root" verify
"$weld" --root "$root" verify --deep >"$scratch/found" 2>/dev/null
tap_is "verify --deep finds it" $? 5
grep -Eq "^bin/tree: its object is not what lowering gives \(of builder other\) \(tree-2.1.0-1\)" \
	"$scratch/found"
tap_result $? "and names package and builder"
tap_is "and nothing else" "$(wc -l <"$scratch/found")" 1
tap_try "without the cache" "$weld" --root "$root" --yes gc --cache
tap_refuse "the image tells" "" "$weld" --root "$root" verify --deep tree

# The same images as lowering here gives for that level.
root_for here >/dev/null 2>&1 || tap_bail "no root"
mkdir -p "$root/cache" && cp -a "$objects"/. "$root/cache"
"$weld" --root "$root" --yes install dash tree minigzip >/dev/null 2>&1 || tap_bail "install"
tap_is "nobody is trusted unless the policy says so" "$(code_of dash)" "$level, full, lowered here"

# not_used NAME PATTERN: with a compiler it is lowered here, with a warning; without one it fails and
# changes nothing. The damage is done to $served.
not_used() {
	"$weld" --root "$root" update >"$scratch/log" 2>&1
	WELD_LIBEXEC=$scratch/no-compiler "$weld" --root "$root" --yes install tree \
		>>"$scratch/log" 2>&1
	tap_is "$1: without a compiler it is not installed" $? 1
	grep -Eq "$2" "$scratch/log"
	tap_result $? "$1: the reason is told"
	[ ! -e "$root/current" ]
	tap_result $? "$1: nothing has changed"
	cp -a "$objects"/. "$root/cache"
	tap_try "$1: with one it is lowered here" "$weld" --root "$root" --yes install tree
	tap_is "$1: and that is said" "$(code_of tree)" "$level, full, lowered here"
}

root_for damaged farm >/dev/null 2>&1
for bundle in "$served"/targets/*.objects; do
	printf x | dd of="$bundle" bs=1 seek=100 conv=notrunc 2>/dev/null
done
not_used "bundles with a wrong bit" "tree-.*SHA-256 is not the signed one"

root_for truncated farm >/dev/null 2>&1
for bundle in "$served"/targets/*.objects; do
	truncate -s 50 "$bundle"
done
not_used "truncated bundles" "tree-.*signed length"

root_for missing farm >/dev/null 2>&1
rm "$served"/targets/*.objects
not_used "missing bundles" "tree-.*cannot be used"

root_for unsigned >/dev/null 2>&1
"$weld" --root "$root" policy set builders farm >/dev/null 2>&1
for document in "$served"/metadata/*.objects-farm.json; do
	sed -i 's/"sig": *"../"sig": "00/' "$document"
done
not_used "a builder's document that was changed" "objects of builder farm cannot be used"

root_for stranger >/dev/null 2>&1
"$weld" --root "$root" policy set builders "$stranger" >/dev/null 2>&1
not_used "another builder is trusted" "no trusted builder|weld-worker"

tap_refuse "a builder that there is not" "no repository has a builder 'nobody'" \
	"$weld" --root "$root" policy set builders nobody
tap_done
