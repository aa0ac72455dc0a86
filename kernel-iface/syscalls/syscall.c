/* SPDX-License-Identifier: MIT */
/*
 * The table of neutral calls, and which of them a kernel takes as they are.
 *
 * A call is direct when the kernel has it and reads and writes the neutral
 * structures. The others are translated in support/; both lists must agree.
 */
#include "kernel-iface/syscall.h"

#include "kernel-iface/syscalls/table.h"

#include <stddef.h>
#include <stdint.h>

struct row {
	const char *name;
	int16_t x86_64;
};

static const struct row rows[SYSCALL_LIMIT] = {
#define ROW(neutral, name, x86_64) [neutral] = { #name, x86_64 },
	SYSCALL_TABLE(ROW)
#undef ROW
};

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
	RT_SIGRETURN = 139,
	SEMCTL = 191,
	CLONE = 220,
	FANOTIFY_INIT = 262,
	OPEN_BY_HANDLE_AT = 265,
	CLONE3 = 435,
	OPENAT2 = 437,
	EPOLL_PWAIT2 = 441,
};

int
syscall_number(enum arch arch, unsigned neutral)
{
	if (syscall_name(neutral) == NULL)
		return -1;
	if (arch == ARCH_X86_64)
		return rows[neutral].x86_64;
	if (arch == ARCH_RISCV64 && neutral == RENAMEAT)
		return -1;
	return (int)neutral;
}

static bool
is_direct_x86_64(unsigned neutral)
{
	switch (neutral) {
	case EPOLL_CTL: /* struct epoll_event is packed */
	case EPOLL_PWAIT:
	case EPOLL_PWAIT2:
	case NEWFSTATAT: /* struct stat */
	case FSTAT:
	case RT_SIGACTION: /* the restorer */
	case SEMCTL: /* struct semid64_ds */
	case CLONE: /* the order of the last two arguments */
		return false;
	default:
		return true;
	}
}

static bool
is_direct_aarch64(unsigned neutral)
{
	switch (neutral) {
	case FCNTL: /* the values of four O_ flags */
	case OPENAT:
	case OPENAT2:
	case OPEN_BY_HANDLE_AT:
	case FANOTIFY_INIT:
	case PIPE2:
	case RT_SIGACTION: /* the restorer */
		return false;
	default:
		return true;
	}
}

bool
syscall_is_direct(enum arch arch, unsigned neutral)
{
	if (syscall_number(arch, neutral) < 0)
		return false;
	/* The kernel finds their frame by the stack pointer, or gives them a new stack. */
	if (neutral == RT_SIGRETURN || neutral == CLONE3)
		return false;
	if (arch == ARCH_X86_64)
		return is_direct_x86_64(neutral);
	if (arch == ARCH_AARCH64)
		return is_direct_aarch64(neutral);
	return neutral != RT_SIGACTION; /* what QEMU's user mode makes of it */
}

const char *
syscall_name(unsigned neutral)
{
	return neutral < SYSCALL_LIMIT ? rows[neutral].name : NULL;
}

const char *
syscall_assembly(enum arch arch)
{
	switch (arch) {
	case ARCH_X86_64:
		return "syscall";
	case ARCH_AARCH64:
		return "svc #0";
	default:
		return "ecall";
	}
}

const char *
syscall_constraints(enum arch arch)
{
	switch (arch) {
	case ARCH_X86_64:
		return "={rax},{rax},{rdi},{rsi},{rdx},{r10},{r8},{r9},"
		       "~{rcx},~{r11},~{memory},~{dirflag},~{fpsr},~{flags}";
	case ARCH_AARCH64:
		return "={x0},{x8},{x0},{x1},{x2},{x3},{x4},{x5},~{memory}";
	default:
		return "={x10},{x17},{x10},{x11},{x12},{x13},{x14},{x15},~{memory}";
	}
}
