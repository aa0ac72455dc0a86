#!/bin/sh
# SPDX-License-Identifier: MIT
# apply.sh WELD SOURCE: world files and locks, with packages of plain files.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

recipe alpha 1.0 ''
recipe alpha 1.1 ''
recipe beta 1.0 'requires = [ "alpha >= 1.0" ]'
recipe gamma 1.0 'conflicts = [ "beta" ]'
recipe loose 1.0 ''
"$weld" key generate signer --no-passphrase >/dev/null
"$weld" repo init "$directory/repo" >/dev/null
"$weld" repo publish "$directory/repo" "$directory"/packages/alpha-1.0-1.weld \
	"$directory"/packages/[bg]*.weld >/dev/null

# new_root NAME: a root that trusts the repository; `w` works on it from now on.
new_root() {
	root=$directory/$1
	w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" >/dev/null
	w update >/dev/null
}

# has: the installed packages, those that were asked for with a star.
has() {
	w --json list | jq -r '[.packages[] | .name + "-" + .version + (if .manual then "*" else "" end)] | join(" ")'
}

# seed: what the current generation was linked with.
seed() {
	cat "$root/state/seeds/$(basename "$(readlink "$root/current")")" 2>/dev/null ||
		cat "$root/state/seed"
}

world=$directory/tools.world
lock=$directory/tools.lock
new_root first
cat >"$world" <<-END
	# what this machine is for
	packages = [ beta ]
END
tap_refuse '--locked needs a lock' 'tools.lock: there is none' w apply "$world" --locked
tap_is 'a dry run plans' "$("$weld" --root "$root" --json --dry-run apply "$world" |
	jq -r '[.changes[].name] | join(" ")')" 'alpha beta'
tap_try 'and writes no lock' test ! -e "$lock"
status=0
"$weld" --root "$root" apply "$world" </dev/null >"$directory/out" 2>&1 || status=$?
tap_is 'consent is needed' "$status" 4
tap_try 'apply' w apply "$world"
tap_is 'what is wanted is there' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
tap_is 'the lock is for its owner' "$(stat -c %a "$lock")" 600
tap_is 'it has the seed' "$(jq -r .seed "$lock")" "$(seed)"
tap_is 'and the packages' "$(jq -r '[.packages[] | .name + "-" + .version] | join(" ")' "$lock")" \
	'alpha-1.0 beta-1.0'
cp "$lock" "$directory/lock1"
tap_is 'again: nothing to do' "$(w --json apply "$world" | jq -c '[.nothing, .lock_written]')" '[true,false]'
tap_try 'also as it is locked' w apply "$world" --locked

# What somebody did by hand is put right.
tap_try 'another package, and marks' sh -c "'$weld' --root '$root' --yes install '$directory/packages/loose-1.0-1.weld' &&
	'$weld' --root '$root' mark manual alpha && '$weld' --root '$root' hold beta"
tap_try 'apply' w apply "$world"
tap_is 'all is as wanted' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
tap_is 'nothing is held' "$(w --json list | jq '[.packages[] | select(.held)] | length')" 0

# A newer version does not come by itself, but when it is asked for.
"$weld" repo publish "$directory/repo" "$directory/packages/alpha-1.1-1.weld" >/dev/null
w update >/dev/null
tap_try 'apply with something newer to be had' w apply "$world"
tap_is 'stays with the lock' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
echo 'packages = [ beta, "alpha >= 1.1" ]' >"$world"
tap_refuse '--locked names what differs' 'tools.lock: does not fit.*alpha-1.0-1 is locked, alpha-1.1-1 is wanted' \
	w apply "$world" --locked
tap_is 'and changes nothing' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
tap_same 'nor the lock' "$lock" "$directory/lock1"
tap_try 'without it the lock follows' w apply "$world"
tap_is 'what is wanted is there' "$(has)" 'alpha-1.1-1* beta-1.0-1*'
cp "$lock" "$directory/lock2"
echo 'packages = [ beta ]' >"$world"
cp "$directory/lock1" "$lock"
tap_try 'an older lock takes the root back' w apply "$world" --locked
tap_is 'to the older version' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
tap_try '--update takes the newest' w apply "$world" --update
tap_is 'which is there' "$(has)" 'alpha-1.1-1 beta-1.0-1*'
tap_refuse '--update and --locked exclude each other' 'excludes' w apply "$world" --update --locked

# Another machine with both files.
cp "$directory/lock1" "$lock"
new_root second
tap_refuse '--frozen fetches nothing' 'must be fetched' w apply "$world" --frozen
tap_is 'and nothing is there' "$(w list --names)" ''
tap_try '--locked on another machine' w apply "$world" --locked
tap_is 'gives the same packages' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
tap_is 'and the same seed' "$(seed)" "$(jq -r .seed "$directory/lock1")"
tap_same 'the lock is not written' "$lock" "$directory/lock1"
tap_try '--frozen, all being here' w apply "$world" --frozen
w apply "$world" --update >/dev/null
tap_try '--frozen with what an earlier generation has' sh -c "cp '$directory/lock1' '$lock' && '$weld' --root '$root' --yes apply '$world' --frozen"
tap_is 'goes back to it' "$(has)" 'alpha-1.0-1 beta-1.0-1*'
sed 's/"seed": "./"seed": "0/' "$directory/lock1" >"$lock"
grep -q '"seed": "0' "$directory/lock1" && sed 's/"seed": "./"seed": "1/' "$directory/lock1" >"$lock"
number=$(basename "$(readlink "$root/current")")
tap_try 'another seed' w apply "$world"
tap_is 'is linked with' "$(seed)" "$(jq -r .seed "$lock")"
tap_is 'in a new generation' "$(basename "$(readlink "$root/current")")" $((number + 1))

# Policy and holds.
cat >"$world" <<-END
	packages = [ beta ]
	hold = alpha
	policy { sharing = never, memory = 1G }
END
w --dry-run apply "$world" >"$directory/out"
tap_try 'a plan has what changes of the policy' grep -q '^Policy: sharing auto -> never$' "$directory/out"
tap_is 'and a dry run sets nothing' "$(w policy show | head -n 1)" 'sharing auto'
tap_try 'apply' w apply "$world"
tap_is 'the policy is set' "$(w policy show | grep -c -e 'sharing never' -e 'memory 1G')" 2
w --json policy show >/dev/null 2>"$directory/out"
tap_is 'as JSON, too, and nothing beside it' "$(cat "$directory/out")" ''
tap_is 'alpha is held' "$(w --json list | jq -r '[.packages[] | select(.held).name] | join(" ")')" alpha
tap_is 'again: nothing to do' "$(w --json apply "$world" | jq .nothing)" true

# wrong NAME PATTERN TEXT: a world file that is refused, and changes nothing.
wrong() {
	echo "$3" >"$world"
	before=$(readlink "$root/current")
	tap_refuse "$1" "tools.world: .*$2" w apply "$world"
	[ "$(readlink "$root/current")" = "$before" ] || tap_result 1 "$1: changed something"
}
wrong 'a key that there is not' "did you mean 'packages'" 'package = [ beta ]'
wrong 'no packages' "'packages' is missing" 'hold = alpha'
wrong 'no list' 'not a list of names' 'packages = { a = b }'
wrong 'no name' 'is not a package' 'packages = [ "../beta" ]'
wrong 'a package that there is not' 'did you mean beta' 'packages = [ betta ]'
wrong 'a version that there is not' 'no such version' 'packages = [ "beta >= 7" ]'
wrong 'what cannot be together' 'conflict' 'packages = [ beta, gamma ]'
wrong 'a hold of what is not wanted' 'gamma is not among' 'packages = [ beta ]; hold = [ gamma ]'
wrong 'a policy that there is not' "no key 'sharign'" 'packages = [ beta ]; policy { sharign = auto }'
wrong 'a value that there is not' 'auto, always, never' 'packages = [ beta ]; policy { sharing = maybe }'
wrong 'text without end' 'has no end' 'packages = [ "beta'
printf 'packages = [ beta ] # \377\n' >"$world"
tap_refuse 'no text' 'not UTF-8' w apply "$world"
tap_refuse 'no file' 'nowhere.world' w apply "$directory/nowhere.world"

# wrong_lock NAME PATTERN FILTER: a lock that is refused.
echo 'packages = [ beta ]' >"$world"
wrong_lock() {
	jq "$3" "$directory/lock1" >"$lock"
	tap_refuse "$1" "tools.lock: .*$2" w apply "$world"
}
wrong_lock 'another format' 'format 2 is not known' '.format = 2'
wrong_lock 'a member too many' "unknown member 'x'" '.x = 1'
wrong_lock 'no seed' 'seed' 'del(.seed)'
wrong_lock 'a package twice' 'stands twice' '.packages += [.packages[1]]'
wrong_lock 'a name that leads away' 'no name' '.packages[0].name = "../x"'
wrong_lock 'another machine that there is not' 'arch' '.arch = "vax"'
jq '.arch = "aarch64"' "$directory/lock1" >"$lock"
tap_refuse 'the lock of another architecture' 'it is for aarch64, the root is for' w apply "$world" --locked
jq '.packages[0].sha256 |= sub("^.."; "00")' "$directory/lock1" >"$lock"
tap_refuse 'a build that nobody has' 'locked in a build that nobody offers.*alpha-1.0-1 is locked' \
	sh -c "'$weld' --root '$root' --yes apply '$world' --locked 2>&1 | tr '\n' ' '; exit 1"
echo '{' >"$lock"
tap_refuse 'a damaged lock' 'tools.lock: ' w apply "$world"

# The lock cannot be written: the root is changed all the same, and that is said.
rm -f "$lock"
mkdir "$lock"
tap_refuse 'a directory in the place of the lock' 'tools.lock' w apply "$world"
rmdir "$lock"

echo 'packages = []' >"$world"
tap_try 'an empty world' w apply "$world"
tap_is 'is an empty root' "$(has)" ''
rm -f "$lock"
new_root bare
echo 'packages = []; policy { improve = never }' >"$world"
tap_try 'a policy and nothing else, in a root without anything' w apply "$world"
tap_is 'is kept' "$(w policy show | grep improve)" 'improve never'
tap_is 'and then it is so' "$(w --json apply "$world" | jq .nothing)" true
tap_done
