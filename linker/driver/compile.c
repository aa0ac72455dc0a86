/* SPDX-License-Identifier: MIT */
/*
 * The command line for clang, in this order: the profile, what the build asked
 * for, then what it must not change (headers, path prefixes). clang writes
 * bitcode to standard output, which is a memory file; the dependency file gets
 * the name that it would have had beside a real object.
 *
 * The headers are those of the sysroot and then clang's own, as for musl
 * everywhere; never the host's.
 */
#include "linker/driver/compile.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "kernel-iface/arch.h"
#include "linker/driver/native.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/neutral.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BITCODE_MAX ((size_t)1 << 30) /* bytes of one object */

static const char *const profile[] = {
	"--target=riscv64-linux-musl",
	"-march=rv64ima",
	"-mabi=lp64",
	"-fsigned-char",
	"-ffp-contract=off",
	"-fno-pic",
	"-fno-vectorize",
	"-fno-slp-vectorize",
	"-fno-unroll-loops",
	"-Qunused-arguments",
	/* Builds that older compilers accept are not ours to refuse. */
	"-Wno-error=implicit-function-declaration",
	"-Wno-error=implicit-int",
	"-Wno-error=int-conversion",
	"-Wno-error=incompatible-function-pointer-types",
	"-Wno-error=incompatible-pointer-types",
	"-Wno-error=return-mismatch",
	"-Wno-error=strict-prototypes",
	"-Wno-error=deprecated-non-prototype",
	"-Wno-error=deprecated-declarations",
	"-Wno-error=unused-but-set-variable",
	"-Wno-error=unused-but-set-parameter",
	"-Wno-error=cast-function-type-mismatch",
	"-Wno-error=sign-compare",
	/* clang warns about libc's own macros, in the program that uses them. */
	"-Wno-error=long-long",
	"-D__weld__=1",
	"-U__riscv",
	"-U__riscv_a",
	"-U__riscv_arch_test",
	"-U__riscv_atomic",
	"-U__riscv_cmodel_medlow",
	"-U__riscv_cmodel_medany",
	"-U__riscv_div",
	"-U__riscv_float_abi_soft",
	"-U__riscv_i",
	"-U__riscv_m",
	"-U__riscv_misaligned_avoid",
	"-U__riscv_misaligned_fast",
	"-U__riscv_misaligned_slow",
	"-U__riscv_mul",
	"-U__riscv_muldiv",
	"-U__riscv_v_intrinsic",
	"-U__riscv_xlen",
	"-U__riscv_zaamo",
	"-U__riscv_zalrsc",
	"-U__riscv_zmmul",
};

static void
add(struct arena *arena, struct strings *argv, const char *text)
{
	vec_push(arena, argv, text);
}

/* A directory behind all -isystem ones, before -idirafter. */
static void
add_system_directory(struct arena *arena, struct strings *argv, const char *path)
{
	add(arena, argv, "-Xclang");
	add(arena, argv, "-internal-isystem");
	add(arena, argv, "-Xclang");
	add(arena, argv, path);
}

static int
add_headers(struct arena *arena, const struct options *options, struct strings *argv)
{
	const char *sysroot = getenv("WELD_SYSROOT");

	add(arena, argv, "-nostdinc");
	if (options->no_system_headers)
		return 0;
	if (sysroot == NULL || sysroot[0] == '\0')
		return err_set(ERR_USAGE, "WELD_SYSROOT is not set (point it at a directory "
					  "with include/ and lib/)");
	add_system_directory(arena, argv, arena_printf(arena, "%s/include", sysroot));
	add_system_directory(arena, argv, CLANG_RESOURCES "/include");
	return 0;
}

/* No path of the machine stays in the code, whatever __FILE__ was. */
static void
add_prefix_maps(struct arena *arena, struct strings *argv)
{
	const char *build = getenv("WELD_BUILD_DIR");
	const char *sysroot = getenv("WELD_SYSROOT");

	if (sysroot != NULL && sysroot[0] != '\0')
		add(arena, argv,
			arena_printf(arena, "-ffile-prefix-map=%s=/weld-sysroot", sysroot));
	if (build != NULL && build[0] != '\0')
		add(arena, argv, arena_printf(arena, "-ffile-prefix-map=%s=.", build));
}

/* Where the sources will be found when somebody debugs; NULL when nobody is to. */
static const char *
debug_sources(void)
{
	const char *path = getenv("WELD_DEBUG_SOURCES");

	return path != NULL && path[0] != '\0' ? path : NULL;
}

/* Later maps come before earlier ones: in debug information the build directory has a name. */
static void
add_debug(struct arena *arena, struct strings *argv)
{
	const char *build = getenv("WELD_BUILD_DIR");
	const char *sysroot = getenv("WELD_SYSROOT");

	if (debug_sources() == NULL)
		return;
	add(arena, argv, "-gdwarf-5");
	if (build != NULL && build[0] != '\0')
		add(arena, argv,
			arena_printf(
				arena, "-fdebug-prefix-map=%s=%s", build, debug_sources()));
	if (sysroot != NULL && sysroot[0] != '\0')
		add(arena, argv,
			arena_printf(arena, "-fdebug-prefix-map=%s=/weld-sysroot", sysroot));
}

/* The path of a source as it may stand in an object: relative to the build directory. */
static const char *
portable_path(const char *path)
{
	const char *build = getenv("WELD_BUILD_DIR");
	const char *slash;

	if (path[0] != '/')
		return path;
	if (build != NULL && build[0] != '\0' && str_has_prefix(path, build) &&
		path[strlen(build)] == '/')
		return path + strlen(build) + 1;
	slash = strrchr(path, '/');
	return slash + 1;
}

char *
compile_output_name(struct arena *arena, const char *source, const char *suffix)
{
	const char *slash = strrchr(source, '/');
	const char *name = slash != NULL ? slash + 1 : source;
	const char *dot = strrchr(name, '.');
	int len = dot != NULL ? (int)(dot - name) : (int)strlen(name);

	return arena_printf(arena, "%.*s%s", len, name, suffix);
}

/* Name the dependency file and its target as for a real object file. */
static void
add_dependencies(struct arena *arena, const struct options *options, const struct item *source,
	struct strings *argv)
{
	const char *object = options->output;
	const char *slash;
	const char *dot;

	if (!options->has_dependencies)
		return;
	if (object == NULL)
		object = compile_output_name(arena, source->text, ".o");
	if (!options->has_dependency_target) {
		add(arena, argv, "-MT");
		add(arena, argv, object);
	}
	if (options->has_dependency_file)
		return;
	slash = strrchr(object, '/');
	dot = strrchr(slash != NULL ? slash : object, '.');
	add(arena, argv, "-MF");
	add(arena, argv,
		arena_printf(arena, "%.*s.d",
			dot != NULL ? (int)(dot - object) : (int)strlen(object), object));
}

static int
front_end_command(struct arena *arena, const struct options *options, struct strings *argv)
{
	add(arena, argv, CLANG);
	for (size_t i = 0; i < sizeof profile / sizeof profile[0]; i++)
		add(arena, argv, profile[i]);
	if (!options->has_level && options->mode != OPTIONS_FRONT_END)
		add(arena, argv, "-O1");
	for (size_t i = 0; i < options->compile.len; i++)
		add(arena, argv, options->compile.at[i]);
	TRY(add_headers(arena, options, argv));
	add_prefix_maps(arena, argv);
	if (options->is_verbose)
		add(arena, argv, "-v");
	return 0;
}

static void
add_source(struct arena *arena, const struct item *source, struct strings *argv)
{
	if (source->language != NULL) {
		add(arena, argv, "-x");
		add(arena, argv, source->language);
	}
	add(arena, argv, source->text);
}

/* Run clang with its standard output in a memory file and read that. */
static int
run_clang(struct arena *arena, struct strings *argv, struct str *ret_output)
{
	int output AUTO(file_close) = -1;
	int input AUTO(file_close) = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	struct process process = { .stdin_fd = input > 0 ? input : 0 };
	int status;

	add(arena, argv, NULL);
	TRY(file_memory("bitcode", &output));
	process.argv = argv->at;
	process.stdout_fd = output;
	TRY(process_run(&process, &status));
	if (status != 0)
		return err_set(ERR_BUILD, "clang ended with status %d", status);
	return file_read_fd(arena, output, BITCODE_MAX, ret_output);
}

/* The last -O... that the build gave, as the optimizer has it. */
static const char *
level(const struct options *options)
{
	static const struct {
		const char *option, *level;
	} levels[] = { { "-O", "1" }, { "-O1", "1" }, { "-O2", "2" }, { "-O3", "3" },
		{ "-O4", "3" }, { "-Ofast", "3" }, { "-Os", "s" }, { "-Oz", "z" } };

	for (size_t i = options->compile.len; i > 0; i--)
		for (size_t n = 0; n < sizeof levels / sizeof levels[0]; n++)
			if (strcmp(options->compile.at[i - 1], levels[n].option) == 0)
				return levels[n].level;
	return "1";
}

/* Optimize and normalize what clang wrote; a failure names the source. */
static int
make_neutral(const struct options *options, const char *name, struct str bitcode,
	struct strbuf *ret_bitcode)
{
	struct neutral *module AUTO(neutral_free) = NULL;

	TRY(neutral_read(name, bitcode, &module));
	if (debug_sources() != NULL)
		neutral_keep_debug(module);
	neutral_set_source(module, portable_path(name));
	TRY(neutral_optimize(module, level(options)));
	TRY(neutral_normalize(module));
	TRY(neutral_verify(module));
	neutral_write(module, ret_bitcode);
	return 0;
}

int
compile_source(struct arena *arena, const struct options *options, const struct item *source,
	struct strbuf *ret_bitcode)
{
	struct strings argv = { 0 };
	struct str bitcode;

	TRY(front_end_command(arena, options, &argv));
	add_dependencies(arena, options, source, &argv);
	add_debug(arena, &argv);
	/* What the optimizer inlines is recorded: it runs here, not in clang. */
	add(arena, &argv, "-Xclang");
	add(arena, &argv, "-disable-llvm-passes");
	add(arena, &argv, "-emit-llvm");
	add(arena, &argv, "-c");
	add(arena, &argv, "-o");
	add(arena, &argv, "-");
	add_source(arena, source, &argv);
	TRY(run_clang(arena, &argv, &bitcode));
	return make_neutral(options, source->text, bitcode, ret_bitcode);
}

bool
compile_is_assembly(const struct item *source)
{
	if (source->language != NULL)
		return str_has_prefix(source->language, "assembler");
	return str_has_suffix(source->text, ".s") || str_has_suffix(source->text, ".S") ||
	       str_has_suffix(source->text, ".sx");
}

/* Whether a source is one of those that the recipe wants as machine code for an architecture. */
static bool
is_native_source(const char *arch, const char *path)
{
	char text[PATH_MAX];
	const char *patterns;
	struct str rest;
	struct str pattern;

	snprintf(text, sizeof text, "WELD_NATIVE_SOURCES_%s", arch);
	patterns = getenv(text);
	rest = str_from(patterns != NULL ? patterns : "");
	while (str_cut(&rest, ':', &pattern)) {
		/* From any directory on: builds name sources as they like. */
		snprintf(text, sizeof text, "*/" STR_FMT, STR_ARG(pattern));
		if (pattern.len > 0 &&
			(fnmatch(text, path, 0) == 0 || fnmatch(text + 2, path, 0) == 0))
			return true;
	}
	return false;
}

bool
compile_is_native(const struct item *source)
{
	const char *arch = getenv("WELD_ARCH");

	return compile_is_assembly(source) ||
	       (arch != NULL && arch[0] != '\0' && is_native_source(arch, source->text));
}

/* Machine code as a native object may have it: at fixed addresses, each function by itself. */
static int
native_command(struct arena *arena, const struct options *options, struct strings *argv)
{
	static const char *const fixed[] = { "-Qunused-arguments", "-D__weld__=1", "-fno-pic",
		"-fsigned-char", "-ffp-contract=off", "-ffunction-sections", "-fdata-sections",
		"-fno-stack-protector", "-fno-ident", "-Wa,--noexecstack" };
	enum arch arch;

	TRY(native_target(&arch));
	add(arena, argv, CLANG);
	add(arena, argv, arena_printf(arena, "--target=%s-linux-musl", arch_name(arch)));
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
		add(arena, argv, fixed[i]);
	for (size_t i = 0; i < options->compile.len; i++)
		add(arena, argv, options->compile.at[i]);
	TRY(add_headers(arena, options, argv));
	add_prefix_maps(arena, argv);
	return 0;
}

int
compile_native(struct arena *arena, const struct options *options, const struct item *source,
	struct strbuf *ret_object)
{
	const char *wanted = getenv("WELD_ASSEMBLY");
	struct strings argv = { 0 };
	struct str object;

	if (wanted == NULL || strcmp(wanted, "1") != 0)
		return err_set(ERR_USAGE,
			"%s: assembly is for one CPU (configure without it, or set "
			"WELD_ASSEMBLY=1 and "
			"ship a native object)",
			source->text);
	TRY(native_command(arena, options, &argv));
	add_dependencies(arena, options, source, &argv);
	add(arena, &argv, "-c");
	add(arena, &argv, "-o");
	add(arena, &argv, "-");
	add_source(arena, source, &argv);
	TRY(run_clang(arena, &argv, &object));
	strbuf_add(ret_object, object.at, object.len);
	return 0;
}

int
compile_front_end(struct arena *arena, const struct options *options, int *ret_status)
{
	int input AUTO(file_close) = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	struct process process = { .stdin_fd = input > 0 ? input : 0 };
	struct strings argv = { 0 };

	TRY(front_end_command(arena, options, &argv));
	if (options->output != NULL) {
		add(arena, &argv, "-o");
		add(arena, &argv, options->output);
	}
	for (size_t i = 0; i < options->item_count; i++)
		if (options->items[i].kind == ITEM_FILE)
			add_source(arena, &options->items[i], &argv);
	add(arena, &argv, NULL);
	process.argv = argv.at;
	return process_run(&process, ret_status);
}
