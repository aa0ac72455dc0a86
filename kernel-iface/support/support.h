/* SPDX-License-Identifier: MIT */
/*
 * support: what the architectures' parts of the support object share.
 */
#ifndef KERNEL_IFACE_SUPPORT_SUPPORT_H
#define KERNEL_IFACE_SUPPORT_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#define NO_SUCH_CALL (-38) /* ENOSYS */
#define BAD_ADDRESS (-14) /* EFAULT */
#define TOO_BIG (-7) /* E2BIG */

/* The neutral numbers of calls that some architecture translates. */
enum {
	EPOLL_CTL = 21,
	EPOLL_PWAIT = 22,
	FCNTL = 25,
	RENAMEAT = 38,
	OPENAT = 56,
	PIPE2 = 59,
	NEWFSTATAT = 79,
	FSTAT = 80,
	RT_SIGACTION = 134,
	SEMCTL = 191,
	CLONE = 220,
	FANOTIFY_INIT = 262,
	OPEN_BY_HANDLE_AT = 265,
	RENAMEAT2 = 276,
	OPENAT2 = 437,
	EPOLL_PWAIT2 = 441,
};

struct neutral_sigaction { /* what rt_sigaction takes: 8 bytes of mask */
	uint64_t handler;
	uint64_t flags;
	uint64_t mask;
};

/*
 * Make a system call of the neutral table; returns what the kernel returns, or
 * a negative errno.
 */
long __weld_syscall(long number, long a, long b, long c, long d, long e, long f);

/*
 * The two halves of a translation, for a cancellation point that makes the call
 * itself: begin changes the arguments to the kernel's and returns the kernel's
 * number, or a negative errno; end takes what the kernel returned.
 *
 * Only calls that may block are cancellation points: what is translated in a
 * buffer of its own, as rt_sigaction is, cannot be made this way.
 */
long __weld_syscall_begin(long number, long *arguments);
long __weld_syscall_end(long number, long ret, const long *arguments);

#endif
