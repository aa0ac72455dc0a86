/* SPDX-License-Identifier: MIT */
/*
 * The one writer. flock(2) on ROOT/lock is the lock and ends with the process; the text in the
 * file only tells others who holds it, so it may fail to be written on a full disk.
 */
#include "store/store.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/root/handle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 20
#define HOLDER_MAX 512 /* bytes */

static int
report_holder(const struct store *store, int fd)
{
	char text[HOLDER_MAX + 1] = "";
	char *command;
	ssize_t got = pread(fd, text, HOLDER_MAX, 0);

	text[got > 0 ? got : 0] = '\0';
	command = strchr(text, '\n');
	if (command == NULL)
		return err_set(
			ERR_LOCKED, "root %s: another process writes to it", store->root);
	*command++ = '\0';
	command[strcspn(command, "\n")] = '\0';
	return err_set(
		ERR_LOCKED, "root %s: locked by process %s (%s)", store->root, text, command);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int
wait_for(const struct store *store, int fd, unsigned timeout_ms)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	int64_t end = now_ms() + timeout_ms;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno("root %s: lock", store->root);
		if (now_ms() >= end)
			return report_holder(store, fd);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static void
write_holder(int fd, const char *command)
{
	char text[HOLDER_MAX];
	int length = snprintf(text, sizeof text, "%ld\n%.400s\n", (long)getpid(), command);

	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) < 0)
		return;
}

/* Only the owner writes: files that another user owned later could be swapped under us. */
static int
check_owner(const struct store *store)
{
	struct stat info;

	if (fstat(store->dir, &info) < 0)
		return err_errno("root %s", store->root);
	if (info.st_uid == geteuid())
		return 0;
	return err_set(ERR_IO, "root %s: belongs to another user (run weld as user %ju)",
		store->root, (uintmax_t)info.st_uid);
}

int
store_take_lock(struct store *store, const char *command, unsigned timeout_ms)
{
	int fd AUTO(file_close) = -1;

	if (store->lock >= 0)
		return err_set(ERR_USAGE, "root %s: locked twice", store->root);
	TRY(check_owner(store));
	TRY(err_context(file_open_beneath(store->dir, "lock", O_RDWR | O_CREAT, 0600, &fd),
		"root %s", store->root));
	/* Who can read a file can lock it: only its owner may. */
	if (fchmod(fd, 0600) < 0)
		return err_errno("root %s: lock: set mode", store->root);
	TRY(wait_for(store, fd, timeout_ms));
	write_holder(fd, command);
	store->lock = fd;
	fd = -1;
	return 0;
}

int
store_lock(struct store *store, const char *command, unsigned timeout_ms)
{
	int ret;

	TRY(store_take_lock(store, command, timeout_ms));
	ret = store->db == NULL ? 0 : store_reconcile(store);
	if (ret < 0)
		store_unlock(store);
	return ret;
}

bool
store_is_locked(const struct store *store)
{
	return store->lock >= 0;
}

void
store_unlock(struct store *store)
{
	if (store->lock < 0)
		return;
	/* What was finished but not settled is cleared away by the next lock. */
	store->pending.len = 0;
	if (ftruncate(store->lock, 0) < 0)
		errno = 0;
	file_close(&store->lock);
}

int
store_need_lock(const struct store *store)
{
	if (store->lock >= 0)
		return 0;
	return err_set(ERR_USAGE, "root %s: not locked", store->root);
}
