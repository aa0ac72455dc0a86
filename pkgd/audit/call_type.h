/* SPDX-License-Identifier: MIT */
/*
 * call_type: which functions a call through a pointer may reach, by their IR types.
 *
 * C lets a pointer be cast, and a call works as long as the function finds its arguments where it
 * expects them: a function that takes fewer than are passed, pointers for integers and another
 * result are all common. So types are compared by the registers that arguments come in: a call
 * reaches what takes no more than it passes, of the same classes and order.
 */
#ifndef PKGD_AUDIT_CALL_TYPE_H
#define PKGD_AUDIT_CALL_TYPE_H

#include "base/map.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

#define CALL_TYPE_ANY UINT32_C(0) /* not known: reaches all, is reached by all */

struct call_shape { /* how arguments are passed */
	const char *classes; /* of the arguments: "w,w,": words; "f,": floating point */
	size_t length; /* bytes of it */
	bool is_variadic;
	bool may_handle_signals; /* what the kernel calls with a signal's number, or less */
};

struct call_type {
	const char *text; /* "i32 (ptr, i64)" */
	uint32_t shape;
};

struct call_types { /* all types of all images, and their shapes, each once */
	struct arena *arena;
	struct map by_text; /* index + 1 */
	struct map by_shape; /* index + 1 */
	VEC(struct call_type) at; /* CALL_TYPE_ANY is there from the start */
	VEC(struct call_shape) shapes; /* that of CALL_TYPE_ANY is the first */
};

/* Make the table ready: the memory comes from the arena. */
void call_types_init(struct call_types *types, struct arena *arena);

/* The number of a type, by its text, which must outlive the table. */
uint32_t call_types_add(struct call_types *types, const char *text);

/* The number of a type by its text; CALL_TYPE_ANY when no image has it. */
uint32_t call_types_find(const struct call_types *types, const char *text);

/* Whether a call that passes one shape may reach a function of another. */
bool call_shape_reaches(const struct call_types *types, uint32_t call, uint32_t function);

#endif
