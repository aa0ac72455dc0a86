/* SPDX-License-Identifier: MIT */
/*
 * pace: how fast this machine compiles, learnt from what it did.
 *
 * Kept in ROOT/state/pace.json; a guess for the person who decides, nothing more.
 */
#ifndef PKGD_PACE_H
#define PKGD_PACE_H

#include <stdint.h>

struct arena;
struct store;

/*
 * How long compiling packages with contents of this size may take.
 *
 * Units:  size in bytes; the answer in ms, 0 when nothing was learnt yet
 */
uint64_t pace_expect(struct arena *arena, const struct store *store, uint64_t size);

/*
 * Learn from one transaction that compiled packages with contents of `size` bytes.
 *
 * Needs the lock. A failure to write is nobody's concern.
 */
void pace_learn(struct arena *arena, struct store *store, uint64_t size, uint64_t time_ms);

#endif
