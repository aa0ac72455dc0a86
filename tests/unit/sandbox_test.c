/* SPDX-License-Identifier: MIT */
/* sandbox: what a locked-in process can still do. Each case is a child process of its own. */
#include "kernel-iface/sandbox.h"

#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uid_t geteuid_before; /* of the test */

#define HELD 77 /* the status of a child whose case was held */

static const int calls[] = { SYS_read, SYS_write, SYS_mmap, SYS_munmap, SYS_brk, SYS_exit,
	SYS_exit_group, SYS_openat, SYS_memfd_create, SYS_sigaltstack, SYS_close, SYS_getresuid,
	SYS_getresgid, SYS_getgroups, SYS_geteuid, SYS_capget, SYS_prctl, SYS_unlinkat,
	SYS_kill, SYS_getppid };

static bool
cannot_open(void)
{
	return open("/etc/passwd", O_RDONLY) < 0;
}

static bool
cannot_write_anywhere(void)
{
	return open("/tmp", O_TMPFILE | O_RDWR, 0600) < 0;
}

static bool
cannot_make_descriptors(void)
{
	return syscall(SYS_memfd_create, "x", 0) < 0 && errno == EMFILE;
}

static bool
cannot_connect(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM;
}

static bool
cannot_fork(void)
{
	return fork() < 0 && errno == EPERM;
}

static bool
cannot_exec(void)
{
	return execl("/bin/true", "true", (char *)NULL) < 0 && errno == EPERM;
}

/* The call is allowed here: it is another user's process that is out of reach. */
static bool
cannot_signal_root(void)
{
	return geteuid_before != 0 || (kill(getppid(), 0) < 0 && errno == EPERM);
}

static bool
is_nobody(void)
{
	uid_t users[3];
	gid_t groups[3];

	if (geteuid_before != 0)
		return true;
	return getresuid(&users[0], &users[1], &users[2]) == 0 &&
	       getresgid(&groups[0], &groups[1], &groups[2]) == 0 && getgroups(0, NULL) == 0 &&
	       users[0] == SANDBOX_USER && users[1] == SANDBOX_USER &&
	       users[2] == SANDBOX_USER && groups[0] == SANDBOX_USER &&
	       groups[1] == SANDBOX_USER && groups[2] == SANDBOX_USER;
}

static bool
has_no_capability(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return (data[0].permitted | data[0].effective | data[0].inheritable |
		       data[1].permitted | data[1].effective | data[1].inheritable) == 0;
}

static bool
gains_nothing(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

static bool
dies_with_its_parent(void)
{
	int signal = 0;

	return prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL;
}

static bool
cannot_make_threads_by_the_new_call(void)
{
	return syscall(SYS_clone3, NULL, 0) < 0 && errno == ENOSYS;
}

static bool
cannot_take_all_memory(void)
{
	return mmap(NULL, (size_t)4 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

/* Newer calls do what the listed ones are kept from. */
static bool
cannot_queue_calls(void)
{
	return syscall(SYS_io_uring_setup, 1U, NULL) < 0 && errno == EPERM;
}

static bool
cannot_open_otherwise(void)
{
	return syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", NULL, (size_t)0) < 0 &&
	       errno == EPERM;
}

#if defined __x86_64__
/* The same number in the table of x32: allowed, if only its low bits were looked at. */
static bool
calls_as_x32(void)
{
	(void)syscall(SYS_read | 0x40000000, STDIN_FILENO, NULL, (size_t)0);
	return true;
}

/* A number means another call in the table of i386. */
static bool
calls_as_i386(void)
{
	int result = 20; /* getpid */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory");
	return true;
}
#endif

static bool
can_use_memory(void)
{
	char *bytes = mmap(NULL, (size_t)1 << 20, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return false;
	bytes[5] = 1;
	return munmap(bytes, (size_t)1 << 20) == 0;
}

static bool
can_read_what_is_open(void)
{
	char byte;

	return read(STDIN_FILENO, &byte, 1) >= 0;
}

static bool
can_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool
can_open(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Of the directories that stay, one to read and one to write; of files, one. Nothing else. */
static bool
reaches_its_paths(const char *directory)
{
	struct sandbox_path paths[] = { { "readable", SANDBOX_READ },
		{ "writable", SANDBOX_WRITE }, { "file", SANDBOX_READ },
		{ "missing", SANDBOX_WRITE } };
	struct sandbox sandbox = { .descriptors = 32,
		.keeps_user = true,
		.paths = paths,
		.path_count = sizeof paths / sizeof paths[0],
		.system_calls = calls,
		.system_call_count = sizeof calls / sizeof calls[0] };

	if (chdir(directory) < 0 || mkdir("readable", 0755) < 0 ||
		mkdir("writable", 0755) < 0 || !can_create("file") || !can_create("other") ||
		!can_create("readable/file") || sandbox_enter(&sandbox) < 0)
		return false;
	return geteuid() == geteuid_before && can_open("file") && can_open("readable/file") &&
	       can_create("writable/new") && unlinkat(AT_FDCWD, "writable/new", 0) == 0 &&
	       !can_open("other") && !can_create("other") && !can_create("file") &&
	       !can_create("readable/new") && !can_create("new") && !can_create("missing");
}

static bool
kernel_has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >
	       0;
}

static void
test_paths(void)
{
	char directory[] = "/tmp/sandbox.XXXXXX";
	int status = 0;
	pid_t pid;

	if (!kernel_has_landlock()) {
		tap_skip("paths: the kernel has no Landlock");
		return;
	}
	if (mkdtemp(directory) == NULL)
		tap_bail("mkdtemp");
	pid = fork();
	if (pid == 0)
		_exit(reaches_its_paths(directory) ? HELD : 2);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		tap_bail("fork");
	tap_ok(WIFEXITED(status) && WEXITSTATUS(status) == HELD,
		"bug class 16: of all paths it reaches those that it was given, as they were "
		"given");
	tap_ok(file_remove_tree(AT_FDCWD, directory) == 0, "%s", directory);
}

static const struct {
	const char *name;
	bool (*holds)(void);
	int killed_by; /* the signal that ends it; 0: it holds */
} cases[] = {
	{ "bug class 16: no file can be opened", cannot_open },
	{ "bug class 16: no file can be made", cannot_write_anywhere },
	{ "no descriptor can be made", cannot_make_descriptors },
	{ "bug class 15: no socket can be made", cannot_connect },
	{ "no process can be started", cannot_fork },
	{ "no program can be run", cannot_exec },
	{ "no process of root's can be signalled", cannot_signal_root },
	{ "it is another user, of no group", is_nobody },
	{ "it has no capability", has_no_capability },
	{ "it gains no privilege, and nobody looks into it", gains_nothing },
	{ "it still dies with its parent", dies_with_its_parent },
	{ "bug class 25: what cannot be filtered is not there",
		cannot_make_threads_by_the_new_call },
	{ "bug class 25: nothing by io_uring", cannot_queue_calls },
	{ "bug class 25: no file by openat2", cannot_open_otherwise },
#if defined __x86_64__
	{ "bug class 25: a call of x32 ends it", calls_as_x32, SIGSYS },
	{ "bug class 25: a call of i386 ends it", calls_as_i386, SIGSYS },
#endif
	{ "memory is limited", cannot_take_all_memory },
	{ "memory can be had", can_use_memory },
	{ "what is open can be read", can_read_what_is_open },
};

static int
run_case(bool (*holds)(void))
{
	struct sandbox sandbox = { .address_space = SANDBOX_SANITIZED ? 0 : (uint64_t)1 << 30,
		.cpu_seconds = 10,
		.file_size = 1 << 20,
		.system_calls = calls,
		.system_call_count = sizeof calls / sizeof calls[0] };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDONLY);

		if (null < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ||
			dup2(null, STDIN_FILENO) < 0 || sandbox_enter(&sandbox) < 0)
			_exit(1);
		_exit(holds() ? HELD : 2);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		tap_bail("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(void)
{
	geteuid_before = geteuid();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (SANDBOX_SANITIZED && cases[i].holds == cannot_take_all_memory)
			tap_skip("%s: the address sanitizer needs it", cases[i].name);
		else
			tap_is_number(run_case(cases[i].holds),
				cases[i].killed_by == 0 ? HELD : 128 + cases[i].killed_by, "%s",
				cases[i].name);
	test_paths();
	return tap_done();
}
