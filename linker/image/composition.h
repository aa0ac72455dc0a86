/* SPDX-License-Identifier: MIT */
/*
 * composition: one image on its way from objects to a file; compose.c has the steps.
 *
 * For who links an image: compose_begin() collects and binds, then the job is run,
 * and compose_finish() completes and records what came out.
 */
#ifndef LINKER_IMAGE_COMPOSITION_H
#define LINKER_IMAGE_COMPOSITION_H

#include "kernel-iface/image_note.h"
#include "linker/image/ld.h"
#include "linker/image/record.h"
#include "linker/image/state.h"

struct composition { /* the image, what it is of and its exports are set by who begins */
	struct image *image;
	struct library *library; /* of a slot; else NULL */
	struct program *program; /* of a program; else NULL */
	struct plugin *plugin; /* of a plug-in; else NULL */
	const struct map *exports; /* names that stay for others */
	bool is_trial; /* only its size is wanted: nothing is recorded */
	uint64_t base; /* virtual address */
	VEC(struct record_object) objects; /* as files in the scratch directory */
	size_t whole_count; /* the first ones; of the others only what they need is linked */
	struct library **bound; /* slots that are really used, in dependency order */
	size_t bound_count;
	struct facts_binding
		*bindings; /* `slot` is as plugin_find() gives it, until recorded */
	size_t binding_count;
	struct image_tls tls; /* of a slot: the range of its thread-local variables */
	uint64_t tls_align; /* of the image's own variables; 0 when it has none */
	const char *padding; /* the object that pads them; NULL for none */
	VEC(const char *) open; /* symbols that nothing defines */
	struct image_note note;
	const char *script; /* of a slot: where everything stands */
	const char *output;
};

/* Collect the objects of an image and bind it at an address. Errors: as compose_slots() */
int compose_begin(struct link_state *state, uint64_t base, struct composition *composition);

/* The static linker's job. Owner: the arena */
struct ld_job compose_job(struct link_state *state, struct composition *composition);

/* Complete the file that the static linker wrote. Errors: as compose_slots() */
int compose_finish(struct link_state *state, struct composition *composition);

/*
 * Add padding, so that the image's own thread-local variables stand beyond the ranges that are
 * nearer to the thread pointer; its note says where those end.
 *
 * Errors: ERR_IO, ERR_NO_SPACE
 */
int compose_pad(struct link_state *state, struct composition *composition);

/*
 * Complete the note with the thread-local variables of the linked file. A slot whose
 * variables do not fit its range gets what they need in the place of the range, so that its layout is another.
 */
void compose_complete_tls(const struct link_state *state, struct composition *composition,
	const struct elf_file *file);

/* Tell the caller of link_all() that an image is linked. */
void compose_report(struct link_state *state, const struct image *image);

#endif
