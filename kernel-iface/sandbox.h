/* SPDX-License-Identifier: MIT */
/*
 * sandbox: a process locks itself in before it touches bytes it does not trust.
 *
 * What it has open it keeps; nothing else can be reached any more. There is no
 * way back.
 */
#ifndef KERNEL_IFACE_SANDBOX_H
#define KERNEL_IFACE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who a process of root's becomes: "nobody", in the kernel's and every distribution's eyes. */
#define SANDBOX_USER 65534

enum sandbox_access {
	SANDBOX_READ, /* and run programs */
	SANDBOX_WRITE, /* also make, change and remove files */
};

struct sandbox_path { /* what stays within reach: a file, or a directory and all below it */
	const char *path; /* one that is not there is passed over */
	enum sandbox_access access;
};

struct sandbox { /* { 0 } leaves nothing but computing with what is open */
	uint64_t address_space; /* bytes; 0: no limit */
	uint64_t cpu_seconds; /* 0: no limit */
	uint64_t file_size; /* bytes that one file may grow to; 0: no limit */
	unsigned descriptors; /* that may be open at once; 0: no new ones */
	bool makes_threads; /* besides the listed calls; a thread, never a process */
	bool keeps_user; /* root stays, with the capabilities over files alone: who writes into its directories */
	const struct sandbox_path
		*paths; /* without Landlock in the kernel: no limit if there is one */
	size_t path_count;
	const int *
		system_calls; /* the kernel's numbers that stay allowed; all others fail with EPERM */
	size_t system_call_count; /* at most SANDBOX_CALLS_MAX */
};

#define SANDBOX_CALLS_MAX 200

/* The sanitizers of addresses and threads reserve terabytes: a build with one cannot limit its address space. */
#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#if (defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__) && !defined SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 1
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/*
 * Lock this process in: resource limits, no core file, no new descriptors, another user and
 * group (root becomes SANDBOX_USER), no capabilities and no way to new ones, nobody who may look
 * into it, no path in the file system but the given ones (Landlock, where the kernel has it), and
 * only the listed system calls (seccomp).
 *
 * All threads that exist are meant to be this one. The signal that it gets when its parent ends stays.
 * In a user namespace that has no SANDBOX_USER its root stays, without capabilities.
 *
 * Errors: ERR_IO (the kernel refused: nothing that matters is optional but Landlock),
 * ERR_LIMIT (too many system calls), ERR_NOT_FOUND (no filter for this architecture)
 * Source: seccomp(2), landlock(7), setrlimit(2), capabilities(7)
 */
int sandbox_enter(const struct sandbox *sandbox);

#endif
