#!/bin/sh
# SPDX-License-Identifier: MIT
# many.sh WELD SOURCE PLAIN: a root with 400 packages. What is asked of it is answered from rows, and
# installing them takes no more open files than there may be. Building many reads each package once.
set -eu
weld=$1
source=$2
plain=$3
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"

root=$directory/root

# w ARG ...: weld on this root, saying yes.
w() {
	"$weld" --root "$root" --yes "$@"
}

# opened ARG ...: how many files a question opens that have manifests or indexes in them.
opened() {
	strace -f -o "$directory/trace" -E ASAN_OPTIONS=detect_leaks=0 -e trace=openat "$weld" --root "$root" "$@" >"$directory/out" 2>&1
	grep -c 'manifest\.json\|index\.json' "$directory/trace" || :
}

# readers RECIPE ...: how many processes read packages when these recipes are up to date.
readers() {
	strace -f -o "$directory/trace" -E ASAN_OPTIONS=detect_leaks=0 -e trace=execve "$weld" build -o "$directory/built" \
		"$@" >"$directory/out" 2>&1
	grep -c 'execve(.*weld-archive' "$directory/trace" || :
}

mkdir "$directory/packages"
tap_try '400 packages' "$plain" "$directory/packages" 400 3
tap_try 'a key' "$weld" key generate signer --no-passphrase
tap_try 'a repository' "$weld" repo init "$directory/repo"
tap_try 'packages in it' "$weld" repo publish "$directory/repo" "$directory"/packages/*.weld
tap_try 'it is trusted' w repo add many "$directory/repo" --key "$directory/repo/metadata/1.root.json"
tap_try 'update' w update

tap_is 'search finds by summary' "$(w search --names 'PACKAGE 399 ' | tr '\n' ' ')" 'p00399 '
tap_is 'provides finds by file' "$(w --json provides share/p00007/f01 | jq -r '.providers[].package')" p00007
tap_is 'files of what is offered' "$(w files p00007 | tr '\n' ' ')" \
	'share/doc/p00007 share/p00007/f01 share/p00007/f02 '

# Everything hangs on p00001 in the end; half of them are asked for.
# shellcheck disable=SC2046 # a list of names
tap_try 'all are installed with 320 open files at most' sh -c 'ulimit -n 320 && exec "$@"' sh \
	"$weld" --root "$root" --yes install $(seq -f 'p%05g' 200 400)
tap_is 'all are there' "$(find "$root/current/share/doc/" -name 'p*' | wc -l)" 400
tap_is 'list has them' "$(w list --names | wc -l)" 400
tap_is 'half of them were asked for' "$(w list --names --manual | wc -l)" 201

for question in list 'list --upgradable' 'search p00007' 'info p00007' 'files p00007' 'owns share/p00007/f01' \
	'provides share/p00007/f01' 'why p00007' leaves 'tree p00007' generations history; do
	# info says which defences a package cannot bear, which stands in its own manifest.
	case $question in
	info*) most=1 ;;
	*) most=0 ;;
	esac
	# shellcheck disable=SC2086 # words
	tap_is "$question reads rows" "$(opened $question)" $most
done

tap_try 'remove some' w remove p00399 p00400
tap_is 'list has the others' "$(w list --names | tail -n 1)" p00398
tap_try 'go back' w rollback
tap_is 'list has them again' "$(w list --names | tail -n 1)" p00400
w why p00149 >"$directory/why"
tap_try 'why shows who needs one' grep -q p00298 "$directory/why"

# Whether a package is up to date is not asked of all the others.
mkdir -p "$directory/text"
echo text >"$directory/text/text"
for name in one two three four five six; do
	mkdir -p "$directory/recipes/$name"
	cp -r "$directory/text" "$directory/recipes/$name/files"
	printf '%s\n' "name = $name" 'version = 1.0' 'summary = "A text"' 'licence = MIT' 'bootstrap = yes' \
		'source { folder = files }' >"$directory/recipes/$name/recipe.ucl"
	printf '%s\n' 'build() { :; }' 'package() { weld_install 644 text "share/$NAME"; }' \
		>"$directory/recipes/$name/build"
done
tap_try 'six recipes are built' "$weld" build -o "$directory/built" "$directory"/recipes/*
tap_is 'three that are up to date' "$(readers "$directory/recipes/one" "$directory/recipes/two" "$directory/recipes/six")" 6
tap_is 'and six' "$(readers "$directory"/recipes/*)" 12
tap_done
