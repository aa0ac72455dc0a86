/* SPDX-License-Identifier: MIT */
/*
 * share: which libraries a program cannot share with others, slot or not, and why.
 *
 * A slot's code calls what it was linked with, for everyone. A program that changes what a
 * library would call - by defining that symbol itself, as C allows - gets the library
 * privately, and with it everything that imports it. Others share the slot.
 */
#ifndef LINKER_IMAGE_SHARE_H
#define LINKER_IMAGE_SHARE_H

#include "linker/image/state.h"

/* Gather what each library refers to by name; needs graph_build(). Errors: ERR_FORMAT */
int share_prepare(struct link_state *state);

/* Find the libraries that a program cannot share; needs share_prepare(). */
void share_find_private(struct link_state *state, struct program *program);

/*
 * Make a library private to a program, and all of its libraries that import it.
 *
 * Returns whether that is news. Owner: the reason, the arena
 */
bool share_make_private(struct link_state *state, struct program *program,
	const struct library *library, const char *reason);

/* Whether a program can use the slot of a library, if it has one, and of all that it imports. */
bool share_can_use(const struct program *program, const struct library *library);

#endif
