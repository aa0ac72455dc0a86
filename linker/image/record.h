/* SPDX-License-Identifier: MIT */
/*
 * record: the facts of a linked image, out of its objects and what the static linker made of them.
 */
#ifndef LINKER_IMAGE_RECORD_H
#define LINKER_IMAGE_RECORD_H

#include "base/map.h"
#include "base/str.h"
#include "kernel-iface/arch.h"
#include "linker/elf/elf_file.h"
#include "linker/facts.h"
#include "linker/image/link_map.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct record_unit { /* what a number of a unit in an object's facts stands for */
	const char *package;
	const char *name;
	bool is_program;
};

struct record_object {
	struct str bytes;
	struct str facts; /* empty for a native object */
	const char *path; /* as the static linker saw it */
	const struct record_unit *units; /* at least one */
	size_t unit_count;
};

struct record_request {
	enum arch arch;
	struct facts_image image;
	const struct record_object *objects; /* in the order in which they were linked */
	size_t object_count;
	const struct facts_slot *slots;
	size_t slot_count;
	const struct facts_binding *bindings;
	size_t binding_count;
	const struct map *exports; /* names that others may ask for; of most programs none */
	const struct elf_file *file; /* the image */
	const struct link_map *map;
};

/*
 * Write the facts of an image.
 *
 * Owner:  the caller frees ret_facts with strbuf_free()
 * Errors: ERR_FORMAT (damaged object or facts of one: names the object)
 */
int record_facts(
	struct arena *arena, const struct record_request *request, struct strbuf *ret_facts);

#endif
