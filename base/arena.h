/* SPDX-License-Identifier: MIT */
/*
 * arena: memory that lives as long as one operation and is freed in one go.
 *
 * Running out of memory ends the process: commits are atomic, so only the
 * operation is lost.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena; /* opaque: a chain of chunks */

/* Make an empty arena. */
struct arena *arena_new(void);

/* Free an arena and all that came from it; NULL is accepted, *arena becomes NULL. */
void arena_free(struct arena **arena);

/* Let all memory of one arena live as long as that of another; *from becomes NULL. */
void arena_join(struct arena *to, struct arena **from);

/*
 * Give `size` zeroed bytes, aligned for any object.
 *
 * Owner: the arena
 */
void *arena_alloc(struct arena *arena, size_t size);

/* Give a zeroed array; a product that overflows ends the process. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Copy bytes into the arena, with a NUL behind them. */
void *arena_copy(struct arena *arena, const void *bytes, size_t length);

/* Copy a string into the arena. */
char *arena_string(struct arena *arena, const char *text);

/* Format a string into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Format a string into the arena, from an argument list. */
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* One zeroed object of a type. */
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

#endif
