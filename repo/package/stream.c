/* SPDX-License-Identifier: MIT */
/*
 * A stream is a pipe and a status. Nothing that comes out of either is believed: the bytes are
 * compared or hashed by who reads them, and a status only says why they are not the right ones.
 */
#include "repo/package/stream.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/program.h"
#include "base/worker.h"
#include "repo/package/worker/protocol.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 60000U

struct archiver {
	struct worker_job job;
	struct worker worker;
	unsigned patience_ms; /* with the next byte */
	int socket; /* each message is taken whole, so threads may share it */
};

static int
start(struct arena *arena, struct archiver *archiver, int theirs)
{
	const char *const arguments[] = { arena_printf(arena, "%d", theirs), NULL };
	char *program;

	if (program_find(arena, ARCHIVE_PROGRAM, &program) < 0)
		return err_set(ERR_WORKER, "%s", err_message());
	archiver->job = (struct worker_job){ .name = ARCHIVE_PROGRAM,
		.program = program,
		.arguments = arguments,
		.fds = &theirs,
		.fd_count = 1 };
	TRY(worker_start(&archiver->job, &archiver->worker));
	/* What was needed to start it goes with this function. */
	archiver->job = (struct worker_job){ .name = ARCHIVE_PROGRAM };
	return 0;
}

int
archiver_start(unsigned patience_ms, struct archiver **ret_archiver)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct archiver *archiver = calloc(1, sizeof *archiver);
	int sockets[2];
	int ret;

	if (archiver == NULL)
		abort();
	archiver->socket = -1;
	archiver->patience_ms = patience_ms != 0 ? patience_ms : PATIENCE_MS;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
		ret = err_errno(ARCHIVE_PROGRAM ": socket");
	} else {
		archiver->socket = sockets[0];
		ret = start(arena, archiver, sockets[1]);
		file_close(&sockets[1]);
	}
	if (ret < 0) {
		archiver_free(&archiver);
		return ret;
	}
	*ret_archiver = archiver;
	return 0;
}

void
archiver_free(struct archiver **archiver)
{
	if (*archiver == NULL)
		return;
	file_close(&(*archiver)->socket);
	worker_stop(&(*archiver)->worker);
	free(*archiver);
	*archiver = NULL;
}

static int
send_work(struct archiver *archiver, enum archive_work work, const int fds[ARCHIVE_FDS])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(ARCHIVE_FDS * sizeof(int))];
	} control = { 0 };
	char byte = (char)work;
	struct iovec text = { &byte, 1 };
	struct msghdr message = { .msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(ARCHIVE_FDS * sizeof(int));
	memcpy(CMSG_DATA(header), fds, ARCHIVE_FDS * sizeof(int));
	do
		sent = sendmsg(archiver->socket, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return err_set(
			ERR_WORKER, ARCHIVE_PROGRAM ": it has ended: %s", strerror(errno));
	return 0;
}

/* A descriptor of the same file by which nothing can be written. */
static int
open_read_only(int fd, int *ret_fd)
{
	char path[40];
	int flags = fcntl(fd, F_GETFL);
	int copy;

	if (flags < 0)
		return err_errno("descriptor");
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	copy = (flags & O_ACCMODE) == O_RDONLY ? fcntl(fd, F_DUPFD_CLOEXEC, 0)
					       : open(path, O_RDONLY | O_CLOEXEC);
	if (copy < 0)
		return err_errno("open again to read");
	*ret_fd = copy;
	return 0;
}

static int
begin(struct stream *stream, enum archive_work work, int file)
{
	int data[2] = { -1, -1 };
	int status[2] = { -1, -1 };
	int ret = 0;

	if (stream->archiver == NULL) {
		TRY(archiver_start(0, &stream->archiver));
		stream->is_own = true;
	}
	/* What we write to is a socket: its other end may go without our being killed. */
	if (pipe2(status, O_CLOEXEC) < 0 ||
		(work == ARCHIVE_PACK ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, data)
				      : pipe2(data, O_CLOEXEC)) < 0)
		ret = err_errno("pipe");
	if (ret >= 0)
		ret = send_work(stream->archiver, work,
			work == ARCHIVE_PACK ? (const int[]){ data[0], file, status[1] }
					     : (const int[]){ file, data[1], status[1] });
	stream->status = status[0];
	stream->data = work == ARCHIVE_PACK ? data[1] : data[0];
	file_close(work == ARCHIVE_PACK ? &data[0] : &data[1]);
	file_close(&status[1]);
	return ret;
}

int
stream_unpack(struct archiver *archiver, int fd, struct stream *ret_stream)
{
	int input AUTO(file_close) = -1;

	*ret_stream = (struct stream){ .archiver = archiver, .data = -1, .status = -1 };
	TRY(open_read_only(fd, &input));
	return begin(ret_stream, ARCHIVE_UNPACK, input);
}

int
stream_pack(struct archiver *archiver, int fd, struct stream *ret_stream)
{
	*ret_stream = (struct stream){ .archiver = archiver, .data = -1, .status = -1 };
	return begin(ret_stream, ARCHIVE_PACK, fd);
}

static int
read_pipe(const struct stream *stream, int fd, void *bytes, size_t size, size_t *ret_length)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	ssize_t got = -1;
	int ready;

	do {
		ready = poll(&wait, 1, (int)stream->archiver->patience_ms);
		if (ready > 0)
			got = read(fd, bytes, size);
	} while ((ready < 0 || (ready > 0 && got < 0)) && errno == EINTR);
	if (ready == 0)
		return err_set(ERR_WORKER,
			"the worker that reads it gave nothing for %u s (it may be damaged)",
			stream->archiver->patience_ms / 1000);
	if (got < 0)
		return err_errno("read");
	*ret_length = (size_t)got;
	return 0;
}

int
stream_read(struct stream *stream, void *bytes, size_t size, size_t *ret_length)
{
	return read_pipe(stream, stream->data, bytes, size, ret_length);
}

int
stream_write(struct stream *stream, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t sent = send(stream->data, at, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			TRY(stream_finish(stream));
			return err_set(ERR_WORKER, "the worker stopped reading");
		}
		at += sent;
		length -= (size_t)sent;
	}
	return 0;
}

static int
read_status(const struct stream *stream, char text[ARCHIVE_STATUS_MAX], size_t *ret_length)
{
	size_t length = 0;
	size_t got = 1;

	while (got > 0 && length < ARCHIVE_STATUS_MAX) {
		TRY(read_pipe(stream, stream->status, text + length,
			ARCHIVE_STATUS_MAX - length, &got));
		length += got;
	}
	*ret_length = length;
	return 0;
}

int
stream_finish(struct stream *stream)
{
	static const enum err believed[] = { ERR_FORMAT, ERR_NO_SPACE, ERR_IO };
	struct arena *arena AUTO(arena_free) = arena_new();
	char text[ARCHIVE_STATUS_MAX];
	struct str rest = { text, 0 };
	struct str name;
	const char *line;

	file_close(&stream->data);
	TRY(read_status(stream, text, &rest.len));
	if (!str_cut(&rest, '\n', &name))
		name = (struct str){ "", 0 };
	if (str_is(name, ARCHIVE_OK))
		return 0;
	if (rest.len == 0)
		return err_set(ERR_WORKER, "the worker that reads it died (it may be damaged)");
	line = worker_clean_line(arena, rest.at, rest.len);
	for (size_t i = 0; i < sizeof believed / sizeof believed[0]; i++)
		if (str_is(name, err_name(believed[i])))
			return err_set(believed[i], "%s", line);
	return err_set(ERR_WORKER, "%s", line);
}

void
stream_end(struct stream *stream)
{
	file_close(&stream->data);
	file_close(&stream->status);
	if (stream->is_own)
		archiver_free(&stream->archiver);
}
