/* SPDX-License-Identifier: MIT */
/*
 * image: the facts of a root's images, tied together by their bindings.
 *
 * A place is something that code can get to: an entity of an image, or a body, that is a function
 * which was copied into entities. Places of one image are numbered from 0, entities first.
 */
#ifndef PKGD_AUDIT_IMAGE_H
#define PKGD_AUDIT_IMAGE_H

#include "base/vec.h"
#include "linker/facts.h"
#include "pkgd/audit/call_type.h"

#include <stdbool.h>
#include <stdint.h>

#define AUDIT_NO_IMAGE UINT32_MAX

struct audit_place {
	uint32_t image; /* index; AUDIT_NO_IMAGE: nowhere */
	uint32_t index;
};

enum audit_how { /* how a search came to a place */
	AUDIT_ROOT, /* it begins there */
	AUDIT_CALL,
	AUDIT_COPY, /* the place is a copy inside the function it came from */
	AUDIT_ALIAS, /* another name of the same function */
	AUDIT_INDIRECT, /* through a pointer */
	AUDIT_SIGNAL, /* its address is taken, and the kernel could call it */
	AUDIT_REFERENCE, /* the place is a datum that is referred to */
};

struct audit_way { /* the last step of the way to a place */
	enum audit_how how;
	struct audit_place from; /* who calls it; else who refers to it */
	struct audit_place taken_by; /* of AUDIT_INDIRECT: who takes its address */
	uint32_t type; /* of AUDIT_INDIRECT: that of the call */
};

struct audit_image {
	struct facts facts;
	const char *name; /* "bin/jq", or the library's name */
	bool is_slot;
	bool is_plugin;
	uint32_t place_count;
	uint32_t *types; /* of the file's types: their numbers in all images */
	struct audit_place *bindings; /* what each binding leads to */
	uint32_t *
		slots; /* indexes of the images of its slots; of a plug-in, of its program too */
	uint32_t *plugins; /* of a program: indexes of those that it may open */
	uint32_t plugin_count;
	uint32_t *roots; /* entities that run without being called: main, constructors ... */
	uint32_t root_count;
	uint32_t *unrecorded; /* origins of code of which the source is not known */
	uint32_t unrecorded_count;
	struct map exports; /* of a slot: entities + 1, by the symbols that were asked for */
	uint32_t *twins; /* by entity: another one of the same address, in a ring */
	uint32_t *runs_into; /* by entity: what control falls into behind it; itself: nothing */
	uint8_t *marks; /* of the search that ran last, see reach.h */
	struct audit_way *ways; /* the same; of marked places */
};

struct audit_images { /* a root's images, as far as they matter */
	struct arena *arena;
	struct call_types types;
	VEC(struct audit_image) at;
	struct map slots; /* by name: index + 1 */
	struct map programs; /* likewise */
};

/* Make the list ready: the memory comes from the arena. */
void audit_images_init(struct audit_images *images, struct arena *arena);

/*
 * Add an image by its facts; the slots that it is bound to, and a plug-in's program, must be there
 * before it. The facts must
 * be of the image with this digest; NULL: of any.
 *
 * Owner:  borrows `bytes`
 * Errors: ERR_FORMAT (damaged, or of another image), ERR_NOT_FOUND (a slot or symbol that it is bound to)
 */
int audit_images_add(struct audit_images *images, struct str bytes, const struct digest *digest,
	uint32_t *ret_index);

/* The slot of a name; AUDIT_NO_IMAGE when it was not added. */
uint32_t audit_images_find_slot(const struct audit_images *images, const char *name);

/* A place's name in the source, and where it comes from. */
const char *audit_place_name(const struct audit_images *images, struct audit_place place);
struct facts_origin
audit_place_origin(const struct audit_images *images, struct audit_place place);

#endif
