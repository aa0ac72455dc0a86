#!/bin/sh
# SPDX-License-Identifier: MIT
# help.sh WELD SOURCE: what the command table promises: help, usage errors, completion, man pages.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

# status WANTED NAME COMMAND ...: the command ends with this exit status.
status() {
	wanted=$1
	name=$2
	shift 2
	got=0
	"$@" >"$directory/out" 2>"$directory/err" || got=$?
	[ "$got" = "$wanted" ] || { echo "status $got"; cat "$directory/err"; } | tap_note
	tap_result "$((got != wanted))" "$name"
}

# has FILE PATTERN NAME: the last command printed it.
has() {
	if grep -Eq -e "$2" "$directory/$1"; then tap_result 0 "$3"; else
		tap_result 1 "$3"
		tap_note <"$directory/$1"
	fi
}

status 2 'no command is a usage error' "$weld"
status 0 'help succeeds' "$weld" help
has out '^  install ' 'help lists install'
status 2 'an unknown command is a usage error' "$weld" isntall
has err "did you mean 'install'" 'the nearest command is named'
status 2 'an unknown option is a usage error' "$weld" list --upgradabel
has err 'did you mean --upgradable' 'the nearest option is named'
status 2 'a group needs a second word' "$weld" repo
status 2 'an unknown second word is a usage error' "$weld" repo publsh
has err "did you mean 'publish'" 'the nearest second word is named'
status 2 'a missing argument is a usage error' "$weld" install
status 2 'too many arguments are a usage error' "$weld" list jq
status 2 'a value for a flag is a usage error' "$weld" list --json=yes
status 2 'a missing value is a usage error' "$weld" list --root
status 2 'a wrong colour is a usage error' "$weld" --color=red list
status 2 'an error in JSON is JSON' "$weld" --json isntall
has out '"code": "usage"' 'the error has its code'
has out '"schema": 1' 'the error has the schema'
tap_try 'nothing else is on standard error then' test ! -s "$directory/err"
status 1 'a root that is not there is an error' "$weld" --root "$directory/none" list
tap_try 'it was not made' test ! -e "$directory/none"
status 0 'an alias has the help of its command' "$weld" rm --help
has out '^Usage: weld remove' 'which is named'
status 0 'WELD_ROOT names the root' env WELD_ROOT="$directory/x" "$weld" env
has out "$directory/x/current/bin" 'and env prints it'
status 0 'colour can be forced' "$weld" --color=always help list
has out "$(printf '\033\\[1m')" 'and is there'
status 0 'NO_COLOR is obeyed' env NO_COLOR=1 "$weld" help list
status 0 'completion for bash' "$weld" completion bash
tap_try 'is a script that bash reads' bash -n "$directory/out"
status 0 'completion for fish' "$weld" completion fish
status 2 'completion for other shells is refused' "$weld" completion csh

# The man pages: one for each first word, with the very options that --help shows.
"$weld" help --json >/dev/null 2>&1 || true
"$weld" help | sed -n '/^  [a-z]/s/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  *.*/\1/p' |
	sed 's/ *$//' >"$directory/commands"
sed 's/ .*//' "$directory/commands" | sort -u >"$directory/words"
while read -r word; do
	page=$source/cli/man/weld-$word.1.scd
	if [ ! -f "$page" ]; then
		tap_result 1 "weld-$word(1) exists"
		continue
	fi
	grep "^$word\\( \\|\$\\)" "$directory/commands" | while read -r first second; do
		"$weld" "$first" ${second:+"$second"} --help |
			sed -n '/^Options:/,/^Options of every/p'
	done | sed -n 's/^  \(-., \)* *\(--[a-z-]*\).*/\2/p' | sed 's/ .*//' | sort -u >"$directory/help"
	"$weld" "$word" --help >/dev/null 2>&1 || true
	sed -n '/^# OPTIONS/,/^# EXIT/p' "$page" | sed -n 's/^\*.*\(--[a-z-]*\).*\*$/\1/p' |
		sort -u >"$directory/page"
	tap_try "weld-$word(1) has the options of --help" cmp "$directory/help" "$directory/page"
done <"$directory/words"
"$weld" help list | sed -n '/^Options of every/,$p' | sed -n 's/^  \(-., \)* *\(--[a-z-]*\).*/\2/p' |
	sort -u >"$directory/help"
sed -n '/^# OPTIONS/,/^# EXIT/p' "$source/cli/man/weld.1.scd" |
	sed -n 's/^\*.*\(--[a-z-]*\).*\*$/\1/p' | sort -u >"$directory/page"
tap_try 'weld(1) has the options of every command' cmp "$directory/help" "$directory/page"
while read -r command; do
	tap_try "weld(1) lists $command" grep -q "^\\*$command\\*\$" "$source/cli/man/weld.1.scd"
done <"$directory/commands"
tap_done
