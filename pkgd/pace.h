/* SPDX-License-Identifier: MIT */
/*
 * pace: how fast this machine compiles in each tier, learnt from what it did.
 *
 * Kept in ROOT/state/pace.json; a guess for the person who decides, nothing more.
 */
#ifndef PKGD_PACE_H
#define PKGD_PACE_H

#include "linker/lower.h"

#include <stdint.h>

struct arena;
struct store;

/*
 * How long lowering units of this size may take.
 *
 * A tier that was not measured yet is guessed from another one that was, or else from what a common
 * machine does.
 *
 * Units:  size in bytes; the answer in ms
 */
uint64_t pace_expect(
	struct arena *arena, const struct store *store, enum lower_tier tier, uint64_t size);

/*
 * Learn from one transaction that lowered units of `size` bytes.
 *
 * Needs the lock. A failure to write is nobody's concern.
 */
void pace_learn(struct arena *arena, struct store *store, enum lower_tier tier, uint64_t size,
	uint64_t time_ms);

#endif
