/* SPDX-License-Identifier: MIT */
/*
 * scratch: a directory that is gone when its maker is, however that ends.
 *
 * A process of our own waits beside us. When we say so, or when we end, also by a signal that cannot
 * be caught, it removes the directory with all that is in it.
 */
#ifndef BASE_SCRATCH_H
#define BASE_SCRATCH_H

struct scratch; /* opaque: the directory and who watches it */

/*
 * Make a fresh directory below `parent`.
 *
 * Owner:  the caller frees *ret_scratch with scratch_free()
 * Errors: ERR_NOT_FOUND (parent), ERR_NO_SPACE, ERR_IO
 */
int scratch_new(const char *parent, struct scratch **ret_scratch);

/* The directory's path: `parent` and a name. Owner: the scratch */
const char *scratch_path(const struct scratch *scratch);

/* Remove the directory, and wait until it is gone. NULL is accepted: for AUTO(). */
void scratch_free(struct scratch **scratch);

#endif
