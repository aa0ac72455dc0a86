/* SPDX-License-Identifier: MIT */
/*
 * diff3 does the work: diffutils is on every Debian system, and has merged for thirty years. It gets
 * the three texts as memory files, fixed arguments, and an environment with nothing from outside.
 */
#include "store/generation/merge.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"

#include <string.h>

#define MERGE_MAX ((size_t)4 << 20) /* bytes, of each text */

static int
put_text(const char *name, struct str text, int *ret_fd)
{
	if (text.len > MERGE_MAX)
		return err_set(ERR_FORMAT, "longer than %zu bytes", MERGE_MAX);
	if (text.len > 0 && memchr(text.at, '\0', text.len) != NULL)
		return err_set(ERR_FORMAT, "is no text");
	TRY(file_memory(name, ret_fd));
	return file_write_fd(*ret_fd, text.at, text.len);
}

int
merge_texts(struct arena *arena, struct str ours, struct str base, struct str theirs,
	struct str *ret_text)
{
	int fds[3] = { -1, -1, -1 };
	const struct str texts[3] = { ours, base, theirs };
	const char *names[3];
	const char *envp[] = { "LC_ALL=C", NULL };
	int status = 0;
	int ret = 0;

	for (size_t i = 0; i < 3 && ret >= 0; i++) {
		ret = put_text("merge", texts[i], &fds[i]);
		names[i] = arena_printf(arena, "/proc/self/fd/%d", fds[i]);
	}
	if (ret >= 0) {
		const char *argv[] = { "/usr/bin/diff3", "--diff-program=/usr/bin/diff", "-E",
			"-am", "-L", "yours", "-L", "base", "-L", "package", names[0], names[1],
			names[2], NULL };
		const struct process process = {
			.argv = argv, .envp = envp, .keep_fds = fds, .keep_count = 3
		};

		ret = process_capture(arena, &process, &status, ret_text);
	}
	for (size_t i = 0; i < 3; i++)
		file_close(&fds[i]);
	TRY(ret);
	if (status > 1)
		return err_set(ERR_FORMAT, "diff3: %s", ret_text->at);
	return status;
}
