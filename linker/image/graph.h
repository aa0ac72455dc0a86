/* SPDX-License-Identifier: MIT */
/*
 * graph: libraries and programs by name, and the order in which they need each other.
 */
#ifndef LINKER_IMAGE_GRAPH_H
#define LINKER_IMAGE_GRAPH_H

#include "linker/image/state.h"

/*
 * Fill in libraries, programs, their imports and closures from the request.
 *
 * Errors: ERR_SYMBOL (an import that no package provides: names it and who imports it),
 * ERR_EXISTS (two libraries of one name), ERR_FORMAT (a native object is damaged)
 */
int graph_build(struct link_state *state);

/*
 * Find everything that an image imports, directly or not; `importer` is for messages.
 *
 * Errors: ERR_SYMBOL (an import that no package provides)
 */
int graph_close(struct link_state *state, const char *const *imports, size_t count,
	const char *importer, struct image *image);

/*
 * Read and check the native object of an image's own unit. Its definitions count among the unit's: those that others
 * see become keys of `exports`, the others of `hidden`.
 *
 * A path of NULL is no object.
 *
 * Errors: ERR_FORMAT (a native object that may not be), ERR_IO
 */
int graph_read_native(struct link_state *state, const struct link_unit *native,
	struct image *image, struct map *exports, struct map *hidden);

#endif
