/* SPDX-License-Identifier: MIT */
/* What tools are shown: a program with faults, which happen in the slots that it calls. */
#include <execinfo.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define LENGTH 4000

static unsigned char text[LENGTH];
static volatile int status; /* what is put here was called, and not jumped to */

/* Have zlib read `length` bytes of which the first `known` were written. */
__attribute__((noinline)) static int
shrink(size_t length, size_t known)
{
	unsigned char packed[2 * LENGTH], raw[LENGTH];
	uLong packed_length = sizeof packed;

	memcpy(raw, text, known);
	status = compress(packed, &packed_length, raw, length);
	return status;
}

__attribute__((noinline)) static int
print_trace(const void *a, const void *b)
{
	void *trace[32];
	int length = backtrace(trace, 32);

	fflush(stdout);
	backtrace_symbols_fd(trace, length, 1);
	return memcmp(a, b, 1);
}

__attribute__((noinline)) static void
trace_in_libc(void)
{
	qsort(text, 2, 1, print_trace);
	status = 0;
}

__attribute__((noinline)) static void
print_trace_of_signal(int number)
{
	char c = (char)number;

	_exit(print_trace(&c, &c));
}

static int
print_object(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	printf("%s\n", info->dlpi_name);
	return 0;
}

/* Have zlib read where nothing is. */
__attribute__((noinline)) static int
read_nothing(void)
{
	const unsigned char *volatile nothing = (const unsigned char *)8;

	status = crc32(0, nothing, 100) != 0;
	return status;
}

__attribute__((noinline)) static int
work(void)
{
	uLong sum = 0;

	for (int i = 0; i < 60000; i++)
		sum = crc32(sum, text, sizeof text);
	status = sum == 1;
	return status;
}

int
main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (unsigned char)(i * i >> 3);
	if (strcmp(what, "clean") == 0)
		status = shrink(LENGTH, LENGTH);
	else if (strcmp(what, "undefined") == 0)
		status = shrink(LENGTH, LENGTH / 2);
	else if (strcmp(what, "trace") == 0)
		trace_in_libc();
	else if (strcmp(what, "crash") == 0)
		status = read_nothing();
	else if (strcmp(what, "caught") == 0)
		status = signal(SIGSEGV, print_trace_of_signal) == SIG_ERR || read_nothing();
	else if (strcmp(what, "objects") == 0)
		status = dl_iterate_phdr(print_object, NULL);
	else if (strcmp(what, "work") == 0)
		status = work();
	else
		status = 2;
	return status;
}
