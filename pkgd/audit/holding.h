/* SPDX-License-Identifier: MIT */
/*
 * holding: in which images of a generation a package's code can be, as its manifest says.
 *
 * It only narrows down which facts are read: what is in an image, its facts say.
 */
#ifndef PKGD_AUDIT_HOLDING_H
#define PKGD_AUDIT_HOLDING_H

#include "base/map.h"
#include "store/generation.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct holding_plugin { /* that a program may open */
	const struct generation_image *image;
	const struct holding_plugin *next; /* NULL: the last */
};

struct holding { /* of one generation; make it with holding_init() */
	const struct generation *generation;
	struct map slots; /* the image of a slot, by the library's name */
	struct map owners; /* the package of a library, by name */
	struct map labels; /* packages by "NAME-VERSION-RELEASE" */
	struct map plugins; /* struct holding_plugin of programs, by name */
	struct map users; /* slots that a program is bound to, by name */
};

/* Look at all images and packages once. Owner: the arena */
void
holding_init(struct holding *holding, struct arena *arena, const struct generation *generation);

/* The slot of a library; NULL when it has none. */
const struct generation_image *
holding_find_slot(const struct holding *holding, const char *library);

/* The plug-ins of a program; NULL when it has none. */
const struct holding_plugin *
holding_find_plugins(const struct holding *holding, const struct generation_image *program);

/* Whether an image, one of its plug-ins, or a slot that it is bound to, has a package's code. */
bool holding_concerns(const struct holding *holding, const struct generation_image *image,
	const struct generation_package *package);

/* Whether no program is bound to a slot. */
bool holding_is_unused(const struct holding *holding, const struct generation_image *slot);

#endif
