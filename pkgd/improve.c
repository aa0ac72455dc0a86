/* SPDX-License-Identifier: MIT */
/*
 * A record lock on ROOT/state/improve says who the improver is: it ends with the process, no child
 * inherits it, and the kernel itself tells its holder's process. The text of the file is why
 * the last one gave up.
 */
#include "pkgd/improve.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "base/program.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IMPROVE_FILE "state/improve"
#define FAILURE_MAX 4096 /* bytes */
#define STOP_MS 10000
#define POLL_MS 20

static int
open_file(const struct store *store, int *ret_fd)
{
	return err_context(file_open_beneath(store_root_dir(store), IMPROVE_FILE,
				   O_RDWR | O_CREAT, 0600, ret_fd),
		"root %s", store_root(store));
}

int
improve_take(const struct store *store, int *ret_fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd AUTO(file_close) = -1;

	TRY(open_file(store, &fd));
	if (fcntl(fd, F_SETLK, &lock) < 0) {
		if (errno == EACCES || errno == EAGAIN)
			return 0;
		return err_errno("root %s: " IMPROVE_FILE ": lock", store_root(store));
	}
	*ret_fd = fd;
	fd = -1;
	return 1;
}

void
improve_report(int fd, const char *failure)
{
	size_t length = failure == NULL ? 0 : strnlen(failure, FAILURE_MAX);

	if (ftruncate(fd, 0) == 0 && length > 0 && pwrite(fd, failure, length, 0) < 0)
		return;
}

static int
find_holder(const struct store *store, int fd, pid_t *ret_pid)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0)
		return err_errno("root %s: " IMPROVE_FILE, store_root(store));
	*ret_pid = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
	return 0;
}

int
improve_ask(struct arena *arena, const struct store *store, struct improve_state *ret_state)
{
	struct improve_state state = { .failure = "" };
	int fd AUTO(file_close) = -1;
	struct str text;

	if (!file_exists(store_root_dir(store), IMPROVE_FILE)) {
		*ret_state = state;
		return 0;
	}
	TRY(open_file(store, &fd));
	TRY(find_holder(store, fd, &state.pid));
	TRY(file_read_fd(arena, fd, FAILURE_MAX, &text));
	if (state.pid == 0)
		state.failure = str_copy(arena, text);
	*ret_state = state;
	return 0;
}

/* In the child: leave the caller's session, and be nobody's child. */
static int
detach(void *data)
{
	pid_t pid;

	(void)data;
	if (setsid() < 0)
		return -1;
	pid = fork();
	if (pid > 0)
		_exit(0);
	return pid;
}

int
improve_start(struct arena *arena, const char *root)
{
	int nothing AUTO(file_close) = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int status;
	char *program;

	if (nothing < 0)
		return err_errno("/dev/null");
	TRY(program_find(arena, "weld", &program));

	const char *const argv[] = { program, "--root", root, "improve", "--idle", NULL };
	struct process process = { .argv = argv,
		.directory = "/",
		.stdout_fd = nothing,
		.stderr_fd = nothing,
		.before_exec = detach };

	return process_run(&process, &status);
}

int
improve_stop(const struct store *store)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	int fd AUTO(file_close) = -1;
	pid_t pid, holder;

	TRY(open_file(store, &fd));
	TRY(find_holder(store, fd, &pid));
	if (pid == 0)
		return 0;
	if (kill(pid, SIGTERM) < 0 && errno != ESRCH)
		return err_errno("process %d: end it", (int)pid);
	for (int waited = 0; waited < STOP_MS; waited += POLL_MS) {
		TRY(find_holder(store, fd, &holder));
		if (holder != pid)
			return 1;
		nanosleep(&pause, NULL);
	}
	return err_set(ERR_LOCKED, "process %d does not end (kill it: 'kill -9 %d')", (int)pid,
		(int)pid);
}
