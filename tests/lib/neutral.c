/* SPDX-License-Identifier: MIT */
/* The compiler is run as a process, as weld-cc does; LLVM is reached through linker/llvm/ only. */
#include "tests/lib/neutral.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "linker/llvm/neutral.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <unistd.h>

static void
must(int ret, const char *what)
{
	if (ret < 0)
		tap_bail("%s: %s", what, err_message());
}

struct str
test_run(struct arena *arena, const char *const *argv)
{
	struct process process = { .argv = argv };
	struct str output;
	int status;

	must(process_capture(arena, &process, &status, &output), argv[0]);
	if (status != 0)
		tap_bail("%s: status %d: " STR_FMT, argv[0], status, STR_ARG(output));
	return output;
}

static void
remove_directory(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	(void)file_remove_tree(AT_FDCWD, test_directory(arena));
}

const char *
test_directory(struct arena *arena)
{
	const char *path = arena_printf(arena, "weld-test.%ld", (long)getpid());

	if (file_exists(AT_FDCWD, path))
		return path;
	must(file_make_dirs(AT_FDCWD, path, 0700), path);
	atexit(remove_directory);
	return path;
}

const char *
test_write(struct arena *arena, const char *name, struct str contents)
{
	const char *path = arena_printf(arena, "%s/%s", test_directory(arena), name);

	must(file_replace(AT_FDCWD, path, contents.at, contents.len, 0600), path);
	return path;
}

static struct str
read_all(struct arena *arena, const char *path)
{
	struct str contents;

	must(file_read(arena, AT_FDCWD, path, (size_t)1 << 30, &contents), path);
	return contents;
}

struct str
test_compile(struct arena *arena, const char *source_path)
{
	const char *output = arena_printf(arena, "%s/compiled.bc", test_directory(arena));
	const char *const argv[] = { "clang-22", "--target=riscv64-linux-musl",
		"-march=rv64ima", "-mabi=lp64", "-fsigned-char", "-ffp-contract=off",
		"-std=gnu17", "-O2", "-Xclang", "-disable-llvm-passes", "-nostdlibinc", "-w",
		"-I" SOURCE_ROOT, "-c", "-emit-llvm", source_path, "-o", output, NULL };

	(void)test_run(arena, argv);
	return read_all(arena, output);
}

struct str
test_compile_text(struct arena *arena, const char *source)
{
	return test_compile(arena, test_write(arena, "source.c", str_from(source)));
}

struct str
test_assemble(struct arena *arena, const char *ir)
{
	const char *output = arena_printf(arena, "%s/assembled.bc", test_directory(arena));
	const char *input = test_write(arena, "source.ll", str_from(ir));
	const char *const argv[] = { "clang-22", "--target=riscv64-linux-musl", "-w", "-Xclang",
		"-disable-llvm-passes", "-Wno-override-module", "-c", "-emit-llvm", input, "-o",
		output, NULL };

	(void)test_run(arena, argv);
	return read_all(arena, output);
}

struct str
test_normalize(struct arena *arena, struct str bitcode, bool simplify)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf written AUTO(strbuf_free) = { 0 };

	must(neutral_read("test", bitcode, &module), "read");
	must(neutral_normalize(module), "normalize");
	if (simplify)
		must(neutral_simplify(module), "simplify");
	neutral_write(module, &written);
	return (struct str){ arena_copy(arena, written.at, written.len), written.len };
}
