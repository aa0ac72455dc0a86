/* SPDX-License-Identifier: MIT */
/*
 * What a transfer could do that a server has taken over: the URL's path is the name of one attempt. It
 * reports "held" when the attempt failed, and "escaped" when it did not.
 */
#include "repo/fetch/worker/transfer.h"

#include "base/err.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
reads(const struct fetch_item *item)
{
	(void)item;
	return open("/proc/self/status", O_RDONLY) >= 0 || open("/etc/passwd", O_RDONLY) >= 0 ||
	       open("/root", O_RDONLY) >= 0;
}

static bool
writes(const struct fetch_item *item)
{
	(void)item;
	return open("/tmp", O_TMPFILE | O_RDWR, 0600) >= 0 ||
	       open("/etc/hosts", O_WRONLY | O_APPEND) >= 0;
}

/* Also by the call that makes threads. */
static bool
forks(const struct fetch_item *item)
{
	(void)item;
	return fork() >= 0 || syscall(SYS_clone, SIGCHLD | CLONE_VM, NULL, NULL, NULL, 0) >= 0;
}

static bool
runs(const struct fetch_item *item)
{
	(void)item;
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool
signals(const struct fetch_item *item)
{
	(void)item;
	return kill(getppid(), 0) == 0 || ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0;
}

static bool
takes_memory(const struct fetch_item *item)
{
	(void)item;
	return mmap(NULL, (size_t)4 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0) != MAP_FAILED;
}

/* More than the longest file may be, on disk. */
static bool
fills_the_disk(const struct fetch_item *item)
{
	signal(SIGXFSZ, SIG_IGN);
	return pwrite(item->fd, "x", 1, (off_t)item->limit + 4096) == 1;
}

static bool
dies(const struct fetch_item *item)
{
	(void)item;
	*(volatile char *)NULL = 1;
	return true;
}

static bool
lies(const struct fetch_item *item)
{
	(void)item;
	puts("done 7 1");
	fflush(stdout);
	return false;
}

static bool
says_too_much(const struct fetch_item *item)
{
	(void)item;
	for (int i = 0; i < 10000; i++)
		putchar('1');
	fflush(stdout);
	return false;
}

static bool
gives_too_much(const struct fetch_item *item)
{
	printf("done 0 %llu\n", (unsigned long long)item->limit + 1);
	fflush(stdout);
	return false;
}

static bool
receives_too_much(const struct fetch_item *item)
{
	printf("progress %llu\n", (unsigned long long)item->limit + 1);
	fflush(stdout);
	sleep(60);
	return false;
}

/* Is busy for ever. */
static bool
goes_on(const struct fetch_item *item)
{
	for (int i = 0; i < 600; i++) {
		printf("progress %llu\n", (unsigned long long)item->limit / 10000);
		fflush(stdout);
		usleep(100000);
	}
	return true;
}

/* Says that all is well, having done nothing. */
static bool
leaves(const struct fetch_item *item)
{
	(void)item;
	_exit(0);
}

static const struct {
	const char *name;
	bool (*escapes)(const struct fetch_item *item);
} attempts[] = {
	{ "read", reads },
	{ "write", writes },
	{ "fork", forks },
	{ "run", runs },
	{ "signal", signals },
	{ "memory", takes_memory },
	{ "disk", fills_the_disk },
	{ "die", dies },
	{ "lie", lies },
	{ "talk", says_too_much },
	{ "more", gives_too_much },
	{ "receive", receives_too_much },
	{ "go-on", goes_on },
	{ "leave", leaves },
};

int
transfer_prepare(void)
{
	return 0;
}

int
transfer_run(const struct fetch_options *options, struct fetch_item *items, size_t count,
	const struct transfer_ends *ends)
{
	const char *name = strrchr(items[0].url, '/') + 1;

	(void)options;
	(void)count;
	(void)ends;
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
		if (strcmp(name, attempts[i].name) == 0)
			return err_set(ERR_FETCH, "%s: %s", items[0].url,
				attempts[i].escapes(&items[0]) ? "escaped" : "held");
	return err_set(ERR_SIGNATURE, "%s: what no transfer can find", items[0].url);
}
