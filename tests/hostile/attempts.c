/* SPDX-License-Identifier: MIT */
/* What every worker must be unable to do, whatever code has taken it over. */
#include "tests/hostile/attempts.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
opens(int input)
{
	(void)input;
	return open("/etc/passwd", O_RDONLY) >= 0;
}

static bool
creates(int input)
{
	(void)input;
	return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0;
}

static bool
connects(int input)
{
	(void)input;
	return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool
forks(int input)
{
	(void)input;
	return fork() >= 0;
}

static bool
runs(int input)
{
	(void)input;
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool
signals(int input)
{
	(void)input;
	return kill(-1, SIGCONT) == 0 || syscall(SYS_pidfd_open, 1, 0) >= 0;
}

static bool
traces(int input)
{
	(void)input;
	return ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0;
}

static bool
takes_memory(int input)
{
	(void)input;
	return mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0) != MAP_FAILED;
}

static bool
changes_its_input(int input)
{
	return pwrite(input, "x", 1, 0) == 1 || write(input, "x", 1) == 1;
}

/* Another package's descriptors would be at such numbers. */
static bool
finds_descriptors(int input)
{
	char byte;

	for (int fd = 0; fd < 64; fd++)
		if (fd != input && pread(fd, &byte, 1, 0) == 1)
			return true;
	return false;
}

static bool
dies(int input)
{
	(void)input;
	*(volatile char *)NULL = 1;
	return true;
}

static bool
hangs(int input)
{
	while (input >= 0)
		;
	return true;
}

static const struct {
	const char *name;
	bool (*escapes)(int input);
} attempts[] = {
	{ "open", opens },
	{ "create", creates },
	{ "connect", connects },
	{ "fork", forks },
	{ "run", runs },
	{ "signal", signals },
	{ "trace", traces },
	{ "memory", takes_memory },
	{ "change", changes_its_input },
	{ "descriptors", finds_descriptors },
	{ "die", dies },
	{ "hang", hangs },
};

bool
attempt_is_known(const char *name)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		if (strcmp(name, attempts[i].name) == 0)
			return true;
	return false;
}

bool
attempt_escapes(const char *name, int input)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		if (strcmp(name, attempts[i].name) == 0)
			return attempts[i].escapes(input);
	return false;
}
