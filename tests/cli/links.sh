#!/bin/sh
# SPDX-License-Identifier: MIT
# links.sh WELD SOURCE: how a library's users and versions change what is linked, with a libc of two
# functions: private, promoted to a slot, replaced under its users, refused, private again.
set -eu
weld=$1
source=$2
# shellcheck source=tests/lib/tap.sh
. "$source/tests/lib/tap.sh"
# shellcheck source=tests/lib/home.sh
. "$source/tests/lib/home.sh"
# shellcheck source=tests/lib/small_recipe.sh
. "$source/tests/lib/small_recipe.sh"
root=$directory/root

# recipe NAME VERSION REQUIRES BUILD INSTALL <C: a package of one C file, built by these commands.
recipe() {
	small_recipe "$directory/recipes-$1-$2/$1" "$@"
	small_build "$directory/recipes-$1-$2/$1" "$directory/packages"
	cp "$directory/packages/$1-$2-1.weld" "$directory"
}

# library NAME VERSION REQUIRES OPTION <C
library() {
	# shellcheck disable=SC2016
	recipe "$1" "$2" "$3" '$CC -O2 -ffreestanding -fPIC -shared '"$4 -Wl,-soname,lib$1.so $1.c -o lib$1.so" \
		"weld_install 755 lib$1.so lib"
}

# program NAME <C
program() {
	# shellcheck disable=SC2016
	recipe "$1" 1.0 'c, greet' '$CC -O2 -ffreestanding '"$1.c -lgreet -o $1" \
		"weld_install 755 $1 bin"
}

# w ARG ...: weld on this root, saying yes.
w() {
	"$weld" --root "$root" --yes "$@"
}

# decision LIBRARY: slot or private.
decision() {
	"$weld" --root "$root" --json slots |
		jq -r --arg name "$1" 'if any(.slots[]; .name == $name) then "slot" else "private" end'
}

# publish FILE ...
publish() {
	"$weld" repo publish "$directory/repo" "$@"
	w update
}

library c 1.0 '' -nostdlib <"$source/tests/lib/small_libc.c"
library greet 1.0 c '' <<'END'
void say(const char *);
void hello(void) { say("hello one"); }
void goodbye(void) { say("goodbye one"); }
END
program first <<'END'
void hello(void);
int main(void) { hello(); return 0; }
END
program second <<'END'
void hello(void);
void goodbye(void);
int main(void) { hello(); goodbye(); return 0; }
END
library greet 1.1 c '' <<'END'
void say(const char *);
void hello(void) { say("hello two"); }
void goodbye(void) { say("goodbye two"); }
END
library greet 2.0 c '' <<'END'
void say(const char *);
void hello(void) { say("hello three"); }
END
library greet 2.1 c '' <<'END'
void say(const char *);
void hello(void) { say("hello four"); }
void farewell(void) { say("farewell"); }
END

"$weld" key generate signer --no-passphrase >/dev/null
"$weld" repo init "$directory/repo" >/dev/null
w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" 2>/dev/null
tap_try 'packages are published' publish "$directory/c-1.0-1.weld" "$directory/greet-1.0-1.weld" \
	"$directory/first-1.0-1.weld" "$directory/second-1.0-1.weld"
tap_try 'one program' w install first
tap_is 'runs' "$("$root/current/bin/first")" 'hello one'
tap_is 'its library is private' "$(decision greet)" private

w --dry-run --json install second >"$directory/plan"
tap_is 'the plan shows the promotion' \
	"$(jq -r '.libraries[] | select(.name == "greet") | .to' "$directory/plan")" slot
tap_is 'and who is linked again' "$(jq -r '.relinked[]' "$directory/plan")" bin/first
tap_try 'a second program' w install second
tap_is 'the library has a slot' "$(decision greet)" slot
tap_is 'the first program runs' "$("$root/current/bin/first")" 'hello one'
tap_is 'the second program runs' "$("$root/current/bin/second" | tr '\n' ' ')" 'hello one goodbye one '

tap_try 'a new version is published' publish "$directory/greet-1.1-1.weld"
w --json upgrade >"$directory/reply"
tap_is 'it reaches all users' "$("$root/current/bin/first") $("$root/current/bin/second" | tr '\n' ' ')" \
	'hello two hello two goodbye two '
tap_is 'no program was compiled' \
	"$(jq -r '[.images.list[] | select(.kind == "program" and .outcome == "lowered")] | length' "$directory/reply")" 0
# deep NAME: making all of it again from units gives what is installed.
deep() {
	tap_try "$1 is what lowering and linking give" w verify --deep
	w policy set harden none >/dev/null 2>&1
	tap_refuse "$1: under another policy it cannot be compared, and that is said" \
		'bin/first: it cannot be compared: .*by another policy' w verify --deep
	w policy set harden default >/dev/null 2>&1
}
tap_is 'nor touched' \
	"$(jq -r '[.images.list[] | select(.kind == "program") | .outcome] | unique[]' "$directory/reply")" kept
deep 'what was kept while its slot changed'
number=$(readlink "$root/current")
tap_try 'one that lacks a symbol is published' publish "$directory/greet-2.0-1.weld"
tap_refuse 'it is refused, naming program and symbol' 'bin/second.*goodbye' w upgrade
tap_refuse 'a dry run knows it before anything is fetched' 'bin/second.*goodbye' w --dry-run upgrade
tap_is 'nothing has changed' "$(readlink "$root/current")" "$number"
tap_try 'rollback' w rollback
tap_is 'takes the update back' "$("$root/current/bin/first")" 'hello one'
tap_try 'the second program goes' w remove second
tap_is 'the library is private again' "$(decision greet)" private
tap_is 'the first program still runs' "$("$root/current/bin/first")" 'hello one'
tap_try 'what the root holds is whole' w verify
tap_try 'and can be drawn anew' w relink --reseed
deep 'what has moved'
tap_is 'and runs' "$("$root/current/bin/first")" 'hello one'
tap_try 'now the new version links' w upgrade
tap_is 'and runs' "$("$root/current/bin/first")" 'hello three'
w policy set sharing always >/dev/null 2>&1
tap_try 'its only user shares it' w relink
tap_try 'a version with one more export is published' publish "$directory/greet-2.1-1.weld"
w --json upgrade >"$directory/reply"
tap_is 'the program is bound again' \
	"$(jq -r '.images.list[] | select(.name == "bin/first") | .outcome' "$directory/reply")" rebound
tap_is 'and runs' "$("$root/current/bin/first")" 'hello four'
deep 'what was bound again'

# Four libraries of 400 MiB, which with their slack are more than the arena has: two find a place wherever
# libc stands, of the other two one does not.
for number in 1 2 3 4; do
	library vast$number 1.0 c '' <<END
char vast${number}_room[400 << 20];
char *vast$number(long at)
{
	return vast${number}_room + at;
}
END
done
# far NAME A B: a program that uses two of them.
far() {
	# shellcheck disable=SC2016
	recipe "$1" 1.0 "c, vast$2, vast$3" '$CC -O2 -ffreestanding '"$1.c -lvast$2 -lvast$3 -o $1" \
		"weld_install 755 $1 bin" <<END
void say(const char *);
char *vast$2(long), *vast$3(long);
int main(void)
{
	*vast$2(1 << 20) = 1;
	*vast$3(399 << 20) = 1;
	say("far");
	return 0;
}
END
}
far near 1 2
far beyond 3 4
root=$directory/full
tap_try "an empty root shares all it can" w policy set sharing always
tap_try "large slots find room" w install "$directory"/c-1.0-1.weld "$directory"/vast[12]-1.0-1.weld \
	"$directory/near-1.0-1.weld"
tap_is "and serve" "$("$root/current/bin/near")" far
generation=$(readlink "$root/current")
tap_refuse "a full arena names the package" 'vast[34]-1.0-1: .*the arena has no free range of [0-9]+ bytes' \
	w install "$directory"/vast[34]-1.0-1.weld "$directory/beyond-1.0-1.weld"
tap_is "and nothing has changed" "$(readlink "$root/current") $("$root/current/bin/near")" "$generation far"
tap_try "the root is whole" w verify

# A slot whose file is damaged, and one whose file is gone, are made again where they stand.
slot=$(realpath "$root"/current/slots/vast1-*)
near=$(readlink "$root/current/bin/near")
sum=$(sha256sum <"$slot")
chmod u+w "$slot" && printf x | dd of="$slot" bs=1 seek=$(($(stat -c %s "$slot") / 2)) conv=notrunc status=none
tap_refuse "a damaged slot is found" 'vast1' w verify
tap_try "and repaired" w repair
tap_try "so that all is whole again" w verify
tap_is "it is the same one" "$(sha256sum <"$slot")" "$sum"
tap_is "and no program was touched" "$(readlink "$root/current/bin/near") $("$root/current/bin/near")" "$near far"
rm -f "$(realpath "$root"/current/slots/vast2-*)"
tap_refuse "a slot without its file is found" 'vast2' w verify
tap_try "and repaired, too" w repair
tap_is "whole again" "$(w verify >/dev/null 2>&1 && "$root/current/bin/near")" far
tap_done
