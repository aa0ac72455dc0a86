/* SPDX-License-Identifier: MIT */
/*
 * harden: the defences that installing can build into what packages ship as IR.
 *
 * A set of defences is an unsigned with one bit each. Some decide the object that a part
 * is lowered to, the others how objects are linked to an image.
 */
#ifndef LINKER_HARDEN_H
#define LINKER_HARDEN_H

#include "kernel-iface/arch.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

enum harden {
	HARDEN_STACK_PROTECTOR = 1 << 0, /* a secret between locals and the return address */
	HARDEN_STACK_CLASH = 1 << 1, /* large frames touch each of their pages */
	HARDEN_ZERO_REGISTERS = 1
				<< 2, /* functions return with their scratch registers empty */
	HARDEN_CFI = 1 << 3, /* a call through a pointer reaches functions of its type only */
	HARDEN_BOUNDS = 1 << 4, /* accesses to objects of a known size stay inside */
	HARDEN_SPECULATIVE_LOADS = 1 << 5, /* nothing that is loaded speculatively leaks */
	HARDEN_SHUFFLE =
		1 << 6, /* functions and slots stand in an order that the seed decides */
	HARDEN_READ_ONLY = 1 << 7, /* what is constant once linked cannot be written */
};

#define HARDEN_COUNT 8
#define HARDEN_NONE 0u
#define HARDEN_ALL ((1u << HARDEN_COUNT) - 1)
/* Those whose cost is small enough for everyone: DESIGN.md, section 10, has the figures. */
#define HARDEN_DEFAULT \
	((unsigned)(HARDEN_STACK_PROTECTOR | HARDEN_STACK_CLASH | HARDEN_READ_ONLY))
/* Those that decide the bytes of an object. */
#define HARDEN_OBJECT (HARDEN_ALL & ~(unsigned)(HARDEN_SHUFFLE | HARDEN_READ_ONLY))

/* The name of a set's lowest defence: "stack-protector". */
const char *harden_name(unsigned set);

/*
 * Read a set: "default", "none", "all", or names with commas between.
 *
 * Errors: ERR_USAGE (no such defence: lists them, or names one that is near)
 */
int harden_parse(const char *text, unsigned *ret_set);

/* Write a set, "cfi,shuffle" or "none". Owner: the arena */
char *harden_text(struct arena *arena, unsigned set);

/* The defences that there are on an architecture: LLVM does not have each everywhere. */
unsigned harden_available(enum arch arch);

/*
 * The word before a function that a checked call through a pointer looks for: it stands for a
 * function type, written as an export's type is.
 */
uint32_t harden_type_word(const char *type);

#endif
