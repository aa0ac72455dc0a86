/* SPDX-License-Identifier: MIT */
/* neutral: what normalizing takes off, what the verifier refuses, what a description says. */
#include "linker/llvm/neutral.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <string.h>

struct refusal {
	const char *name;
	const char *source; /* C; IR text when it begins with ';' */
	const char *expected; /* part of the message */
};

static const struct refusal refusals[] = {
	{ "inline assembly", "void f(void) { __asm__ volatile(\"nop\"); }",
		"function 'f': has inline assembly: \"nop\"" },
	{ "assembly for a register",
		"; \ndefine void @f() {\n call void asm \"\", \"{x10}\"(i64 1)\n ret void\n}\n",
		"function 'f': has inline assembly for a CPU's register" },
	{ "assembly that jumps",
		"int f(void) { __asm__ goto(\"\" : : : : l); return 0; l: return 1; }",
		"function 'f': has inline assembly that jumps" },
	{ "assembly outside functions", "int x; __asm__(\".globl x\\n.byte 1\");",
		"assembly outside of functions" },
	{ "an intrinsic of the front end's CPU",
		"; \ndeclare i64 @llvm.riscv.orc.b.i64(i64)\ndefine i64 @f(i64 %x) {\n"
		" %1 = call i64 @llvm.riscv.orc.b.i64(i64 %x)\n ret i64 %1\n}\n",
		"function 'f': uses an instruction of RISC-V (llvm.riscv.orc.b.i64)" },
	{ "another CPU's intrinsic",
		"; \ndeclare i64 @llvm.x86.rdtsc()\ndefine i64 @f() {\n"
		" %1 = call i64 @llvm.x86.rdtsc()\n ret i64 %1\n}\n",
		"function 'f': uses an instruction of x86 (llvm.x86.rdtsc)" },
	{ "a named register",
		"; \ndeclare i64 @llvm.read_register.i64(metadata)\ndefine i64 @f() {\n"
		" %1 = call i64 @llvm.read_register.i64(metadata !0)\n ret i64 %1\n}\n"
		"!0 = !{!\"x4\"}\n",
		"function 'f': reads a named register" },
	{ "x86_fp80", "; \ndefine x86_fp80 @f(x86_fp80 %x) {\n ret x86_fp80 %x\n}\n",
		"function 'f': uses x86_fp80" },
	{ "x86_fp80 in data", "; \n@x = global { i32, [2 x x86_fp80] } zeroinitializer\n",
		"variable 'x' uses x86_fp80" },
	{ "ppc_fp128",
		"; \ndeclare ppc_fp128 @g()\ndefine void @f() {\n"
		" %1 = call ppc_fp128 @g()\n ret void\n}\n",
		"uses ppc_fp128" },
	{ "vectors of unknown length",
		"; \ndefine void @f(ptr %p) {\n %1 = load <vscale x 2 x i32>, ptr %p\n ret "
		"void\n}\n",
		"function 'f': uses a vector of unknown length" },
	{ "another address space",
		"; \ndefine i32 @f(ptr addrspace(1) %p) {\n"
		" %1 = load i32, ptr addrspace(1) %p\n ret i32 %1\n}\n",
		"function 'f': uses a pointer to another address space" },
	{ "an ifunc",
		"; \n@g = ifunc void (), ptr @resolve\ndefine ptr @resolve() {\n ret ptr "
		"null\n}\n",
		"'g' is an ifunc" },
	{ "a calling convention", "; \ndefine x86_stdcallcc void @f() {\n ret void\n}\n",
		"function 'f': has a calling convention of one target" },
};

static const char *
verify_text(struct arena *arena, const char *source)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct str bitcode = source[0] == ';' ? test_assemble(arena, source)
					      : test_compile_text(arena, source);
	int ret;

	if (neutral_read("unit", bitcode, &module) < 0 || neutral_normalize(module) < 0)
		return err_message();
	ret = neutral_verify(module);
	return ret < 0 ? arena_printf(arena, "%s: %s", err_name(ret), err_message()) : "";
}

static void
test_refusals(struct arena *arena)
{
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		const struct refusal *refusal = &refusals[i];
		const char *got = verify_text(arena, refusal->source);

		if (!tap_ok(strstr(got, refusal->expected) != NULL &&
				    str_has_prefix(got, "profile: unit: "),
			    "%s is refused by name", refusal->name))
			tap_note("%s", got);
	}
}

static void
test_barrier(struct arena *arena)
{
	tap_is_string(
		verify_text(arena,
			"int f(int x) { __asm__ volatile(\"\" : \"+r\"(x) : : \"memory\");"
			" __asm__(\"\" : : \"m\"(x), \"g\"(x)); return x; }"),
		"", "an empty template is a compiler barrier and stays");
	tap_is_string(
		verify_text(arena, "int *f(int *p) { int *q; __asm__(\"# as p\" : \"=r\"(q) : "
				   "\"0\"(p)); return q; }"),
		"", "a template of comments is an empty one");
}

static void
test_not_normalized(struct arena *arena)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	int ret;

	ret = neutral_read("unit", test_compile_text(arena, "int x;"), &module);
	tap_ok(ret == 0 && neutral_verify(module) == ERR_PROFILE &&
			strstr(err_message(), "target triple") != NULL,
		"a module with a target triple is refused");
	neutral_free(&module);
	ret = neutral_read("unit",
		test_assemble(arena, "; \n!llvm.module.flags = !{!0}\n"
				     "!0 = !{i32 1, !\"cf-protection-branch\", i32 1}\n"),
		&module);
	if (ret == 0)
		ret = neutral_normalize(module);
	tap_ok(ret == 0 && neutral_verify(module) == 0, "normalizing makes module flags known");
	neutral_free(&module);
	ret = neutral_read("unit", (struct str){ "no bitcode", 10 }, &module);
	tap_ok(ret == ERR_FORMAT && module == NULL, "what is not bitcode is refused");
}

static void
test_stripped(struct arena *arena)
{
	static const char source[] = "#include <stdarg.h>\n"
				     "int f(const char *t, ...) { va_list a; va_start(a, t);"
				     " int x = va_arg(a, int); va_end(a); return x; }\n"
				     "int g(void); int h(void) { return f(\"\", 1) + g(); }\n";
	static const char *const gone[] = { "target triple", "target datalayout", "target-cpu",
		"target-features", "riscv", "RISC", "clang version", "...", "llvm.va_", "lp64",
		"PIC Level" };
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str once = test_normalize(arena, test_compile_text(arena, source), false);
	struct str twice = test_normalize(arena, once, false);

	tap_ok(str_equal(once, twice), "normalizing what is normalized changes nothing");
	if (neutral_read("unit", once, &module) < 0)
		tap_bail("%s", err_message());
	neutral_print(module, &text);
	for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++)
		tap_ok(strcmp(gone[i], "target datalayout") == 0 ||
				strstr(strbuf_string(&text), gone[i]) == NULL,
			"no trace of '%s'", gone[i]);
	tap_ok(strstr(strbuf_string(&text), "source_filename = \"") != NULL,
		"the source file's name is kept");
	tap_ok(strstr(strbuf_string(&text), "\"weld-source\"=\"source.c\"") != NULL,
		"each function keeps the name of its file");
	tap_ok(strstr(strbuf_string(&text), "@f(ptr noundef %0, ptr %1)") != NULL,
		"a variadic function takes one more pointer");
}

static void
test_simplify(struct arena *arena)
{
	static const char source[] =
		"static int twice(int x) { return x * 2; }\n"
		"int f(int *a, int n) { int s = 0; for (int i = 0; i < n; i++) s += "
		"twice(a[i]);"
		" return s; }\n"
		"__attribute__((no_builtin)) void *memcpy(void *d, const void *s, unsigned "
		"long n)"
		" { char *x = d; const char *y = s; while (n--) *x++ = *y++; return d; }\n";
	struct str bitcode = test_compile_text(arena, source);
	struct str first = test_normalize(arena, bitcode, true);
	struct str second = test_normalize(arena, bitcode, true);
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };

	tap_ok(str_equal(first, second), "simplifying twice gives the same bytes");
	if (neutral_read("unit", first, &module) < 0)
		tap_bail("%s", err_message());
	neutral_print(module, &text);
	tap_is_number(neutral_verify(module), 0, "what is simplified is neutral");
	tap_ok(strstr(strbuf_string(&text), "@twice") == NULL, "small functions are inlined");
	tap_ok(strstr(strbuf_string(&text), "<4 x i32>") == NULL, "nothing is vectorized");
	tap_ok(strstr(strbuf_string(&text), "no-builtin") != NULL,
		"functions keep that they are not built from calls to themselves");
	tap_ok(strstr(strbuf_string(&text), "llvm.memcpy") == NULL,
		"memcpy does not become a call of memcpy");
}

static const struct neutral_symbol *
find(const struct neutral_symbol *symbols, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(symbols[i].name, name) == 0)
			return &symbols[i];
	return NULL;
}

static void
test_describe(struct arena *arena)
{
	static const char source[] =
		"struct s { int a; long b[3]; };\n"
		"struct s data; static int local; __thread long tls = 1; static __thread char "
		"t2[3];\n"
		"int undefined(long); extern int weak_one(void) __attribute__((weak));\n"
		"extern int unused(void);\n"
		"int f(const char *x, ...) { return undefined(1) + weak_one() + local + t2[0]; "
		"}\n"
		"int f2(const char *x, ...) __attribute__((alias(\"f\")));\n"
		"__attribute__((weak)) void w(void) {}\n"
		"__attribute__((visibility(\"hidden\"))) void hidden(void) {}\n"
		"__attribute__((constructor)) static void late(void) { local++; }\n"
		"__attribute__((constructor(101))) static void early(void) { local++; }\n"
		"__attribute__((destructor)) static void last(void) { local++; }\n";
	struct str bitcode = test_normalize(arena, test_compile_text(arena, source), false);
	struct neutral *module AUTO(neutral_free) = NULL;
	const struct neutral_symbol *symbol;
	struct neutral_info info;

	if (neutral_read("unit", bitcode, &module) < 0 ||
		neutral_describe(arena, module, &info) < 0)
		tap_bail("%s", err_message());
	tap_is_number((long long)info.export_count, 5, "only what is visible is exported");
	symbol = find(info.exports, info.export_count, "data");
	tap_ok(symbol != NULL && !symbol->is_function && symbol->size == 32,
		"data has its size");
	tap_is_string(symbol != NULL ? symbol->type : NULL, "{i32, [3 x i64]}",
		"a type is written without the names of structs");
	symbol = find(info.exports, info.export_count, "f2");
	tap_is_string(symbol != NULL ? symbol->type : NULL, "i32 (ptr, ptr)",
		"an alias has its target's type");
	symbol = find(info.exports, info.export_count, "w");
	tap_ok(symbol != NULL && symbol->is_weak, "a weak definition is known as weak");
	tap_is_number(
		(long long)info.undefined_count, 2, "what is used and not defined is listed");
	symbol = find(info.undefined, info.undefined_count, "weak_one");
	tap_ok(symbol != NULL && symbol->is_weak, "a weak reference is known as weak");
	tap_ok(info.constructor_count == 2 && strcmp(info.constructors[0], "early") == 0 &&
			strcmp(info.constructors[1], "late") == 0,
		"constructors stand in the order in which they run");
	tap_ok(info.destructor_count == 1 && strcmp(info.destructors[0], "last") == 0,
		"destructors are listed");
	tap_ok(info.tls_size >= 11 && info.tls_export_count == 1 &&
			strcmp(info.tls_exports[0], "tls") == 0,
		"thread-local variables are measured and the exported ones listed");
}

/* What libraries write in assembly because C has no words for it. */
static void
test_assembly(struct arena *arena)
{
	static const char source[] =
		"int new_f(int x, ...) { return x; } int old_f(int x) { return -x; } int "
		"old(void);\n"
		"int same(void) { return old(); } int g(int); int h(int x) { return g(x); }\n"
		"__asm__(\".symver new_f, f@@V2\"); __asm__(\".symver old_f,f@V1; .symver "
		"same,same@@V2\");\n"
		"__asm__(\".weak old\\n\\t.set g, old_f\\n.hidden same\\n .ident "
		"\\\"me\\\"\");\n"
		"__asm__(\".section .gnu.warning.gets\\n.string \\\"bad\\\"\\n.previous\");\n";
	struct str bitcode = test_normalize(arena, test_compile_text(arena, source), false);
	struct neutral *module AUTO(neutral_free) = NULL;
	const struct neutral_symbol *symbol;
	struct neutral_info info;

	if (neutral_read("unit", bitcode, &module) < 0 ||
		neutral_describe(arena, module, &info) < 0)
		tap_bail("%s", err_message());
	tap_is_number(neutral_verify(module), 0, "assembly that names symbols becomes IR");
	symbol = find(info.exports, info.export_count, "f");
	tap_is_string(symbol != NULL ? symbol->type : NULL, "i32 (i32, ptr)",
		"the default version of a symbol is the symbol");
	tap_ok(find(info.exports, info.export_count, "g") != NULL &&
			find(info.undefined, info.undefined_count, "g") == NULL,
		"a second name is defined");
	tap_ok(find(info.exports, info.export_count, "same") == NULL,
		"a hidden name is hidden");
	symbol = find(info.undefined, info.undefined_count, "old");
	tap_ok(symbol != NULL && symbol->is_weak, "a weak reference is weak");
}

static void
test_merge(struct arena *arena)
{
	struct neutral *one AUTO(neutral_free) = NULL, *two AUTO(neutral_free) = NULL;
	struct str first = test_normalize(arena,
		test_compile_text(arena, "int g(void); int f(void) { return g(); }"), false);
	struct str second = test_normalize(arena,
		test_compile_text(arena, "int g(void) { return 1; } int h(void) { return 2; }"),
		false);
	const char *const keep[] = { "f" };
	struct neutral_info info = { 0 };
	int ret;

	ret = neutral_read("one", first, &one);
	if (ret == 0)
		ret = neutral_read("two", second, &two);
	if (ret == 0)
		ret = neutral_merge(one, &two);
	if (ret == 0)
		ret = neutral_internalize(one, keep, 1);
	if (ret == 0)
		ret = neutral_describe(arena, one, &info);
	tap_ok(ret == 0 && two == NULL, "modules are merged");
	tap_ok(info.export_count == 1 && strcmp(info.exports[0].name, "f") == 0 &&
			info.undefined_count == 0,
		"what is not preserved becomes internal");
	tap_is_number(neutral_verify(one), 0, "a merged module is neutral");
	ret = neutral_read("again", first, &two);
	tap_ok(ret == 0 && neutral_merge(one, &two) == ERR_SYMBOL &&
			strstr(err_message(), "'f'") != NULL,
		"two definitions of a name are refused by name");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	test_refusals(arena);
	test_barrier(arena);
	test_not_normalized(arena);
	test_stripped(arena);
	test_simplify(arena);
	test_describe(arena);
	test_assembly(arena);
	test_merge(arena);
	return tap_done();
}
