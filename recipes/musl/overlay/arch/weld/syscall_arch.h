/* SPDX-License-Identifier: MIT */
/* Every system call is a call of one function, with the numbers of asm-generic. */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

long __weld_syscall(long, long, long, long, long, long, long);

static inline long __syscall0(long n)
{
	return __weld_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
	return __weld_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
	return __weld_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
	return __weld_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
	return __weld_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
	return __weld_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	return __weld_syscall(n, a, b, c, d, e, f);
}

/* The kernel's names for its clock, which differ between architectures. */
extern const char __weld_vdso_version[], __weld_vdso_clock_gettime[];
#define VDSO_USEFUL
#define VDSO_CGT_SYM __weld_vdso_clock_gettime
#define VDSO_CGT_VER __weld_vdso_version

#define IPC_64 0
