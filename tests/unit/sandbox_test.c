/* SPDX-License-Identifier: MIT */
/* sandbox: what a locked-in process can still do. Each case is a child process of its own. */
#include "kernel-iface/sandbox.h"

#include "base/err.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELD 77 /* the status of a child whose case was held */

static const int calls[] = { SYS_read, SYS_write, SYS_mmap, SYS_munmap, SYS_brk, SYS_exit,
	SYS_exit_group, SYS_openat, SYS_memfd_create, SYS_sigaltstack };

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

static bool
cannot_signal(void)
{
	return kill(getppid(), 0) < 0 && errno == EPERM;
}

static bool
cannot_take_all_memory(void)
{
	return mmap(NULL, (size_t)4 << 30, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

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

static const struct {
	const char *name;
	bool (*holds)(void);
} cases[] = {
	{ "no file can be opened", cannot_open },
	{ "no file can be made", cannot_write_anywhere },
	{ "no descriptor can be made", cannot_make_descriptors },
	{ "no socket can be made", cannot_connect },
	{ "no process can be started", cannot_fork },
	{ "no program can be run", cannot_exec },
	{ "no process can be signalled", cannot_signal },
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

		if (null < 0 || dup2(null, STDIN_FILENO) < 0 || sandbox_enter(&sandbox) < 0)
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
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (SANDBOX_SANITIZED && cases[i].holds == cannot_take_all_memory)
			tap_skip("%s: the address sanitizer needs it", cases[i].name);
		else
			tap_is_number(run_case(cases[i].holds), HELD, "%s", cases[i].name);
	return tap_done();
}
