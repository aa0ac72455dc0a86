/* SPDX-License-Identifier: MIT */
/*
 * Constructors run in the order in which objects are linked, those of what others need first: so the
 * last unit of the main part comes first. What the program defines takes the place of what its
 * libraries define, and of two libraries each keeps its own: only merging can do that, so
 * where a name is defined twice nothing is taken apart.
 */
#include "linker/image/pieces.h"

#include "base/err.h"
#include "base/file.h"
#include "linker/image/parts.h"
#include "linker/unit.h"

#include <string.h>

struct pieces { /* those of one unit */
	struct part **parts; /* none: it is whole */
	size_t count;
};

static int
read_pieces(struct link_state *state, const struct part *part, const struct link_unit *unit,
	struct pieces *ret_pieces)
{
	int fd AUTO(file_close) = -1;
	struct unit_piece *places = NULL;
	size_t count;

	TRY(err_context(file_open(AT_FDCWD, unit->path, &fd), "%s: unit", part->name));
	TRY(err_context(unit_read_head(state->arena, fd, &places, &count), "%s", part->name));
	ret_pieces->parts = arena_array(state->arena, count, sizeof *ret_pieces->parts);
	ret_pieces->count = count;
	for (size_t i = 0; i < count; i++)
		ret_pieces->parts[i] = parts_add_piece(state, unit, &places[i], part->harden,
			arena_printf(state->arena, "%s (piece %zu of %zu)", part->name, i + 1,
				count));
	return 0;
}

/* The pieces of a unit with the defences of a part; they are looked for once. */
static int
find_pieces(struct link_state *state, const struct part *part, const struct link_unit *unit,
	const struct pieces **ret_pieces)
{
	char hex[DIGEST_HEX_SIZE];
	const char *key = arena_printf(
		state->arena, "%s %u", digest_hex(&unit->digest, hex), part->harden);
	struct pieces *pieces = map_get(&state->pieces, key);

	if (pieces == NULL) {
		pieces = ARENA_NEW(state->arena, struct pieces);
		TRY(read_pieces(state, part, unit, pieces));
		map_set(state->arena, &state->pieces, key, pieces);
	}
	*ret_pieces = pieces;
	return 0;
}

static bool
add_names(struct link_state *state, struct map *names, const char *name)
{
	if (map_has(names, name))
		return false;
	map_set(state->arena, names, name, NULL);
	return true;
}

/* Whether no name is defined twice, no machine code stands beside units, and all have the same defences. */
static bool
can_be_apart(struct link_state *state, const struct image *image, const struct part *own,
	const struct link_program *program)
{
	struct map names = { 0 };

	if (own->harden != image->main->harden || image->native.len > 0)
		return false;
	for (size_t i = 0; program != NULL && i < program->export_count; i++)
		if (!add_names(state, &names, program->exports[i]))
			return false;
	for (size_t i = 0; i < image->merged_count; i++) {
		const struct link_library *merged = image->merged[i]->link;

		if (image->merged[i]->image.native.len > 0 ||
			image->merged[i]->part->harden != image->main->harden)
			return false;
		for (size_t n = 0; n < merged->export_count; n++)
			if (!add_names(state, &names, merged->exports[n].name))
				return false;
	}
	return true;
}

/* Add what stands for one unit: its pieces, or the part of it alone. */
static int
add_unit(struct link_state *state, struct image *image, struct part *alone)
{
	const struct pieces *pieces = NULL;

	TRY(find_pieces(state, alone, alone->units[0], &pieces));
	for (size_t i = 0; i < pieces->count; i++)
		vec_push(state->arena, &image->apart, pieces->parts[i]);
	if (pieces->count == 0)
		vec_push(state->arena, &image->apart, alone);
	return 0;
}

int
pieces_prepare(struct link_state *state, struct image *image, struct part *own,
	const struct link_program *program)
{
	const struct link_request *request = state->request;

	/* Looking into each unit would be for nothing. */
	if (request->tier == LOWER_FULL && !request->keeps_worse)
		return 0;
	/* Which functions have a word for their type is known of an image, not of a unit. */
	if ((image->main->harden & HARDEN_CFI) != 0)
		return 0;
	if (own == NULL)
		return add_unit(state, image, image->main);
	if (!can_be_apart(state, image, own, program))
		return 0;
	for (size_t i = 0; i < image->merged_count; i++)
		TRY(add_unit(state, image, image->merged[i]->part));
	return add_unit(state, image, own);
}

static bool
is_apart(const struct image *image, enum lower_tier tier)
{
	return tier != LOWER_FULL && image->apart.len > 0;
}

size_t
pieces_count(const struct image *image, enum lower_tier tier)
{
	return is_apart(image, tier) ? image->apart.len : 1;
}

struct part *
pieces_get(const struct image *image, enum lower_tier tier, size_t index)
{
	return is_apart(image, tier) ? image->apart.at[index] : image->main;
}

size_t
pieces_unit(const struct image *image, const struct part *part)
{
	const struct part *main = image->main;

	for (size_t i = 0; part != main && i < main->unit_count; i++)
		if (digest_equal(&main->units[i]->digest, &part->units[0]->digest))
			return i;
	return main->unit_count;
}
