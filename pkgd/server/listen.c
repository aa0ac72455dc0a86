/* SPDX-License-Identifier: MIT */
/*
 * The protocol of socket activation is two variables and descriptor 3. A socket
 * of our own is made under another name and renamed, so that from the moment
 * it can be seen it answers; a lock beside it keeps two daemons that start at once apart.
 */
#include "pkgd/server/listen.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOCK_TRIES 40
#define LOCK_PAUSE_MS 50
#define FIRST_FD 3
#define BACKLOG 256 /* connections that are not accepted yet */

bool
listen_is_activated(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	char own[32];

	snprintf(own, sizeof own, "%ld", (long)getpid());
	return pid != NULL && count != NULL && strcmp(pid, own) == 0;
}

static int
take_handed(int *ret_fd)
{
	int domain = 0, type = 0, listens = 0;
	socklen_t length = sizeof domain;

	if (strcmp(getenv("LISTEN_FDS"), "1") != 0)
		return err_set(ERR_USAGE, "socket: not exactly one was handed over");
	if (getsockopt(FIRST_FD, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 ||
		getsockopt(FIRST_FD, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ||
		getsockopt(FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0 ||
		domain != AF_UNIX || type != SOCK_STREAM || !listens)
		return err_set(ERR_USAGE,
			"socket: what was handed over is no listening Unix stream socket");
	if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) < 0 ||
		fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) < 0)
		return err_errno("socket");
	*ret_fd = FIRST_FD;
	return 0;
}

static int
lock_path(const char *path, int *ret_lock)
{
	char name[sizeof((struct sockaddr_un *)0)->sun_path + 8];
	int fd;

	snprintf(name, sizeof name, "%s.lock", path);
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno("%s", name);
	/* The processes of a daemon that was killed may hold it for a moment longer. */
	for (unsigned tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			*ret_lock = fd;
			return 0;
		}
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	close(fd);
	return err_set(ERR_EXISTS, "%s: another pkgd serves it", path);
}

static int
make_directory(const char *path)
{
	char directory[sizeof((struct sockaddr_un *)0)->sun_path];
	char *slash;

	snprintf(directory, sizeof directory, "%s", path);
	slash = strrchr(directory, '/');
	if (slash == NULL || slash == directory)
		return 0;
	*slash = '\0';
	return file_make_dirs(AT_FDCWD, directory, 0755);
}

/* Only a socket is replaced: whoever gives a wrong path loses nothing. */
static int
check_place(const char *path)
{
	struct stat info;

	if (lstat(path, &info) < 0)
		return errno == ENOENT ? 0 : err_errno("%s", path);
	return S_ISSOCK(info.st_mode)
		       ? 0
		       : err_set(ERR_EXISTS, "%s: is there, and is no socket", path);
}

static int
make_socket(const char *path, int *ret_fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd AUTO(file_close) =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_errno("socket");
	snprintf(address.sun_path, sizeof address.sun_path, "%s.new", path);
	if (unlink(address.sun_path) < 0 && errno != ENOENT)
		return err_errno("%s", address.sun_path);
	/* Whoever may connect is known when he does: what he may is decided then. */
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
		chmod(address.sun_path, 0666) < 0 || listen(fd, BACKLOG) < 0 ||
		rename(address.sun_path, path) < 0)
		return err_errno("%s", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int
listen_open(const char *path, int *ret_fd, int *ret_lock)
{
	if (listen_is_activated()) {
		TRY(take_handed(ret_fd));
		*ret_lock = -1;
		return 0;
	}
	if (strlen(path) + sizeof ".new" > sizeof((struct sockaddr_un *)0)->sun_path)
		return err_set(ERR_RANGE, "%s: too long for a socket (use --socket)", path);
	TRY(make_directory(path));
	TRY(check_place(path));
	TRY(lock_path(path, ret_lock));
	return make_socket(path, ret_fd);
}
