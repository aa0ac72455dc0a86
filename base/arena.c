/* SPDX-License-Identifier: MIT */
/*
 * Bump allocation in chunks of CHUNK_SIZE; a request larger than a quarter of
 * a chunk gets a chunk of its own, so that no chunk is left mostly empty.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024) /* bytes */
#define ALIGNMENT ((size_t)16) /* bytes */

struct chunk {
	struct chunk *next;
	size_t used; /* bytes */
	size_t size; /* bytes */
	_Alignas(16) unsigned char bytes[];
};

struct arena {
	struct chunk *chunks; /* the first one is being filled */
};

static void
out_of_memory(void)
{
	fputs("weld: out of memory\n", stderr);
	abort();
}

struct arena *
arena_new(void)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (arena == NULL)
		out_of_memory();
	return arena;
}

void
arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	for (struct chunk *chunk = (*arena)->chunks, *next; chunk != NULL; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(*arena);
	*arena = NULL;
}

/* Behind the chunk that is being filled. */
void
arena_join(struct arena *to, struct arena **from)
{
	struct chunk **end = &(*from)->chunks;

	while (*end != NULL)
		end = &(*end)->next;
	if (to->chunks == NULL) {
		to->chunks = (*from)->chunks;
	} else {
		*end = to->chunks->next;
		to->chunks->next = (*from)->chunks;
	}
	free(*from);
	*from = NULL;
}

static struct chunk *
new_chunk(size_t size)
{
	struct chunk *chunk;

	if (size > SIZE_MAX - sizeof *chunk)
		out_of_memory();
	chunk = calloc(1, sizeof *chunk + size);
	if (chunk == NULL)
		out_of_memory();
	chunk->size = size;
	return chunk;
}

static void *
alloc_alone(struct arena *arena, size_t size)
{
	struct chunk *chunk = new_chunk(size);

	chunk->used = size;
	if (arena->chunks == NULL) {
		arena->chunks = chunk;
	} else {
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
	}
	return chunk->bytes;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	size_t rounded;
	void *ret;

	if (size > CHUNK_SIZE / 4)
		return alloc_alone(arena, size);
	rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (chunk == NULL || chunk->size - chunk->used < rounded) {
		chunk = new_chunk(CHUNK_SIZE);
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	ret = chunk->bytes + chunk->used;
	chunk->used += rounded;
	return ret;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		out_of_memory();
	return arena_alloc(arena, total);
}

void *
arena_copy(struct arena *arena, const void *bytes, size_t length)
{
	char *ret;

	if (length == SIZE_MAX)
		out_of_memory();
	ret = arena_alloc(arena, length + 1);
	if (length > 0)
		memcpy(ret, bytes, length);
	return ret;
}

char *
arena_string(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	int length;
	char *ret;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		out_of_memory();
	ret = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(ret, (size_t)length + 1, format, args);
	return ret;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *ret;

	va_start(args, format);
	ret = arena_vprintf(arena, format, args);
	va_end(args);
	return ret;
}
