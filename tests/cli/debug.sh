#!/bin/sh
# SPDX-License-Identifier: MIT
# debug.sh WELD SOURCE: debug information in a package apart, and gdb with source lines in a program and
# in the slot that it calls; refused where the code is another.
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
mkdir -p "$directory/packages" "$directory/plain"

# recipe NAME REQUIRES BUILD INSTALL <C: a folder for weld build, of one C file.
recipe() {
	recipe_name=$1
	shift
	small_recipe "$directory/recipes/$recipe_name" "$recipe_name" 1.0 "$@"
}

# build NAME OUTPUT OPTION ...
build() {
	build_name=$1
	shift
	small_build "$directory/recipes/$build_name" "$@"
}

# w ARG ...: weld on this root, saying yes.
w() {
	"$weld" --root "$root" --yes "$@"
}

# seen NAME PATTERN: standard input has a line that matches.
seen() {
	cat >"$directory/got"
	if grep -Eq -e "$2" "$directory/got"; then
		tap_result 0 "$1"
	else
		tap_result 1 "$1"
		cut -c 1-200 "$directory/got" | tap_note
	fi
}

# shellcheck disable=SC2016
recipe c '' '$CC -O2 -ffreestanding -fPIC -shared -nostdlib -Wl,-soname,libc.so c.c -o libc.so' \
	'weld_install 755 libc.so lib' <"$source/tests/lib/small_libc.c"
# shellcheck disable=SC2016
recipe greet c '$CC -O2 -ffreestanding -fPIC -shared -Wl,-soname,libgreet.so greet.c -o libgreet.so' \
	'weld_install 755 libgreet.so lib' <<'END'
void say(const char *);
static volatile int greeted = 40;
int hello(int times)
{
	int total = greeted;
	for (int i = 0; i < times; i++) {
		say("hello");
		total += i;
	}
	greeted = total;
	return total;
}
END
# shellcheck disable=SC2016
recipe first 'c, greet' '$CC -O2 -ffreestanding first.c -lgreet -o first' 'weld_install 755 first bin' <<'END'
int hello(int);
static struct mood {
	int times;
	char name[8];
} mood = { 2, "happy" };
static volatile int result;
__attribute__((noinline)) static int greet(int more)
{
	mood.times += more;
	result = hello(mood.times);
	return result - 1;
}
int main(int argc, char **argv)
{
	return greet(argc) - 42;
}
END

for name in c greet first; do
	build $name "$directory/packages" --debug
done
cp "$directory"/packages/c-1.0-1.weld "$directory"/packages/greet-1.0-1.weld "$directory/plain"
build first "$directory/plain" --force
tap_same "a package is the same with and without --debug" "$directory/packages/first-1.0-1.weld" \
	"$directory/plain/first-1.0-1.weld"
mkdir "$directory/again"
cp "$directory"/packages/c-1.0-1.weld "$directory"/packages/greet-1.0-1.weld "$directory/again"
build first "$directory/again" --debug --force
tap_same "the debug package is the same each time" "$directory/packages/first-debug-1.0-1.weld" \
	"$directory/again/first-debug-1.0-1.weld"

"$weld" key generate signer --no-passphrase >/dev/null
"$weld" repo init "$directory/repo" >/dev/null
w repo add test "$directory/repo" --key "$directory/repo/metadata/1.root.json" 2>/dev/null
"$weld" repo publish "$directory/repo" "$directory/packages/c-1.0-1.weld" \
	"$directory/packages/greet-1.0-1.weld" "$directory/packages/first-1.0-1.weld" >/dev/null
w update >/dev/null
tap_try "the program installs" w install first
w policy set sharing always >"$directory/log" 2>&1
tap_try "with its library in a slot" w relink
tap_is "and runs" "$("$root/current/bin/first" | head -n 1)" hello

# debugger ARG ...: weld debug with these options, on the program.
debugger() {
	w debug --batch --execute='set pagination off' --execute='set breakpoint pending on' "$@" first </dev/null 2>&1 || true
}

debugger --execute='break hello' --execute=run --execute=bt >"$directory/bt"
seen "without debug information gdb knows names" 'in hello \(\)' <"$directory/bt"
seen "and weld says what is missing" 'no debug information of first-1.0-1' <"$directory/bt"
"$weld" repo publish "$directory/repo" "$directory"/packages/*-debug-1.0-1.weld >/dev/null
w update >/dev/null
debugger --execute='break hello' --execute=run --execute=bt --execute='print times' --execute=up \
	--execute='print mood' --execute='list 8,11' >"$directory/bt"
seen "weld debug installs what a repository offers" 'source lines and variables' <"$directory/bt"
tap_try "with the sources" grep -q greet "$root/current/src/first-1.0/src/first.c"
seen "break in a slot shows its source line" 'hello \(times=3\) at (.*/)?greet\.c:[0-9]' <"$directory/bt"
seen "and the program's frame its own" '#1 .* greet \(.*\) at (.*/)?first\.c:10' <"$directory/bt"
seen "locals of the slot" '^\$1 = 3' <"$directory/bt"
seen "variables of the program" 'times = 3' <"$directory/bt"
seen "the source text is there" 'result = hello\(mood.times\);' <"$directory/bt"
debugger --execute='break greet' --execute=run --execute=step --execute=step --execute=bt >"$directory/bt"
seen "step goes from the program into the slot" '#0 .*hello \(.*\) at (.*/)?greet\.c:[0-9]' <"$directory/bt"
tap_is "the program is what it was" "$("$root/current/bin/first" | head -n 1)" hello
tap_try "and all is whole" w verify

w policy set sharing never >"$directory/log" 2>&1
tap_try "the library goes into the program" w relink
debugger --execute='break say' --execute=run --execute=bt >"$directory/bt"
seen "of which gdb knows the lines, too" '#[0-9].* hello \(.*\) at (.*/)?greet\.c:[0-9]' <"$directory/bt"
w policy set sharing always >"$directory/log" 2>&1
w relink >"$directory/log" 2>&1

# A program that is large enough to be cut: 3,000 functions, the first and the last of which call
# each other, so that they stand in different pieces.
wide() {
	cat <<-'END'
		int hello(int);
		static volatile struct mood { int times; char name[8]; } mood = { 1, "happy" };
		static volatile int sink[8];
		__attribute__((noinline)) static int part_0(int more)
		{
			mood.times += more;
			return hello(mood.times) - 1;
		}
	END
	awk 'BEGIN { for (i = 1; i < 3000; i++) {
		printf "__attribute__((noinline)) static int part_%d(int x)\n{\n", i
		for (n = 0; n < 4; n++)
			printf "\tsink[%d] = x * %d + sink[%d];\n", n, i * 7 + n, (n + 3) % 8
		printf "\treturn part_%d(x);\n}\n", i - 1
	} }'
	printf 'int main(int argc, char **argv)\n{\n\treturn part_2999(argc) - 40;\n}\n'
}
# shellcheck disable=SC2016
wide | recipe wide 'c, greet' '$CC -O2 -ffreestanding wide.c -lgreet -o wide' 'weld_install 755 wide bin'
build wide "$directory/packages" --debug
"$weld" repo publish "$directory/repo" "$directory"/packages/wide-*.weld >/dev/null
w update >/dev/null
w policy set tier instant >"$directory/log" 2>&1
tap_try "a large program installs" w install wide
nm "$root/current/bin/wide" >"$directory/got"
tap_try "in pieces" grep -q ' part_2999\.weld\.' "$directory/got"
for tier in instant fast; do
	w policy set tier $tier >"$directory/log" 2>&1
	tap_try "$tier: it links" w relink
	w debug --batch --execute='break part_2999' --execute=run --execute='break hello' --execute=continue \
		--execute='bt 2' --execute='frame function part_0' --execute='print mood' wide </dev/null >"$directory/bt" 2>&1 || true
	seen "$tier: all pieces have lines" 'bin/wide: source lines and variables' <"$directory/bt"
	seen "$tier: the last piece" 'Breakpoint 1, part_2999 \(x=1\) at (.*/)?wide\.c:[0-9]' <"$directory/bt"
	seen "$tier: the slot" '#0 .*hello \(.*\) at (.*/)?greet\.c:[0-9]' <"$directory/bt"
	seen "$tier: the first piece" '#1 .* part_0 \(.*\) at (.*/)?wide\.c:7' <"$directory/bt"
	seen "$tier: a variable of the first piece" 'times = 2' <"$directory/bt"
done
w policy set tier auto >"$directory/log" 2>&1

# The unit of another program under the digest of this one.
sed 's/result - 1/result - 2/' "$directory/src/first-1.0/first.c" >"$directory/first.c"
# shellcheck disable=SC2016
recipe first 'c, greet' '$CC -O2 -ffreestanding first.c -lgreet -o first' 'weld_install 755 first bin' \
	<"$directory/first.c"
build first "$directory/again" --debug --force
mkdir "$directory/unpacked"
tar --zstd -C "$directory/unpacked" -xf "$directory/again/first-debug-1.0-1.weld"
other=$(jq -r '.files[] | select(.path | endswith(".bc")) | .sha256' "$directory/unpacked/manifest.json")
unit=$(readlink -f "$root/current/lib/debug/weld/$(tar --zstd -xOf "$directory/packages/first-1.0-1.weld" manifest.json |
	jq -r '.programs[0].unit').bc")
chmod u+w "$(dirname "$unit")" "$unit"
cp "$directory/unpacked/objects/$other" "$unit"
rm -rf "$root/cache/debug"
debugger --execute='break greet' --execute=run --execute=bt >"$directory/bt"
seen "lines of other code are not shown" 'bin/first: .*greet: the code with debug information is not that of' <"$directory/bt"
seen "but names are" '#0 .* in greet \(\)' <"$directory/bt"
echo nonsense >"$unit"
debugger --execute='break greet' --execute=run --execute=bt >"$directory/bt"
seen "a damaged unit is named" 'bin/first: .*(bitcode|damaged)' <"$directory/bt"
seen "and gdb runs without it" 'hello \(times=3\) at |#0 .* in greet \(\)' <"$directory/bt"
tap_refuse "what is not installed has no debugger" 'no program of this name' w debug nonsense
tap_refuse "a core file or a process, not both" 'one of them' w debug --core=x --pid=1 first
tap_done
