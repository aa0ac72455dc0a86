/* SPDX-License-Identifier: MIT */
/* process: exit statuses, output, environment, descriptors, and programs that are not there. */
#include "base/process.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *script;
	int status;
	const char *output;
} rows[] = {
	{ "success", "exit 0", 0, "" },
	{ "exit status", "exit 7", 7, "" },
	{ "killed by a signal", "kill -9 $$", 128 + 9, "" },
	{ "killed by a broken pipe", "kill -13 $$", 128 + 13, "" },
	{ "both outputs in order", "echo a; echo b >&2; echo c", 0, "a\nb\nc\n" },
	{ "standard input is empty", "cat; echo end", 0, "end\n" },
	{ "a grandchild stays behind", "sleep 5 & echo done", 0, "done\n" },
	{ "no descriptor leaks",
		"for i in 3 4 5 6 7 8 9; do "
		"if (: >&$i) 2>/dev/null; then echo $i; fi; done",
		0, "" },
};

static void
test_rows(struct arena *arena)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *argv[] = { "sh", "-c", rows[i].script, NULL };
		struct process process = { .argv = argv };
		struct str output = { 0 };
		int status = -1;

		tap_is_number(process_capture(arena, &process, &status, &output), 0, "%s: runs",
			rows[i].name);
		tap_is_number(status, rows[i].status, "%s: status", rows[i].name);
		tap_is_string(output.at, rows[i].output, "%s: output", rows[i].name);
	}
}

static void
test_surroundings(struct arena *arena)
{
	const char *argv[] = { "sh", "-c", "pwd; echo $GREETING $HOME; cat; cat <&8", NULL };
	const char *envp[] = { "GREETING=hello", "PATH=/usr/bin:/bin", NULL };
	int keep[] = { 8 };
	int input AUTO(file_close) = -1;
	struct process process = { .argv = argv,
		.envp = envp,
		.directory = "/usr",
		.keep_fds = keep,
		.keep_count = 1 };
	struct str output = { 0 };
	int status = -1;

	if (file_memory("input", &input) < 0 || file_write_fd(input, "in\n", 3) < 0)
		tap_bail("%s", err_message());
	lseek(input, 0, SEEK_SET);
	process.stdin_fd = input;
	if (dup2(input, 8) < 0)
		tap_bail("dup2");
	tap_is_number(process_capture(arena, &process, &status, &output), 0, "runs");
	tap_is_string(output.at, "/usr\nhello\nin\n", "directory, environment and input");
	lseek(8, 0, SEEK_SET);
	process.stdin_fd = 0;
	tap_is_number(process_capture(arena, &process, &status, &output), 0, "runs again");
	tap_is_string(output.at, "/usr\nhello\nin\n", "a kept descriptor has its number");
	close(8);
}

static int
refuse(void *data)
{
	*(volatile int *)data = 1;
	errno = EPERM;
	return -1;
}

static void
test_failures(void)
{
	const char *missing[] = { "no-such-program-anywhere", NULL };
	const char *directory[] = { "/usr", NULL };
	const char *true_argv[] = { "true", NULL };
	int data = 0;
	int status = -1;
	struct process process = { .argv = missing };

	tap_is_number(process_run(&process, &status), ERR_NOT_FOUND, "no such program");
	tap_ok(strstr(err_message(), "no-such-program-anywhere") != NULL, "is named");
	process.argv = directory;
	tap_is_number(process_run(&process, &status), ERR_IO, "not a program");
	process = (struct process){ .argv = true_argv, .directory = "/no/such/place" };
	tap_is_number(process_run(&process, &status), ERR_NOT_FOUND, "no such directory");
	process = (struct process){ .argv = true_argv, .before_exec = refuse, .data = &data };
	tap_is_number(process_run(&process, &status), ERR_IO, "before_exec refuses");
	tap_is_number(status, -1, "no status was written by a failure");
	tap_is_number(process_wait(1, &status), ERR_IO, "not a child");
}

static void
test_timeout(void)
{
	const char *sleeping[] = { "sleep", "60", NULL };
	const char *quick[] = { "true", NULL };
	struct process process = { .argv = sleeping, .timeout_ms = 50 };
	int status = -1;

	tap_is_number(process_run(&process, &status), ERR_LIMIT, "what does not end is ended");
	tap_ok(strstr(err_message(), "sleep: has not ended after 0.05 s") != NULL,
		"and told: %s", err_message());
	tap_is_number(process_wait(-1, &status), ERR_IO, "nobody is left to be waited for");
	process = (struct process){ .argv = quick, .timeout_ms = 30000 };
	tap_is_number(process_run(&process, &status), 0, "what ends in time");
	tap_is_number(status, 0, "has its status");
}

/* Start a sleeper that holds the pipe open, and end. */
static void
start_and_end(int fd)
{
	const char *argv[] = { "sleep", "60", NULL };
	struct process process = {
		.argv = argv, .keep_fds = &fd, .keep_count = 1, .dies_with_caller = true
	};
	pid_t pid;

	_exit(process_start(&process, &pid) < 0 ? 1 : 0);
}

static void
test_end_of_caller(void)
{
	int fds[2];
	int status = -1;
	struct pollfd poll_fd;
	pid_t pid;

	if (pipe(fds) < 0 || (pid = fork()) < 0)
		tap_bail("pipe and fork: %s", strerror(errno));
	if (pid == 0)
		start_and_end(fds[1]);
	close(fds[1]);
	tap_is_number(process_wait(pid, &status), 0, "the caller ends");
	tap_is_number(status, 0, "having started a program");
	poll_fd = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	tap_ok(poll(&poll_fd, 1, 30000) == 1 && (poll_fd.revents & POLLHUP) != 0,
		"which dies with it");
	close(fds[0]);
}

int
main(void)
{
	struct arena *arena = arena_new();

	/* As the command does: its children must not. */
	signal(SIGPIPE, SIG_IGN);
	test_rows(arena);
	test_surroundings(arena);
	test_failures();
	test_timeout();
	test_end_of_caller();
	arena_free(&arena);
	return tap_done();
}
