/* SPDX-License-Identifier: MIT */
/*
 * licence: SPDX licence expressions, as packages state them.
 *
 * Nobody is held up by a licence that the list does not know: every text has
 * an expression, in which whatever is unknown has a name of its own.
 */
#ifndef REPO_LICENCE_H
#define REPO_LICENCE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

#define LICENCE_LIST_VERSION "3.29" /* of the SPDX licence list */

struct licence_reference { /* a licence that the list does not have */
	const char *id; /* "LicenseRef-weld-Foo", or as the text has it */
	const char *name; /* "Foo": what the text says */
};

struct licence {
	const char *expression; /* valid; names spelt as the list spells them */
	bool is_simple; /* one name of the list, nothing else */
	bool has_or; /* a choice at the top: needs parentheses inside an AND */
	const char *problem; /* NULL: the text is an expression as it stands */
	struct licence_reference *references; /* each once, in order of appearance */
	size_t reference_count;
};

/*
 * Read a licence expression.
 *
 * Unknown names become "LicenseRef-weld-NAME"; a text that is no expression becomes
 * one such name as a whole. `problem` says what was wrong, for a person.
 *
 * Owner:  the arena
 * Source: SPDX 2.3, Annex D
 */
void licence_read(struct arena *arena, const char *text, struct licence *ret_licence);

#endif
