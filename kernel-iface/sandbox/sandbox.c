/* SPDX-License-Identifier: MIT */
/*
 * sandbox: limits, then user and privileges, then paths, then system calls.
 *
 * The order matters: the filter comes last, since it forbids what the steps
 * before it need; the paths that stay are opened first, by who may see them. A call for another architecture's table (x32, i386) kills the
 * process: its numbers mean other calls.
 */
#include "kernel-iface/sandbox.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <linux/capability.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#elif defined __riscv
#define FILTER_ARCH AUDIT_ARCH_RISCV64
#else
#define FILTER_ARCH 0
#endif

#define X32_BIT 0x40000000U /* of x86-64's second table */

/* What each version of Landlock controls, as a count of bits. */
static const unsigned landlock_bits[] = { 0, 13, 14, 15, 15, 16 };

/* What of a path stays possible; directories have more than files. */
#define ACCESS_FILE_READ (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE)
#define ACCESS_FILE_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | ACCESS_TRUNCATE)
#define ACCESS_DIRECTORY_READ LANDLOCK_ACCESS_FS_READ_DIR
#define ACCESS_DIRECTORY_WRITE                                          \
	(LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_REFER)
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* of the third version */

static int
limit(int resource, uint64_t value)
{
	struct rlimit old, wanted = { value, value };

	if (getrlimit((__rlimit_resource_t)resource, &old) < 0)
		return err_errno("sandbox: read limit");
	if (old.rlim_max != RLIM_INFINITY && old.rlim_max < value)
		wanted.rlim_cur = wanted.rlim_max = old.rlim_max;
	if (setrlimit((__rlimit_resource_t)resource, &wanted) < 0)
		return err_errno("sandbox: set limit");
	return 0;
}

static int
set_limits(const struct sandbox *sandbox)
{
	TRY(limit(RLIMIT_CORE, 0));
	TRY(limit(RLIMIT_NOFILE, sandbox->descriptors)); /* what is open stays open */
	if (sandbox->address_space != 0)
		TRY(limit(RLIMIT_AS, sandbox->address_space));
	if (sandbox->cpu_seconds != 0)
		TRY(limit(RLIMIT_CPU, sandbox->cpu_seconds));
	if (sandbox->file_size != 0)
		TRY(limit(RLIMIT_FSIZE, sandbox->file_size));
	return 0;
}

/* Become somebody who owns nothing, and still end with who started us: the kernel forgets that. */
static int
give_up_user(void)
{
	pid_t parent = getppid();
	int signal = 0;

	if (geteuid() != 0)
		return 0;
	if (prctl(PR_GET_PDEATHSIG, &signal) < 0)
		return err_errno("sandbox: parent");
	if (setresgid(SANDBOX_USER, SANDBOX_USER, SANDBOX_USER) < 0)
		return errno == EINVAL ? 0 : err_errno("sandbox: group");
	if (setgroups(0, NULL) < 0 || setresuid(SANDBOX_USER, SANDBOX_USER, SANDBOX_USER) < 0)
		return err_errno("sandbox: user");
	if (prctl(PR_SET_PDEATHSIG, signal) < 0 || (signal != 0 && getppid() != parent))
		return err_errno("sandbox: parent");
	return 0;
}

static int
give_up_privileges(bool keeps_files)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	uint32_t files = 1U << CAP_DAC_OVERRIDE | 1U << CAP_DAC_READ_SEARCH;

	if (syscall(SYS_capget, &header, data) < 0)
		return err_errno("sandbox: capabilities");
	data[0].permitted &= keeps_files ? files : 0;
	data[0].effective = data[0].permitted;
	data[1].permitted = data[1].effective = 0;
	data[0].inheritable = data[1].inheritable = 0;
	if (syscall(SYS_capset, &header, data) < 0)
		return err_errno("sandbox: capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno("sandbox: no new privileges");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno("sandbox: not dumpable");
	return 0;
}

/* Leave one path within reach. */
static int
allow_path(int ruleset, uint64_t handled, const struct sandbox_path *path)
{
	int fd AUTO(file_close) = open(path->path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd };
	struct stat info;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0 || fstat(fd, &info) < 0)
		return err_errno("sandbox: %s", path->path);
	rule.allowed_access = ACCESS_FILE_READ;
	if (path->access == SANDBOX_WRITE)
		rule.allowed_access |= ACCESS_FILE_WRITE;
	if (S_ISDIR(info.st_mode))
		rule.allowed_access |=
			ACCESS_DIRECTORY_READ |
			(path->access == SANDBOX_WRITE ? ACCESS_DIRECTORY_WRITE : 0);
	rule.allowed_access &= handled;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_errno("sandbox: %s", path->path);
	return 0;
}

/* What Landlock shall leave; -1 where the kernel has none, which is no error. */
static int
make_ruleset(const struct sandbox *sandbox, int *ret_ruleset)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attributes = { 0 };
	size_t known = sizeof landlock_bits / sizeof landlock_bits[0] - 1;
	int ruleset AUTO(file_close) = -1;

	if (version <= 0)
		return 0;
	if ((size_t)version > known)
		version = (long)known;
	attributes.handled_access_fs = (UINT64_C(1) << landlock_bits[version]) - 1;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes,
		sizeof attributes.handled_access_fs, 0);
	if (ruleset < 0)
		return err_errno("sandbox: Landlock");
	for (size_t i = 0; i < sandbox->path_count; i++)
		TRY(allow_path(ruleset, attributes.handled_access_fs, &sandbox->paths[i]));
	*ret_ruleset = ruleset;
	ruleset = -1;
	return 0;
}

/* A kernel without Landlock is no error: where there are no paths the filter forbids opening, too. */
static int
forbid_paths(int ruleset)
{
	if (ruleset < 0)
		return 0;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_errno("sandbox: Landlock");
	return 0;
}

/* clone(2) that shares all with who calls it: its flags are the first argument on our architectures. */
static unsigned short
allow_threads(struct sock_filter *filter, unsigned short n)
{
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]));
	filter[n++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 0, 1);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
	return n;
}

/* The filter: this architecture's table, then one comparison a call. */
static int
filter_calls(const struct sandbox *sandbox)
{
	struct sock_filter filter[SANDBOX_CALLS_MAX + 14];
	unsigned short n = 0;
	struct sock_fprog program;
	size_t count = sandbox->system_call_count;

	if (FILTER_ARCH == 0)
		return err_set(ERR_NOT_FOUND, "sandbox: no filter for this architecture");
	if (count > SANDBOX_CALLS_MAX)
		return err_set(ERR_LIMIT, "sandbox: %zu system calls, at most %d fit", count,
			SANDBOX_CALLS_MAX);
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	filter[n++] =
		(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH, 1, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	if (sandbox->makes_threads)
		n = allow_threads(filter, n);
	for (size_t i = 0; i < count; i++)
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned)sandbox->system_calls[i], (unsigned char)(count - i + 2), 0);
	/* Whoever may make threads tries the older call when this one is not there. */
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (ENOSYS & SECCOMP_RET_DATA));
	filter[n++] = (struct sock_filter)BPF_STMT(
		BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA));
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program = (struct sock_fprog){ .len = n, .filter = filter };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return err_errno("sandbox: seccomp");
	return 0;
}

int
sandbox_enter(const struct sandbox *sandbox)
{
	int ruleset AUTO(file_close) = -1;

	TRY(make_ruleset(sandbox, &ruleset));
	TRY(set_limits(sandbox));
	if (!sandbox->keeps_user)
		TRY(give_up_user());
	TRY(give_up_privileges(sandbox->keeps_user));
	TRY(forbid_paths(ruleset));
	file_close(&ruleset);
	return filter_calls(sandbox);
}
