/* SPDX-License-Identifier: MIT */
/* Growth of the arrays in vec.h: the capacity doubles. */
#include "base/vec.h"

#include <string.h>

void *
vec_grow(struct arena *arena, void *at, size_t len, size_t *cap, size_t size)
{
	size_t wanted = *cap == 0 ? 8 : *cap * 2;
	void *ret = arena_array(arena, wanted, size);

	if (len > 0)
		memcpy(ret, at, len * size);
	*cap = wanted;
	return ret;
}
