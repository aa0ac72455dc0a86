#!/bin/sh
# SPDX-License-Identifier: MIT
# roots.sh: a root may stand anywhere: names with odd characters, links, the home of an ordinary user;
# where it cannot, that is said before anything is done.
set -u

cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/lib/story.sh
story_begin

# works ROOT: install there and run from there; moving the shell elsewhere changes nothing.
works() {
	make_root "$1" "$story_repo" &&
		"$weld" --root "$1" --yes install dash zstd &&
		(cd / && [ "$("$1/current/bin/dash" -c 'echo works | cat')" = works ]) &&
		"$1/current/bin/zstd" -qc "$PWD/DESIGN.md" | "$1/current/bin/zstd" -qdc |
		cmp - "$PWD/DESIGN.md"
}

tap_try "ampersands, stars, braces" works "$scratch/{a}&b+c*?=@~#"
# Paths in scripts and #! lines cannot be quoted, so that these are refused when a root is made.
tap_refuse "spaces are refused" "white space" "$weld" --root "$scratch/a root with spaces" repo list
tap_refuse "a percent sign is refused" "root" "$weld" --root "$scratch/100%" repo list
tap_refuse "quotes and dollars are refused" "root" "$weld" --root "$scratch/it's\$HOME" repo list
tap_try "letters beyond ASCII" works "$scratch/Wörter-字-🙂"
tap_try "a leading dash" works "$scratch/-n"

mkdir "$scratch/real"
ln -s real "$scratch/link"
tap_try "below a symbolic link" works "$scratch/link/root"

mkdir "$scratch/cwd"
(cd "$scratch/cwd" &&
	"$weld" --root relative/root repo add base "file://$story_repo" \
		--key "$story_repo/metadata/1.root.json" &&
	"$weld" --root relative/root update &&
	"$weld" --root relative/root --yes install dash) >/dev/null 2>&1
tap_try "a relative path" sh -c "cd / && '$scratch/cwd/relative/root/current/bin/dash' -c :"

long=$scratch/$(printf '%0150d' 0)
tap_refuse "a path that is too long" "at most 120" "$weld" --root "$long" repo list
tap_refuse "a path that is too long, when adding" "at most 120" \
	"$weld" --root "$long" repo add base "file://$story_repo" --key "$story_repo/metadata/1.root.json"
tap_try "nothing is made there" test ! -e "$long/store"
echo file >"$scratch/file"
tap_refuse "a file in its place" "file" "$weld" --root "$scratch/file" --yes install dash

# An ordinary user: no privilege, the default root in the home directory.
user_home=$scratch/home
mkdir "$user_home"
chmod 755 "$scratch"
as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs \
			env -u WELD_ROOT -u XDG_DATA_HOME -u XDG_CONFIG_HOME -u XDG_CACHE_HOME HOME="$user_home" "$@"
	else
		env -u WELD_ROOT -u XDG_DATA_HOME HOME="$user_home" "$@"
	fi
}
[ "$(id -u)" != 0 ] || chown 65534:65534 "$user_home"
if as_user test -r "$story_repo/metadata/1.root.json" && as_user test -x "$weld"; then
	tap_try "an ordinary user adds a repository" as_user "$weld" repo add base "file://$story_repo" \
		--key "$story_repo/metadata/1.root.json"
	tap_try "and updates" as_user "$weld" update
	tap_try "and installs" as_user "$weld" --yes install lua
	tap_try "into the home directory" as_user \
		"$user_home/.local/share/weld/current/bin/lua" -e 'assert(1 + 1 == 2)'
	tap_refuse "another user's root is not touched" "belongs to another user" \
		as_user "$weld" --root "$story_root" --yes remove lua
else
	tap_skip "an ordinary user cannot read this work tree"
fi

# One world file with its lock, two machines: the same packages, and every slot at the same address.
echo 'packages = [ dash, zstd, xz, minigzip ]' >"$scratch/weld.world"
make_root "$scratch/machine1" "$story_repo" >/dev/null 2>&1
make_root "$scratch/machine2" "$story_repo" >/dev/null 2>&1
tap_try "a root from a world file" "$weld" --root "$scratch/machine1" --yes apply "$scratch/weld.world"
tap_try "another one from its lock" "$weld" --root "$scratch/machine2" --yes apply --locked \
	"$scratch/weld.world"
for machine in 1 2; do
	slots_of "$scratch/machine$machine" | cut -d' ' -f1-3 >"$scratch/slots$machine"
	"$weld" --root "$scratch/machine$machine" --json slots | jq -r '.slots[].layout_id' \
		>>"$scratch/slots$machine"
done
tap_try "there are slots" test "$(wc -l <"$scratch/slots1")" -gt 3
tap_same "the same layout" "$scratch/slots1" "$scratch/slots2"
tap_is "it runs" "$("$scratch/machine2/current/bin/dash" -c 'echo works')" works
tap_done
