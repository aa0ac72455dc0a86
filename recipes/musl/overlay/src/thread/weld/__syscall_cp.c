/* SPDX-License-Identifier: MIT */
/* The way of every cancellation point into the kernel. */
#include "pthread_impl.h"
#include "syscall.h"

hidden long __syscall_cp_c(long, long, long, long, long, long, long);

long (__syscall_cp)(long nr, long u, long v, long w, long x, long y, long z)
{
	return __syscall_cp_c(nr, u, v, w, x, y, z);
}
