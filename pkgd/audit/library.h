/* SPDX-License-Identifier: MIT */
/*
 * library: the facts files of a generation's images, read when they are first needed.
 */
#ifndef PKGD_AUDIT_LIBRARY_H
#define PKGD_AUDIT_LIBRARY_H

#include "pkgd/audit/holding.h"
#include "pkgd/audit/image.h"

struct store;

struct library { /* make it with library_init() */
	struct store *store;
	const struct holding *holding;
	struct audit_images *images;
	unsigned depth; /* of slots that need slots */
};

void library_init(struct library *library, struct store *store, const struct holding *holding,
	struct audit_images *images);

/*
 * Read an image's facts and before them those of its slots, each slot once; of a program then those
 * of its plug-ins.
 *
 * Errors: ERR_NOT_FOUND (no facts: the image was linked before there were any), ERR_FORMAT
 * (damaged, or of another image), ERR_IO
 */
int library_load(
	struct library *library, const struct generation_image *image, uint32_t *ret_index);

#endif
