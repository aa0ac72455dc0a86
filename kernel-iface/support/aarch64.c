/* SPDX-License-Identifier: MIT */
/*
 * The AArch64 kernel takes neutral numbers; two pairs of O_ flags have changed
 * places, and struct sigaction has a restorer that is left out.
 */
#include "kernel-iface/mapper/arch_aarch64_call.h"
#include "kernel-iface/support/support.h"

#define F_GETFL 3
#define F_SETFL 4
#define PAIR_LOW 0140000 /* neutral: O_DIRECT, O_LARGEFILE; here: O_DIRECTORY, O_NOFOLLOW */
#define PAIR_HIGH 0600000 /* neutral: O_DIRECTORY, O_NOFOLLOW; here: O_DIRECT, O_LARGEFILE */
#define OPEN_HOW_MAX 8 /* words */

struct kernel_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer; /* only with SA_RESTORER; without it the vdso's is used */
	uint64_t mask;
};

/* The same exchange in both directions: bits 14 and 15 with bits 16 and 17. */
static long
swap_open_flags(long flags)
{
	return (flags & ~(long)(PAIR_LOW | PAIR_HIGH)) | (flags & PAIR_LOW) << 2 |
	       (flags & PAIR_HIGH) >> 2;
}

static long
call_sigaction(long number, long signal, const struct neutral_sigaction *new,
	struct neutral_sigaction *old, long size)
{
	struct kernel_sigaction kernel_new = { 0 }, kernel_old;
	long ret;

	if (new != NULL) {
		kernel_new.handler = new->handler;
		kernel_new.flags = new->flags;
		kernel_new.mask = new->mask;
	}
	ret = kernel_call(number, signal, (long)(new != NULL ? &kernel_new : NULL),
		(long)(old != NULL ? &kernel_old : NULL), size, 0, 0);
	if (ret == 0 && old != NULL) {
		old->handler = kernel_old.handler;
		old->flags = kernel_old.flags;
		old->mask = kernel_old.mask;
	}
	return ret;
}

static long
call_fcntl(long number, long fd, long command, long argument)
{
	long ret;

	if (command == F_SETFL)
		argument = swap_open_flags(argument);
	ret = kernel_call(number, fd, command, argument, 0, 0, 0);
	return command == F_GETFL && ret >= 0 ? swap_open_flags(ret) : ret;
}

static long
call_openat2(long number, long directory, long path, const uint64_t *how, long size)
{
	uint64_t copy[OPEN_HOW_MAX];

	if (how == NULL || size < 8)
		return kernel_call(number, directory, path, (long)how, size, 0, 0);
	if (size > (long)sizeof copy || size % 8 != 0)
		return TOO_BIG;
	for (long i = 0; i < size / 8; i++)
		copy[i] = how[i];
	copy[0] = (uint64_t)swap_open_flags((long)how[0]);
	return kernel_call(number, directory, path, (long)copy, size, 0, 0);
}

long
__weld_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	switch (number) {
	case FCNTL:
		return call_fcntl(number, a, b, c);
	case OPENAT:
	case OPEN_BY_HANDLE_AT:
		return kernel_call(number, a, b, swap_open_flags(c), d, e, f);
	case OPENAT2:
		return call_openat2(number, a, b, (const uint64_t *)c, d);
	case FANOTIFY_INIT:
	case PIPE2:
		return kernel_call(number, a, swap_open_flags(b), c, d, e, f);
	case RT_SIGACTION:
		return call_sigaction(number, a, (const struct neutral_sigaction *)b,
			(struct neutral_sigaction *)c, d);
	default:
		return kernel_call(number, a, b, c, d, e, f);
	}
}

long
__weld_syscall_begin(long number, long *arguments)
{
	if (number == OPENAT || number == OPEN_BY_HANDLE_AT)
		arguments[2] = swap_open_flags(arguments[2]);
	else if (number == FCNTL && arguments[1] == F_SETFL)
		arguments[2] = swap_open_flags(arguments[2]);
	return number;
}

long
__weld_syscall_end(long number, long ret, const long *arguments)
{
	if (number == FCNTL && arguments[1] == F_GETFL && ret >= 0)
		return swap_open_flags(ret);
	return ret;
}
