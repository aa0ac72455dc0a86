/* SPDX-License-Identifier: MIT */
/*
 * process.h with a fixed environment: C locale, UTC, the given date in each of the variables by
 * which the tools take one, none of the user's own configuration.
 */
#include "kernel-iface/boot/tool.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)1 << 20) /* bytes of talk that are kept */
#define FULL_MAX ((uint64_t)1 << 20) /* bytes: with less left, a tool failed for want of room */
#define SBIN "/usr/local/sbin:/usr/sbin:/sbin"

int
tool_find(struct arena *arena, const char *name, const char *package, char **ret_path)
{
	const char *path = getenv("PATH");
	const char *all =
		arena_printf(arena, "%s:" SBIN, path == NULL ? "/usr/bin:/bin" : path);
	struct str rest = str_from(all);
	struct str directory;

	while (str_cut(&rest, ':', &directory)) {
		char *found = arena_printf(arena, STR_FMT "/%s", STR_ARG(directory), name);

		if (directory.len > 0 && access(found, X_OK) == 0) {
			*ret_path = found;
			return 0;
		}
	}
	return err_set(ERR_NOT_FOUND, "%s: not installed (install Debian's package %s)", name,
		package);
}

const char *
tool_fd_path(struct arena *arena, int fd)
{
	return arena_printf(arena, "/proc/self/fd/%d", fd);
}

/* The last line that is not empty. */
static struct str
last_line(struct str text)
{
	struct str last = { 0 };
	struct str line;

	while (str_cut(&text, '\n', &line))
		if (line.len > 0)
			last = line;
	return last;
}

/* Tools call a full disk many things: it is looked at. */
static bool
is_full(const char *target)
{
	struct statvfs info;

	return target != NULL && statvfs(target, &info) == 0 &&
	       (uint64_t)info.f_bavail * info.f_frsize < FULL_MAX;
}

static int
report(struct arena *arena, const struct tool *tool, int status, int talk)
{
	const char *name = tool->argv[0];
	struct str text = { 0 };
	struct str line;

	if (status == 0)
		return 0;
	if (is_full(tool->target))
		return err_set(ERR_NO_SPACE, "%s: disk is full (make room)", name);
	TRY(file_read_fd(arena, talk, OUTPUT_MAX, &text));
	line = last_line(text);
	if (line.len == 0)
		return err_set(ERR_FAILED, "%s: ended with status %d", name, status);
	return err_set(ERR_FAILED, "%s: " STR_FMT, name, STR_ARG(line));
}

int
tool_run(struct arena *arena, const struct tool *tool)
{
	int talk AUTO(file_close) = -1;
	const char *date = arena_printf(arena, "%" PRId64, tool->source_date);
	/* mke2fs takes 0 for no time at all. */
	const char *late = tool->source_date > 0 ? date : "1";
	const char *const environment[] = { "PATH=/usr/bin:/bin:" SBIN, "LC_ALL=C", "TZ=UTC0",
		"HOME=/nonexistent", "MTOOLSRC=/dev/null", "MKE2FS_CONFIG=/dev/null",
		arena_printf(arena, "SOURCE_DATE_EPOCH=%s", date),
		arena_printf(arena, "E2FSPROGS_FAKE_TIME=%s", late), NULL };
	struct process process = { .envp = environment,
		.stdin_fd = tool->stdin_fd,
		.stdout_fd = tool->stdout_fd,
		.keep_fds = tool->fds,
		.dies_with_caller = true };
	const char **argv;
	char *path;
	size_t count = 0;
	int status;

	while (tool->argv[count] != NULL)
		count++;
	while (process.keep_count < TOOL_FDS_MAX && tool->fds[process.keep_count] != 0)
		process.keep_count++;
	TRY(tool_find(arena, tool->argv[0], tool->package, &path));
	argv = arena_array(arena, count + 1, sizeof *argv);
	for (size_t i = 0; i < count; i++)
		argv[i] = i == 0 ? path : tool->argv[i];
	process.argv = argv;
	TRY(file_memory("talk", &talk));
	process.stderr_fd = talk;
	if (process.stdout_fd == 0)
		process.stdout_fd = talk;
	TRY(process_run(&process, &status));
	return report(arena, tool, status, talk);
}
