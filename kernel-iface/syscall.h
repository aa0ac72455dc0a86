/* SPDX-License-Identifier: MIT */
/*
 * syscall: how a neutral system call becomes the kernel's own.
 *
 * Neutral numbers are those of the asm-generic table (linux/asm-generic/unistd.h).
 */
#ifndef KERNEL_IFACE_SYSCALL_H
#define KERNEL_IFACE_SYSCALL_H

#include "kernel-iface/arch.h"

#include <stdbool.h>

#define SYSCALL_FUNCTION "__weld_syscall" /* long (long number, long a, b, c, d, e, f) */

/* The kernel's number for a neutral one; -1 when the kernel has no such call. */
int syscall_number(enum arch arch, unsigned neutral);

/* Whether the call can be made in line, with nothing to translate but the number. */
bool syscall_is_direct(enum arch arch, unsigned neutral);

/* The name in the neutral table, "openat"; NULL when there is none. */
const char *syscall_name(unsigned neutral);

/* The inline assembly template that makes a system call, in LLVM's syntax: `syscall`, `svc #0`, `ecall`. */
const char *syscall_assembly(enum arch arch);

/* Its constraints: one output, then the number and six arguments, then clobbers. */
const char *syscall_constraints(enum arch arch);

#endif
