/* SPDX-License-Identifier: MIT */
/*
 * order: what the seed decides of an image that is shuffled.
 */
#ifndef LINKER_IMAGE_ORDER_H
#define LINKER_IMAGE_ORDER_H

#include "linker/image/state.h"

/* The number that the order of an image's functions is drawn from; 0 when they are not shuffled. */
uint32_t order_of_image(const struct link_state *state, const struct image *image);

/*
 * The seed that the range of an image is drawn from: that of the request for all that stand side by
 * side. Shuffled images do not: where one is says nothing of the others.
 */
struct digest order_range_seed(const struct link_state *state, const struct image *image);

#endif
