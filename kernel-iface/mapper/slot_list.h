/* SPDX-License-Identifier: MIT */
/*
 * slot_list: the list of mapped slots in the form that debuggers know.
 *
 * A dynamic loader keeps such a list for gdb, which finds it by the name _r_debug in a program
 * without a dynamic section, and stops at _dl_debug_state() to read it: then it knows the symbols
 * of every slot. In a core file and in a running process it finds the same list.
 *
 * The head stands in .data and the entries in .bss behind it: the kernel has written to that
 * page already, to clear what is behind .data, so that starting a program touches no page more.
 *
 * Source: <link.h> of every C library for ELF
 */
#ifndef KERNEL_IFACE_MAPPER_SLOT_LIST_H
#define KERNEL_IFACE_MAPPER_SLOT_LIST_H

#include <stddef.h>
#include <stdint.h>

#define SLOTS_MAX 256

struct listed_slot { /* struct link_map */
	uint64_t bias; /* 0: it is mapped where it was linked */
	const char *path;
	const void *dynamic; /* NULL: it has no dynamic section */
	struct listed_slot *next, *previous;
};

struct slot_list { /* struct r_debug */
	int version;
	struct listed_slot *first;
	void (*changed)(void);
	int state; /* 0: the list is whole */
	uint64_t loader;
};

__attribute__((visibility("hidden"), noinline)) void _dl_debug_state(void);
void
_dl_debug_state(void)
{
	__asm__ volatile("" ::: "memory");
}

__attribute__((visibility("hidden"))) extern struct slot_list _r_debug;
struct slot_list _r_debug = { .version = 1, .changed = _dl_debug_state };

static struct listed_slot listed[SLOTS_MAX];

/* Add a slot behind those before it. */
static inline void
list_slot(uint32_t number, const char *path)
{
	struct listed_slot *previous = number > 0 ? &listed[number - 1] : NULL;

	listed[number].path = path;
	listed[number].previous = previous;
	if (previous != NULL)
		previous->next = &listed[number];
	else
		_r_debug.first = &listed[number];
}

#endif
