/* SPDX-License-Identifier: MIT */
/*
 * weld-cc and its companions: one program that does what its name says.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "linker/driver/answer.h"
#include "linker/driver/compile.h"
#include "linker/driver/finish.h"
#include "linker/driver/gather.h"
#include "linker/driver/options.h"
#include "linker/llvm/neutral.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
write_object(const char *path, struct str bytes)
{
	int fd AUTO(file_close) = -1;

	if (strcmp(path, "-") == 0)
		return file_write_fd(STDOUT_FILENO, bytes.at, bytes.len);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_errno("%s", path);
	return file_write_fd(fd, bytes.at, bytes.len);
}

/* -S: IR as text, for a person. */
static int
print_text(const char *name, struct strbuf *bitcode)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(neutral_read(name, strbuf_str(bitcode), &module));
	neutral_print(module, &text);
	strbuf_free(bitcode);
	strbuf_add(bitcode, text.at, text.len);
	return 0;
}

static int
compile_one(struct arena *arena, const struct options *options, const struct item *source)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };
	bool is_text = options->mode == OPTIONS_TEXT;
	const char *output = options->output;

	if (output == NULL)
		output = compile_output_name(arena, source->text, is_text ? ".s" : ".o");
	if (compile_is_native(source)) {
		TRY(compile_native(arena, options, source, &object));
		return write_object(output, strbuf_str(&object));
	}
	TRY(compile_source(arena, options, source, &object));
	if (is_text)
		TRY(print_text(source->text, &object));
	return write_object(output, strbuf_str(&object));
}

static int
compile_all(struct arena *arena, const struct options *options)
{
	size_t count = 0;

	for (size_t i = 0; i < options->item_count; i++)
		count += options_is_source(&options->items[i]);
	if (count == 0)
		return err_set(ERR_USAGE, "no input files");
	if (count > 1 && options->output != NULL)
		return err_set(
			ERR_USAGE, "cannot specify -o when generating multiple output files");
	for (size_t i = 0; i < options->item_count; i++)
		if (options_is_source(&options->items[i]))
			TRY(compile_one(arena, options, &options->items[i]));
	return 0;
}

static int
link_all_inputs(struct arena *arena, const struct options *options)
{
	struct gather gather AUTO(gather_free) = { 0 };

	TRY(gather_inputs(arena, options, &gather));
	return finish_link(&gather, options->output != NULL ? options->output : "a.out");
}

static int
run_compiler(struct arena *arena, const struct strings *arguments, int *ret_status)
{
	struct options options;
	bool is_done;

	TRY(options_read_compiler(arena, arguments, &options));
	TRY(answer_question(arena, &options, arguments, &is_done, ret_status));
	if (is_done)
		return 0;
	switch (options.mode) {
	case OPTIONS_FRONT_END:
		return compile_front_end(arena, &options, ret_status);
	case OPTIONS_OBJECT:
	case OPTIONS_TEXT:
		return compile_all(arena, &options);
	case OPTIONS_LINK:
		break;
	}
	return link_all_inputs(arena, &options);
}

static int
run_linker(struct arena *arena, const struct strings *arguments, int *ret_status)
{
	struct options options;

	TRY(options_read_linker(arena, arguments, &options));
	*ret_status = 0;
	if (options.question != NULL || options.item_count == 0)
		return answer_run_tool(arena, LD_LLD, arguments);
	return link_all_inputs(arena, &options);
}

static int
run_ar(struct arena *arena, const struct strings *arguments, int *ret_status)
{
	(void)ret_status;
	return answer_run_tool(arena, LLVM_AR, arguments);
}

static int
run_nm(struct arena *arena, const struct strings *arguments, int *ret_status)
{
	(void)ret_status;
	return answer_run_tool(arena, LLVM_NM, arguments);
}

static int
run_ranlib(struct arena *arena, const struct strings *arguments, int *ret_status)
{
	(void)ret_status;
	return answer_run_tool(arena, LLVM_RANLIB, arguments);
}

/* What weld-cc made has nothing to strip: the IR must stay, debug information is not there. */
static int
run_strip(struct arena *arena, const struct strings *arguments, int *ret_status)
{
	const char *output = NULL;
	const char *input = NULL;

	*ret_status = 0;
	for (size_t i = 0; i < arguments->len; i++) {
		const char *argument = arguments->at[i];

		if (strcmp(argument, "--version") == 0 || strcmp(argument, "-V") == 0) {
			puts("weld-strip " WELD_VERSION " (compatible with GNU strip)");
			return 0;
		}
		if (strcmp(argument, "-o") == 0 && i + 1 < arguments->len)
			output = arguments->at[++i];
		else if (argument[0] != '-')
			input = argument;
		else if ((strcmp(argument, "-R") == 0 || strcmp(argument, "-K") == 0 ||
				 strcmp(argument, "-N") == 0) &&
			 i + 1 < arguments->len)
			i++;
	}
	if (input == NULL)
		return err_set(ERR_USAGE, "no input files");
	if (!file_exists(AT_FDCWD, input))
		return err_set(ERR_NOT_FOUND, "%s: no such file", input);
	if (output != NULL) {
		int from AUTO(file_close) = -1;
		int to AUTO(file_close) = -1;

		TRY(file_open(AT_FDCWD, input, &from));
		to = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0777);
		if (to < 0)
			return err_errno("%s", output);
		return file_copy(from, to);
	}
	(void)arena;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct arena *arena, const struct strings *arguments, int *ret_status);
} companions[] = {
	{ "weld-ar", run_ar },
	{ "weld-nm", run_nm },
	{ "weld-ranlib", run_ranlib },
	{ "weld-strip", run_strip },
	{ "weld-ld", run_linker },
};

int
main(int argc, char **argv)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strings arguments = { 0 };
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash != NULL ? slash + 1 : argv[0];
	int (*run)(struct arena *, const struct strings *, int *) = run_compiler;
	int status = 0;
	int ret;

	for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++)
		if (strcmp(companions[i].name, name) == 0)
			run = companions[i].run;
	ret = options_expand(arena, argc - 1, (const char *const *)argv + 1, &arguments);
	if (ret >= 0)
		ret = run(arena, &arguments, &status);
	if (ret < 0) {
		fprintf(stderr, "%s: error: %s\n", name, err_message());
		return 1;
	}
	return status;
}
