#!/bin/sh
# SPDX-License-Identifier: MIT
# triggers.sh WELD SOURCE: files that triggers make from the files of all packages, and triggers that misbehave.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

made=$root/current/share/list.all
${CC:-cc} -static -O1 -o "$directory/program" "$source/tests/lib/trigger_program.c"

# item NAME VERSION TEXT: a package with TEXT in share/items/NAME.
item() {
	mkdir -p "$directory/src/$1-$2/more/share/items"
	echo "$3" >"$directory/src/$1-$2/more/share/items/$1"
	recipe "$1" "$2" ''
}

# trigger NAME VERSION ARGUMENTS: a package with a program and the trigger "list", which runs it.
trigger() {
	mkdir -p "$directory/src/$1-$2/more/lib/$1"
	cp "$directory/program" "$directory/src/$1-$2/more/lib/$1/program"
	recipe "$1" "$2" "kind = native
		architectures = [ \"$(uname -m)\" ]
		triggers {
			list {
				program = \"lib/$1/program\"
				arguments = [ $3 ]
				patterns = [ \"share/items/*\" ]
				output = \"share/list.all\"
			}
		}"
}

# package NAME VERSION: its file.
package() {
	echo "$directory/packages/$1-$2-1.weld"
}

# kept: what the last change says of its one output.
kept() {
	jq -r '.outputs[0] | "\(.trigger) \(.path) \(.kept)"' "$directory/reply"
}

# change ARG ...: weld with --json, which is kept.
change() {
	w --json "$@" >"$directory/reply"
}

item alpha 1.0 one
item beta 1.0 two
item alpha 1.1 three
mkdir -p "$directory/src/other-1.0"
recipe other 1.0 ''
trigger list 1.0 '"join", "list.all", "{files}"'

tap_try 'a trigger without files' w install "$(package list 1.0)"
tap_is 'makes nothing' "$(find "$root/current/share" -name list.all)" ''
tap_try 'a package with a file for it' change install "$(package alpha 1.0)"
tap_is 'the file is made' "$(cat "$made")" 'alpha:
one'
tap_is 'and told' "$(kept)" 'list share/list.all false'
tap_try 'a second one' change install "$(package beta 1.0)"
tap_is 'it is made again, of both' "$(tr '\n' ' ' <"$made")" 'alpha: one beta: two '
tap_try 'a package that has nothing to do with it' change install "$(package other 1.0)"
tap_is 'it is kept' "$(kept)" 'list share/list.all true'
tap_try 'a newer version of one' change install "$(package alpha 1.1)"
tap_is 'it is made again' "$(tr '\n' ' ' <"$made")" 'alpha: three beta: two '
tap_try 'going back' w rollback
tap_is 'brings the old one back' "$(tr '\n' ' ' <"$made")" 'alpha: one beta: two '
tap_try 'the newer version once more' change install "$(package alpha 1.1)"
tap_is 'finds what was made before' "$(kept)" 'list share/list.all true'

tap_is 'it belongs to who declares it' "$(w --json owns share/list.all | jq -r '.owners[0].package')" list
tap_is 'and is among its files' \
	"$(w --json files list | jq -r '.files[] | select(.path == "share/list.all") | .package')" list
tap_try 'it is as it was made' w verify
file=$(readlink -f "$made")
chmod u+w "$file" && echo damage >"$file" && chmod u-w "$file"
tap_refuse 'damage to it is found' 'output.*changed' w verify
tap_try 'and repaired' w repair
tap_is 'by making it again' "$(tr '\n' ' ' <"$made")" 'alpha: three beta: two '
tap_try 'all is well' w verify
mv "$root/db/weld.db" "$directory/weld.db"
tap_try 'a database that is gone is made anew' w repair
tap_is 'and knows it' "$(w --json owns share/list.all | jq -r '.owners[0].package')" list
tap_try 'a package that goes' w remove beta
tap_is 'is no longer in it' "$(tr '\n' ' ' <"$made")" 'alpha: three '
tap_try 'the last one' w remove alpha
tap_is 'takes it away' "$(find "$root/current/share" -name list.all)" ''
w gc --keep 1 >"$directory/log"
tap_is 'what only earlier generations had is collected' "$(find "$root/store" -name output | wc -l)" 0

# bad NAME ARGUMENTS PATTERN: a trigger that misbehaves fails the change, and nothing changes.
bad() {
	trigger bad "$1" "\"$2\", \"list.all\""
	before=$(readlink "$root/current")
	tap_refuse "$2 fails the change" "$3" w install "$(package alpha 1.1)" "$(package bad "$1")"
	tap_is 'and nothing has changed' "$(readlink "$root/current")" "$before"
}
w remove list >"$directory/log"
bad 1.0 fail 'bad-1.0-1: trigger list: lib/bad/program failed with status 7; it printed: line .*one; and two; nothing has changed'
bad 1.1 crash 'trigger list: .*signal 11'
bad 1.2 nothing 'left no file list.all'
bad 1.3 link 'trigger list'
w policy set trigger-seconds 1
bad 1.4 hang 'has not ended after 1 s .see policy trigger-seconds.'
bad 1.5 spin 'not ended after 1 s'
tap_refuse 'no time at all is no policy' 'trigger-seconds' w policy set trigger-seconds 0
w policy set trigger-seconds 60
tap_is 'nothing is left of them' "$(find "$root/cache" -name cage | wc -l)" 0
tap_try 'and the root is whole' w verify

trigger spy 1.0 '"spy", "list.all", "{files}"'
tap_try 'a trigger that looks around' w install "$(package alpha 1.1)" "$(package spy 1.0)"
tap_is 'can do nothing but its work' "$(cat "$made")" looked
tap_refuse 'two packages that make the same file' 'share/list.all: .*both have it' w install "$(package list 1.0)"
mkdir -p "$directory/src/rival-1.0/more/share"
echo >"$directory/src/rival-1.0/more/share/list.all"
recipe rival 1.0 ''
tap_refuse 'and one that has it' 'share/list.all: .*both have it' w install "$(package rival 1.0)"

if [ "$(id -u)" = 0 ]; then
	mkdir "$directory/user"
	chmod 755 "$directory" "$directory/packages"
	chown 12345:12345 "$directory/user"
	u() {
		HOME=$directory/user XDG_CACHE_HOME=$directory/user/cache setpriv --reuid=12345 --regid=12345 \
			--clear-groups "$weld" --root "$directory/user/root" --yes "$@"
	}
	tap_try 'a user without privilege' u install "$(package alpha 1.1)" "$(package list 1.0)"
	tap_is 'has triggers, too' "$(tr '\n' ' ' <"$directory/user/root/current/share/list.all")" 'alpha: three '
	u remove list >"$directory/log"
	tap_try 'a spy of the user' u install "$(package spy 1.0)"
	tap_is 'can do nothing there' "$(cat "$directory/user/root/current/share/list.all")" looked
else
	tap_skip 'triggers of a user without privilege: this is one'
fi
tap_done
