/* SPDX-License-Identifier: MIT */
/*
 * tls: where the thread-local variables of slots and programs stand.
 *
 * Each slot with such variables has a range at a fixed distance from the thread pointer, the
 * same in every program: below it on x86-64, above it elsewhere. A program's own variables
 * stand beyond the ranges of its slots. What the static linker computes counts from the thread
 * pointer to an image's own variables, so each image is padded to its distance.
 */
#ifndef LINKER_IMAGE_TLS_H
#define LINKER_IMAGE_TLS_H

#include "kernel-iface/arch.h"
#include "kernel-iface/image_note.h"
#include "linker/elf/elf_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_SLOT_MAX (UINT64_C(64) << 10) /* bytes that one slot may have */
#define TLS_WINDOW (UINT64_C(1) << 20) /* bytes of all ranges together */

struct tls_taken { /* a range that a slot has */
	const char *library;
	struct image_tls tls;
};

/* The alignment of an object's thread-local sections; 0 when it has none. */
uint64_t tls_object_align(const struct elf_file *object);

/*
 * How many bytes of padding put an image's variables at `start` or beyond.
 *
 * It stands behind the image's own variables where they are below the thread pointer, before
 * them where they are above.
 *
 * Units: `align` is that of the image's variables
 */
uint64_t tls_padding(enum arch arch, uint64_t start, uint64_t align);

/*
 * Tell where the variables of a linked image end.
 *
 * ret_tls->size is the distance from the thread pointer to the end that is further away, its
 * start 0; all is 0 when the image has none.
 */
void tls_measure(enum arch arch, const struct elf_file *image, struct image_tls *ret_tls);

/*
 * Find a free range for the variables of a slot, as near to the thread pointer as can be.
 *
 * The range has a quarter of slack. Ranges of other slots of the same library do not count: no
 * program is bound to two of them.
 *
 * Shape:  `wanted` is what tls_measure() said of the image without padding
 * Errors: ERR_SLOT_FULL
 */
int tls_reserve(enum arch arch, const struct tls_taken *taken, size_t taken_count,
	const char *library, const struct image_tls *wanted, struct image_tls *ret_tls);

/* Whether the variables of an image, as measured, stay within a range. */
bool tls_fits(const struct image_tls *measured, const struct image_tls *range);

#endif
