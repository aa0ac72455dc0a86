/* SPDX-License-Identifier: MIT */
/* worker: what one is given, and how each way in which it can fail is told. Scripts stand for workers. */
#include "base/worker.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const enum err believed[] = { ERR_FORMAT, ERR_LIMIT, 0 };

/* A job for a shell; its script is the third argument. */
static struct worker_job
shell_job(const char *const *arguments)
{
	return (struct worker_job){ .name = "job",
		.program = "/bin/sh",
		.arguments = arguments,
		.timeout_ms = 20000,
		.believed = believed };
}

static const struct {
	const char *name;
	const char *script;
	int ret;
	const char *message; /* part of it */
} rows[] = {
	{ "success", "exit 0", 0, "" },
	{ "what it says is nobody's business then", "echo hello; echo there >&2", 0, "" },
	{ "a crash", "kill -SEGV $$", ERR_WORKER, "job: the worker was ended by signal 11" },
	{ "a crash with a word", "echo why >&2; kill -9 $$", ERR_WORKER, "): why" },
	{ "an exit status", "echo broken >&2; exit 7", ERR_WORKER,
		"job: the worker ended with status 7: broken" },
	{ "an error that it may report", "printf 'format\\njob: damaged\\n' >&2; exit 3",
		ERR_FORMAT, "job: damaged" },
	{ "another that it may report", "printf 'limit\\njob: long\\n' >&2; exit 3", ERR_LIMIT,
		"job: long" },
	{ "an error that it may not", "printf 'signature\\nA\\033[2JB' >&2; exit 3", ERR_WORKER,
		"job: A?[2JB" },
	{ "no error", "exit 3", ERR_WORKER, "without a reason" },
	{ "too little memory", "echo out of memory >&2; exit 1", ERR_WORKER,
		"job: the worker needs more memory than it may have" },
	{ "no environment", "test \"$(env | grep -vc '^\\(PWD\\|SHLVL\\|_\\)=')\" = 0", 0, "" },
	{ "no descriptors",
		"for i in 3 4 5 6 7 8 9; do if (: >&$i) 2>/dev/null; then exit 1; fi; done", 0,
		"" },
	{ "nothing on standard input", "read -r line && exit 1; exit 0", 0, "" },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *const arguments[] = { "-c", rows[i].script, NULL };
		struct worker_job job = shell_job(arguments);
		struct worker worker AUTO(worker_stop) = { 0 };
		int ret = worker_start(&job, &worker);

		if (ret >= 0)
			ret = worker_finish(&worker);
		tap_is_number(ret, rows[i].ret, "%s", rows[i].name);
		tap_ok(ret == 0 || strstr(err_message(), rows[i].message) != NULL, "%s: %s",
			rows[i].name, ret == 0 ? "fine" : err_message());
		tap_ok(worker.job == NULL, "%s: nothing is left", rows[i].name);
	}
}

static void
test_endless_talk(void)
{
	const char *const arguments[] = { "-c", "yes >&2; exit 9", NULL };
	struct worker_job job = shell_job(arguments);
	struct worker worker = { 0 };
	int ret = worker_start(&job, &worker);

	if (ret >= 0)
		ret = worker_finish(&worker);
	tap_ok(ret == ERR_WORKER && strstr(err_message(), "status 9: y") != NULL,
		"who talks without end is stopped: %.60s", err_message());
}

static void
test_late(void)
{
	const char *const arguments[] = { "-c", "exec sleep 1000", NULL };
	struct worker_job job = shell_job(arguments);
	struct worker worker = { 0 };
	pid_t pid;

	job.timeout_ms = 200;
	if (worker_start(&job, &worker) < 0)
		tap_bail("%s", err_message());
	pid = worker.pid;
	tap_ok(worker_finish(&worker) == ERR_WORKER &&
			strstr(err_message(), "job: the worker took longer than") != NULL,
		"who is late is ended: %s", err_message());
	tap_ok(kill(pid, 0) < 0 && errno == ESRCH, "and gone");
}

/* Two run; the second ends first. */
static void
test_several(void)
{
	const char *const slow[] = { "-c", "read -r line <&7", NULL };
	const char *const fast[] = { "-c", "exit 0", NULL };
	struct worker_job jobs[] = { shell_job(slow), shell_job(fast) };
	struct worker workers[2] = { { 0 } };
	struct worker *const both[] = { &workers[0], &workers[1] };
	int pipe_fds[2];
	const int given[] = { 7 };
	size_t index = 9;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0 || dup2(pipe_fds[0], 7) < 0)
		tap_bail("pipe");
	jobs[0].fds = given;
	jobs[0].fd_count = 1;
	if (worker_start(&jobs[0], &workers[0]) < 0 || worker_start(&jobs[1], &workers[1]) < 0)
		tap_bail("%s", err_message());
	tap_ok(worker_wait(both, 2, &index) == 0 && index == 1, "of two, the one that ended");
	tap_ok(worker_finish(&workers[1]) == 0, "it did well");
	if (write(pipe_fds[1], "go\n", 3) != 3)
		tap_bail("write");
	tap_ok(worker_wait(both, 2, &index) == 0 && index == 0,
		"then the other, which was given a descriptor");
	tap_ok(worker_finish(&workers[0]) == 0, "it did well, too");
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(7);
}

/* A worker that is kept running must end with the process that started it. */
static void
test_dies_with_its_maker(void)
{
	int pipe_fds[2];
	pid_t worker_pid = 0;
	char byte;
	pid_t pid;

	if (pipe(pipe_fds) < 0)
		tap_bail("pipe");
	pid = fork();
	if (pid == 0) {
		const char *const arguments[] = { "-c", "exec sleep 1000", NULL };
		struct worker_job job = shell_job(arguments);
		struct worker worker = { 0 };

		job.fds = &pipe_fds[1];
		job.fd_count = 1;
		if (worker_start(&job, &worker) < 0 ||
			write(pipe_fds[1], &worker.pid, sizeof worker.pid) < 0)
			_exit(1);
		_exit(0);
	}
	close(pipe_fds[1]);
	if (pid < 0 || read(pipe_fds[0], &worker_pid, sizeof worker_pid) != sizeof worker_pid ||
		waitpid(pid, NULL, 0) < 0)
		tap_bail("fork");
	/* Its end of the pipe is closed when it is gone, and not before. */
	tap_ok(read(pipe_fds[0], &byte, 1) == 0, "a worker ends with its maker");
	close(pipe_fds[0]);
}

static void
test_missing(void)
{
	struct worker_job job = { .name = "job", .program = "/nonexistent/worker" };
	struct worker worker = { 0 };

	tap_ok(worker_start(&job, &worker) == ERR_WORKER &&
			strstr(err_message(), "job: cannot start a worker") != NULL &&
			worker.job == NULL,
		"one that is not there: %s", err_message());
}

static void
test_numbers(void)
{
	tap_is_number(worker_parse_fd("17"), 17, "a descriptor's number");
	tap_is_number(worker_parse_fd(""), -1, "no number");
	tap_is_number(worker_parse_fd("-1"), -1, "a negative one");
	tap_is_number(worker_parse_fd("3x"), -1, "not only a number");
}

int
main(void)
{
	test_rows();
	test_endless_talk();
	test_late();
	test_several();
	test_dies_with_its_maker();
	test_missing();
	test_numbers();
	return tap_done();
}
