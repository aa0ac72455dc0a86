/* SPDX-License-Identifier: MIT */
/*
 * thunks: what the static linker puts behind code that calls farther than an instruction reaches.
 *
 * Whoever gives a section a place of a fixed size must leave room for them.
 */
#ifndef LINKER_IMAGE_THUNKS_H
#define LINKER_IMAGE_THUNKS_H

#include "base/map.h"
#include "kernel-iface/arch.h"
#include "linker/elf/elf_file.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

/*
 * Add the functions of other slots, which a binding object defines, that a call from some place of
 * a slot at `base` may not reach.
 */
void thunks_list_far(struct arena *arena, enum arch arch, uint64_t base,
	const struct elf_file *file, struct map *far);

/* How many bytes thunks may add behind a section of an object. */
uint64_t thunks_measure(struct arena *arena, const struct map *far, const struct elf_file *file,
	size_t section);

#endif
