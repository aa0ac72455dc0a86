/* SPDX-License-Identifier: MIT */
/*
 * What a unit calls and what it offers stand in the head of its file (linker/bodies.h), so a key
 * needs neither a worker nor LLVM.
 *
 * Which definition a call reaches is settled elsewhere (clash.c, share.c, compose.c) and must never
 * be another one here: a name that anything of the image itself defines, or more than one slot,
 * is left alone. A library that cannot bear a defence which the part has keeps its bodies.
 */
#include "linker/image/inline.h"

#include "base/err.h"
#include "base/file.h"
#include "linker/bodies.h"
#include "linker/unit.h"

#include <stdlib.h>
#include <string.h>

struct question {
	const struct link_unit *const *units; /* of the part */
	size_t unit_count;
	struct library *const *slots; /* that it is bound to */
	size_t slot_count;
	const struct image *
		image; /* what is merged into it or beside it goes before slots; NULL: nothing is */
	const struct map *exports,
		*hidden; /* names that the first unit or its native object has */
	unsigned except; /* set of enum harden */
};

struct finding { /* a call that may be inlined */
	size_t slot;
	const struct body *body;
};

struct search {
	struct link_state *state;
	const struct question *question;
	struct map called; /* names */
	VEC(struct finding) findings;
};

/* What stands in front of a unit; it is looked for once. */
static int
read_bodies(struct link_state *state, const struct link_unit *unit, const struct bodies **ret)
{
	char hex[DIGEST_HEX_SIZE];
	struct bodies *bodies = map_get(&state->bodies, digest_hex(&unit->digest, hex));
	int fd AUTO(file_close) = -1;

	if (bodies == NULL) {
		bodies = ARENA_NEW(state->arena, struct bodies);
		TRY(err_context(file_open(AT_FDCWD, unit->path, &fd), "%s", unit->path));
		TRY(err_context(bodies_read(state->arena, fd, bodies), "%s", unit->path));
		map_set(state->arena, &state->bodies, arena_string(state->arena, hex), bodies);
	}
	*ret = bodies;
	return 0;
}

static bool
is_defined_by(struct library *const *libraries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (map_has(&libraries[i]->exports, name) ||
			map_has(&libraries[i]->hidden, name))
			return true;
	return false;
}

/* Whether the image defines a name itself, in IR or in machine code: its call does not leave it. */
static bool
is_own(const struct question *question, const char *name)
{
	const struct image *image = question->image;

	return map_has(question->exports, name) || map_has(question->hidden, name) ||
	       (image != NULL &&
		       (is_defined_by(image->merged, image->merged_count, name) ||
			       is_defined_by(image->beside, image->beside_count, name)));
}

static bool
is_only_in(const struct question *question, size_t slot, const char *name)
{
	for (size_t i = 0; i < question->slot_count; i++)
		if (map_has(&question->slots[i]->exports, name) != (i == slot))
			return false;
	return true;
}

static int
list_calls(struct search *search)
{
	const struct question *question = search->question;

	for (size_t i = 0; i < question->unit_count; i++) {
		const struct bodies *bodies;

		TRY(read_bodies(search->state, question->units[i], &bodies));
		for (size_t n = 0; n < bodies->call_count; n++)
			map_set(search->state->arena, &search->called, bodies->calls[n], NULL);
	}
	return 0;
}

/* A copy would have the defences of where it is put. */
static bool
can_bear(const struct link_state *state, const struct library *library, unsigned except)
{
	unsigned harden = state->request->harden & HARDEN_OBJECT;

	return (library->link->harden_except & harden & ~except) == 0;
}

static int
search_slot(struct search *search, size_t slot)
{
	const struct question *question = search->question;
	const struct library *library = question->slots[slot];
	const struct bodies *bodies;

	if (!can_bear(search->state, library, question->except))
		return 0;
	TRY(read_bodies(search->state, &library->link->unit, &bodies));
	for (size_t i = 0; i < bodies->offer_count; i++) {
		struct finding finding = { slot, &bodies->offers[i] };
		const char *name = finding.body->name;

		if (map_has(&search->called, name) && !is_own(question, name) &&
			is_only_in(question, slot, name))
			vec_push(search->state->arena, &search->findings, finding);
	}
	return 0;
}

/* Findings stand by slot, and there by name. */
static void
group(const struct search *search, struct inlinings *ret_inlinings)
{
	struct arena *arena = search->state->arena;
	const struct finding *findings = search->findings.at;
	size_t total = search->findings.len, count = 0;
	struct inlining *inlinings =
		arena_array(arena, search->question->slot_count, sizeof *inlinings);

	for (size_t i = 0; i < total; i++) {
		struct inlining *inlining;

		if (i == 0 || findings[i].slot != findings[i - 1].slot)
			inlinings[count++] = (struct inlining){
				.library = search->question->slots[findings[i].slot],
				.bodies = arena_array(
					arena, total - i, sizeof *inlinings[0].bodies),
				.names = arena_array(
					arena, total - i, sizeof *inlinings[0].names),
			};
		inlining = &inlinings[count - 1];
		inlining->names[inlining->count] = findings[i].body->name;
		inlining->bodies[inlining->count++] = findings[i].body;
	}
	*ret_inlinings = (struct inlinings){ inlinings, count };
}

static int
choose(struct link_state *state, const struct question *question,
	struct inlinings *ret_inlinings)
{
	struct search search = { .state = state, .question = question };

	*ret_inlinings = (struct inlinings){ 0 };
	TRY(list_calls(&search));
	for (size_t i = 0; search.called.len > 0 && i < question->slot_count; i++)
		TRY(search_slot(&search, i));
	group(&search, ret_inlinings);
	return 0;
}

/* As a slot it is bound to slots: to all that it imports but the compiler's runtime. */
int
inline_into_library(struct link_state *state, const struct library *library, unsigned except,
	struct inlinings *ret_inlinings)
{
	const struct image *image = &library->image;
	const struct link_unit *unit = &library->link->unit;
	struct library **slots = arena_array(state->arena, image->closure_count, sizeof *slots);
	struct question question = { .units = &unit,
		.unit_count = 1,
		.slots = slots,
		.exports = &library->exports,
		.hidden = &library->hidden,
		.except = except };

	if (!state->request->inlines)
		return 0;
	for (size_t i = 0; i < image->closure_count; i++)
		if (image->closure[i]->is_slot || !image->closure[i]->is_runtime)
			slots[question.slot_count++] = image->closure[i];
	return choose(state, &question, ret_inlinings);
}

int
inline_into_program(struct link_state *state, const struct program *program, unsigned except,
	struct inlinings *ret_inlinings)
{
	const struct image *image = &program->image;
	const struct link_unit **units =
		arena_array(state->arena, image->merged_count + 1, sizeof *units);
	struct question question = { .units = units,
		.unit_count = image->merged_count + 1,
		.slots = image->slots,
		.slot_count = image->slot_count,
		.image = image,
		.exports = &program->exports,
		.hidden = &program->hidden,
		.except = except };

	if (!state->request->inlines)
		return 0;
	units[0] = &program->link->unit;
	for (size_t i = 0; i < image->merged_count; i++)
		units[i + 1] = &image->merged[i]->link->unit;
	return choose(state, &question, ret_inlinings);
}

size_t
inline_count(const struct part *part, enum lower_tier tier)
{
	return tier == LOWER_FULL ? part->inlinings.count : 0;
}

void
inline_add_key(struct hash *hash, const struct part *part, enum lower_tier tier)
{
	if (inline_count(part, tier) == 0)
		return;
	hash_add_string(hash, "bodies");
	for (size_t i = 0; i < part->inlinings.count; i++)
		for (size_t n = 0; n < part->inlinings.at[i].count; n++)
			hash_add(hash, part->inlinings.at[i].bodies[n]->digest.bytes,
				DIGEST_SIZE);
}

const struct lower_bodies *
inline_names(struct arena *arena, const struct part *part, enum lower_tier tier)
{
	size_t count = inline_count(part, tier);
	struct lower_bodies *bodies = arena_array(arena, count, sizeof *bodies);

	for (size_t i = 0; i < count; i++)
		bodies[i] = (struct lower_bodies){ part->inlinings.at[i].library->image.name,
			part->inlinings.at[i].names, part->inlinings.at[i].count };
	return bodies;
}

/* One file of the bodies of a library, as a unit in pieces: each is a module. */
static int
open_bodies(struct arena *arena, const struct inlining *inlining, int *ret_fd)
{
	struct str *modules = arena_array(arena, inlining->count, sizeof *modules);
	struct strbuf file AUTO(strbuf_free) = { 0 };
	int fd AUTO(file_close) = -1;
	int memory AUTO(file_close) = -1;

	TRY(file_open(AT_FDCWD, inlining->library->link->unit.path, &fd));
	for (size_t i = 0; i < inlining->count; i++)
		TRY(bodies_read_module(arena, fd, inlining->bodies[i], &modules[i]));
	unit_write(modules, inlining->count, &file);
	TRY(file_memory("bodies", &memory));
	TRY(file_write_fd(memory, file.at, file.len));
	*ret_fd = memory;
	memory = -1;
	return 0;
}

int
inline_open(struct arena *arena, const struct part *part, enum lower_tier tier, int *fds)
{
	for (size_t i = 0; i < inline_count(part, tier); i++)
		TRY(err_context(open_bodies(arena, &part->inlinings.at[i], &fds[i]), "%s",
			part->inlinings.at[i].library->image.name));
	return 0;
}
