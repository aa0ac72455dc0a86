/* SPDX-License-Identifier: MIT */
/*
 * weld-fetch: the network, in a process that has nothing else.
 *
 * It reads its job, which weld wrote, and prepares libcurl; then it locks itself in. What stays is
 * the network, threads that resolve names, and the files that resolving and TLS read; what it
 * receives goes to descriptors that it was given.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/worker.h"
#include "kernel-iface/sandbox.h"
#include "repo/fetch/worker/protocol.h"
#include "repo/fetch/worker/transfer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 256 /* of connections and files of ours, besides what was given */

/* What libcurl, TLS and name resolution need, besides memory and time: sockets, and files to read. */
static const int system_calls[] = {
	SYS_read,
	SYS_readv,
	SYS_pread64,
	SYS_write,
	SYS_writev,
	SYS_lseek,
	SYS_close,
	SYS_openat,
	SYS_newfstatat,
	SYS_fstat,
	SYS_statx,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_fcntl,
	SYS_ioctl,
	SYS_dup,
	SYS_pipe2,
	SYS_eventfd2,
	SYS_socket,
	SYS_socketpair,
	SYS_bind,
	SYS_connect,
	SYS_getsockname,
	SYS_getpeername,
	SYS_getsockopt,
	SYS_setsockopt,
	SYS_sendto,
	SYS_recvfrom,
	SYS_sendmsg,
	SYS_sendmmsg,
	SYS_recvmsg,
	SYS_shutdown,
	SYS_ppoll,
	SYS_pselect6,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_set_robust_list,
	SYS_rseq,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_clock_gettime,
	SYS_clock_nanosleep,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_uname,
	SYS_sysinfo,
	SYS_getpid,
	SYS_gettid,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_restart_syscall,
	SYS_exit,
	SYS_exit_group,
#ifdef SYS_open /* the older calls of x86-64 */
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_poll,
	SYS_select,
	SYS_pipe,
	SYS_time,
#endif
#if SANDBOX_SANITIZED
	SYS_sigaltstack,
#endif
};

/* Resolving names, certificates, and the libraries that are loaded for either. */
static const struct sandbox_path paths[] = {
	{ "/etc/resolv.conf", SANDBOX_READ },
	{ "/etc/hosts", SANDBOX_READ },
	{ "/etc/host.conf", SANDBOX_READ },
	{ "/etc/nsswitch.conf", SANDBOX_READ },
	{ "/etc/gai.conf", SANDBOX_READ },
	{ "/etc/services", SANDBOX_READ },
	{ "/etc/protocols", SANDBOX_READ },
	{ "/etc/ld.so.cache", SANDBOX_READ },
	{ "/etc/ssl/certs", SANDBOX_READ },
	{ "/etc/ssl/openssl.cnf", SANDBOX_READ },
	{ "/etc/pki", SANDBOX_READ },
	{ "/etc/ca-certificates", SANDBOX_READ },
	{ "/usr/share/ca-certificates", SANDBOX_READ },
	{ "/usr/local/share/ca-certificates", SANDBOX_READ },
	{ "/lib", SANDBOX_READ },
	{ "/lib64", SANDBOX_READ },
	{ "/usr/lib", SANDBOX_READ },
	{ "/run/systemd/resolve", SANDBOX_READ },
	{ "/dev/urandom", SANDBOX_READ },
};

struct job {
	struct fetch_options options;
	struct fetch_item *items;
	size_t count;
	uint64_t largest; /* bytes, of the limits */
};

static int
read_item(struct arena *arena, const json_t *object, struct fetch_item *item)
{
	const char *url;
	int64_t fd;

	TRY(json_get_string(object, "url", &url));
	TRY(json_get_size(object, "limit", INT64_MAX, &item->limit));
	TRY(json_get_integer(object, "fd", &fd));
	TRY(json_get_bool(object, "may_be_missing", &item->may_be_missing));
	item->url = arena_string(arena, url);
	item->fd = (int)fd;
	return 0;
}

/* Proxies are known by the environment of who started us, and are all that is taken from it. */
static int
read_environment(const json_t *object)
{
	json_t *environment = json_object_get(object, "environment");
	const char *name;
	json_t *value;

	json_object_foreach(environment, name,
		value) if (json_is_string(value) && setenv(name, json_string_value(value), 1) <
							    0) return err_errno("environment");
	return 0;
}

static int
read_number(const json_t *object, const char *key, unsigned *ret_number)
{
	uint64_t number;

	TRY(json_get_size(object, key, UINT32_MAX, &number));
	*ret_number = (unsigned)number;
	return 0;
}

static int
read_job(struct arena *arena, int fd, struct job *ret_job)
{
	json_t *object AUTO(json_release) = NULL;
	struct job job = { 0 };
	json_t *items;
	struct str text;

	TRY(file_read_fd(arena, fd, FETCH_JOB_MAX, &text));
	TRY(json_read(text, &object));
	TRY(read_environment(object));
	TRY(read_number(object, "connections", &job.options.connections));
	TRY(read_number(object, "low_speed_bytes", &job.options.low_speed_bytes));
	TRY(read_number(object, "low_speed_seconds", &job.options.low_speed_seconds));
	TRY(read_number(object, "connect_seconds", &job.options.connect_seconds));
	TRY(json_get_array(object, "items", &items));
	job.count = json_array_size(items);
	job.items = arena_array(arena, job.count + 1, sizeof *job.items);
	for (size_t i = 0; i < job.count; i++) {
		TRY(read_item(arena, json_array_get(items, i), &job.items[i]));
		if (job.items[i].limit > job.largest)
			job.largest = job.items[i].limit;
	}
	*ret_job = job;
	return 0;
}

static int
lock_in(const struct job *job)
{
	struct sandbox sandbox = {
		.address_space = SANDBOX_SANITIZED ? 0 : FETCH_MEMORY,
		.file_size = job->largest + 1,
		.descriptors = DESCRIPTORS + (unsigned)job->count,
		.makes_threads = true,
		.paths = paths,
		.path_count = sizeof paths / sizeof paths[0],
		.system_calls = system_calls,
		.system_call_count = sizeof system_calls / sizeof system_calls[0],
	};

	return sandbox_enter(&sandbox);
}

static void
say(const char *line, int length)
{
	/* Who does not listen any more will end us. */
	(void)file_write_fd(STDOUT_FILENO, line, (size_t)length);
}

static void
tell_progress(void *data, uint64_t received)
{
	char line[FETCH_LINE_MAX];

	(void)data;
	say(line, snprintf(line, sizeof line, "progress %" PRIu64 "\n", received));
}

static void
tell_end(void *data, size_t index, const struct fetch_item *item)
{
	char line[FETCH_LINE_MAX];

	(void)data;
	say(line, item->ret_missing ? snprintf(line, sizeof line, "missing %zu\n", index)
				    : snprintf(line, sizeof line, "done %zu %" PRIu64 "\n",
					      index, item->ret_size));
}

static int
work(int job_fd)
{
	static const struct transfer_ends ends = { tell_progress, tell_end, NULL };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct job job;

	TRY(read_job(arena, job_fd, &job));
	TRY(transfer_prepare());
	TRY(lock_in(&job));
	/* From here on there are the network and the given descriptors. */
	return transfer_run(&job.options, job.items, job.count, &ends);
}

int
main(int argc, char **argv)
{
	int job = argc == 2 ? worker_parse_fd(argv[1]) : -1;
	int ret;

	if (job < 0) {
		fputs("usage: weld-fetch JOB (run by weld)\n", stderr);
		return 2;
	}
	ret = work(job);
	_exit(ret < 0 ? worker_report(ret) : 0);
}
