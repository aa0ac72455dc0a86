/* SPDX-License-Identifier: MIT */
/* Digests of the seed and the image's name. */
#include "linker/image/order.h"

#include <string.h>

static struct digest
draw(const struct link_state *state, const struct image *image, const char *what)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, what);
	hash_add(&hash, state->request->seed.bytes, DIGEST_SIZE);
	hash_add_string(&hash, image->result.name);
	return hash_end(&hash);
}

uint32_t
order_of_image(const struct link_state *state, const struct image *image)
{
	struct digest digest = draw(state, image, "weld order 1");
	uint32_t order;

	if ((image->harden & HARDEN_SHUFFLE) == 0)
		return 0;
	memcpy(&order, digest.bytes, sizeof order);
	/* The static linker takes 0 and all ones for something else. */
	return (order & 0x7fffffff) | 1;
}

struct digest
order_range_seed(const struct link_state *state, const struct image *image)
{
	return (image->harden & HARDEN_SHUFFLE) == 0 ? state->request->seed
						     : draw(state, image, "weld range 1");
}
