/* SPDX-License-Identifier: MIT */
/* The neutral structure has no restorer: the kernel interface adds what a kernel wants. */
struct k_sigaction {
	void (*handler)(int);
	unsigned long flags;
	unsigned mask[2];
};
