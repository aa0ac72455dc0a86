#!/bin/sh
# SPDX-License-Identifier: MIT
# lifecycle.sh WELD SOURCE [PKGD]: a root from the first repository to garbage collection, with packages of
# plain files, so that nothing has to be compiled. With PKGD all of it is asked of a daemon.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"
if [ $# -gt 2 ]; then
	# shellcheck source=tests/lib/daemon.sh
	. "$source/tests/lib/daemon.sh"
	daemon_start "$3" "$root"
fi

# current: the number of the current generation.
current() {
	basename "$(readlink "$root/current")"
}

recipe alpha 1.0 ''
recipe alpha 1.1 ''
recipe beta 1.0 'requires = [ "alpha >= 1.0" ]'
recipe gamma 1.0 'conflicts = [ "alpha" ]'
recipe delta 1.0 'requires = [ "nowhere" ]'
recipe local 1.0 'requires = [ "alpha" ]'

tap_try 'a key' "$weld" key generate signer --no-passphrase
tap_try 'a repository' "$weld" repo init "$directory/repo"
tap_try 'packages in it' "$weld" repo publish "$directory/repo" "$directory"/packages/alpha-1.0-1.weld \
	"$directory"/packages/[bgd]*.weld
tap_try 'it checks' "$weld" repo check "$directory/repo"
tap_refuse 'a repository without a key' 'needs --key' "$weld" --root "$root" repo add test "$directory/repo"
tap_try 'it is trusted' w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json"
tap_refuse 'not twice' 'test' w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json"
tap_try 'update' w update
tap_is 'search finds' "$(w search --names beta)" beta

status=0
"$weld" --root "$root" install beta </dev/null >"$directory/out" 2>&1 || status=$?
tap_is 'without consent nothing is done' "$status" 4
tap_is 'there is no generation' "$(readlink "$root/current" || echo none)" none
tap_try 'a dry run' w --dry-run --json install beta
"$weld" --root "$root" --dry-run --json install beta >"$directory/plan"
tap_is 'a dry run plans both' "$(jq -r '[.changes[].name] | sort | join(" ")' "$directory/plan")" 'alpha beta'
tap_is 'a dry run does nothing' "$(readlink "$root/current" || echo none)" none
tap_refuse 'an impossible requirement is explained' 'nowhere' w install delta
tap_refuse 'an unknown package is an error' 'nosuch' w install nosuch

tap_try 'install' w install beta
tap_is 'both are there' "$(w list --names | sort | tr '\n' ' ')" 'alpha beta '
tap_is 'one was asked for' "$(w list --names --manual)" beta
tap_is 'a program finds its data under this root' "$("$root/current/bin/say-alpha")" 'alpha 1.0'
tap_is 'owns' "$(w owns "$root/current/bin/say-beta")" 'bin/say-beta: beta-1.0-1'
tap_is 'files' "$(w files beta | tr '\n' ' ')" 'bin/say-beta etc/beta.conf share/beta/text '
tap_try 'again: nothing to do' w install beta
tap_is 'and no generation' "$(current)" 1
tap_refuse 'a conflict is explained' 'conflict' w install gamma
tap_is 'and changes nothing' "$(current)" 1
tap_refuse 'what is needed is not removed' 'beta' w remove alpha
w why alpha >"$directory/why"
tap_try 'why shows the chain' grep -q 'beta -(alpha >= 1.0)-> alpha' "$directory/why"
tap_try 'a tree' w tree beta

echo 'setting = mine' >"$root/current/etc/alpha.conf"
tap_try 'a newer version is published' "$weld" repo publish "$directory/repo" \
	"$directory/packages/alpha-1.1-1.weld"
tap_try 'update' w update
tap_is 'list --upgradable' "$(w list --upgradable --names)" alpha
tap_refuse 'a slip is told' 'not installed .did you mean alpha' w hold alhpa
tap_refuse 'in all commands' 'did you mean alpha' w info aplha
tap_try 'hold, without a question' "$weld" --root "$root" hold alpha
tap_is 'is a plan of one mark' "$(w --dry-run --json unhold alpha | jq -c '[.marks, .changes]')" \
	'[[{"mark":"unhold","name":"alpha"}],[]]'
tap_try 'upgrade' w upgrade
tap_is 'a held package stays' "$("$root/current/bin/say-alpha")" 'alpha 1.0'
tap_try 'unhold' w unhold alpha
tap_try 'upgrade' w upgrade
tap_is 'the new version is there' "$("$root/current/bin/say-alpha")" 'alpha 1.1'
tap_is "the user's configuration stays" "$(cat "$root/current/etc/alpha.conf")" 'setting = mine'
number=$(current)
tap_try 'rollback' w rollback 1
tap_is 'the old version is back' "$("$root/current/bin/say-alpha")" 'alpha 1.0'
tap_try 'forward again' w rollback "$number"
tap_try 'diff' w diff 1 "$number"
"$weld" --root "$root" --json diff 1 "$number" >"$directory/diff"
tap_is 'diff names the package' "$(jq -r '.changes[0].name' "$directory/diff")" alpha
tap_try 'history' w history
tap_try 'history info' w history info 1
tap_refuse 'a generation that is not there' '99' w rollback 99

tap_try 'a local file, named twice' w install "$directory/packages/local-1.0-1.weld" \
	"$directory/packages/../packages/local-1.0-1.weld"
tap_is 'is there' "$("$root/current/bin/say-local")" 'local 1.0'
tap_is 'is found, though nobody offers it' "$(w search --names local)" local
tap_try 'and so is what stands in it' w provides share/local/text
number=$(current)
tap_try 'the same file again' w install "$directory/packages/local-1.0-1.weld"
tap_is 'is nothing to do' "$(current)" "$number"
tap_try 'verify' w verify
file=$(readlink -f "$root/current/share/beta/text")
chmod u+w "$file"
echo damaged >"$file"
status=0
w verify >"$directory/out" 2>&1 || status=$?
tap_is 'verify finds damage' "$status" 5
tap_try 'repair' w repair
tap_is 'repairs it' "$("$root/current/bin/say-beta")" 'beta 1.0'
tap_try 'verify is content' w verify

tap_try 'purge, with what needs it' w purge --cascade alpha
tap_is 'nothing is there' "$(w list --names)" ''
tap_is 'its configuration is gone' "$(cat "$root/state/config/etc/alpha.conf" 2>/dev/null)" ''
tap_try 'install again, a name and a file' w install beta \
	"$directory/packages/local-1.0-1.weld"
tap_is 'the configuration is the new one' "$(cat "$root/current/etc/alpha.conf")" 'setting = 1.1'
# seed_of_current: what the current generation was linked with.
seed_of_current() {
	cat "$root/state/seeds/$(basename "$(readlink "$root/current")")" 2>/dev/null ||
		cat "$root/state/seed"
}

# A full disk at each write: some are not needed, and then the command succeeds. A daemon takes nothing from
# the environment.
failures=0
lost=0
for place in $(seq 2 40); do
	seed=$(seed_of_current)
	if env -u WELD_SOCKET WELD_FAULT="$place:28" "$weld" --root "$root" --yes relink --reseed >"$directory/out" 2>&1; then
		[ "$(seed_of_current)" != "$seed" ] || lost=$((lost + 1))
		continue
	fi
	failures=$((failures + 1))
	[ "$(seed_of_current)" = "$seed" ] || lost=$((lost + 1))
	cp "$directory/out" "$directory/full"
done
tap_try 'a reseed on a full disk fails' test "$failures" -gt 2
tap_is 'the seed is that of the generation' "$lost" 0
tap_try 'the command that helps is named' grep -q "nothing has changed.*'weld gc" "$directory/full"
tap_try 'remove' w remove beta local
tap_is 'the program is gone' "$(ls "$root/current/bin")" say-alpha
tap_try 'autoremove' w autoremove
tap_is 'nothing is left' "$(w list --names)" ''
w --dry-run --json gc --keep 1 | jq -S 'del(.dry_run)' >"$directory/dry"
w --json gc --keep 1 | jq -S 'del(.dry_run)' >"$directory/done"
tap_is 'no scratch is left' "$(jq -r '.removed[].path | select(startswith("cache"))' "$directory/dry")" ''
tap_same 'a dry collection lists what the collection removes' "$directory/dry" "$directory/done"
tap_is 'one generation is left' "$(w --json generations | jq '.generations | length')" 1
tap_try 'policy' w policy set sharing never
# numbers: the generations that there are.
numbers() {
	w --json generations | jq -c '[.generations[].number]'
}
tap_try 'generations by policy' w policy set gc 3
for mark in manual auto manual auto; do
	[ -n "$(w list --names)" ] || w install alpha >/dev/null 2>&1
	w mark $mark alpha >/dev/null 2>&1
done
tap_is 'so many stay' "$(numbers)" "[$(($(current) - 2)),$(($(current) - 1)),$(current)]"
tap_is 'what only the others needed is gone' "$(w --json gc | jq -c .forgotten)" '[]'
tap_try 'an old one is current' w rollback "$(($(current) - 2))"
tap_try 'and a change' w mark manual alpha
tap_try 'leaves a state to go back to' w rollback
tap_try 'by age' w policy set gc 10d
tap_try 'a change' w mark auto alpha
tap_try 'forgets nothing that is young' test "$(numbers | tr ',' '\n' | wc -l)" -ge 3
for wrong in 0 1 x 5d3 '3,' ',3d' 99999999999 '5,5'; do
	tap_refuse "policy gc $wrong" 'policy gc: ' w policy set gc "$wrong"
done
tap_try 'all again' w policy set gc never
tap_try 'remove' w remove alpha
tap_is 'is kept' "$(w policy show | head -n 1)" 'sharing never'
tap_refuse 'a wrong value is refused' 'auto, always, never' w policy set sharing maybe
# A world file.
echo 'packages = [ beta ]; policy { improve = never }' >"$directory/tools.world"
tap_is 'a plan from a world file' "$(w --dry-run --json apply "$directory/tools.world" |
	jq -c '[[.changes[].name], .policy[0].key]')" '[["alpha","beta"],"improve"]'
tap_try 'apply' w apply "$directory/tools.world"
tap_is 'what is wanted is there' "$("$root/current/bin/say-beta")" 'beta 1.0'
tap_try 'as it is locked' w apply --locked "$directory/tools.world"
tap_try 'configuration files' w config list --all
echo 'setting = mine' >"$root/state/config/etc/beta.conf"
tap_is 'that differ' "$(w --json config list | jq -r '.files[].path')" etc/beta.conf
tap_try 'the package'"'"'s' w config merge --theirs etc/beta.conf
tap_is 'is taken' "$(w --json config list | jq '.files | length')" 0
echo 'packages = []' >"$directory/tools.world"
tap_try 'nothing is wanted' w apply "$directory/tools.world"

# Without installing.
number=$(current)
tap_is 'run' "$(w -q run alpha)" 'alpha 1.1'
tap_is 'a version' "$(w -q run alpha=1.0)" 'alpha 1.0'
tap_is 'by the name of the program' "$(w -q run --program say-beta beta)" 'beta 1.0'
tap_is 'again, without a server' "$(w -q --offline run beta)" 'beta 1.0'
tap_is 'the root is as it was' "$(current) $(w list --names)" "$number "
tap_refuse 'a program that there is not' 'takes one of say-alpha' w run --program nothing alpha
tap_refuse 'a package that there is not' 'did you mean alpha' w run alhpa
tap_refuse 'a name that leads away' 'not a package' w run ../alpha
tap_refuse 'a version that leads away' 'not a package' w run alpha=../..
tap_try 'what was put there goes' w gc --cache
tap_try 'and is gone' test ! -e "$root/cache/run"
tap_try 'the repository is forgotten' w repo remove test
tap_refuse 'and nothing comes from it' 'alpha' w install alpha

"$weld" repo serve "$directory/repo" >"$directory/url" &
server=$!
tries=100
while [ ! -s "$directory/url" ] && [ "$tries" -gt 0 ]; do
	sleep 0.1
	tries=$((tries - 1))
done
root2=$directory/second
unset WELD_SOCKET
tap_try 'a repository over HTTP' "$weld" --root "$root2" repo add web "$(cat "$directory/url")" \
	--key "$directory/repo/metadata/1.root.json"
tap_try 'update from it' "$weld" --root "$root2" update
tap_try 'install from it' "$weld" --root "$root2" --yes install beta
tap_is 'what came works' "$("$root2/current/bin/say-alpha")" 'alpha 1.1'
kill "$server"
wait "$server" 2>/dev/null || true
tap_refuse 'a server that is gone is named' 'http://127' "$weld" --root "$root2" update
tap_is 'what is installed stays' "$("$root2/current/bin/say-beta")" 'beta 1.0'
tap_try 'and is listed offline' "$weld" --root "$root2" --offline list

tap_done
