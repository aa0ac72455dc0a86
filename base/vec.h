/* SPDX-License-Identifier: MIT */
/*
 * vec: a growing array in an arena.
 *
 * `VEC(struct slot) slots = { 0 };` declares one; `{ 0 }` is empty. Growth
 * leaves the old array behind in the arena, so pointers to elements stay
 * readable but do not see later changes: hold indexes instead.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

#include <stddef.h>

/* An anonymous vector type; `at[0..len)` are its elements. */
#define VEC(type)                          \
	struct {                           \
		type *at;                  \
		size_t len; /* elements */ \
		size_t cap; /* elements */ \
	}

/* Append a copy of an element. */
#define vec_push(arena, vec, ...)                                                         \
	do {                                                                              \
		if ((vec)->len == (vec)->cap)                                             \
			(vec)->at = vec_grow((arena), (vec)->at, (vec)->len, &(vec)->cap, \
				sizeof *(vec)->at);                                       \
		(vec)->at[(vec)->len++] = (__VA_ARGS__);                                  \
	} while (0)

/* Visit each element by pointer: VEC_EACH (struct slot, slot, &slots) { ... } */
#define VEC_EACH(type, name, vec) \
	for (type *name = (vec)->at; name != NULL && name < (vec)->at + (vec)->len; name++)

/*
 * Give a larger copy of an array: used by vec_push().
 *
 * Owner: the arena
 */
void *vec_grow(struct arena *arena, void *at, size_t len, size_t *cap, size_t size);

#endif
