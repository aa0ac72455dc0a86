/* SPDX-License-Identifier: MIT */
/* Memory files stay open until the run is over; every path in a message that is one gets its name. */
#include "linker/driver/ld.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"

#include <stdio.h>
#include <string.h>

#define MESSAGES_MAX ((size_t)16 << 20) /* bytes */
#define OUTPUT_MAX ((size_t)1 << 30) /* bytes */

struct ld_run
ld_begin(struct arena *arena)
{
	struct ld_run run = { .arena = arena };

	ld_argue(&run, LD_LLD);
	return run;
}

void
ld_end(struct ld_run *run)
{
	for (size_t i = 0; i < run->fds.len; i++)
		file_close(&run->fds.at[i]);
	run->fds.len = 0;
}

void
ld_argue(struct ld_run *run, const char *argument)
{
	vec_push(run->arena, &run->arguments, argument);
}

int
ld_add(struct ld_run *run, const char *name, struct str bytes)
{
	int fd;

	TRY(file_memory("object", &fd));
	vec_push(run->arena, &run->fds, fd);
	vec_push(run->arena, &run->names, name);
	ld_argue(run, arena_printf(run->arena, "/proc/self/fd/%d", fd));
	return file_write_fd(fd, bytes.at, bytes.len);
}

/* The name of the memory file that the text begins with; *ret_len is how long it is there. */
static const char *
memory_name(const struct ld_run *run, const char *text, size_t *ret_len)
{
	char path[32];

	for (size_t i = 0; i < run->fds.len; i++) {
		size_t len =
			(size_t)snprintf(path, sizeof path, "/proc/self/fd/%d", run->fds.at[i]);

		if (strncmp(text, path, len) == 0 && (text[len] < '0' || text[len] > '9')) {
			*ret_len = len;
			return run->names.at[i];
		}
	}
	return NULL;
}

static void
print_messages(const struct ld_run *run, struct str messages)
{
	const char *at = messages.at;

	while (at < messages.at + messages.len) {
		size_t len = 0;
		const char *name = *at == '/' ? memory_name(run, at, &len) : NULL;

		if (name != NULL) {
			fputs(name, stderr);
			at += len;
		} else {
			fputc(*at++, stderr);
		}
	}
}

int
ld_finish(struct ld_run *run)
{
	int messages AUTO(file_close) = -1;
	struct process process = { .stdout_fd = run->output };
	struct str text;
	int status;

	TRY(file_memory("messages", &messages));
	ld_argue(run, NULL);
	process.argv = run->arguments.at;
	process.keep_fds = run->fds.at;
	process.keep_count = run->fds.len;
	process.stderr_fd = messages;
	TRY(process_run(&process, &status));
	TRY(file_read_fd(run->arena, messages, MESSAGES_MAX, &text));
	print_messages(run, text);
	return status == 0
		       ? 0
		       : err_set(ERR_BUILD, "linker command failed with exit code %d", status);
}

int
ld_finish_in_memory(struct ld_run *run, struct str *ret_output)
{
	int output AUTO(file_close) = -1;
	int ret;

	TRY(file_memory("output", &output));
	ld_argue(run, "-o");
	ld_argue(run, "-");
	run->output = output;
	ret = ld_finish(run);
	run->output = 0;
	TRY(ret);
	return file_read_fd(run->arena, output, OUTPUT_MAX, ret_output);
}
