/* SPDX-License-Identifier: MIT */
/*
 * nearest: which known name a person may have meant.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/*
 * The name nearest to a word, or NULL when none is near: up to one slip in three letters, two in
 * seven, three in longer words. A slip is a letter too many, missing, wrong, or two in the wrong order.
 *
 * Owner: one of `names`; the first of those that are equally near
 */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
