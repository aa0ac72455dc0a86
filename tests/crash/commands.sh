# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154
# commands.sh, sourced by run: the commands that are tried. For each, `before_COMMAND` makes the root that it
# begins with, `arguments_of COMMAND` is the command itself, and `state` is what it changes. All but `link` need nothing
# compiled.

all_commands="install upgrade remove rollback gc repair apply hold mark policy merge repo-add update link"
config=$root/state/config/etc/alpha.conf

make_packages() {
	for version in 1.0 1.1; do
		mkdir -p "$directory/src/alpha-$version/etc"
	done
	printf 'one\n\ntwo\n\nthree\n' >"$directory/src/alpha-1.0/etc/alpha.conf"
	printf 'one\n\ntwo\n\nthree, newer\n' >"$directory/src/alpha-1.1/etc/alpha.conf"
	recipe alpha 1.0 ''
	recipe alpha 1.1 ''
	recipe beta 1.0 'requires = [ "alpha" ]'
	"$weld" key generate signer --no-passphrase
	"$weld" repo init "$directory/repo"
	"$weld" repo publish "$directory/repo" "$directory"/packages/*-1.0-1.weld
	w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json"
	w update
	w install alpha
	"$weld" repo publish "$directory/repo" "$directory/packages/alpha-1.1-1.weld"
	echo 'packages = [ "alpha >= 1.1" ]; policy { improve = never, tier = fast }' >"$directory/weld.world"
}

before_install() { w update; }

before_upgrade() {
	w install beta
	w update
	sed -i 's/one/mine/' "$config"
}

before_remove() { w install beta; }

before_rollback() { w install beta; }

before_gc() {
	w install beta
	w remove beta
	w mark auto alpha
	mkdir -p "$root/cache/scratch/left"
}

before_repair() {
	w install beta
	file=$(readlink -f "$root/current/share/beta/text")
	chmod u+w "$file"
	echo damaged >"$file"
}

before_apply() { before_upgrade; }

before_hold() { :; }

before_mark() { :; }

before_policy() { :; }

# Both changed the same line; what the user says in the end is that the package is right.
before_merge() {
	sed -i 's/three/mine/' "$config"
	w update
	w upgrade
}

before_repo_add() { :; }

before_update() { :; }

# A library's slot and two programs, lowered and linked from what the base set's repository has.
before_link() {
	rm -rf "$root"
	w repo add base "file://$PWD/out/test/repo" --key "$PWD/out/test/repo/metadata/1.root.json"
	w update
	w install musl
	w policy set improve never
}

# reason_against COMMAND: why it cannot be tried here; nothing: it can.
reason_against() {
	[ "$1" != link ] || [ -d out/test/repo ] || echo "no out/test/repo (run tests/lib/story_root.sh)"
}

arguments_of() {
	case $1 in
	install) echo install beta ;;
	upgrade) echo upgrade ;;
	remove) echo remove beta ;;
	rollback) echo rollback 1 ;;
	gc) echo gc --keep 1 ;;
	repair) echo repair ;;
	apply) echo apply "$directory/weld.world" ;;
	hold) echo hold alpha ;;
	mark) echo mark auto alpha ;;
	policy) echo policy set tier fast ;;
	merge) echo config merge --theirs ;;
	repo-add) echo repo add other "$directory/repo" --key "$directory/repo/metadata/1.root.json" ;;
	update) echo update ;;
	link) echo install lz4 ;;
	*) tap_bail "$1: no such command (there are $all_commands)" ;;
	esac
}

# cost_of COMMAND: how many times as long as others one takes.
cost_of() {
	case $1 in
	link) echo 8 ;;
	*) echo 1 ;;
	esac
}

# A command that does not do again what is done: the next command is another one.
arguments_again() {
	case $1 in
	remove | repo-add) echo gc ;;
	*) arguments_of "$1" ;;
	esac
}

# state: the packages, and what else the command may change.
state() {
	w --json list 2>&1 | jq -c '[.packages[] | [.name, .version, .manual, .held]]'
	case $command in
	apply | policy) w --json policy show 2>&1 | jq -c '.policy | [.tier, .improve]' ;;
	repo-add | update) w --json repo list 2>&1 | jq -c '[.repositories[] | [.name, .enabled, .version]]' ;;
	merge) w --json config list 2>&1 | jq -c '[.files[] | [.path, .state]]' ;;
	esac
}

# is_config_kept: no line of the user's was lost.
is_config_kept() {
	case $command in
	upgrade | apply) grep -q '^mine$' "$config" ;;
	esac
}

# is_config_new: the package's change has come.
is_config_new() {
	case $command in
	upgrade | apply) grep -q '^three, newer$' "$config" ;;
	esac
}

# runs: what was compiled works.
runs() {
	case $command in
	link)
		echo text | "$root/current/bin/lz4" | "$root/current/bin/lz4" -d | grep -q '^text$'
		;;
	esac
}
