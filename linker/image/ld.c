/* SPDX-License-Identifier: MIT */
/*
 * ld.lld as a child process, its messages caught in a memory file. What it reads came out of weld-worker and
 * was checked, but it is a large program with many readers: so it has no network, no
 * privilege beyond its files, and of the disk the scratch directory and what it loads itself.
 */
#include "linker/image/ld.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/process.h"
#include "base/str.h"
#include "kernel-iface/sandbox.h"

#include <string.h>
#include <sys/syscall.h>

#define FILE_MAX ((uint64_t)4 << 30) /* bytes of an image or its map */
#define CPU_SECONDS 3600

/* Loading a program, files, memory and threads. */
static const int system_calls[] = {
	SYS_execve,
	SYS_read,
	SYS_readv,
	SYS_pread64,
	SYS_write,
	SYS_writev,
	SYS_pwrite64,
	SYS_lseek,
	SYS_close,
	SYS_openat,
	SYS_newfstatat,
	SYS_fstat,
	SYS_statx,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_getcwd,
	SYS_ftruncate,
	SYS_fallocate,
	SYS_fchmod,
	SYS_fchmodat,
	SYS_unlinkat,
	SYS_renameat,
	SYS_renameat2,
	SYS_umask,
	SYS_fcntl,
	SYS_ioctl,
	SYS_fstatfs,
	SYS_statfs,
	SYS_getdents64,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_msync,
	SYS_brk,
	SYS_futex,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_prlimit64,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_sigaltstack,
	SYS_clock_gettime,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_getrusage,
	SYS_uname,
	SYS_sysinfo,
	SYS_getpid,
	SYS_gettid,
	SYS_tgkill,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_exit,
	SYS_exit_group,
#ifdef SYS_open /* the older calls of x86-64 */
	SYS_open,
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_unlink,
	SYS_rename,
	SYS_chmod,
	SYS_arch_prctl,
	SYS_time,
#endif
};

/* In the child. */
static int
lock_in(void *data)
{
	const struct ld_job *job = data;
	const struct sandbox_path paths[] = { { "/usr", SANDBOX_READ },
		{ "/lib", SANDBOX_READ }, { "/lib64", SANDBOX_READ },
		{ "/etc/ld.so.cache", SANDBOX_READ }, { LD_LLD_PREFIX, SANDBOX_READ },
		{ job->scratch, SANDBOX_WRITE } };
	struct sandbox sandbox = { .cpu_seconds = CPU_SECONDS,
		.file_size = FILE_MAX,
		.descriptors = 1024,
		.makes_threads = true,
		.keeps_user = true,
		.paths = paths,
		.path_count = sizeof paths / sizeof paths[0],
		.system_calls = system_calls,
		.system_call_count = sizeof system_calls / sizeof system_calls[0] };

	return sandbox_enter(&sandbox);
}

int
ld_run(struct arena *arena, const struct ld_job *job)
{
	static const char *const no_environment[] = { NULL };
	struct process process = { .envp = no_environment,
		.dies_with_caller = true,
		.before_exec = lock_in,
		.data = (void *)job };
	struct str output = { 0 };
	const char **argv;
	size_t count = 0;
	struct str line;
	int status = 0;

	while (job->arguments[count] != NULL)
		count++;
	argv = arena_array(arena, count + 2, sizeof *argv);
	argv[0] = LD_LLD;
	memcpy(argv + 1, job->arguments, count * sizeof *argv);
	process.argv = argv;
	log_debug("link", "%s: static linker", job->name);
	TRY(err_context(process_capture(arena, &process, &status, &output), "%s: static linker",
		job->name));
	if (status == 0)
		return 0;
	log_debug("link", "%s: " STR_FMT, job->name, STR_ARG(output));
	str_cut(&output, '\n', &line);
	if (memmem(line.at, line.len, "No space left", 13) != NULL)
		return err_set(ERR_NO_SPACE, "%s: no space left to link", job->name);
	return err_set(ERR_FAILED, "%s: static linker: status %d: " STR_FMT, job->name, status,
		STR_ARG(line));
}
