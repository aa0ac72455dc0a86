/* SPDX-License-Identifier: MIT */
/*
 * grubenv: GRUB's environment block, a file of 1024 bytes that the boot loader can write in place.
 *
 * The first line is a fixed one, then NAME=VALUE lines, then '#' to the end.
 */
#ifndef GRUBENV_H
#define GRUBENV_H

#include <stdbool.h>
#include <stddef.h>

#define GRUBENV_SIZE 1024 /* bytes */

/* Whether a block is one: signature, lines and filling. */
bool grubenv_is_valid(const char block[GRUBENV_SIZE]);

/* The value of a name, without escapes; false when the block has no such name or no room is left. */
bool
grubenv_get(const char block[GRUBENV_SIZE], const char *name, char *ret_value, size_t size);

/*
 * Give a name another value; NULL takes the name away.
 *
 * The value has no line feed and no backslash. False, and nothing changed, when there is no room.
 */
bool grubenv_set(char block[GRUBENV_SIZE], const char *name, const char *value);

/*
 * Note that a generation came up: it is weld_good, and weld_trying no longer when it was that. Of
 * another one that was tried the note stays, so that the menu goes on avoiding it.
 *
 * Returns 1 when the block changed, 0 when all stood there already, -1 when there is no room.
 */
int grubenv_note_good(char block[GRUBENV_SIZE], const char *generation);

#endif
