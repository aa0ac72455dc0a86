#!/bin/sh
# SPDX-License-Identifier: MIT
# series.sh WELD SOURCE: two versions of a package beside each other, named the same in every command.
# Packages of plain files: nothing has to be compiled.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

# current: the number of the current generation.
current() {
	basename "$(readlink "$root/current")"
}

# names: what is installed.
names() {
	w list --names | sort | tr '\n' ' '
}

# said: what the programs of both series say.
said() {
	for program in "$root"/current/bin/say-moon*; do
		"$program"
	done | tr '\n' ' '
}

recipe moon 5.3.5 'series = "5.3"'
recipe moon 5.3.6 'series = "5.3"'
recipe moon 5.4.4 'series = "5.4"'
recipe old 1.0 'requires = [ "moon@5.3" ]'
recipe any 1.0 'requires = [ "moon >= 5.3" ]'
recipe over 1.0 'replaces = [ "moon@5.3" ]'

# What a recipe may say.
# refuse_series NAME PATTERN SERIES: the recipe is refused.
refuse_series() {
	mkdir -p "$directory/recipes/bad"
	sed "s|^series.*|$3|" "$directory/recipes/moon-5.3.5/recipe.ucl" >"$directory/recipes/bad/recipe.ucl"
	cp "$directory/recipes/moon-5.3.5/build" "$directory/recipes/bad"
	tap_refuse "$1" "$2" "$weld" build "$directory/recipes/bad" -o "$directory/bad" --check=no
}
refuse_series 'a series that is none' 'recipe.ucl: series: not a text like' 'series = "5/3"'
refuse_series 'one with a dash' 'recipe.ucl: series: ' 'series = "5-3"'
refuse_series 'an empty one' 'recipe.ucl: series: ' 'series = ""'
refuse_series 'one that is too long' 'recipe.ucl: series: ' 'series = "12345678901234567"'
sed 's/^name.*/name = "moon@5.3"/' "$directory/recipes/moon-5.3.5/recipe.ucl" >"$directory/recipes/bad/recipe.ucl"
tap_refuse 'a series in the name' 'recipe.ucl: name: .*a key of its own' \
	"$weld" build "$directory/recipes/bad" -o "$directory/bad" --check=no
tap_is 'the package names its series' "$(ls "$directory/built-moon-5.3.5")" 'moon@5.3-5.3.5-1.weld'
recipe user 1.0 ''
printf 'build_requires = [ moon ]\n' >>"$directory/recipes/user-1.0/recipe.ucl"
cp "$directory"/packages/moon* "$directory/built-user-1.0"
tap_refuse 'a recipe that builds with some series' 'user: build_requires: moon: name its series .there is moon@5.3, ' \
	"$weld" build "$directory/recipes/user-1.0" -o "$directory/built-user-1.0" --check=no

"$weld" key generate signer --no-passphrase >"$directory/log" 2>&1
"$weld" repo init "$directory/repo" >"$directory/log" 2>&1
tap_try 'a repository with two series' "$weld" repo publish "$directory/repo" \
	"$directory"/packages/moon@5.3-5.3.5-1.weld "$directory"/packages/moon@5.4*.weld \
	"$directory"/packages/old*.weld "$directory"/packages/any*.weld
tap_try 'it checks' "$weld" repo check "$directory/repo"
w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" >"$directory/log" 2>&1
w update >"$directory/log" 2>&1

# Both are there.
tap_is 'search finds both' "$(w search --names moon | sort | tr '\n' ' ')" 'moon@5.3 moon@5.4 '
tap_refuse 'a name that is two' 'moon: there is moon@5.3, moon@5.4 .name the series' w info moon
tap_is 'without a series: the newest' "$(w --dry-run --json install moon | jq -r '.changes[].name')" 'moon@5.4'
tap_is 'a version names its series' "$(w --dry-run --json install moon=5.3.5 | jq -r '.changes[].name')" 'moon@5.3'
tap_try 'install one' w install moon@5.3
tap_try 'and the other' w install moon@5.4
tap_is 'both are installed' "$(names)" 'moon@5.3 moon@5.4 '
tap_is 'both run' "$(said)" 'moon 5.3.5 moon 5.4.4 '
tap_is 'the list has both' "$(w --json list | jq -c '[.packages[] | [.name, .version]]')" \
	'[["moon@5.3","5.3.5-1"],["moon@5.4","5.4.4-1"]]'
tap_is 'info names one' "$(w --json info moon@5.3 | jq -r '.packages[0].installed | .name + " " + .version')" 'moon@5.3 5.3.5-1'
tap_is 'and what it provides' "$(w --json info moon@5.3 | jq -r '.packages[0].installed.provides[]')" 'moon = 5.3.5-1'
tap_is 'files are those of one' "$(w files moon@5.3 | tr '\n' ' ')" 'bin/say-moon5.3 etc/moon5.3.conf share/moon5.3/text '
tap_is 'owns' "$(w owns bin/say-moon5.4)" 'bin/say-moon5.4: moon@5.4-5.4.4-1'
tap_is 'again: nothing to do' "$(w --json install moon@5.4 | jq .nothing)" true
tap_is 'what is installed is meant' "$(w --json install moon | jq .nothing)" true
tap_is 'completion offers both' "$(bash -c '
	PATH='"$(dirname "$weld")"':$PATH WELD_ROOT='"$root"'
	export WELD_ROOT
	eval "$(weld completion bash)"
	COMP_WORDS=(weld remove moon) COMP_CWORD=2
	_weld && printf "%s " "${COMPREPLY[@]}"' 2>/dev/null)" 'moon@5.3 moon@5.4 '

# Who needs which.
tap_try 'a user of one' w install old
tap_try 'a user of any' w install any
tap_is 'it is content with what is there' "$(names)" 'any moon@5.3 moon@5.4 old '
w why moon@5.3 >"$directory/why" 2>&1
tap_try 'why names one' grep -q 'old -(moon@5.3)-> moon@5.3' "$directory/why"
tap_try 'tree names one' sh -c "'$weld' --root '$root' tree old | grep -q moon@5.3"
tap_is 'the tree of the other has no such user' "$(w tree moon@5.4 --invert | grep -c old)" 0
tap_refuse 'what is needed is not removed' 'moon@5.3-5.3.5-1 is needed by old-1.0-1' w remove moon@5.3
tap_refuse 'why-not says it, too' 'moon@5.4 = 9|moon@5.4=9|no such version' w why-not moon@5.4=9
tap_try 'graph' sh -c "'$weld' --root '$root' graph --format dot | grep -q 'moon@5.3'"

# Upgrades stay within their series.
"$weld" repo publish "$directory/repo" "$directory"/packages/moon@5.3-5.3.6-1.weld >"$directory/log" 2>&1
w update >"$directory/log" 2>&1
tap_is 'one is upgradable' "$(w list --upgradable --names)" 'moon@5.3'
tap_refuse 'hold wants the series' 'moon: is installed as moon@5.3, moon@5.4 .name the series' w hold moon
tap_try 'hold' w hold moon@5.3
tap_try 'upgrade' w upgrade
tap_is 'what is held stays' "$(said)" 'moon 5.3.5 moon 5.4.4 '
tap_try 'unhold' w unhold moon@5.3
tap_try 'upgrade by name' w upgrade moon@5.3
tap_is 'one is newer, the other as it was' "$(said)" 'moon 5.3.6 moon 5.4.4 '
tap_is 'history names it' "$(w --json history info "$(current)" | jq -r '.changes[] | .name + " " + .version' |
	head -n 1)" 'moon@5.3 5.3.6-1'
tap_is 'diff' "$(w --json diff 1 "$(current)" | jq -r '[.changes[].name] | sort | join(" ")')" 'any moon@5.3 moon@5.4 old'

# Damage, repair, rollback, garbage.
tap_try 'verify' w verify
tap_try 'verify of one' w verify moon@5.3
file=$(readlink -f "$root/current/share/moon5.3/text")
chmod u+w "$file"
echo damaged >"$file"
tap_refuse 'damage of one is found' 'moon@5.3' w verify moon@5.3
tap_try 'and is none of the other' w verify moon@5.4
tap_try 'repair' w repair
tap_is 'makes it whole' "$(said)" 'moon 5.3.6 moon 5.4.4 '
rm "$root/db/weld.db"
tap_try 'a lost database' w repair
tap_is 'is made again' "$(w files moon@5.4 | tr '\n' ' ')" 'bin/say-moon5.4 etc/moon5.4.conf share/moon5.4/text '
number=$(current)
tap_try 'back to one series' w rollback 1
tap_is 'is alone' "$(said)" 'moon 5.3.5 '
tap_try 'and forward' w rollback "$number"
tap_try 'garbage' w gc --keep 1
tap_is 'is none of both' "$(said)" 'moon 5.3.6 moon 5.4.4 '

# Bills of materials: a purl has the plain name, as scanners look for it.
w sbom --format cyclonedx >"$directory/bill" 2>"$directory/log" || tap_note <"$directory/log"
tap_is 'both are in the bill' "$(jq -r '[.components[] | select(.name | startswith("moon@")) | .name + " " + .version] |
	sort | join(" ")' "$directory/bill")" 'moon@5.3 5.3.6-1 moon@5.4 5.4.4-1'
tap_is 'under the plain name' "$(jq -r '.components[] | select(.name == "moon@5.3") | .purl' "$directory/bill" |
	sed 's/sha256:[0-9a-f]*/DIGEST/')" 'pkg:generic/moon@5.3.6-1?checksum=DIGEST&series=5.3'

# Advisories are about what upstream calls it.
# advise FIXED: an advisory about moon before that version.
advise() {
	cat >"$directory/advisory.json" <<-END
		{ "schema_version": "1.6.0", "id": "TEST-1", "modified": "2026-01-01T00:00:00Z",
		  "affected": [ { "package": { "ecosystem": "weld", "name": "$1" },
		    "ranges": [ { "type": "ECOSYSTEM", "events": [ { "introduced": "0" }, { "fixed": "$2" } ] } ] } ] }
	END
}
# audited: the packages that it finds.
audited() {
	w --json audit --advisories "$directory/advisory.json" 2>"$directory/log" |
		jq -r '[.findings[].package] | sort | join(" ")'
}
advise moon 5.4
tap_is 'an advisory is about the older series' "$(audited)" 'moon@5.3'
advise moon 6
tap_is 'or about both' "$(audited)" 'moon@5.3 moon@5.4'
advise moon@5.4 6
tap_is 'or names one' "$(audited)" 'moon@5.4'

# World and lock files.
printf 'packages = [ "moon@5.3", "moon@5.4 >= 5.4" ]\nhold = [ "moon@5.3" ]\n' >"$directory/two.world"
tap_try 'apply' w apply "$directory/two.world"
tap_is 'both are wanted, and no more' "$(names)" 'moon@5.3 moon@5.4 '
tap_is 'the lock has both' "$(jq -c '[.packages[] | [.name, .held]]' "$directory"/two*lock)" \
	'[["moon@5.3",true],["moon@5.4",false]]'
tap_try 'as it is locked' w apply --locked "$directory/two.world"
printf 'packages = [ "moon@5.9" ]\n' >"$directory/wrong.world"
tap_refuse 'a series that nobody has' 'moon@5.9: no such package' w apply "$directory/wrong.world"
tap_try 'unhold' w unhold moon@5.3

# Two packages at one path.
mkdir -p "$directory/src/moon-5.5.0/more/bin"
echo other >"$directory/src/moon-5.5.0/more/bin/say-moon5.4"
recipe moon 5.5.0 'series = "5.5"'
number=$(current)
tap_refuse 'one path of two series' 'bin/say-moon5.4.*moon@5.[45].*moon@5.[45]' w install "$directory"/packages/moon@5.5*.weld
tap_is 'changes nothing' "$(current)" "$number"

# Removal.
tap_refuse 'remove wants the series' 'moon: is installed as moon@5.3, moon@5.4 .name the series' w remove moon
tap_try 'a package in place of one series' w install "$directory"/packages/over-1.0-1.weld
tap_is 'leaves the other' "$(names)" 'moon@5.4 over '
tap_is 'run: the newest' "$(w -q run moon)" 'moon 5.4.4'
tap_is 'run: one series' "$(w -q run moon@5.3)" 'moon 5.3.6'
tap_try 'purge' w purge moon@5.4
tap_is 'what is left' "$(names)" 'over '
tap_done
