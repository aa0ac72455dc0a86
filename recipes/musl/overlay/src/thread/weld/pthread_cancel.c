/* SPDX-License-Identifier: MIT */
/*
 * Cancellation: as upstream's, but for how a cancellation point reaches the
 * kernel and where the interrupted program counter is.
 *
 * __syscall_cp_asm is native and takes the kernel's own number; what has to be
 * translated is translated before and after it by the kernel interface. The
 * offsets into ucontext_t are absolute symbols of the native object.
 */
#define _GNU_SOURCE
#include <string.h>
#include "pthread_impl.h"
#include "syscall.h"

hidden long __cancel(void);
long __syscall_cp_asm(volatile int *, long, long, long, long, long, long, long);
long __weld_syscall_begin(long number, long *arguments);
long __weld_syscall_end(long number, long ret, const long *arguments);

extern const char __weld_context_pc[], __weld_context_mask[];
extern const char __cp_begin[1], __cp_end[1], __cp_cancel[1];

long __cancel(void)
{
	pthread_t self = __pthread_self();
	if (self->canceldisable == PTHREAD_CANCEL_ENABLE || self->cancelasync)
		pthread_exit(PTHREAD_CANCELED);
	self->canceldisable = PTHREAD_CANCEL_DISABLE;
	return -ECANCELED;
}

hidden long __syscall_cp_c(long nr, long u, long v, long w, long x, long y, long z)
{
	pthread_t self = __pthread_self();
	long arguments[6] = { u, v, w, x, y, z };
	long number, r;
	int st = self->canceldisable;

	if (st && (st==PTHREAD_CANCEL_DISABLE || nr==SYS_close))
		return __syscall(nr, u, v, w, x, y, z);

	number = __weld_syscall_begin(nr, arguments);
	if (number < 0) return number;
	r = __syscall_cp_asm(&self->cancel, number, arguments[0], arguments[1],
		arguments[2], arguments[3], arguments[4], arguments[5]);
	if (r==-EINTR && nr!=SYS_close && self->cancel &&
	    self->canceldisable != PTHREAD_CANCEL_DISABLE)
		return __cancel();
	return __weld_syscall_end(nr, r, arguments);
}

static void cancel_handler(int sig, siginfo_t *si, void *ctx)
{
	pthread_t self = __pthread_self();
	uintptr_t *pc = (uintptr_t *)((char *)ctx + (uintptr_t)__weld_context_pc);
	unsigned long *mask = (unsigned long *)((char *)ctx + (uintptr_t)__weld_context_mask);

	a_barrier();
	if (!self->cancel || self->canceldisable == PTHREAD_CANCEL_DISABLE) return;

	mask[0] |= 1UL << (SIGCANCEL - 1);

	if (self->cancelasync || (*pc >= (uintptr_t)__cp_begin && *pc < (uintptr_t)__cp_end)) {
		*pc = (uintptr_t)__cp_cancel;
		return;
	}

	__syscall(SYS_tkill, self->tid, SIGCANCEL);
}

void __testcancel()
{
	pthread_t self = __pthread_self();
	if (self->cancel && !self->canceldisable)
		__cancel();
}

static void init_cancellation()
{
	struct sigaction sa = {
		.sa_flags = SA_SIGINFO | SA_RESTART,
		.sa_sigaction = cancel_handler
	};
	memset(&sa.sa_mask, -1, _NSIG/8);
	__libc_sigaction(SIGCANCEL, &sa, 0);
}

int pthread_cancel(pthread_t t)
{
	static int init;
	if (!init) {
		init_cancellation();
		init = 1;
	}
	a_store(&t->cancel, 1);
	if (t == pthread_self()) {
		if (t->canceldisable == PTHREAD_CANCEL_ENABLE && t->cancelasync)
			pthread_exit(PTHREAD_CANCELED);
		return 0;
	}
	return pthread_kill(t, SIGCANCEL);
}
