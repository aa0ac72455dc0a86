/* SPDX-License-Identifier: MIT */
/*
 * facts_text: facts files out of a few lines, for tests.
 *
 *     program bin/x x-1-1        or: slot z zlib-1-1
 *     origin zlib-1-1 z inflate.c    what follows is from there (-: not known)
 *     fn main entry              flags: entry constructor destructor export native, open: no size; type=void(ptr)
 *     data table                 flags: export
 *     alias other main           a second name of the same address
 *     call main read             a slot's symbol is z:inflate
 *     ref main table
 *     copy main inflate_fast     a copy inside main; fold: without anything left
 *     indirect main void(ptr)    any: of any type
 *
 * What a line names must stand above it, copies and slots' symbols excepted.
 */
#ifndef TESTS_LIB_FACTS_TEXT_H
#define TESTS_LIB_FACTS_TEXT_H

#include "base/str.h"

struct arena;

/* Write the file that the lines describe; a mistake in them ends the test. Owner: the arena */
struct str facts_from_text(struct arena *arena, const char *text);

#endif
