#!/bin/sh
# SPDX-License-Identifier: MIT
# cc.sh BUILD SOURCE: weld-cc and companions, with a libc of three functions.
set -eu
tools=$1/linker/driver
# shellcheck source=tests/lib/tap.sh
. "$2/tests/lib/tap.sh"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
PATH=$tools:$PATH
WELD_SYSROOT=$directory/sysroot
WELD_BUILD_DIR=$directory
export PATH WELD_SYSROOT WELD_BUILD_DIR
mkdir -p sysroot/include sysroot/lib one two/deep

# The libc: what the start code calls, and output by system call.
cat >sysroot/include/tiny.h <<'END'
#ifdef __riscv
#error the macros of the front end's target are visible
#endif
#ifndef __weld__
#error __weld__ is not defined
#endif
#include <stddef.h>
#include <stdarg.h>
#include <stdint.h>
_Static_assert(sizeof(long double) == 16 && sizeof(long) == 8 && (char)-1 < 0, "the profile");
void say(const char *text);
int sum(int count, ...);
END
cat >libc.c <<'END'
#include <tiny.h>
long __weld_syscall(long, long, long, long, long, long, long);
void say(const char *text)
{
	size_t length = 0;
	while (text[length] != 0)
		length++;
	__weld_syscall(64, 1, (long)text, length, 0, 0, 0);
	__weld_syscall(64, 1, (long)"\n", 1, 0, 0, 0);
}
int sum(int count, ...)
{
	int total = 0;
	va_list list;
	va_start(list, count);
	while (count-- > 0)
		total += va_arg(list, int);
	va_end(list);
	return total;
}
int printf(const char *format, ...)
{
	va_list list;
	va_start(list, format);
	return va_arg(list, int);
}
__attribute__((weak)) const char *greeting(void) { return "libc"; }
void greet(void) { say(greeting()); }
__attribute__((visibility("hidden"))) void inner(void) { say("inner"); }
void *memcpy(void *to, const void *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}
void __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,
	void (*init)(int, char **, char **), void (*fini)(void))
{
	init(argc, argv, argv + argc + 1);
	long status = main(argc, argv, argv + argc + 1);
	fini();
	__weld_syscall(94, status, 0, 0, 0, 0, 0);
}
END
tap_try "a libc is linked" weld-cc -O2 -ffreestanding -shared -nostdlib \
	-Wl,-soname,libc.so libc.c -o libc.so
tap_try "its unit is packed" weld-ir pack libc.so -o c.unit
tap_try "it becomes an import" weld-ir import --name c --imports "" c.unit -o sysroot/lib/libc.so

cat >hello.c <<'END'
#include <tiny.h>
int main(void) { say("hello"); return sum(3, 1, 2, 4); }
END
tap_try "compile" weld-cc -O2 -MD -c hello.c -o one/hello.o
tap_try "the dependency file stands beside the object" grep -q '^one/hello.o: hello.c' one/hello.d
tap_try "compile and link" weld-cc hello.c -o hello
status=0
./hello >out || status=$?
tap_result $((status != 7)) "the program runs: its own exit status"
tap_try "it said hello" grep -qx hello out
weld-ir pack hello -o hello.unit >hello.json
tap_try "it is a program" jq -e '.kind == "program" and (.imports == ["c"])' hello.json
tap_try "libc is imported, not copied" jq -e '.undefined | index("say")' hello.json
tap_try "only main is visible" jq -e '[.exports[].name] == ["main"]' hello.json
tap_try "its unit is neutral" weld-ir verify hello.unit

echo 'int nowhere(void); int main(void) { return nowhere(); }' >undefined.c
tap_refuse "an undefined symbol fails the link" 'undefined symbol: nowhere' weld-cc undefined.c
tap_refuse "a missing library fails the link" 'unable to find library -lnowhere' \
	weld-cc hello.c -lnowhere
echo 'int main(void) { return x; }' >broken.c
tap_refuse "a wrong source is refused" "undeclared identifier 'x'" weld-cc -c broken.c
echo 'void f(void) { __asm__ volatile("nop"); }' >assembly.c
tap_refuse "inline assembly is refused" "function 'f'" weld-cc -c assembly.c
printf '.globl f\nf:\n' >native.s
tap_refuse "assembly is refused" 'assembly is for one CPU' weld-cc -c native.s
echo 'int printf(); main(){return printf("%d", 9) - 9;}' >old.c
tap_try "standard input" weld-cc -w -x c - -o stdin <old.c
tap_try "old C: a variadic function without its prototype" ./stdin

# Machine code beside IR, where the recipe wants it: a source of the list, or assembly.
here=$(uname -m)
echo 'int count(int n) { __asm__ volatile("nop"); return n - 1; }' >count.c
echo 'int count(int n); int main(void) { return count(1); }' >counts.c
for_here() {
	env WELD_ASSEMBLY=1 WELD_ARCH="$here" "WELD_NATIVE_SOURCES_$here=c*nt.c" "$@"
}
tap_refuse "no list, no machine code" "inline assembly" env WELD_ASSEMBLY=1 WELD_ARCH="$here" weld-cc counts.c count.c
tap_try "a source of the list becomes machine code" for_here weld-cc counts.c count.c -o counts
tap_try "and runs" ./counts
weld-ir pack counts --native counts.o -o counts.unit >counts.json
tap_try "it is carried beside the unit" jq -e ".native == \"$here\" and (.undefined == [\"count\"])" counts.json
tap_try "and may stand there" weld-ir verify counts.unit --native counts.o
tap_refuse "it needs a place" "its machine code" weld-ir pack counts -o counts.unit
echo 'int count(int n, ...); int main(void) { return count(1, 2); }' >varies.c
tap_refuse "no variable arguments for machine code" \
	"count.o: defines count, which C calls with variable arguments" for_here weld-cc varies.c count.c
echo 'int printf(const char *, ...); int count(int n) { return printf("%d", n); }' >count.c
tap_refuse "nor from it" "count.o: needs printf, which has variable arguments" for_here weld-cc counts.c count.c
for_here weld-cc -c count.c -o printing.o
tap_refuse "also when both come apart" "needs printf" weld-ir verify counts.unit --native printing.o
tap_refuse "an architecture that weld does not have" "WELD_ARCH: 's390x' is no architecture" \
	env WELD_ASSEMBLY=1 WELD_ARCH=s390x weld-cc counts.c counts.o
other=aarch64
[ "$here" != aarch64 ] || other=x86_64
tap_refuse "machine code of two architectures" "another architecture than $other" \
	env WELD_ASSEMBLY=1 WELD_ARCH=$other weld-cc counts.c counts.o

# Assembly that has a function called at the start, in the way of old: it becomes a constructor.
if [ "$here" = x86_64 ]; then
	echo 'volatile int value; void early(void) { value++; } __attribute__((constructor)) static void next(void) { value *= 5; }
		int main(void) { return value - 5; }' >early.c
	printf '\t.section .init, "ax", @progbits\n\tcall early\n' >begin.s
	tap_try "a call in .init" env WELD_ASSEMBLY=1 weld-cc early.c begin.s -o early
	tap_try "runs before the constructors" ./early
	printf '\tnop\n' >>begin.s
	tap_refuse "other code there is refused" "section .init: runs when a program starts" \
		env WELD_ASSEMBLY=1 weld-cc early.c begin.s -o early
fi

# Versions of symbols: weld has none. In C the default one is the symbol; assembly says what it means.
echo 'int f_2(void) { return 2; } int f_1(void) { return 1; } __asm__(".symver f_2, f@@V2"); __asm__(".symver f_1, f@V1");' >version.c
echo 'V1 { global: f; local: *; }; V2 { global: f; } V1;' >version.map
echo 'int f(void); int main(void) { return f() - 2; }' >versions.c
tap_try "a library with versions" weld-cc -shared version.c -Wl,--version-script=version.map -Wl,-soname,libversion.so -o libversion.so
tap_try "its user" weld-cc versions.c -L. -lversion -o versions
tap_try "gets the default version" ./versions
weld-ir pack libversion.so -o version.unit >version.json
tap_try "which is all that is exported" jq -e '[.exports[].name] == ["f"]' version.json
printf '\t.text\n\t.globl f_2\nf_2:\n\t.symver f_2, f@@V2\n' >version.s
tap_refuse "versions in assembly are refused" "symbol f@@V2: has a version" \
	env WELD_ASSEMBLY=1 weld-cc -shared versions.c version.s -o libversion.so

# Archives: only what is needed, in any order.
echo 'int one(void); int needed(void) { return one(); }' >needed.c
echo 'int one(void) { return 1; }' >one.c
echo 'int nowhere(void); int unneeded(void) { return nowhere(); }' >unneeded.c
weld-cc -c needed.c one.c unneeded.c
weld-ar rcs libparts.a unneeded.o one.o needed.o
echo 'int needed(void); int main(void) { return needed() - 1; }' >parts.c
tap_try "of an archive only what is needed" weld-cc -L. -lparts parts.c -o parts
tap_try "that program runs" ./parts
tap_refuse "--whole-archive takes all" 'undefined symbol: nowhere' \
	weld-cc parts.c -Wl,--whole-archive libparts.a -Wl,--no-whole-archive
rm -f thin.a
weld-ar rcsT thin.a one.o needed.o
tap_try "thin archives" weld-cc parts.c thin.a -o parts
tap_try "-l:" weld-cc parts.c -L. -l:libparts.a -o parts
weld-nm needed.o >nm.out
tap_try "weld-nm lists" grep -q 'T needed' nm.out
tap_refuse "two definitions of one name" 'one' weld-cc parts.c one.o one.c libparts.a

# Partial links keep everything.
tap_try "-r merges" weld-ld -r -o merged.o one.o needed.o
weld-nm merged.o >nm.out
tap_try "-r keeps what is not used" grep -q 'T needed' nm.out
tap_try "a merged object links" weld-cc parts.c merged.o -o parts

# Shared libraries of the package itself, hidden symbols, version scripts.
cat >shared.c <<'END'
int counter = 5;
__attribute__((visibility("hidden"))) int hidden(void) { return counter; }
int scripted(void) { return hidden(); }
int shared(void) { return scripted() + 1; }
END
echo '{ global: shared; counter; local: *; };' >shared.map
tap_try "a shared library" weld-cc -shared -fPIC shared.c -Wl,-soname,libsh.so.1 \
	-Wl,--version-script,shared.map -o libsh.so
weld-ir pack libsh.so -o sh.unit >sh.json
tap_try "it exports what it says" jq -e '[.exports[].name] == ["counter", "shared"]' sh.json
tap_try "it has its soname" jq -e '.kind == "library" and .soname == "libsh.so.1"' sh.json
echo 'int shared(void); extern int counter; int main(void) { return shared() - counter - 1; }' >user.c
tap_try "a program of it" weld-cc user.c -L. -lsh -o user
tap_try "it runs" ./user
weld-ir pack user -o user.unit >user.json
tap_try "the library is an import" jq -e '.imports == ["sh", "c"]' user.json
tap_try "it was not copied" jq -e '.undefined | index("shared")' user.json
echo 'int scripted(void); int main(void) { return scripted(); }' >scripted.c
tap_refuse "what the script hides cannot be linked" 'undefined symbol: scripted' \
	weld-cc scripted.c -L. -lsh
mkdir -p named
cp libsh.so named/libother-2.0.so.3
ln -s libother-2.0.so.3 named/libother.so
tap_try "a library by another name" weld-cc user.c -Lnamed -lother -o user2
weld-ir pack user2 -o user2.unit >user2.json
tap_try "the name is that of -l" jq -e '.imports == ["other", "c"]' user2.json
echo '/* a script */ INPUT(libother.so AS_NEEDED(-lother))' >named/libscript.so
tap_try "a linker script in a library's place" weld-cc user.c -Lnamed -lscript -o user3
tap_try "unused libraries are no imports" weld-cc hello.c -L. -lsh -o hello2
weld-ir pack hello2 -o hello2.unit >hello2.json
tap_try "only what is used is imported" jq -e '.imports == ["c"]' hello2.json
tap_try "undefined symbols in a library are allowed" weld-cc -shared undefined.c -o undefined.so
tap_refuse "-z defs forbids them" 'undefined symbol: nowhere' \
	weld-cc -shared -Wl,-z,defs undefined.c -o undefined.so

# The program's own definition comes first, also for the library's calls.
cat >interpose.c <<'END'
void greet(void);
const char *greeting(void) { return "program"; }
int main(void) { greet(); return 0; }
END
tap_try "a name of the library's" weld-cc interpose.c -o interpose
./interpose >out
tap_try "the program's own counts" grep -qx program out

# Constructors: a library's before those of what imports it.
echo 'int state; __attribute__((constructor)) static void up(void) { state = state * 2 + 1; }' >low.c
echo 'extern int state; __attribute__((constructor)) static void up(void) { state += 10; }
int mid(void) { return state; }' >mid.c
echo 'int mid(void); static int seen; __attribute__((constructor)) static void up(void) { seen = mid(); }
int main(void) { return seen - 11; }' >high.c
weld-cc -shared low.c -o liblow.so
tap_try "a library of a library" weld-cc -shared mid.c -L. -llow -o libmid.so
tap_try "a program of both" weld-cc high.c -L. -lmid -o high
tap_try "constructors run in the order of imports" ./high

# The same bytes wherever the build stands.
cat >where.c <<'END'
#include <tiny.h>
int main(void) { say(__FILE__); return 0; }
END
for place in one two/deep; do
	cp where.c hello.c "$place"
	(cd "$place" && WELD_BUILD_DIR=$PWD weld-cc -O2 "$PWD/where.c" -o where &&
		weld-ir pack where -o where.unit >where.json && WELD_BUILD_DIR=$PWD weld-cc -g -O2 -c \
		"$PWD/where.c" -o where.o)
done
tap_same "the same unit in two directories" one/where.unit two/deep/where.unit
tap_same "the same object in two directories" one/where.o two/deep/where.o

# What configure and cmake ask.
tap_try "-dumpmachine" sh -c 'weld-cc -dumpmachine | grep -q -- "-pc-linux-musl$"'
tap_try "--version" sh -c 'weld-cc --version | grep -q "^clang version 22"'
tap_refuse "-qversion is no option" 'unknown argument' weld-cc -qversion
tap_try "-print-prog-name" sh -c 'test -x "$(weld-cc -print-prog-name=ld)"'
tap_try "the linker is a GNU one" sh -c 'weld-cc -Wl,--version | grep -q "compatible with GNU"'
tap_try "-E" sh -c 'echo __weld__ | weld-cc -E - | grep -qx 1'
tap_try "-fsyntax-only" weld-cc -fsyntax-only hello.c
tap_try "-S" sh -c 'weld-cc -S hello.c -o - | grep -q "^define.*@main"'
tap_try "weld-strip leaves the IR" sh -c 'weld-strip hello && weld-ir pack hello -o hello3.unit'
tap_same "stripped or not" hello.unit hello3.unit
echo text >none
tap_try "any other file is none" sh -c 'weld-ir pack none -o none.unit | jq -e ".kind == \"none\""'
tap_result "$(test ! -e none.unit; echo $?)" "and gets no unit"
tap_done
