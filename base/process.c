/* SPDX-License-Identifier: MIT */
/*
 * fork and exec. A close-on-exec pipe tells the parent whether exec worked, so
 * a missing program is an error here and not an exit status 127.
 */
#include "base/process.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)64 << 20) /* bytes */

static int
wire(int fd, int target)
{
	if (fd == target)
		return fcntl(fd, F_SETFD, 0);
	return dup2(fd, target) < 0 ? -1 : 0;
}

static int
wire_standard_fds(const struct process *process)
{
	int in = process->stdin_fd;

	if (in == 0)
		in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (in < 0 || wire(in, 0) < 0)
		return -1;
	if (process->stdout_fd != 0 && wire(process->stdout_fd, 1) < 0)
		return -1;
	if (process->stderr_fd != 0 && wire(process->stderr_fd, 2) < 0)
		return -1;
	return 0;
}

/* In the child: everything between fork and exec; returns only on failure. */
static void
become(const struct process *process, pid_t caller)
{
	/* The caller may have ended before we asked to be told. */
	if (process->dies_with_caller &&
		(prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != caller))
		return;
	if (process->directory != NULL && chdir(process->directory) < 0)
		return;
	if (wire_standard_fds(process) < 0)
		return;
	/* The caller may ignore it; a program that writes to a pipe relies on it. */
	signal(SIGPIPE, SIG_DFL);
	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return;
	for (size_t i = 0; i < process->keep_count; i++)
		if (fcntl(process->keep_fds[i], F_SETFD, 0) < 0)
			return;
	if (process->before_exec != NULL && process->before_exec(process->data) < 0)
		return;
	if (process->envp != NULL)
		execvpe(process->argv[0], (char *const *)process->argv,
			(char *const *)process->envp);
	else
		execvp(process->argv[0], (char *const *)process->argv);
}

int
process_start(const struct process *process, pid_t *ret_pid)
{
	int report[2];
	int number = 0;
	pid_t caller = getpid();
	pid_t pid;
	ssize_t got;

	if (pipe2(report, O_CLOEXEC) < 0)
		return err_errno("%s: pipe", process->argv[0]);
	pid = fork();
	if (pid < 0) {
		close(report[0]);
		close(report[1]);
		return err_errno("%s: fork", process->argv[0]);
	}
	if (pid == 0) {
		become(process, caller);
		number = errno == 0 ? EIO : errno;
		(void)!write(report[1], &number, sizeof number);
		_exit(127);
	}
	close(report[1]);
	do
		got = read(report[0], &number, sizeof number);
	while (got < 0 && errno == EINTR);
	close(report[0]);
	if (got == sizeof number) {
		waitpid(pid, NULL, 0);
		errno = number;
		return err_errno("%s: cannot be run", process->argv[0]);
	}
	*ret_pid = pid;
	return 0;
}

int
process_wait(pid_t pid, int *ret_status)
{
	int status;
	pid_t got;

	do
		got = waitpid(pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno("wait for process %d", (int)pid);
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

/* 1 when the program has ended, 0 when the time is up. */
static int
poll_end(pid_t pid, unsigned timeout_ms)
{
	struct pollfd entry = { .events = POLLIN };
	int fd AUTO(file_close) = (int)syscall(SYS_pidfd_open, pid, 0);
	int got;

	if (fd < 0)
		return err_errno("watch process %d", (int)pid);
	entry.fd = fd;
	/* A signal makes it wait again from the start: late, but not for ever. */
	do
		got = poll(&entry, 1, (int)timeout_ms);
	while (got < 0 && errno == EINTR);
	return got < 0 ? err_errno("watch process %d", (int)pid) : got;
}

int
process_wait_until(pid_t pid, unsigned timeout_ms, int *ret_status)
{
	int ended = timeout_ms == 0 ? 1 : poll_end(pid, timeout_ms);
	int status = 0;

	if (ended <= 0)
		kill(pid, SIGKILL);
	TRY(process_wait(pid, &status));
	TRY(ended);
	if (ended == 0)
		return err_set(ERR_LIMIT, "has not ended after %g s", timeout_ms / 1e3);
	*ret_status = status;
	return 0;
}

int
process_run(const struct process *process, int *ret_status)
{
	pid_t pid = -1;

	TRY(process_start(process, &pid));
	return err_context(process_wait_until(pid, process->timeout_ms, ret_status), "%s",
		process->argv[0]);
}

int
process_capture(struct arena *arena, const struct process *process, int *ret_status,
	struct str *ret_output)
{
	struct process capturing = *process;
	int fd AUTO(file_close) = -1;

	/* A memory file, not a pipe: a grandchild that stays behind cannot hold us. */
	TRY(file_memory("output", &fd));
	capturing.stdout_fd = fd;
	capturing.stderr_fd = fd;
	TRY(process_run(&capturing, ret_status));
	return err_context(file_read_fd(arena, fd, OUTPUT_MAX, ret_output), "%s: output",
		process->argv[0]);
}
