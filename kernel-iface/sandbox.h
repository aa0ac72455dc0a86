/* SPDX-License-Identifier: MIT */
/*
 * sandbox: a process locks itself in before it touches bytes it does not trust.
 *
 * What it has open it keeps; nothing else can be reached any more. There is no
 * way back.
 */
#ifndef KERNEL_IFACE_SANDBOX_H
#define KERNEL_IFACE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

struct sandbox {
	uint64_t address_space; /* bytes; 0: no limit */
	uint64_t cpu_seconds; /* 0: no limit */
	uint64_t file_size; /* bytes that one file may grow to; 0: no limit */
	const int *
		system_calls; /* the kernel's numbers that stay allowed; all others fail with EPERM */
	size_t system_call_count; /* at most SANDBOX_CALLS_MAX */
};

#define SANDBOX_CALLS_MAX 200

/* The address sanitizer reserves terabytes: a build with it cannot limit its address space. */
#if defined __has_feature
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ && !defined SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 1
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/*
 * Lock this process in: resource limits, no core file, no new descriptors, no
 * new privileges, no path in the file system (Landlock, where the kernel has
 * it), and only the listed system calls (seccomp).
 *
 * All threads that exist are meant to be this one.
 *
 * Errors: ERR_IO (the kernel refused: nothing that matters is optional but Landlock),
 * ERR_LIMIT (too many system calls), ERR_NOT_FOUND (no filter for this architecture)
 * Source: seccomp(2), landlock(7), setrlimit(2)
 */
int sandbox_enter(const struct sandbox *sandbox);

#endif
