/* SPDX-License-Identifier: MIT */
/*
 * parallel: the pieces of one step that do not depend on each other, on all cores.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stddef.h>

struct arena;

/*
 * Do one piece: it may allocate in `arena`, and change only what no other piece looks at.
 *
 * Owner: what it allocates lives as long as the arena that was given to parallel_run()
 */
typedef int parallel_piece(void *data, size_t index, struct arena *arena);

/*
 * Do the pieces 0 to count - 1, as many at once as there are cores, and wait for all of them.
 *
 * After a failure no piece is begun any more; of several failures that of the lowest index is told.
 *
 * Errors: those of the pieces
 */
int parallel_run(struct arena *arena, size_t count, parallel_piece *piece, void *data);

#endif
