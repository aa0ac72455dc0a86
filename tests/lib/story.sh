# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# story.sh, sourced after tap.sh at the top of the tree: repositories and roots for tests of the
# whole. out/test holds the ones that tests/lib/story_root.sh made: they are read only; whoever wants
# to change something makes a repository or a root of its own in $scratch.

weld=$(cd "${WELD_BUILD:-build}" && pwd)/cli/weld
packages=$PWD/out/packages
story_repo=$PWD/out/test/repo
story_root=$PWD/out/test/root
story_keys=$PWD/out/test/keys
unset WELD_ROOT

# story_scratch: make $scratch; it goes away at the end, with what still runs in $story_children.
story_scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/weld-test.XXXXXX")
	story_children=
	trap story_clean_up EXIT
	trap 'exit 1' HUP INT TERM
}

story_clean_up() {
	for child in $story_children; do
		kill "$child" 2>/dev/null
	done
	chmod -R u+w "$scratch" 2>/dev/null
	rm -rf "$scratch"
}

# story_begin: the scratch directory, and the certainty that the shared root is there.
story_begin() {
	story_scratch
	[ -e "$story_root/current" ] || tap_bail "no $story_root: run tests/lib/story_root.sh"
}

# make_repo DIRECTORY KEYS FILE.weld ...: a signed repository of these packages.
make_repo() {
	make_repo_dir=$1
	make_repo_keys=$2
	shift 2
	[ -e "$make_repo_keys" ] ||
		"$weld" key generate --keys "$make_repo_keys" --no-passphrase signer
	"$weld" repo init --keys "$make_repo_keys" "$make_repo_dir" &&
		"$weld" repo publish --keys "$make_repo_keys" "$make_repo_dir" "$@"
}

# make_root DIRECTORY REPO [URL]: a root that trusts this repository and knows what it has. What the
# shared root has compiled already is not compiled again.
make_root() {
	mkdir -p "$1"
	if [ "$1" != "$story_root" ] && [ -d "$story_root/cache" ]; then
		cp -al "$story_root/cache" "$1/cache" 2>/dev/null ||
			cp -a "$story_root/cache" "$1/cache"
	fi
	"$weld" --root "$1" repo add base "${3:-file://$2}" --key "$2/metadata/1.root.json" &&
		"$weld" --root "$1" update
}

# generation_of ROOT: the number of the current generation.
generation_of() {
	basename "$(readlink "$1/current")"
}

# state_of ROOT: what a failed transaction must leave as it was: the current generation's tree, and
# that everything in it can be read.
state_of() {
	readlink "$1/current"
	find "$1/current/" -printf '%P %y %l\n' | sort
	find -L "$1/current/" -type f -exec sha256sum {} + | sort
}

# package_file NAME: the package of the base set.
package_file() {
	for package_file in "$packages/$1"-[0-9]*.weld; do
		case ${package_file##*/"$1"-} in
		*-*-*) ;;
		*) echo "$package_file" && return ;;
		esac
	done
	tap_bail "no package $1 in $packages"
}

# make_recipe DIRECTORY SOURCES VERSION [LINE ...]: a recipe for a folder of sources, with more lines
# for recipe.ucl. Sources that have a configure.ac get their configure first, as a release would.
make_recipe() {
	make_recipe_dir=$1
	make_recipe_name=$(basename "$2")
	make_recipe_tree=$make_recipe_dir/src/$make_recipe_name-$3
	make_recipe_tar=$make_recipe_dir/$make_recipe_name-$3.tar.gz
	mkdir -p "$make_recipe_dir/recipe" "$make_recipe_dir/src"
	rm -rf "$make_recipe_tree"
	cp -r "$2" "$make_recipe_tree"
	[ ! -e "$make_recipe_tree/configure.ac" ] ||
		(cd "$make_recipe_tree" && autoreconf -fi >/dev/null 2>&1) || return
	tar -C "$make_recipe_dir/src" -czf "$make_recipe_tar" "$make_recipe_name-$3"
	{
		printf 'name = %s\nversion = "%s"\n' "$make_recipe_name" "$3"
		printf 'summary = "A test of weld"\nlicence = MIT\n'
		printf 'source {\n\turl = "file://%s"\n\tsha256 = "%s"\n}\n' "$make_recipe_tar" \
			"$(sha256sum <"$make_recipe_tar" | cut -d' ' -f1)"
		shift 3
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$make_recipe_dir/recipe/recipe.ucl"
	[ -e "$make_recipe_dir/recipe/build" ] || : >"$make_recipe_dir/recipe/build"
}

# slots_of ROOT: the address arena, a line a slot: NAME BASE-IN-HEX SIZE-IN-BYTES PATH.
slots_of() {
	"$weld" --root "$1" --json slots |
		jq -r '.slots[] | "\(.name) \(.base_hex | ltrimstr("0x")) \(.size) \(.path)"'
}

# hold PROGRAM ...: start a program that waits for input that does not come; its id is in $held.
hold() {
	hold_fifo=$scratch/hold-$#-$(date +%N)
	mkfifo "$hold_fifo"
	"$@" <"$hold_fifo" >/dev/null 2>&1 &
	held=$!
	sleep 60 >"$hold_fifo" &
	story_children="$story_children $held $!"
	hold_tries=0
	# Wait until it reads: its slots are mapped long before.
	until [ "$(cut -d' ' -f1 "/proc/$held/syscall" 2>/dev/null)" = 0 ] || [ $hold_tries -gt 50 ]; do
		hold_tries=$((hold_tries + 1))
		sleep 0.1
	done
}
