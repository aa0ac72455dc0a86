/* SPDX-License-Identifier: MIT */
/*
 * lower: neutral units run as they do natively, and a worker that fails in any
 * way is an error that names the job.
 */
#include "linker/lower.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/elf/elf_file.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOURCES SOURCE_ROOT "/tests/unit/neutral/"

static const char *const tiers[] = { "instant", "fast", "full" };

struct test {
	struct arena *arena;
	struct lower_target target;
};

static int
open_text(struct arena *arena, const char *name, struct str contents)
{
	int fd = -1;

	if (file_open(AT_FDCWD, test_write(arena, name, contents), &fd) < 0)
		tap_bail("%s", err_message());
	return fd;
}

/* Lower units with everything kept; the object, or an empty string after a failure. */
static struct str
lower(struct test *test, const struct str *units, size_t count, enum lower_tier tier, int *ret)
{
	int fds[4];
	struct lower_job job = { .name = "job",
		.units = fds,
		.unit_count = count,
		.preserve_all = true,
		.tier = tier,
		.timeout_ms = 60000 };
	struct str object = { 0 };

	for (size_t i = 0; i < count; i++)
		fds[i] = open_text(
			test->arena, arena_printf(test->arena, "unit%zu", i), units[i]);
	*ret = lower_run(&test->target, &job, 1, 1, NULL, NULL);
	for (size_t i = 0; i < count; i++)
		file_close(&fds[i]);
	if (*ret == 0 &&
		file_read_fd(test->arena, job.ret_object, (size_t)1 << 30, &object) < 0)
		tap_bail("%s", err_message());
	file_close(&job.ret_object);
	file_close(&job.ret_facts);
	return object;
}

/* Link an object with the native main program, run it, and give what it prints. */
static struct str
run_cases(struct test *test, const char *const *objects, size_t count)
{
	const char *program =
		arena_printf(test->arena, "%s/program", test_directory(test->arena));
	const char *argv[16] = { "clang-22", "-no-pie", "-w", "-O1", "-I" SOURCE_ROOT,
		SOURCES "main.c", "-o", program };
	const char *const run[] = { program, NULL };
	size_t n = 8;

	for (size_t i = 0; i < count; i++)
		argv[n++] = objects[i];
	(void)test_run(test->arena, argv);
	return test_run(test->arena, run);
}

/* Each line that differs is one case that gives another number. */
static void
compare_cases(struct str got, struct str expected, const char *how)
{
	struct str got_line, line;
	size_t count = 0, equal = 0;

	while (str_cut(&expected, '\n', &line)) {
		if (!str_cut(&got, '\n', &got_line))
			got_line = (struct str){ 0 };
		count++;
		if (str_equal(line, got_line))
			equal++;
		else
			tap_note("got " STR_FMT ", natively " STR_FMT, STR_ARG(got_line),
				STR_ARG(line));
	}
	tap_ok(count > 0 && count == equal, "%s: %zu of %zu cases as natively", how, equal,
		count);
}

static void
test_cases(struct test *test)
{
	static const char *const native[] = { SOURCES "calls.c", SOURCES "variadic.c" };
	struct str expected = run_cases(test, native, 2);
	struct str compiled[2], units[2];

	for (size_t i = 0; i < 2; i++)
		compiled[i] = test_compile(test->arena, native[i]);
	for (int simplify = 0; simplify < 2; simplify++) {
		for (size_t i = 0; i < 2; i++)
			units[i] = test_normalize(test->arena, compiled[i], simplify);
		for (int tier = LOWER_INSTANT; tier <= LOWER_FULL; tier++) {
			int ret;
			struct str object = lower(test, units, 2, (enum lower_tier)tier, &ret);
			const char *path = test_write(test->arena, "object.o", object);

			if (ret < 0) {
				tap_ok(false, "%s: %s", tiers[tier], err_message());
				continue;
			}
			compare_cases(run_cases(test, &path, 1), expected,
				arena_printf(test->arena, "%s%s", tiers[tier],
					simplify ? ", simplified" : ""));
		}
	}
}

static void
test_determinism(struct test *test)
{
	struct str unit =
		test_normalize(test->arena, test_compile(test->arena, SOURCES "calls.c"), true);

	for (int tier = LOWER_INSTANT; tier <= LOWER_FULL; tier++) {
		int ret;
		struct str one = lower(test, &unit, 1, (enum lower_tier)tier, &ret);
		struct str two = lower(test, &unit, 1, (enum lower_tier)tier, &ret);

		tap_ok(one.len > 0 && str_equal(one, two),
			"%s: the same job gives the same bytes", tiers[tier]);
	}
}

static const struct elf_symbol *
find_symbol(const struct elf_file *file, const char *name)
{
	for (size_t i = 0; i < file->symbol_count; i++)
		if (strcmp(file->symbols[i].name, name) == 0)
			return &file->symbols[i];
	return NULL;
}

static void
test_object(struct test *test)
{
	static const char source[] =
		"long __weld_syscall(long, long, long, long, long, long, long);\n"
		"extern int elsewhere; extern int missing __attribute__((weak));\n"
		"void *memset(void *d, int c, unsigned long n)"
		" { char *x = d; while (n--) *x++ = c; return d; }\n"
		"int hidden_away(int x) { return x * 3; }\n"
		"long known(void) { return __weld_syscall(172, 0, 0, 0, 0, 0, 0); }\n"
		"long unknown(long n) { return __weld_syscall(n, 0, 0, 0, 0, 0, 0); }\n"
		"int entry(int x) { return hidden_away(x) + elsewhere + (&missing ? missing : "
		"0)"
		" + known() + (x > 5 ? unknown(x) : 0); }\n";
	const char *const preserve[] = { "entry", "known" };
	struct str unit =
		test_normalize(test->arena, test_compile_text(test->arena, source), true);
	int fd = open_text(test->arena, "unit", unit), duplicate = dup(fd);
	int units[] = { fd };
	struct lower_job job = { .name = "job",
		.units = units,
		.unit_count = 1,
		.preserve = preserve,
		.preserve_count = 2,
		.tier = LOWER_FULL };
	const struct elf_symbol *symbol;
	struct elf_file elf;
	struct str object;

	if (lower_run(&test->target, &job, 1, 0, NULL, NULL) < 0 ||
		file_read_fd(test->arena, job.ret_object, (size_t)1 << 30, &object) < 0 ||
		elf_file_read(test->arena, object, &elf) < 0)
		tap_bail("%s", err_message());
	symbol = find_symbol(&elf, "entry");
	tap_ok(symbol != NULL && symbol->binding == STB_GLOBAL && symbol->section != SHN_UNDEF,
		"a preserved symbol stays visible");
	symbol = find_symbol(&elf, "hidden_away");
	tap_ok(symbol == NULL || symbol->binding == STB_LOCAL, "all others become internal");
	symbol = find_symbol(&elf, "memset");
	tap_ok(symbol != NULL && symbol->binding == STB_GLOBAL,
		"what code generation may call stays");
	symbol = find_symbol(&elf, "elsewhere");
	tap_ok(symbol != NULL && symbol->section == SHN_UNDEF &&
			symbol->visibility == STV_DEFAULT,
		"an outside symbol is an ordinary one");
	tap_ok(elf_file_find_section(&elf, ".text.entry") != NULL,
		"a function has its section");
	symbol = find_symbol(&elf, "__weld_syscall");
	tap_ok(symbol != NULL && symbol->section == SHN_UNDEF,
		"a system call with an unknown number calls the function");
	tap_ok(write(job.ret_object, "x", 1) < 0,
		"bug class 15: the object cannot be changed any more");
	tap_ok(lseek(duplicate, 0, SEEK_CUR) == 0, "the unit's offset does not move");
	file_close(&job.ret_object);
	file_close(&job.ret_facts);
	file_close(&duplicate);
	file_close(&fd);
}

static void
test_direct_call(struct test *test)
{
	static const char source[] =
		"long __weld_syscall(long, long, long, long, long, long, long);\n"
		"long case_pid(void) { return __weld_syscall(172, 0, 0, 0, 0, 0, 0); }\n";
	static const char program[] =
		"#include <unistd.h>\nlong case_pid(void);\n"
		"int main(void) { return case_pid() == getpid() ? 0 : 1; }\n";
	struct str unit =
		test_normalize(test->arena, test_compile_text(test->arena, source), true);
	int ret;
	const char *object =
		test_write(test->arena, "pid.o", lower(test, &unit, 1, LOWER_FAST, &ret));
	const char *main_c = test_write(test->arena, "pid.c", str_from(program));
	const char *binary = arena_printf(test->arena, "%s/pid", test_directory(test->arena));
	const char *const link[] = { "clang-22", "-no-pie", main_c, object, "-o", binary,
		NULL };
	const char *const run[] = { binary, NULL };

	(void)test_run(test->arena, link);
	(void)test_run(test->arena, run);
	tap_ok(true, "a system call with a known number is the kernel's own instruction");
}

/* A program and two libraries that define the same names: dynamic linking's rules. */
static void
test_clashes(struct test *test)
{
	static const char *const sources[] = {
		"int both(void) { return 1; } int one_b(void); int two_b(void); int odd = 4;"
		" int one_h(void); int two_h(void); int one_l(void); int two_l(void); int "
		"lib(void);"
		" int one_o(void);"
		" int run_clashes(int i) { switch (i) {"
		" case 0: return both(); case 1: return one_b(); case 2: return two_b();"
		" case 3: return one_h(); case 4: return two_h(); case 5: return one_l();"
		" case 6: return two_l(); case 7: return lib(); case 8: return one_o();"
		" default: return odd; } }",
		"int both(void) { return 2; } __attribute__((visibility(\"hidden\")))"
		" int quiet(void) { return 5; } int lib(void) { return 7; } int odd(void) { "
		"return 9; }"
		" int one_b(void) { return both(); } int one_h(void) { return quiet(); }"
		" int one_l(void) { return lib(); } int one_o(void) { return odd(); }",
		"int both(void) { return 3; } __attribute__((visibility(\"hidden\")))"
		" int quiet(void) { return 6; } int lib(void) { return 8; }"
		" int two_b(void) { return both(); } int two_h(void) { return quiet(); }"
		" int two_l(void) { return lib(); }",
	};
	static const char main_c[] = "#include <stdio.h>\nint run_clashes(int);\n"
				     "int main(void) { for (int i = 0; i < 10; i++) "
				     "printf(\"%d \", run_clashes(i)); }\n";
	const char *const preserve[] = { "run_clashes" };
	int fds[3];
	struct lower_job job = { .name = "job",
		.units = fds,
		.unit_count = 3,
		.preserve = preserve,
		.preserve_count = 1,
		.tier = LOWER_FAST };
	const char *object, *source, *binary;
	struct str bytes;

	for (size_t i = 0; i < 3; i++)
		fds[i] = open_text(test->arena, arena_printf(test->arena, "clash%zu", i),
			test_normalize(test->arena, test_compile_text(test->arena, sources[i]),
				false));
	if (lower_run(&test->target, &job, 1, 0, NULL, NULL) < 0 ||
		file_read_fd(test->arena, job.ret_object, (size_t)1 << 30, &bytes) < 0)
		tap_bail("%s", err_message());
	object = test_write(test->arena, "clash.o", bytes);
	source = test_write(test->arena, "clash.c", str_from(main_c));
	binary = arena_printf(test->arena, "%s/clash", test_directory(test->arena));
	const char *const link[] = { "clang-22", "-no-pie", source, object, "-o", binary,
		NULL };
	const char *const run[] = { binary, NULL };

	(void)test_run(test->arena, link);
	tap_is_string(str_copy(test->arena, test_run(test->arena, run)), "1 1 1 5 6 7 8 7 9 4 ",
		"what the program defines comes first, else each library has its own");
	for (size_t i = 0; i < 3; i++)
		file_close(&fds[i]);
	file_close(&job.ret_object);
	file_close(&job.ret_facts);
}

static void
test_refused_units(struct test *test)
{
	struct str bad = test_compile_text(test->arena, "int f(void) { return 1; }");
	struct str good = test_normalize(test->arena, bad, false);
	struct str clash[] = { good,
		test_normalize(
			test->arena, test_compile_text(test->arena, "long f = 2;"), false) };
	int ret;

	(void)lower(test, &bad, 1, LOWER_FAST, &ret);
	tap_ok(ret == ERR_PROFILE && str_has_prefix(err_message(), "job: "),
		"a unit that is not neutral is refused: %s", err_message());
	(void)lower(test, clash, 2, LOWER_FAST, &ret);
	tap_ok(ret == ERR_SYMBOL && strstr(err_message(), "'f'") != NULL,
		"a function and a variable of one preserved name are refused: %s",
		err_message());
	(void)lower(test, &(struct str){ "text", 4 }, 1, LOWER_FAST, &ret);
	tap_ok(ret == ERR_FORMAT && str_has_prefix(err_message(), "job: "),
		"what is not bitcode is refused: %s", err_message());
}

/* Damage a unit at pseudo-random places: whatever LLVM does, we get an answer. */
static void
test_damaged_units(struct test *test)
{
	struct str unit = test_normalize(
		test->arena, test_compile(test->arena, SOURCES "variadic.c"), true);
	char *bytes = arena_copy(test->arena, unit.at, unit.len);
	uint64_t random = 88172645463325252;
	unsigned failed = 0, strange = 0;

	for (int round = 0; round < 100; round++) {
		struct str damaged = { bytes, unit.len };
		int ret;

		memcpy(bytes, unit.at, unit.len);
		for (int i = 0; i < 1 + round % 4; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			bytes[random % unit.len] ^= (char)(1U << (random >> 60) % 8);
		}
		(void)lower(test, &damaged, 1, LOWER_INSTANT, &ret);
		failed += ret < 0;
		if (ret < 0 && (strlen(err_message()) > 4096 ||
				       strstr(err_message(), "job") == NULL)) {
			tap_note("%s", err_message());
			strange++;
		}
	}
	tap_note("%u of 100 damaged units failed", failed);
	tap_ok(failed > 0 && strange == 0, "damaged units end in an object or an error");
}

struct fake { /* a program in the worker's place */
	const char *name;
	const char *script;
	const char *expected; /* part of the message */
};

static const struct fake fakes[] = {
	{ "a worker that crashes", "kill -SEGV $$", "signal 11" },
	{ "a worker that hangs", "exec sleep 1000", "took longer than" },
	{ "a worker that gives nothing", "exit 0", "object is not valid" },
	{ "a worker that gives garbage", "echo garbage >&$2", "object is not valid" },
	{ "a worker that just fails", "echo broken >&2; exit 7", "status 7: broken" },
	{ "a worker that reports nonsense", "printf 'signature\\nA\\033[2JB' >&2; exit 3",
		"A?[2JB" },
	{ "a worker that reports nothing", "exit 3", "without a reason" },
};

static void
test_failing_workers(struct test *test)
{
	struct str text = { "", 0 };
	const char *directory =
		arena_printf(test->arena, "%s/libexec", test_directory(test->arena));

	if (file_make_dirs(AT_FDCWD, directory, 0700) < 0)
		tap_bail("%s", err_message());
	setenv("WELD_LIBEXEC", directory, 1);
	for (size_t i = 0; i < sizeof fakes / sizeof fakes[0]; i++) {
		const char *script =
			arena_printf(test->arena, "#!/bin/sh\n%s\n", fakes[i].script);
		int unit = open_text(test->arena, "unit", text);
		int units[] = { unit };
		struct lower_job jobs[] = {
			{ .name = "first", .units = units, .unit_count = 1, .timeout_ms = 300 },
			{ .name = "second", .units = units, .unit_count = 1, .timeout_ms = 300 }
		};
		int ret;

		(void)test_write(test->arena, "libexec/weld-worker", str_from(script));
		if (chmod(arena_printf(test->arena, "%s/weld-worker", directory), 0700) < 0)
			tap_bail("chmod");
		ret = lower_run(&test->target, jobs, 2, 1, NULL, NULL);
		tap_ok(ret == ERR_WORKER && str_has_prefix(err_message(), "first: ") &&
				strstr(err_message(), fakes[i].expected) != NULL,
			"%s: %s", fakes[i].name, err_message());
		tap_ok(jobs[0].ret_object == -1 && jobs[1].ret_object == -1, "%s: no object",
			fakes[i].name);
		file_close(&unit);
	}
	setenv("WELD_LIBEXEC", "/nonexistent", 1);
	tap_ok(lower_find_target(test->arena, arch_host(), NULL, &test->target) == ERR_WORKER,
		"a missing worker is an error: %s", err_message());
	unsetenv("WELD_LIBEXEC");
}

static void
test_cpus(struct test *test)
{
	struct lower_target native = test->target;
	struct lower_target named;

	tap_is_number(lower_find_target(test->arena, ARCH_X86_64, "x86-64-v33", &named),
		ERR_USAGE, "a CPU that LLVM does not know: %s", err_message());
	tap_ok(strstr(err_message(), "did you mean x86-64-v3") != NULL, "one that is near");
	tap_is_number(lower_find_target(test->arena, native.arch, native.cpu, &named), 0,
		"a CPU that it knows");
	tap_is_string(named.cpu, native.cpu, "is taken by name");
	tap_is_string(named.features, "", "with its own features");
}

static void
count_progress(void *data, size_t index)
{
	unsigned *seen = data;

	*seen |= 1U << index;
}

static void
test_parallel(struct test *test)
{
	struct str unit = test_normalize(test->arena,
		test_compile_text(test->arena, "int f(void) { return 1; }"), false);
	struct lower_job jobs[5];
	int fd = open_text(test->arena, "unit", unit);
	int units[] = { fd };
	unsigned seen = 0;
	int ret;

	for (size_t i = 0; i < 5; i++)
		jobs[i] = (struct lower_job){ .name = "job",
			.units = units,
			.unit_count = 1,
			.preserve_all = true,
			.tier = LOWER_INSTANT };
	ret = lower_run(&test->target, jobs, 5, 3, count_progress, &seen);
	tap_ok(ret == 0 && seen == 31, "jobs in parallel share a unit and all report");
	for (size_t i = 0; i < 5; i++)
		file_close(&jobs[i].ret_object);
	file_close(&fd);
	tap_is_number(lower_run(&test->target, NULL, 0, 0, NULL, NULL), 0, "no jobs, no error");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct test test = { .arena = arena };

	if (lower_find_target(arena, arch_host(), NULL, &test.target) < 0)
		tap_bail("%s", err_message());
	tap_note("%s, %s", test.target.cpu, test.target.producer);
	test_cases(&test);
	test_cpus(&test);
	test_determinism(&test);
	test_object(&test);
	test_direct_call(&test);
	test_clashes(&test);
	test_refused_units(&test);
	test_damaged_units(&test);
	test_parallel(&test);
	test_failing_workers(&test);
	return tap_done();
}
