/* SPDX-License-Identifier: MIT */
/*
 * state: what one link operation knows, filled in step by step by link.c.
 *
 * The steps and what each adds:
 *   graph     imports as pointers, dependency order, who uses what
 *   decide    private or slot, for each library
 *   check     nothing: refuses what cannot link
 *   prepare   the parts of each image: what is merged, what is linked beside it
 *   settle    images that the store has already
 *   models    images that only need other addresses
 *   lower     objects, of the images without a model
 *   slots     addresses and layouts
 *   programs  images
 *   plugins   images of plug-ins, which are bound to programs
 */
#ifndef LINKER_IMAGE_STATE_H
#define LINKER_IMAGE_STATE_H

#include "base/vec.h"
#include "linker/image/layout.h"
#include "linker/image/slot.h"
#include "linker/image/tls.h"
#include "linker/link.h"

#include <limits.h>

struct library;
struct inlining;
struct model; /* rebind.c knows it */
struct unit_piece;

struct object { /* a part, lowered */
	const struct lower_target
		*target; /* that of the request, or one of those published for */
	struct digest key; /* digest of all that decides the bytes */
	struct str bytes; /* once there */
	struct str facts; /* those of the object */
	const char *origin; /* who published it; "": it was lowered here */
	bool was_cached;
	bool is_wanted; /* by an image that is to be linked */
};

struct inlinings { /* inline.h knows them */
	const struct inlining *at;
	size_t count;
};

struct part { /* what is merged and lowered together */
	const struct link_unit **units; /* merged in this order */
	size_t unit_count;
	const char **preserve; /* sorted */
	size_t preserve_count;
	unsigned harden; /* set of enum harden: those of HARDEN_OBJECT */
	const char **
		natives; /* sorted: functions that native objects define, where cfi wants to know */
	size_t native_count;
	const struct unit_piece *piece; /* of its one unit; NULL: all of it */
	struct inlinings inlinings; /* what may be copied into it from slots */
	const char *name; /* for messages */
	struct object at[LOWER_TIERS]; /* by tier: an image uses those of one tier */
};

struct image { /* an image to be made or kept */
	struct str native; /* the native object beside its own unit; empty for none */
	struct map native_functions; /* names that this defines; only with cfi */
	struct part *main; /* the object that is the image's own */
	VEC(struct part *) apart; /* those that stand for it below full: pieces.h */
	struct library **
		closure; /* every library it imports, directly or not; what is needed first is first */
	size_t closure_count;
	struct library **slots; /* those of the closure that have a slot */
	size_t slot_count;
	struct library **beside; /* private libraries that are linked as objects of their own */
	size_t beside_count;
	struct library **merged; /* private libraries that are merged into the main object */
	size_t merged_count;
	unsigned harden; /* set of enum harden */
	const char *name; /* for messages: "jq-1.6-1: bin/jq" */
	enum lower_tier tier; /* of all its parts */
	struct link_image result;
	bool is_settled; /* `result` is complete */
	struct model
		*model; /* the same image bound to older layouts; NULL: none that can be used */
};

struct library {
	const struct link_library *link;
	struct library **imports;
	size_t import_count;
	struct map exports; /* names of the unit and of the native object */
	struct map
		hidden; /* names that the native object defines for the unit beside it only */
	struct map refers; /* names that others may define in its place, or for it: share.c */
	const char *why_not; /* why it cannot have a slot; NULL when it can */
	const char *reason; /* of the decision */
	size_t user_count; /* programs that share it, if it has a slot */
	size_t private_count; /* programs that use it and cannot share it */
	bool is_runtime; /* the code generator may call it: never merged, always searched */
	bool is_slot;
	bool is_slot_import; /* a slot imports it, so it must be one */
	int mark; /* of the walk that orders libraries */
	struct part *part; /* the library lowered by itself */
	struct image image; /* of a slot */
	struct layout layout; /* of a slot, once it is linked or read */
};

struct program {
	const struct link_program *link;
	struct map exports; /* names of the unit and of the native object */
	struct map
		hidden; /* names that the native object defines for the unit beside it only */
	struct map privates; /* libraries that it cannot share, to the reason */
	struct image image;
	struct map kept; /* names that stay for plug-ins; empty when it loads none */
	struct layout layout; /* of those, once it is linked or read */
};

struct plugin { /* one plug-in for one program */
	const struct link_plugin *link;
	struct program *program;
	struct map exports; /* names of the unit and of the native object */
	struct map hidden; /* as a program's */
	struct image image; /* its slots are those of the program, then those that it brings */
};

struct link_state {
	struct arena *arena;
	const struct link_request *request;
	struct lower_target
		target; /* the own one; of an unknown CPU where there is no worker */
	const char *no_worker; /* why the worker cannot be run; NULL when it can */
	struct map offered; /* keys of published objects, as their bytes in hex */
	struct library *libraries;
	size_t library_count;
	struct library **order; /* what is needed first is first */
	size_t order_count;
	struct map by_name; /* to struct library */
	struct program *programs;
	size_t program_count;
	struct plugin *plugins;
	size_t plugin_count;
	struct map parts; /* by hex key, to struct part */
	struct map pieces; /* by a unit's digest and defences, what pieces.c knows of it */
	struct map bodies; /* by a unit's digest, what inline.c knows of it */
	struct map existing; /* by hex key, to struct link_existing */
	struct digest common; /* of what enters every link key */
	VEC(struct slot_range) ranges; /* reserved, old and new */
	VEC(struct tls_taken) tls_ranges; /* likewise, of thread-local variables */
	struct str start; /* the kernel interface's objects */
	struct str support;
	char prefix[PATH_MAX]; /* what replaces the placeholder */
	size_t lowered_units;
	size_t cached_units;
	uint64_t lowered_bytes;
	size_t outputs; /* image files made */
	size_t done; /* images linked */
	size_t to_link; /* images to link */
};

/*
 * What link_all() knows before it lowers anything: images that are there already are settled.
 *
 * Owner:  the arena
 * Errors: as link_all()
 */
int link_state_prepare(
	struct arena *arena, const struct link_request *request, struct link_state **ret_state);

#endif
