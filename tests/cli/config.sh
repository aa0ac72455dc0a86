#!/bin/sh
# SPDX-License-Identifier: MIT
# config.sh WELD SOURCE: configuration files that user and package change, with packages of plain files.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/plain_packages.sh
. "$source/tests/lib/plain_packages.sh"

# conf NAME VERSION LINE ...: what the package has as its configuration, a line a word.
conf() {
	mkdir -p "$directory/src/$1-$2/etc"
	conf_file=$directory/src/$1-$2/etc/$1.conf
	shift 2
	printf '%s\n' "$@" >"$conf_file"
}

# yours NAME: the user's copy, on one line.
yours() {
	tr '\n' ' ' <"$root/state/config/etc/$1.conf"
}

# state NAME: what `config list` says of it.
state() {
	w --json config list --all "etc/$1.conf" | jq -r '.files[0].state'
}

conf tool 1.0 '# tool' '' 'port = 80' '' 'threads = 2' '' 'log = off' '' 'end'
conf tool 1.1 '# tool 1.1' '' 'port = 80' '' 'threads = 4' '' 'log = off' '' 'end'
conf tool 1.2 '# tool 1.2' '' 'port = 81' '' 'threads = 4' '' 'log = off' '' 'end'
recipe tool 1.0 ''
recipe tool 1.1 ''
recipe tool 1.2 ''
recipe other 1.0 ''
tap_try 'install' w install "$directory/packages/tool-1.0-1.weld" "$directory/packages/other-1.0-1.weld"
copy=$root/state/config/etc/tool.conf
tap_is 'nothing differs' "$(w config list)" ''
tap_try 'nor has diff anything to show' w config diff
tap_is 'all are listed' "$(w config list --all | wc -l)" 2

sed 's/log = off/log = mine/' "$root/current/etc/tool.conf" >"$directory/mine"
cat "$directory/mine" >"$copy"
chmod 600 "$copy"
tap_is 'a change is listed' "$(w config list | cut -d' ' -f1)" etc/tool.conf
tap_is 'as changed' "$(state tool)" changed
status=0
w config diff >"$directory/out" || status=$?
tap_is 'diff: exit status' "$status" 5
tap_is 'diff: the line' "$(grep '^[-+]log' "$directory/out" | tr '\n' ' ')" '-log = off +log = mine '

# The earlier generation may be gone: the base is kept apart.
tap_try 'the package changes other lines' w install "$directory/packages/tool-1.1-1.weld"
tap_is 'both changes are there' "$(yours tool)" '# tool 1.1  port = 80  threads = 4  log = mine  end '
tap_is 'with the mode' "$(stat -c %a "$copy")" 600
tap_same 'what you had lies beside it' "$copy.weld-old" "$directory/mine"
tap_is 'it derives from the new version' "$(state tool)" changed
tap_try 'going back' w rollback 1
tap_is 'takes back what the package changed' "$(yours tool)" '# tool  port = 80  threads = 2  log = mine  end '
tap_try 'forward' w rollback 2
tap_is 'again both' "$(yours tool)" '# tool 1.1  port = 80  threads = 4  log = mine  end '
tap_try 'earlier generations go' w gc --keep 1

sed -i 's/port = 80/port = 8080/' "$copy"
cp "$copy" "$directory/mine"
w install "$directory/packages/tool-1.2-1.weld" >"$directory/out" 2>&1
tap_try 'the same line: that is said' grep -q 'was changed here and is kept.*weld-new' "$directory/out"
tap_same 'yours is untouched' "$copy" "$directory/mine"
tap_same 'the package'"'"'s lies beside it' "$copy.weld-new" "$directory/src/tool-1.2/etc/tool.conf"
tap_is 'it waits' "$(state tool)" pending
status=0
w config merge >"$directory/out" 2>&1 || status=$?
tap_is 'merge: exit status' "$status" 5
tap_try 'merge: the remedy' grep -q 'changed the same lines.*--ours' "$directory/out"
tap_same 'yours is still untouched' "$copy" "$directory/mine"
tap_is 'both stand in the marked text' "$(grep -c -e '^port = 8080$' -e '^port = 81$' -e '^<<<<<<< yours$' \
	"$copy.weld-merge")" 3
tap_is 'with what merges' "$(head -n 1 "$copy.weld-merge")" '# tool 1.2'
sed -i 's/port = 8080/port = 81/' "$copy"
tap_is 'a dry run merges nothing' "$(w --dry-run config merge)$(state tool)" 'etc/tool.conf: would be mergedpending'
tap_try 'put right by hand, it merges' w config merge
tap_is 'all is there' "$(yours tool)" '# tool 1.2  port = 81  threads = 4  log = mine  end '
tap_is 'it waits no more' "$(state tool)" changed
tap_is 'nothing lies around' "$(find "$root/state/config" -name '*.weld-new' -o -name '*.weld-merge')" ''

# Ours and theirs.
conf tool 1.3 '# tool 1.3' '' 'port = 82' '' 'threads = 4' '' 'log = off' '' 'end'
recipe tool 1.3 ''
sed -i 's/port = 81/port = 8080/' "$copy"
cp "$copy" "$directory/mine"
w install "$directory/packages/tool-1.3-1.weld" >/dev/null 2>&1
tap_try '--ours' w config merge --ours "$root/current/etc/tool.conf"
tap_same 'keeps what is there' "$copy" "$directory/mine"
tap_is 'and it waits no more' "$(state tool)" changed
tap_try 'nothing is to be merged' sh -c "'$weld' --root '$root' config merge 2>&1 | grep -q Nothing"
tap_try '--theirs' w config merge --theirs etc/tool.conf
tap_same 'takes the package'"'"'s' "$copy" "$directory/src/tool-1.3/etc/tool.conf"
tap_same 'yours lies beside it' "$copy.weld-old" "$directory/mine"
tap_try '--theirs again' w config merge --theirs etc/tool.conf
tap_same 'and still does' "$copy.weld-old" "$directory/mine"
tap_refuse 'both' 'excludes' w config merge --ours --theirs
tap_refuse 'no such file' 'no configuration file' w config diff etc/nowhere.conf

# A link, bytes, a directory: left alone.
conf tool 1.4 '# tool 1.4' '' 'port = 82' '' 'threads = 8' '' 'log = off' '' 'end'
recipe tool 1.4 ''
mv "$copy" "$directory/elsewhere"
echo 'mine = yes' >>"$directory/elsewhere"
ln -s "$directory/elsewhere" "$copy"
tap_try 'upgrade with a link in the place of a copy' w install "$directory/packages/tool-1.4-1.weld"
tap_is 'the link stays' "$(readlink "$copy")" "$directory/elsewhere"
tap_is 'and so does its file' "$(tail -n 1 "$directory/elsewhere")" 'mine = yes'
tap_refuse 'merging says so' 'no plain file' w config merge etc/tool.conf
rm "$copy"
printf 'a\0b\n' >"$copy"
tap_refuse 'bytes are no text' 'no text' w config merge etc/tool.conf
tap_is 'and stay' "$(od -An -c "$copy" | tr -d ' ')" 'a\0b\n'
rm "$copy"
mkdir "$copy"
tap_is 'a directory is odd' "$(state tool)" odd
rmdir "$copy"

# Killed at each write of an upgrade that merges: nothing of the user's is lost, and the next command ends it.
rm -rf "$root"
w install "$directory/packages/tool-1.0-1.weld" >/dev/null 2>&1
sed -i 's/log = off/log = mine/' "$copy"
cp -a "$root" "$directory/before"
points=0
wrong=''
for place in $(seq 1 3 120); do
	rm -rf "$root"
	cp -a "$directory/before" "$root"
	if WELD_FAULT=$place:kill "$weld" --root "$root" --yes install "$directory/packages/tool-1.1-1.weld" \
		>/dev/null 2>&1; then
		break
	fi
	points=$((points + 1))
	grep -q 'log = mine' "$copy" || wrong="$wrong $place:lost"
	w install "$directory/packages/tool-1.1-1.weld" >/dev/null 2>&1 || wrong="$wrong $place:stuck"
	[ "$(yours tool)" = '# tool 1.1  port = 80  threads = 4  log = mine  end ' ] ||
		wrong="$wrong $place:$(yours tool)"
	[ "$(state tool)" = changed ] || wrong="$wrong $place:$(state tool)"
	[ "$(grep -c 'threads = 2' "$copy.weld-old")" = 1 ] || wrong="$wrong $place:old"
	[ -z "$(find "$root" -name '.new-*')" ] || wrong="$wrong $place:half made"
done
tap_try "killed at $points places" test "$points" -gt 10
tap_is 'nothing is lost' "$wrong" ''
tap_try 'purge' w purge tool
tap_is 'leaves nothing' "$(find "$root/state/config" "$root/state/base" -type f)" ''
tap_done
