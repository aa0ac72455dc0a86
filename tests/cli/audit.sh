#!/bin/sh
# SPDX-License-Identifier: MIT
# audit.sh WELD SOURCE SYNTHETIC CLOCK: what `weld audit` says of a root of 60 packages that was made up
# (tests/lib/synthetic_facts.h says what calls what), and what it does with what it cannot believe.
set -eu
weld=$(realpath "$1")
source=$2
synthetic=$3
clock=$(realpath "$4")
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
root=$directory/root
"$synthetic" root "$root" 60 || tap_bail "no root"
cd "$directory"

# record ID PACKAGE FIXED SYMBOLS [MEMBERS]: an advisory; SYMBOLS is a list in JSON, or null.
record() {
	jq -n --arg id "$1" --arg package "$2" --arg fixed "$3" --argjson symbols "$4" \
		--argjson more "${5:-null}" '{id: $id, schema_version: "1.6.7",
		modified: "2026-01-01T00:00:00Z", affected: [{package: {ecosystem: "weld",
		name: $package}, ranges: [{type: "ECOSYSTEM", events: [{introduced: "0"},
		{fixed: $fixed}]}]} + if $symbols then {ecosystem_specific: {symbols: $symbols}}
		else {} end]} + ($more // {})'
}

# audit WANTED NAME ARG ...: the exit status of an audit; its answer is in out, its talk in err.
audit() {
	wanted=$1
	name=$2
	shift 2
	got=0
	"$weld" --root "$root" audit "$@" >out 2>err || got=$?
	[ "$got" = "$wanted" ] || { echo "status $got" && tail -n 5 err; } | tap_note
	tap_result $((got != wanted)) "$name"
}

# says FILTER NAME: the last answer, in JSON, is so.
says() {
	tap_status=0
	jq -e "$1" out >/dev/null || tap_status=$?
	[ $tap_status = 0 ] || jq -c '.findings[0:3]' out | tap_note
	tap_result $((tap_status != 0)) "$2"
}

# has FILE PATTERN NAME
has() {
	tap_status=0
	grep -Eq -e "$2" "$1" || tap_status=$?
	[ $tap_status = 0 ] || head -n 5 "$1" | tap_note
	tap_result $((tap_status != 0)) "$3"
}

audit 2 'without advisories there is nothing to say'
has err "no advisories .*--advisories" 'and the message says what to do'

record T-1 lib0001 2 '["l0001_f00"]' >used.json
record T-2 lib0001 2 '["l0001_bad"]' >bad.json
record T-3 lib0001 2 '["l0001_nowhere"]' >absent.json
record T-4 lib0001 0.9 '["l0001_f00"]' >fixed.json
record T-5 lib0001 2 null >whole.json
record T-6 lib0001 2 '["l0001_f00"]' '{"withdrawn": "2026-01-02T00:00:00Z"}' >withdrawn.json
record T-7 nothing 2 '["l0001_f00"]' >other.json
record T-8 lib0001 2 '["library.c:l0001_f00", "other.c:l0001_f00"]' '{"aliases": ["GHSA-8"]}' >files.json

audit 5 'a function that is called' --json -a used.json
says '[.findings[] | select(.state == "reachable")] | length > 0' 'it is reachable'
says '.schema == 1 and .command == "audit"' 'the answer has a schema'
says '[.findings[] | has("advisory") and has("package") and has("version") and has("image")
	and has("symbol") and has("state") and (.chain | type) == "array"] | all' 'findings are complete'
says '[.findings[] | select(.state == "reachable") | .chain[0] == "main" and
	.chain[-1] == "l0001_f00"] | all' 'the chain leads from main to the function'
says '[.findings[] | select(.state == "reachable") | .steps[-1].image == "l0001" and
	.steps[-1].source == "library.c"] | all' 'and says where it is'
says '[.findings[] | select(.state != "reachable")] | length > 0' 'others do not call it'
says '[.findings[] | .state] | group_by(.) | all(length > 0)' 'one slot, programs told apart'
cp out before
audit 5 'again' --json -a used.json
tap_same 'the same root gives the same answer' before out
audit 5 'for people' -a used.json
has out '^reachable +T-1 lib0001-1.0-1 in bin/app[0-9]*: l0001_f00$' 'a finding is told'
has out '^    main > \[slot l0001\] l0001_f00$' 'with its chain'
has err '[0-9]+ findings' 'and how many there are'
tap_result "$(grep -c '^unreachable' out)" 'what is unreachable is not told'
jq '.summary = "what it is" | .references = [{type: "WEB", url: "https://example.org/2"},
	{type: "ADVISORY", url: "https://example.org/1"}]' used.json >told.json
audit 5 'with what the advisory says' --verbose -a told.json
has out '^    what it is$' 'its summary'
has out '^    https://example.org/1$' 'and where to read more'
audit 5 'everything' --all -a used.json
has out '^unreachable' 'with --all it is'

audit 0 'a function that is not there' --json -a absent.json
says '[.findings[].state] | length > 0 and all(. == "absent")' 'it is absent'
audit 0 'a version that is not affected' --json -a fixed.json
says '.findings == [] and .advisories.matching == 0' 'nothing is found'
audit 5 'an advisory without functions' --json -a whole.json
says '.findings | length == 1 and .[0].image == "" and .[0].state == "possible"' 'one finding, of the package'
audit 0 'a withdrawn advisory' --json -a withdrawn.json
says '.advisories.withdrawn == 1' 'is counted'
audit 0 'a package that is not installed' --json -a other.json
says '.findings == []' 'nothing is found'
audit 5 'functions by file' --json -a files.json
says '[.findings[] | select(.symbol == "library.c:l0001_f00" and .state == "reachable")] | length > 0' \
	'the right file'
says '[.findings[] | select(.symbol == "other.c:l0001_f00") | .state] | all(. == "absent")' \
	'and the wrong one'

program=$(jq -r '[.findings[] | select(.state == "reachable") | .image][0]' before)
audit 5 'one program' --json -a used.json "$program"
says "[.findings[].image] == [\"$program\"]" 'only that one is looked at'
audit 5 'a slot by itself' --json -a bad.json l0001
says '[.findings[] | select(.image == "l0001")][0].state == "reachable"' 'from what it exports'
says '[.findings[] | select(.image == "l0001")][0] | .copy or .chain == ["l0001_f13", "l0001_bad"]' \
	'through a call or a copy'
audit 1 'a name that is nothing' -a used.json bin/nothing
has err "^weld: error: bin/nothing: no installed package, program or slot" 'is told'

mkdir places
cp used.json absent.json places
echo 'no advisory' >places/README
audit 5 'a directory' --json -a places
says '.advisories.read == 2' 'has two advisories'
mkdir empty
audit 1 'a directory without advisories' -a empty
has err 'empty: no advisories there' 'is no clean bill'
audit 5 'several places' --json -a used.json -a whole.json -a places
says '.advisories.read == 4' 'all are read'
says '[.findings[] | [.advisory, .image, .symbol]] | length == (unique | length)' 'nothing is told twice'
audit 5 'a URL' --json --offline -a "file://$directory/used.json"
audit 1 'a URL of a server, offline' --offline -a https://localhost/x.json
has err 'offline' 'is not asked'
audit 1 'a URL that is not there' -a "file://$directory/none.json"
audit 1 'a file that is not there' -a none.json
has err 'none.json' 'is named'
jq -s . used.json absent.json >list.json
audit 5 'a list' --json -a list.json
jq -s '{vulns: .}' used.json absent.json >answer.json
audit 5 'the answer of a server' --json -a answer.json
says '.advisories.read == 2' 'has two'
mkdir -p "$root/state/advisories"
cp used.json "$root/state/advisories"
audit 5 'advisories that the owner of the root keeps'
rm -r "$root/state/advisories"
audit 0 'those that weld brings as examples can all be read' --json -a "$source/advisories"
says ".advisories.read == $(find "$source/advisories" -name '*.json' | wc -l)" 'every one'

# What cannot be believed is refused, and named.
cp used.json places/broken.json
for break in '{' '[]]' '{"id": 7}' '{"id": "T-9", "affected": 7}' '{"id": "T-9", "affected": [[]]}' \
	'{"id": "T-9", "affected": [{"package": {"ecosystem": "weld", "name": "../x"}}]}' \
	'{"id": "T-9", "affected": [{"package": {"ecosystem": "weld", "name": "x"}}]}'; do
	echo "$break" >places/broken.json
	audit 1 "refused: $break" -a places
	has err 'places/broken.json: ' 'and the file is named'
done
head -c 3000000 /dev/zero | tr '\0' '[' >places/broken.json
audit 1 'refused: a great many brackets' -a places
truncate -s 65M places/broken.json
audit 1 'refused: a very long file' -a places
rm places/broken.json

# Waivers.
waive() {
	cat >waivers.ucl
}
waive <<-END
	waiver { advisory = T-1; reason = "looked at"; expires = 9999-12-31 }
END
audit 0 'all findings waived' --json -a used.json -w waivers.ucl
says '[.findings[] | select(.state == "reachable") | .waived.reason == "looked at"] | all' 'with the reason'
says '.waived > 0' 'and counted'
waive <<-END
	waiver { advisory = T-1; image = "$program"; reason = "looked at"; expires = 9999-12-31 }
END
audit 5 'one program waived' --json -a used.json -w waivers.ucl
says "[.findings[] | select(.waived)] | map(.image) == [\"$program\"]" 'only that one'
audit 5 'for people' --all -a used.json -w waivers.ucl
has out '\(waived\)$' 'says so'
waive <<-END
	waiver { advisory = GHSA-8; reason = "looked at"; expires = 9999-12-31 }
END
audit 0 'a waiver by an alias' -a files.json -w waivers.ucl
for flaw in 'reason = x; expires = 2020-01-01' 'expires = 9999-12-31' 'reason = ""; expires = 9999-12-31' \
	'reason = x'; do
	echo "waiver { advisory = T-1; $flaw }" | waive
	audit 5 "a waiver that does not count: $flaw" -a used.json -w waivers.ucl
	has err 'waiver 1 \(T-1\) does not count' 'is told'
done
echo "waiver { advisory = T-1; reason = x; expires = $(date -u -d yesterday +%F) }" | waive
CLOCK_AHEAD=-$((5 * 86400)) && export CLOCK_AHEAD
LD_PRELOAD=$clock audit 5 'a clock that was set back brings no waiver to life again' -a used.json -w waivers.ucl
has err 'clock is behind' 'and is told'
echo 'waiver { advisory = T-1; reason = x; expires = soon }' | waive
audit 1 'a waiver with a wrong date' -a used.json -w waivers.ucl
has err "waivers.ucl: waiver 1: 'expires' is not a date" 'is named'

# Facts that are missing or damaged make a finding, not a silence.
facts=$(find "$root"/store/*-"${program#bin/}"-*/facts)
chmod -R u+w "$root/store"
cp "$facts" saved
: >"$facts"
audit 5 'damaged facts' --json -a absent.json
says "[.findings[] | select(.image == \"$program\")][0] | .state == \"possible\" and (.note | length > 0)" \
	'are a finding with a reason'
rm "$facts"
audit 5 'missing facts' --json -a absent.json
says "[.findings[] | select(.image == \"$program\")][0].note | contains(\"weld relink\")" 'and the remedy'
cp saved "$facts"
audit 0 'and back' -a absent.json

audit 0 'quiet' -q -a absent.json
tap_result "$(wc -c <err)" 'says nothing'
audit 5 'no colour in a pipe' -a used.json
tap_result "$(grep -c "$(printf '\033')" out)" 'no escapes'
set +e
"$weld" --root "$root" audit --all -a used.json 2>err | head -n 1 >/dev/null
set -e
tap_result "$(grep -c 'error' err)" 'a closed pipe is no error'
tap_done
