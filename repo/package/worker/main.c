/* SPDX-License-Identifier: MIT */
/*
 * weld-archive: a process for each file that is packed or unpacked.
 *
 * The first process only takes descriptors from who started it, and forks: a copy of something so
 * small costs a tenth of a program's start. The copy keeps three descriptors, locks itself in, and only then looks at
 * what is in the file.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/worker.h"
#include "kernel-iface/sandbox.h"
#include "repo/package/worker/compress.h"
#include "repo/package/worker/protocol.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STATUS 2 /* in a copy: the third descriptor */

/* Streams of bytes, and memory. */
static const int system_calls[] = {
	SYS_read,
	SYS_pread64,
	SYS_write,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_getrandom, /* malloc's secret */
	SYS_rt_sigreturn,
	SYS_exit_group,
#if SANDBOX_SANITIZED
	SYS_rt_sigprocmask,
	SYS_sigaltstack,
	SYS_mprotect,
	SYS_close,
#endif
};

static int
lock_in(pid_t parent)
{
	struct sandbox sandbox = {
		.address_space = SANDBOX_SANITIZED ? 0 : ARCHIVE_MEMORY,
		.cpu_seconds = ARCHIVE_CPU_SECONDS,
		.system_calls = system_calls,
		.system_call_count = sizeof system_calls / sizeof system_calls[0],
	};

	/* A copy is not told when its parent ends, unless it asks, and asks in time. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		return err_errno("parent");
	return sandbox_enter(&sandbox);
}

/* Keep the three descriptors as 0, 1 and 2, and nothing else. */
static int
wire(const int fds[ARCHIVE_FDS])
{
	for (int i = 0; i < ARCHIVE_FDS; i++)
		if (dup2(fds[i], i) < 0)
			return err_errno("descriptor");
	if (syscall(SYS_close_range, (unsigned)ARCHIVE_FDS, ~0U, 0U) < 0)
		return err_errno("descriptors");
	return 0;
}

static int
do_work(pid_t parent, enum archive_work work, const int fds[ARCHIVE_FDS])
{
	TRY(wire(fds));
	TRY(lock_in(parent));
	/* From here on this process can only compute. */
	return work == ARCHIVE_PACK ? compress_pack(0, 1) : compress_unpack(0, 1);
}

static void
report(int ret)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	if (ret >= 0)
		strbuf_printf(&text, ARCHIVE_OK "\n");
	else
		strbuf_printf(&text, "%s\n%s", err_name(ret), err_message());
	if (text.len > ARCHIVE_STATUS_MAX)
		text.len = ARCHIVE_STATUS_MAX;
	(void)file_write_fd(STATUS, text.at, text.len);
}

/* Take one message; 0 when there are no more. */
static ssize_t
receive(int socket, char *work, int fds[ARCHIVE_FDS])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(ARCHIVE_FDS * sizeof(int))];
	} control = { 0 };
	struct iovec text = { work, 1 };
	struct msghdr message = { .msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	struct cmsghdr *header;
	ssize_t got;

	do
		got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got;
	header = CMSG_FIRSTHDR(&message);
	if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
		header->cmsg_len != CMSG_LEN(ARCHIVE_FDS * sizeof(int)))
		return -1;
	memcpy(fds, CMSG_DATA(header), ARCHIVE_FDS * sizeof(int));
	return 1;
}

static int
serve(int socket)
{
	pid_t self = getpid();
	int fds[ARCHIVE_FDS];
	ssize_t got;
	char work;

	while ((got = receive(socket, &work, fds)) > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			report(do_work(self, (enum archive_work)work, fds));
			_exit(0);
		}
		/* One that could not be made is one that died: its pipes end. */
		for (size_t i = 0; i < ARCHIVE_FDS; i++)
			close(fds[i]);
	}
	return got == 0 ? 0 : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	int socket = argc == 2 ? worker_parse_fd(argv[1]) : -1;

	if (socket < 0) {
		fputs("usage: weld-archive SOCKET (run by weld)\n", stderr);
		return 2;
	}
	/* Nobody waits for the copies: how they end is told by their pipes. */
	signal(SIGCHLD, SIG_IGN);
	return serve(socket);
}
