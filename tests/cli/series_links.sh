#!/bin/sh
# SPDX-License-Identifier: MIT
# series_links.sh WELD SOURCE: two versions of a library beside each other, really compiled, with a libc of two
# functions: each program gets the series that it was built with, both have slots, an update of one
# leaves the users of the other alone, and a program that would mix them is refused.
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

# recipe NAME VERSION SERIES REQUIRES BUILD INSTALL <C: a package of one C file; its folder is in $recipe.
recipe() {
	recipe=$directory/recipes/$1-$2-${3:-none}/$1
	small_recipe "$recipe" "$1" "$2" "$4" "$5" "$6" "${3:+series = \"$3\"}"
}

# library NAME VERSION SERIES REQUIRES OPTION <C
library() {
	# shellcheck disable=SC2016
	recipe "$1" "$2" "$3" "$4" '$CC -O2 -ffreestanding -fPIC -shared '"$1.c $5 -Wl,-soname,lib$1.so -o lib$1.so" \
		"weld_install 755 lib$1.so lib"
	small_build "$recipe" "$directory/packages"
}

# program NAME VERSION SERIES REQUIRES OPTIONS <C
program() {
	# shellcheck disable=SC2016
	recipe "$1" "$2" "$3" "$4" '$CC -O2 -ffreestanding '"$1.c $5 -o $1"'$SERIES' \
		"weld_install 755 $1"'$SERIES bin'
	small_build "$recipe" "$directory/packages"
}

# w ARG ...: weld on this root, saying yes.
w() {
	"$weld" --root "$root" --yes "$@"
}

# publish BEGINNING ...: the packages whose names begin so.
publish() {
	for publish_name in "$@"; do
		shift
		set -- "$@" "$directory/packages/$publish_name"*.weld
	done
	"$weld" repo publish "$directory/repo" "$@" && w update
}

# says PROGRAM: in one line.
says() {
	"$root/current/bin/$1" | tr '\n' ' '
}

# outcomes: what became of each program in the reply.
outcomes() {
	jq -r '[.images.list[] | select(.kind == "program") | .name + "=" + .outcome] | sort | join(" ")' "$directory/reply"
}

# slots: the names of what has one.
slots() {
	w --json slots | jq -r '[.slots[].name] | sort | join(" ")'
}

library c 1.0 '' '' -nostdlib <"$source/tests/lib/small_libc.c"

# greet_says VERSION SERIES TEXT: the library, whose hello() calls its own word().
greet_says() {
	library greet "$1" "$2" c '' <<-END
		void say(const char *);
		const char *word(void) { return "$3"; }
		void hello(void) { say(word()); }
		void only$2(void) { say("only $2"); }
	END
}
greet_says 1.0 1 'one'
greet_says 2.0 2 'two'
for series in 1 2; do
	for name in early late; do
		program $name 1.0 $series "c, \"greet@$series\"" -lgreet <<-END
			void hello(void), only$series(void);
			int main(void) { hello(); only$series(); return 0; }
		END
	done
done

# What is in the packages.
tap_is 'the library is of its series' "$(cd "$directory/packages" && tar -xOf greet@1-1.0-1.weld manifest.json |
	jq -c '[.name, .libraries[0].name, .provides]')" '["greet@1","greet@1",["greet = 1.0-1","lib:greet@1 = 1.0-1"]]'
tap_is 'its users import that' "$(cd "$directory/packages" && tar -xOf early@1-1.0-1.weld manifest.json |
	jq -c '[.programs[0].imports, .requires]')" '[["greet@1","c"],["lib:c","lib:greet@1"]]'

"$weld" key generate signer --no-passphrase >/dev/null
"$weld" repo init "$directory/repo" >/dev/null
w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" 2>/dev/null
tap_try 'packages are published' publish ''
tap_try 'two users of each' w install early@1 late@1 early@2 late@2
tap_is 'those of one' "$(says early1)$(says late1)" 'one only 1 one only 1 '
tap_is 'those of the other' "$(says early2)$(says late2)" 'two only 2 two only 2 '
tap_is 'both series have a slot' "$(slots)" 'c greet@1 greet@2'
tap_is 'at two places' "$(w --json slots | jq '[.slots[] | select(.name | startswith("greet")) | .base] | unique | length')" 2
tap_is 'a program maps one' "$(find "$root/current/slots/" -name 'greet@*' | sed 's/.*greet@\(.\)-.*/\1/' | sort | tr '\n' ' ')" '1 2 '
tap_try 'what is installed is what lowering and linking give' w verify --deep
tap_is 'symbols of one' "$(w --json symbols greet@1 | jq -r '[.. | objects | .name? // empty] | map(select(startswith("only"))) | join(" ")')" only1
tap_is 'who is bound to what one has' "$(w --json binds only2 | jq -r '[.images[] | .image // .name] | sort | join(" ")')" 'bin/early2 bin/late2 greet@2'
tap_try 'why' sh -c "'$weld' --root '$root' why greet@2 | grep -q 'early@2 -(lib:greet@2'"
tap_is 'the bill has both libraries' "$(w sbom --format cyclonedx 2>/dev/null |
	jq -r '[.. | objects | .name? // empty | select(startswith("libgreet"))] | unique | join(" ")')" 'libgreet@1 libgreet@2'

# An update of one series.
greet_says 1.1 1 'one, again'
tap_try 'a new version of one series' publish greet@1-1.1
tap_is 'would link' "$(w --json can-replace greet@1 1.1-1 | jq -c .problems)" '[]'
tap_is 'is all that an upgrade brings' "$(w --dry-run --json upgrade | jq -r '[.changes[].name] | join(" ")')" 'greet@1'
w --json upgrade >"$directory/reply" 2>"$directory/log" || tap_note <"$directory/log"
tap_is 'reaches its users' "$(says early1)$(says late1)" 'one, again only 1 one, again only 1 '
tap_is 'and no others' "$(says early2)$(says late2)" 'two only 2 two only 2 '
tap_is 'nobody else is touched' "$(jq -r '[.images.list[] | select(.outcome != "kept") | .name] | join(" ")' "$directory/reply")" 'greet@1'
tap_is 'no program was compiled' "$(outcomes)" 'bin/early1=kept bin/early2=kept bin/late1=kept bin/late2=kept'
library greet 1.2 1 c '' <<'END'
void say(const char *);
void hello(void) { say("one, without the rest"); }
END
tap_try 'one that lacks a symbol' publish greet@1-1.2
tap_refuse 'is refused, with the users of this series' 'bin/(early|late)1.*only1' w upgrade
tap_is 'and nothing has changed' "$(says early1)" 'one, again only 1 '
tap_try 'rollback' w rollback
tap_is 'takes the update of one series back' "$(says early1)$(says early2)" 'one only 1 two only 2 '
tap_try 'one program stays' w remove late@1 early@2 late@2
tap_try 'autoremove' w autoremove
tap_is 'with the series that it needs' "$(w list --names | sort | tr '\n' ' ')" 'c early@1 greet@1 '
tap_is 'which is private now' "$(slots)" ''
tap_is 'and runs' "$(says early1)" 'one only 1 '
tap_try 'garbage' w gc --keep 1
tap_try 'the root is whole' w verify

# Both in one program. A library moves on to the next series, under a program that uses the first one itself.
# over VERSION SERIES: a library that greets by greet of a series.
over() {
	library over "$1" '' "c, \"greet@$2\"" -lgreet <<-END
		void hello(void);
		void over(void) { hello(); }
	END
}
rm "$directory"/packages/greet@1-1.2-1.weld
over 1.0 1
program mixes 1.0 '' 'c, "greet@1", over' '-lgreet -lover' <<'END'
void hello(void), over(void);
int main(void) { hello(); over(); return 0; }
END
tap_try 'a program and a library of one series' publish over mixes
tap_try 'are installed' w install mixes greet@1=1.1
tap_is 'and agree' "$(says mixes)" 'one, again one, again '
over 1.1 2
tap_try 'the library with the other series' publish over-1.1
generation=$(readlink "$root/current")
tap_refuse 'is refused: program, both series, symbol and user are named' \
	'mixes-1.0-1: bin/mixes: would have libraries greet@1 .greet@1-1.1-1. and greet@2 .greet@2-2.0-1., which both define hello, for over' \
	w upgrade over
tap_is 'and nothing has changed' "$(readlink "$root/current") $(says mixes)" "$generation one, again one, again "
# The sysroot of such a program has both: -lgreet is the one that the recipe names.
small_build "$directory/recipes/mixes-1.0-none/mixes" "$directory/packages" --release 2
tap_is 'a build uses the series that is named' "$(tar -xOf "$directory/packages/mixes-1.0-2.weld" manifest.json |
	jq -c '.programs[0].imports')" '["greet@1","over","c"]'

# Both, with symbols of their own: a program that uses two libraries, each with another series.
# base SERIES: the library, without a symbol that the other series has.
base() {
	library base 1.0 "$1" c '' <<-END
		void say(const char *);
		static const char *word(void) { return "base $1"; }
		void base$1(void) { say(word()); }
	END
	library "user$1" 1.0 '' "c, \"base@$1\"" -lbase <<-END
		void base$1(void);
		void user$1(void) { base$1(); }
	END
}
base 1
base 2
program both 1.0 '' 'c, user1, user2' '-luser1 -luser2' <<'END'
void user1(void), user2(void);
int main(void) { user1(); user2(); return 0; }
END
tap_try 'a program of two series' publish base user both
tap_try 'is installed' w install both
tap_is 'and has both' "$(says both)" 'base 1 base 2 '
tap_try 'with a slot each' w policy set sharing always
tap_try 'too' w relink
tap_is 'it is the same' "$(says both) $(slots)" 'base 1 base 2  base@1 base@2 c greet@1 over user1 user2'
# rebuild RECIPE REQUIRES: with other requirements.
rebuild() {
	sed -i "s/^build_requires.*/build_requires = [ $2 ]/" "$1/recipe.ucl"
	"$weld" build "$1" -o "$directory/packages" --check=no
}
tap_refuse 'a recipe that names both' 'build_requires: base@1 and base@2 are two series of one library .name one.' \
	rebuild "$directory/recipes/both-1.0-none/both" 'c, "base@1", "base@2", user1, user2'
sed -i 's/-luser1/-lbase -luser1/' "$directory/recipes/both-1.0-none/both/build"
tap_refuse 'one that links with what it does not name' \
	'base@1 and base@2 are in the sysroot: -lbase finds neither .name one in build_requires.' \
	rebuild "$directory/recipes/both-1.0-none/both" 'c, user1, user2'

# A plug-in for a program of another series.
program host 1.0 '' 'c, "greet@1"' -lgreet <<'END'
void hello(void);
int main(void) { hello(); return 0; }
END
echo 'programs { "bin/host" { loads = [ greeting ] } }' >>"$recipe/recipe.ucl"
small_build "$recipe" "$directory/packages"
# shellcheck disable=SC2016
recipe polite 1.0 '' 'c, "greet@2"' '$CC -O2 -ffreestanding -fPIC -shared polite.c -lgreet -o polite.so' \
	'weld_install 755 polite.so lib/greeting' <<'END'
void hello(void);
void polite(void) { hello(); }
END
echo 'plugin_for = [ greeting ]' >>"$recipe/recipe.ucl"
small_build "$recipe" "$directory/packages"
tap_try 'a program and a plug-in of two series' publish host polite
tap_refuse 'do not go together' \
	'lib/greeting/polite.so.*brings library greet@2 .greet@2-2.0-1., and host-1.0-1: bin/host has greet@1 .*both define' \
	w install host polite
tap_try 'each goes alone' w install host
tap_is 'and runs' "$(says host)" 'one, again '
tap_done
