#!/bin/sh
# SPDX-License-Identifier: MIT
# native.sh WELD SOURCE: packages of machine code, made of the recipe's own folder, and what machines they are for.
set -eu
weld=$(realpath "$1")
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
export WELD_ROOT="$directory/root"

# recipe NAME LINE ...: a recipe that installs what stands in its folder, and a program as it is.
recipe() {
	name=$1
	mkdir -p "$directory/$1/files/etc"
	echo private >"$directory/$1/files/etc/secret"
	cat >"$directory/$1/build" <<-'END'
		build() { :; }
		package() {
			weld_install 600 etc/secret "etc/$NAME"
			weld_install 755 /bin/true "boot/$NAME"
		}
	END
	{
		printf 'name = %s\nversion = 1\nsummary = s\nlicence = MIT\nbootstrap = yes\n' "$1"
		printf 'source { folder = files }\nconfig = [ "etc/*/secret" ]\n'
		shift
		printf '%s\n' "$@"
	} >"$directory/$1/recipe.ucl"
	"$weld" build "$directory/$name" -o "$directory" --check=no >"$directory/log" 2>&1 || {
		tap_note <"$directory/log"
		tap_bail "$name: cannot be built"
	}
}

manifest() {
	zstd -dc "$directory/$1-1-1.weld" 2>/dev/null | tar xO manifest.json
}

recipe here 'kind = native' 'architectures = [ aarch64, riscv64, x86_64 ]'
recipe there 'kind = native' 'architectures = [ s390x ]'
recipe user 'kind = native' 'architectures = [ aarch64, riscv64, x86_64 ]' 'requires = [ there ]'

recipe made 'kind = native' 'architectures = [ aarch64, riscv64, x86_64 ]' 'build_requires = [ here ]'

tap_is 'the manifest tells the kind' "$(manifest here | jq -r .kind)" native
tap_is 'and what it was built with' "$(manifest made | jq -c .builds_with)" '["here = 1-1"]'
tap_is 'and for which machines' "$(manifest there | jq -c .architectures)" '["s390x"]'
tap_try 'a package for this machine' "$weld" -y install "$directory/here-1-1.weld"
tap_try 'its program is what it was' cmp /bin/true "$directory/root/current/boot/here/true"
tap_is 'a private file of the user stays private' "$(stat -Lc %a "$directory/root/current/etc/here/secret")" 600
tap_try 'what was built with it' "$weld" -y install "$directory/made-1-1.weld"
tap_is 'the graph knows it' "$("$weld" graph --json made | jq -r '.edges[] | select(.kind == "builds with") | .to' | grep package)" \
	package:here
before=$(readlink "$directory/root/current")
tap_refuse 'a package for another machine' "there-1-1: is for s390x, not for $(uname -m)" \
	"$weld" -y install "$directory/there-1-1.weld"
tap_is 'nothing has changed' "$(readlink "$directory/root/current")" "$before"

"$weld" key generate signer --no-passphrase >"$directory/log" 2>&1
"$weld" repo init "$directory/repo" >"$directory/log" 2>&1
"$weld" repo publish "$directory/repo" "$directory/there-1-1.weld" "$directory/user-1-1.weld" >"$directory/log" 2>&1
"$weld" repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" >"$directory/log" 2>&1
"$weld" update >"$directory/log" 2>&1
tap_refuse 'one of a repository' "there-1-1: is for s390x, not for $(uname -m)" "$weld" -y install there
tap_refuse 'one that needs it' 'only there-1-1 provides: that is for s390x' "$weld" -y install user
tap_done
