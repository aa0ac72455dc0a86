/* SPDX-License-Identifier: MIT */
/*
 * The program's root is changed to the cage, by our privilege where we have it and otherwise in a user
 * namespace of its own; then it is locked in as every worker is (kernel-iface/sandbox.h). Files are
 * copies, so that nothing that it could do to them matters; their times are all the same.
 */
#include "pkgd/trigger/cage.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "kernel-iface/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_MAX_FILES 64 /* that the program may have open at once */

struct cage {
	struct arena *arena;
	int dir;
};

int
cage_make(struct arena *arena, const char *directory, struct cage **ret_cage)
{
	struct cage *cage = ARENA_NEW(arena, struct cage);

	cage->arena = arena;
	cage->dir = -1;
	if (mkdir(directory, 0755) < 0 || chmod(directory, 0755) < 0)
		return err_errno("%s: create directory", directory);
	TRY(file_open_dir(AT_FDCWD, directory, &cage->dir));
	if (mkdirat(cage->dir, CAGE_WORK, 0755) < 0)
		return err_errno("%s/" CAGE_WORK, directory);
	/* Root's programs become this user where there is one. */
	if (geteuid() == 0 &&
		fchownat(cage->dir, CAGE_WORK, SANDBOX_USER, SANDBOX_USER, 0) < 0 &&
		errno != EINVAL)
		return err_errno("%s/" CAGE_WORK ": set owner", directory);
	*ret_cage = cage;
	return 0;
}

void
cage_close(struct cage **cage)
{
	if (*cage != NULL)
		file_close(&(*cage)->dir);
	*cage = NULL;
}

static int
make_parents(const struct cage *cage, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return 0;
	return file_make_dirs(cage->dir,
		str_copy(cage->arena, (struct str){ path, (size_t)(slash - path) }), 0755);
}

static int
create(const struct cage *cage, const char *path, bool is_executable, int *ret_fd)
{
	TRY(make_parents(cage, path));
	return file_open_beneath(cage->dir, path, O_RDWR | O_CREAT | O_EXCL,
		is_executable ? 0555 : 0444, ret_fd);
}

/* The same modes and times, whenever and by whom it was made. */
static int
finish(int fd, const char *path, bool is_executable)
{
	const struct timespec times[2] = { { 0 } };

	if (fchmod(fd, is_executable ? 0555 : 0444) < 0 || futimens(fd, times) < 0)
		return err_errno("%s: set mode and time", path);
	return 0;
}

int
cage_add_file(struct cage *cage, const char *path, int from, bool is_executable)
{
	int fd AUTO(file_close) = -1;

	TRY(create(cage, path, is_executable, &fd));
	if (lseek(from, 0, SEEK_SET) < 0)
		return err_errno("%s: seek", path);
	TRY(file_copy(from, fd));
	return finish(fd, path, is_executable);
}

int
cage_add_text(struct cage *cage, const char *path, struct str text, bool is_executable)
{
	int fd AUTO(file_close) = -1;

	TRY(create(cage, path, is_executable, &fd));
	TRY(file_write_fd(fd, text.at, text.len));
	return finish(fd, path, is_executable);
}

int
cage_add_link(struct cage *cage, const char *path, const char *target)
{
	TRY(make_parents(cage, path));
	return file_make_link(cage->dir, path, target);
}

/*
 * Reading files, writing below its directory, computing: no sockets, no processes, no signals to
 * others, no limits of others, nothing that changes who it is.
 */
static const int system_calls[] = {
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv,
	SYS_pwritev, SYS_openat, SYS_close, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_statx,
	SYS_mmap, SYS_mprotect, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_faccessat,
	SYS_faccessat2, SYS_readlinkat, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir,
	SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_ftruncate, SYS_truncate, SYS_fchmod,
	SYS_fchmodat, SYS_utimensat, SYS_fsync, SYS_fdatasync, SYS_fcntl, SYS_dup, SYS_dup3,
	SYS_pipe2, SYS_ioctl, SYS_ppoll, SYS_pselect6, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_sigaltstack, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid,
	SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_uname, SYS_sysinfo,
	SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,
	SYS_gettimeofday, SYS_times, SYS_getrusage, SYS_set_tid_address, SYS_set_robust_list,
	SYS_futex, SYS_exit, SYS_exit_group, SYS_sched_yield, SYS_sched_getaffinity,
	SYS_getrandom, SYS_umask, SYS_flock, SYS_execve, SYS_sendfile, SYS_copy_file_range,
	SYS_fallocate, SYS_statfs, SYS_fstatfs, SYS_rseq, SYS_membarrier,
#ifdef SYS_renameat
	SYS_renameat,
#endif
#if defined __x86_64__
	SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_getdents,
	SYS_rename, SYS_unlink, SYS_mkdir, SYS_rmdir, SYS_chmod, SYS_dup2, SYS_pipe, SYS_poll,
	SYS_select, SYS_time, SYS_arch_prctl
#endif
};

struct lock { /* what the program's process does before it becomes the program */
	const struct cage *cage;
	unsigned timeout_ms;
};

/* As in give-up of the sandbox: here it comes first, for a user namespace of nobody's own. */
static int
become_nobody(void)
{
	pid_t parent = getppid();

	if (geteuid() != 0)
		return 0;
	if (setresgid(SANDBOX_USER, SANDBOX_USER, SANDBOX_USER) < 0)
		return errno == EINVAL ? 0 : -1;
	if (setgroups(0, NULL) < 0 || setresuid(SANDBOX_USER, SANDBOX_USER, SANDBOX_USER) < 0)
		return -1;
	/* The kernel forgets with whom we end when we become another. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		return -1;
	return 0;
}

static int
change_root(const struct cage *cage)
{
	if (fchdir(cage->dir) < 0)
		return -1;
	if (chroot(".") == 0) {
		(void)unshare(CLONE_NEWNET | CLONE_NEWIPC);
		return 0;
	}
	if (errno != EPERM || become_nobody() < 0 ||
		unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) < 0)
		return -1;
	return chroot(".");
}

/* Between fork and exec. */
static int
lock_in(void *data)
{
	static const struct sandbox_path paths[] = { { "/", SANDBOX_READ },
		{ "/" CAGE_WORK, SANDBOX_WRITE } };
	const struct lock *lock = data;
	const struct sandbox sandbox = {
		.address_space = SANDBOX_SANITIZED ? 0 : CAGE_MEMORY_MAX,
		.cpu_seconds = (lock->timeout_ms + 999) / 1000,
		.file_size = CAGE_FILE_MAX,
		.descriptors = OPEN_MAX_FILES,
		.paths = paths,
		.path_count = sizeof paths / sizeof *paths,
		.system_calls = system_calls,
		.system_call_count = sizeof system_calls / sizeof *system_calls,
	};

	umask(022);
	if (change_root(lock->cage) < 0 || chdir("/" CAGE_WORK) < 0)
		return -1;
	return sandbox_enter(&sandbox);
}

static int
read_said(struct arena *arena, int fd, struct str *ret_said)
{
	char *text = arena_array(arena, CAGE_SAID_MAX + 1, 1);
	ssize_t length = pread(fd, text, CAGE_SAID_MAX, 0);

	if (length < 0)
		return err_errno("output");
	*ret_said = (struct str){ text, (size_t)length };
	return 0;
}

int
cage_run(struct arena *arena, const struct cage *cage, const struct cage_run *run,
	int *ret_status, struct str *ret_said)
{
	struct lock lock = { cage, run->timeout_ms };
	int said AUTO(file_close) = -1;
	struct process process = {
		.argv = run->argv,
		.envp = run->envp,
		.timeout_ms = run->timeout_ms,
		.dies_with_caller = true,
		.before_exec = lock_in,
		.data = &lock,
	};

	TRY(file_memory("output", &said));
	process.stdout_fd = said;
	process.stderr_fd = said;
	TRY(process_run(&process, ret_status));
	return read_said(arena, said, ret_said);
}

int
cage_open_result(const struct cage *cage, const char *name, int *ret_fd)
{
	int fd AUTO(file_close) = -1;
	int work AUTO(file_close) = -1;
	struct stat info;

	TRY(file_open_dir(cage->dir, CAGE_WORK, &work));
	TRY(file_open_beneath(work, name, O_RDONLY | O_NONBLOCK, 0, &fd));
	if (fstat(fd, &info) < 0)
		return err_errno("%s", name);
	if (!S_ISREG(info.st_mode) || info.st_nlink != 1)
		return err_set(ERR_FORMAT, "%s: not a file of its own", name);
	*ret_fd = fd;
	fd = -1;
	return 0;
}
