/* SPDX-License-Identifier: MIT */
/*
 * tier: in which tier a change is lowered: the policy's, or the first that is quick enough.
 */
#ifndef PKGD_TIER_H
#define PKGD_TIER_H

#include "linker/lower.h"
#include "pkgd/policy.h"

struct generation;
struct request;
struct state;

/*
 * Choose the tier for lowering so many bytes of units.
 *
 * Under the policy "auto" it is less than full only for somebody who waits, and only where better
 * images will follow by themselves.
 *
 * Units:  compile_bytes of units; *ret_expected_ms is how long it may take
 */
enum lower_tier tier_choose(struct state *state, const struct policy *policy,
	uint64_t compile_bytes, uint64_t *ret_expected_ms);

/* Whether better images follow by themselves after this request. */
bool tier_improves(const struct request *request, const struct policy *policy);

/* Add {name, tier} of each of them to an array. */
void tier_list_worse(const struct generation *generation, json_t *list);

/* Add images of a tier, as an image names it, to such counts as tier_count_all() makes. */
void tier_count(json_t *counts, const char *tier, uint64_t images);

/* How many images a generation has of each tier, as an object: {"full": 3}. Owner: the caller */
json_t *tier_count_all(const struct generation *generation);

/* How many images of a generation are of a worse tier than full. */
size_t tier_count_worse(const struct generation *generation);

#endif
