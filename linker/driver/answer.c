/* SPDX-License-Identifier: MIT */
/*
 * A table of questions. The machine is a musl one, so that configure neither
 * believes that it is cross compiling nor expects glibc. What is not in the
 * table goes to clang or ld.lld, and so do senseless options without an input
 * (-V, -qversion): configure wants them to fail in the usual way.
 */
#include "linker/driver/answer.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/program.h"
#include "base/str.h"
#include "kernel-iface/arch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct question {
	const char *option; /* without leading dashes */
	const char *(*answer)(struct arena *arena, const char *value);
};

static const char *
sysroot(void)
{
	const char *path = getenv("WELD_SYSROOT");

	return path != NULL ? path : "";
}

static const char *
tell_machine(struct arena *arena, const char *value)
{
	(void)value;
	return arena_printf(arena, "%s-pc-linux-musl", arch_name(arch_host()));
}

static const char *
tell_multiarch(struct arena *arena, const char *value)
{
	(void)value;
	return arena_printf(arena, "%s-linux-musl", arch_name(arch_host()));
}

static const char *
tell_version(struct arena *arena, const char *value)
{
	(void)arena;
	(void)value;
	return CLANG_VERSION;
}

static const char *
tell_search_dirs(struct arena *arena, const char *value)
{
	(void)value;
	return arena_printf(arena, "programs: =\nlibraries: =%s/lib", sysroot());
}

static const char *
tell_sysroot(struct arena *arena, const char *value)
{
	(void)arena;
	(void)value;
	return sysroot();
}

static const char *
tell_dot(struct arena *arena, const char *value)
{
	(void)arena;
	(void)value;
	return ".";
}

static const char *
tell_multi_lib(struct arena *arena, const char *value)
{
	(void)arena;
	(void)value;
	return ".;";
}

static const char *
tell_runtime(struct arena *arena, const char *value)
{
	(void)value;
	return arena_printf(arena, "%s/lib/libcompiler-rt.so", sysroot());
}

static const char *
tell_program(struct arena *arena, const char *value)
{
	static const char *const ours[] = { "ar", "ld", "nm", "ranlib", "strip" };
	char *path;

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strcmp(value, ours[i]) == 0 &&
			program_find(arena, arena_printf(arena, "weld-%s", value), &path) >= 0)
			return path;
	return value;
}

static const char *
tell_file(struct arena *arena, const char *value)
{
	const char *path = arena_printf(arena, "%s/lib/%s", sysroot(), value);

	if (strcmp(value, "include") == 0)
		return CLANG_RESOURCES "/include";
	return file_exists(AT_FDCWD, path) ? path : value;
}

static const struct question questions[] = {
	{ "dumpmachine", tell_machine },
	{ "print-target-triple", tell_machine },
	{ "print-effective-triple", tell_machine },
	{ "dumpversion", tell_version },
	{ "dumpfullversion", tell_version },
	{ "print-search-dirs", tell_search_dirs },
	{ "print-sysroot", tell_sysroot },
	{ "print-multi-os-directory", tell_dot },
	{ "print-multi-directory", tell_dot },
	{ "print-multi-lib", tell_multi_lib },
	{ "print-multiarch", tell_multiarch },
	{ "print-libgcc-file-name", tell_runtime },
	{ "print-prog-name=", tell_program },
	{ "print-file-name=", tell_file },
};

static void
print_version(FILE *file)
{
	fprintf(file,
		"clang version " CLANG_VERSION " (weld-cc " WELD_VERSION ")\nTarget: "
		"%s-pc-linux-musl\nThread model: posix\n",
		arch_name(arch_host()));
}

int
answer_run_tool(struct arena *arena, const char *tool, const struct strings *arguments)
{
	struct strings argv = { 0 };

	vec_push(arena, &argv, tool);
	for (size_t i = 0; i < arguments->len; i++)
		vec_push(arena, &argv, arguments->at[i]);
	vec_push(arena, &argv, NULL);
	execv(tool, (char *const *)argv.at);
	return err_errno("%s", tool);
}

static bool
answer_from_table(struct arena *arena, const char *name)
{
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
		const char *option = questions[i].option;
		size_t len = strlen(option);

		if (strncmp(name, option, len) != 0 ||
			(option[len - 1] != '=' && name[len] != '\0'))
			continue;
		puts(questions[i].answer(arena, name + len));
		return true;
	}
	return false;
}

static bool
has_inputs(const struct options *options)
{
	for (size_t i = 0; i < options->item_count; i++)
		if (options->items[i].kind == ITEM_FILE)
			return true;
	return false;
}

/* -Wl,--version and the like: the linker's own answer. */
static bool
is_for_linker(const char *question)
{
	static const char *const names[] = { "-v", "-V", "--version", "--help" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(question, names[i]) == 0)
			return true;
	return false;
}

static bool
asks_linker(const struct options *options, const struct strings *arguments)
{
	for (size_t i = 0; i < arguments->len; i++)
		if (strcmp(arguments->at[i], options->question) == 0)
			return false;
	return is_for_linker(options->question);
}

int
answer_question(struct arena *arena, const struct options *options,
	const struct strings *arguments, bool *ret_is_done, int *ret_status)
{
	const char *question = options->question;

	*ret_is_done = true;
	*ret_status = 0;
	if (question == NULL) {
		*ret_is_done = options->is_verbose && !has_inputs(options);
		if (*ret_is_done)
			print_version(stderr);
		else if (!has_inputs(options) && options->mode == OPTIONS_LINK)
			return answer_run_tool(arena, CLANG, arguments);
		return 0;
	}
	if (asks_linker(options, arguments)) {
		struct strings only = { 0 };

		/* With inputs the link goes on: "-Wl,-v" is what cmake adds to real links. */
		*ret_is_done = !has_inputs(options) || question[1] == '-';
		vec_push(arena, &only, question);
		return *ret_is_done ? answer_run_tool(arena, LD_LLD, &only) : 0;
	}
	question += strspn(question, "-");
	if (strcmp(question, "version") == 0) {
		print_version(stdout);
		return 0;
	}
	if (answer_from_table(arena, question))
		return 0;
	return answer_run_tool(arena, CLANG, arguments);
}
