/* SPDX-License-Identifier: MIT */
/*
 * offers: which of the packages that repositories offer under one name is preferred.
 */
#ifndef PKGD_OFFERS_H
#define PKGD_OFFERS_H

struct candidate;
struct map;
struct state;

/* The best offer of each name, a struct candidate, in the order of the repositories: priorities
 * first, then versions. Owner: the arena of the state */
void offers_best(const struct state *state, struct map *ret_best);

/* The same of one name; NULL when nobody offers it. */
const struct candidate *offers_best_of(const struct state *state, const char *name);

#endif
