/* SPDX-License-Identifier: MIT */
/*
 * C searches a program's libraries in the order in which it names them, then those that
 * these name, and so on; all users of a symbol get the same definition, but for the library that has
 * one itself. weld searches what stands on a library before that library, and each library
 * searches only what it imports: so it never matters whether a library is private or a slot. Where
 * both find the same, all is well. Where not, the sources do not say what is meant.
 *
 * libc and the compiler's runtime give way to all others, and what the program defines to nobody.
 *
 * (I1) What is merged into a program is seen before its slots: so when a slot has the
 * definition that is meant, and something merged has another, the slot's library is merged, too.
 */
#include "linker/image/clash.h"

#include "base/err.h"
#include "linker/image/share.h"

#include <string.h>

struct definers { /* of one symbol */
	VEC(const struct library *) libraries;
};

struct view { /* one program's */
	struct link_state *state;
	struct program *program;
	const struct library **searched; /* its closure in the order in which C searches */
	size_t searched_count;
	struct map refers; /* names that the program uses and does not define */
	bool is_changed;
};

/* The symbols that more than one library defines, each with its struct definers. */
static void
find_clashes(struct link_state *state, struct map *ret_clashes)
{
	struct map first = { 0 };

	for (size_t i = 0; i < state->library_count; i++) {
		const struct library *library = &state->libraries[i];

		for (size_t n = 0; n < library->exports.len && !library->is_runtime; n++) {
			const char *symbol = library->exports.entries[n].key;
			const struct library *other = map_get(&first, symbol);
			struct definers *definers = map_get(ret_clashes, symbol);

			if (other == NULL) {
				map_set(state->arena, &first, symbol, (void *)library);
				continue;
			}
			if (definers == NULL) {
				definers = ARENA_NEW(state->arena, struct definers);
				vec_push(state->arena, &definers->libraries, other);
				map_set(state->arena, ret_clashes, symbol, definers);
			}
			vec_push(state->arena, &definers->libraries, library);
		}
	}
}

static void
search_next(struct view *view, struct map *seen, const struct library *library)
{
	if (map_has(seen, library->link->name))
		return;
	map_set(view->state->arena, seen, library->link->name, NULL);
	view->searched[view->searched_count++] = library;
}

static void
find_view(struct view *view)
{
	const struct link_program *link = view->program->link;
	struct arena *arena = view->state->arena;
	struct map seen = { 0 };

	view->searched = arena_array(arena, view->state->library_count, sizeof *view->searched);
	for (size_t i = 0; i < link->import_count; i++)
		search_next(view, &seen, map_get(&view->state->by_name, link->imports[i]));
	for (size_t i = 0; i < view->searched_count; i++)
		for (size_t n = 0; n < view->searched[i]->import_count; n++)
			search_next(view, &seen, view->searched[i]->imports[n]);
	for (size_t i = 0; i < link->undefined_count; i++)
		map_set(arena, &view->refers, link->undefined[i], NULL);
	for (size_t i = 0; i < link->weak_undefined_count; i++)
		map_set(arena, &view->refers, link->weak_undefined[i], NULL);
}

/* The library whose definition weld gives an image. */
static const struct library *
find_in_closure(const struct image *image, const char *symbol)
{
	for (size_t i = image->closure_count; i > 0; i--)
		if (!image->closure[i - 1]->is_runtime &&
			map_has(&image->closure[i - 1]->exports, symbol))
			return image->closure[i - 1];
	return NULL;
}

/* The one that C gives everyone. */
static const struct library *
find_in_view(const struct view *view, const char *symbol)
{
	for (size_t i = 0; i < view->searched_count; i++)
		if (!view->searched[i]->is_runtime &&
			map_has(&view->searched[i]->exports, symbol))
			return view->searched[i];
	return NULL;
}

static bool
is_merged(const struct view *view, const struct library *library)
{
	return !library->is_slot || !share_can_use(view->program, library);
}

bool
clash_are_series(const struct library *a, const struct library *b)
{
	size_t length = strcspn(a->link->name, "@");

	return a->link->name[length] == '@' &&
	       strncmp(a->link->name, b->link->name, length + 1) == 0;
}

static int
refuse(const struct view *view, const char *user, const char *symbol,
	const struct library *meant, const struct library *found)
{
	if (clash_are_series(meant, found))
		return err_set(ERR_SYMBOL,
			"%s: would have libraries %s (%s) and %s (%s), which both define %s, "
			"for "
			"%s and others (build all of them with one series)",
			view->program->image.name, meant->link->name, meant->link->package,
			found->link->name, found->link->package, symbol, user);
	return err_set(ERR_SYMBOL,
		"%s: libraries %s (%s) and %s (%s) both define %s, and it is not clear which "
		"one %s uses (name the one that is meant before the other when linking)",
		view->program->image.name, meant->link->name, meant->link->package,
		found->link->name, found->link->package, symbol, user);
}

/* Whoever uses the symbol must get what C gives him. *ret_is_merged: some user is merged. */
static int
check_users(const struct view *view, const char *symbol, const struct library *meant,
	bool *ret_is_merged)
{
	const struct image *image = &view->program->image;
	const struct library *of_program = find_in_closure(image, symbol);

	if (map_has(&view->refers, symbol)) {
		*ret_is_merged = true;
		if (of_program != meant)
			return refuse(
				view, view->program->link->path, symbol, meant, of_program);
	}
	for (size_t i = 0; i < image->closure_count; i++) {
		const struct library *user = image->closure[i];
		const struct library *found;

		if (!map_has(&user->refers, symbol) || map_has(&user->exports, symbol))
			continue;
		found = find_in_closure(&user->image, symbol);
		if (found != NULL && found != meant)
			return refuse(view, user->link->name, symbol, meant, found);
		if (of_program != meant)
			return refuse(view, user->link->name, symbol, meant, of_program);
		*ret_is_merged = *ret_is_merged || is_merged(view, user);
	}
	return 0;
}

static int
settle_symbol(struct view *view, const char *symbol, const struct definers *definers)
{
	const struct library *meant = find_in_view(view, symbol), *other = NULL;
	bool has_merged_user = false;

	if (meant == NULL || map_has(&view->program->exports, symbol))
		return 0;
	VEC_EACH (const struct library *, definer, &definers->libraries)
		for (size_t i = 0; i < view->searched_count; i++)
			if (*definer == view->searched[i] && *definer != meant &&
				(other == NULL || is_merged(view, *definer)))
				other = *definer;
	if (other == NULL)
		return 0;
	TRY(check_users(view, symbol, meant, &has_merged_user));
	if (has_merged_user && !is_merged(view, meant) && is_merged(view, other)) /* (I1) */
		view->is_changed |= share_make_private(view->state, view->program, meant,
			arena_printf(view->state->arena,
				"library %s, which is linked into the program, defines %s, too",
				other->link->name, symbol));
	return 0;
}

int
clash_settle(struct link_state *state, bool *ret_is_changed)
{
	struct map clashes = { 0 };

	*ret_is_changed = false;
	find_clashes(state, &clashes);
	if (clashes.len == 0)
		return 0;
	for (size_t i = 0; i < state->program_count; i++) {
		struct view view = { .state = state, .program = &state->programs[i] };

		find_view(&view);
		for (size_t n = 0; n < clashes.len; n++)
			TRY(settle_symbol(
				&view, clashes.entries[n].key, clashes.entries[n].value));
		*ret_is_changed = *ret_is_changed || view.is_changed;
	}
	return 0;
}
