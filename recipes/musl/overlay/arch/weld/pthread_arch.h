/* SPDX-License-Identifier: MIT */
/*
 * Where a thread's struct pthread is, decided when the program is linked.
 *
 * On x86-64 the thread pointer is the struct's address and thread-local
 * variables lie below it; on AArch64 and RISC-V it points behind the struct,
 * and they lie above. The native object of each architecture defines these
 * names as absolute symbols: their addresses are the values.
 */
extern const char __weld_tp_adjust[]; /* the thread pointer minus the struct: 0 or PTHREAD_SIZE */
extern const char __weld_tls_gap[]; /* bytes between thread pointer and variables, plus 1 */

/* A comparison with 0 would be folded: the compiler knows that no object is there. */
#define TLS_IS_ABOVE ((uintptr_t)__weld_tp_adjust == PTHREAD_SIZE)

#define PTHREAD_SIZE 632 /* sizeof(struct pthread): __init_tls.c asserts it */

static inline uintptr_t __get_tp()
{
	return (uintptr_t)__builtin_thread_pointer();
}
