/* SPDX-License-Identifier: MIT */
/*
 * Finding weld's own programs. Their digest goes into every key of what they
 * made: a changed compiler makes everything again.
 */
#include "repo/recipe/job.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "base/program.h"

#include <ctype.h>
#include <string.h>

/* What `weld-cc --version` says behind "version ". */
static int
find_version(struct arena *arena, struct tools *tools)
{
	const char *const argv[] = { tools->cc, "--version", NULL };
	struct process process = { .argv = argv };
	const char *at;
	size_t len = 0;
	struct str output;
	int status;

	TRY(process_capture(arena, &process, &status, &output));
	at = status == 0 ? strstr(output.at, "version ") : NULL;
	if (at == NULL)
		return err_set(ERR_BUILD, "%s: does not tell its version", tools->cc);
	at += strlen("version ");
	while (isdigit((unsigned char)at[len]) || at[len] == '.')
		len++;
	tools->clang_version = str_copy(arena, (struct str){ .at = at, .len = len });
	return 0;
}

static int
add_file(struct hash *hash, const char *path)
{
	int fd AUTO(file_close) = -1;
	struct digest digest;

	TRY(file_open(AT_FDCWD, path, &fd));
	TRY(hash_file(fd, &digest));
	hash_add(hash, digest.bytes, sizeof digest.bytes);
	return 0;
}

int
tools_find(struct arena *arena, struct tools *ret_tools)
{
	struct tools tools = { 0 };
	const struct {
		const char *name;
		const char **path;
	} programs[] = {
		{ "weld-cc", &tools.cc },
		{ "weld-ar", &tools.ar },
		{ "weld-nm", &tools.nm },
		{ "weld-ranlib", &tools.ranlib },
		{ "weld-strip", &tools.strip },
		{ "weld-ld", &tools.ld },
		{ "weld-ir", &tools.ir },
	};
	struct hash hash;

	for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
		char *path = NULL;

		TRY(program_find(arena, programs[i].name, &path));
		*programs[i].path = path;
	}
	TRY(find_version(arena, &tools));
	hash_init(&hash);
	TRY(add_file(&hash, tools.cc));
	TRY(add_file(&hash, tools.ir));
	hash_add_string(&hash, tools.clang_version);
	tools.digest = hash_end(&hash);
	*ret_tools = tools;
	return 0;
}
