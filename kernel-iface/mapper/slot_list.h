/* SPDX-License-Identifier: MIT */
/*
 * slot_list: the list of mapped slots in the form that debuggers know.
 *
 * A dynamic loader keeps such a list for gdb, which finds it by the name _r_debug in a program
 * without a dynamic section, and stops at _dl_debug_state() to read it: then it knows the symbols
 * of every slot. In a core file and in a running process it finds the same list.
 *
 * What libc maps later it adds itself: it finds the list in the symbol table of the program's file, as
 * gdb does, and calls what stands in it.
 *
 * Head and entries are zeroed data, side by side, and filled when the program starts: one
 * page is touched, and a program that has no data of its own needs no copy of a page of its file.
 *
 * Source: <link.h> of every C library for ELF
 */
#ifndef KERNEL_IFACE_MAPPER_SLOT_LIST_H
#define KERNEL_IFACE_MAPPER_SLOT_LIST_H

#include "kernel-iface/mapper/type_words.h"

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

/* Of a file that has no writable mapping valgrind reads no symbols: every program has data. */
__attribute__((used, retain)) static char data = 1;

/* An entry with a word for its type: libc calls it through the list. */
__attribute__((visibility("hidden"))) void list_changed(void);
__attribute__((visibility("hidden"))) extern void _dl_debug_state(void);
void
list_changed(void)
{
	__asm__ volatile("" ::: "memory");
}
TYPE_ENTRY(_dl_debug_state, list_changed, TYPE_WORD_END);

/* Add a slot behind those before it. `list` and `listed` are those of the process. */
static inline void
list_slot(struct slot_list *list, struct listed_slot *listed, uint32_t number, const char *path)
{
	struct listed_slot *previous = number > 0 ? &listed[number - 1] : NULL;

	listed[number].path = path;
	listed[number].previous = previous;
	if (previous != NULL)
		previous->next = &listed[number];
	else
		*list = (struct slot_list){
			.version = 1, .first = &listed[number], .changed = _dl_debug_state
		};
}

#endif
