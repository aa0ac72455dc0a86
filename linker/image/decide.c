/* SPDX-License-Identifier: MIT */
/*
 * Private or slot. A library is eligible when its code can stand at one address
 * for all users: no thread-local variables for others, nothing that its user must define,
 * and all its own imports in slots. Users are programs that can share it (share.c), counted over
 * the whole closure: so a library that a slot imports has at least as many users as
 * the slot, and becomes one, too.
 */
#include "linker/image/decide.h"

#include "base/err.h"
#include "linker/elf/elf_symbol.h"
#include "linker/image/clash.h"
#include "linker/image/plugin.h"
#include "linker/image/share.h"

#include <inttypes.h>
#include <string.h>

static bool
is_provided(const struct image *image, const char *symbol)
{
	for (size_t i = 0; i < image->closure_count; i++)
		if (map_has(&image->closure[i]->exports, symbol))
			return true;
	return elf_linker_defines(symbol);
}

/* The first symbol that nothing provides; NULL when all are there. `hidden` may be NULL. */
static const char *
find_missing(const struct image *image, const struct map *own, const struct map *hidden,
	const char *const *undefined, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!map_has(own, undefined[i]) && !is_provided(image, undefined[i]) &&
			(hidden == NULL || !map_has(hidden, undefined[i])))
			return undefined[i];
	return NULL;
}

/* Why a library cannot have a slot; NULL when it can. In dependency order. */
static const char *
why_not_slot(struct link_state *state, const struct library *library)
{
	const struct link_library *link = library->link;
	const char *missing;

	if (library->why_not != NULL)
		return library->why_not;
	if (link->sharing == LINK_SHARING_NEVER)
		return "its package asks for it";
	if (link->tls_export_count > 0)
		return "exports thread-local variables";
	if (link->tls_size > TLS_SLOT_MAX)
		return arena_printf(state->arena,
			"has %" PRIu64
			" bytes of thread-local variables, more than a slot may have",
			link->tls_size);
	missing = find_missing(&library->image, &library->exports, &library->hidden,
		link->undefined, link->undefined_count);
	if (missing != NULL)
		return arena_printf(
			state->arena, "needs %s, which its user must define", missing);
	for (size_t i = 0; i < library->import_count; i++)
		if (library->imports[i]->why_not != NULL && !library->imports[i]->is_runtime)
			return arena_printf(state->arena, "imports %s, which %s",
				library->imports[i]->link->name, library->imports[i]->why_not);
	return NULL;
}

static void
decide_library(struct link_state *state, struct library *library)
{
	enum link_sharing policy = state->request->sharing;
	bool is_wanted = library->user_count >= 2 || library->is_slot_import ||
			 policy == LINK_SHARING_ALWAYS ||
			 library->link->sharing == LINK_SHARING_ALWAYS;

	if (library->why_not != NULL) {
		library->reason = library->why_not;
	} else if (policy == LINK_SHARING_NEVER) {
		library->reason = "the policy is sharing never";
	} else {
		library->is_slot = is_wanted && library->user_count > 0;
		library->reason =
			library->user_count == 0 && library->private_count > 0
				? "no user can share it"
			: library->user_count == 1
				? (library->is_slot ? "1 user, shared always" : "1 user")
				: arena_printf(state->arena, "%zu users", library->user_count);
	}
	for (size_t i = 0; i < library->import_count && library->is_slot; i++)
		library->imports[i]->is_slot_import = true;
}

static void
count_users(struct link_state *state)
{
	for (size_t i = 0; i < state->program_count; i++) {
		const struct program *program = &state->programs[i];

		for (size_t n = 0; n < program->image.closure_count; n++) {
			struct library *library = program->image.closure[n];

			if (share_can_use(program, library))
				library->user_count++;
			else
				library->private_count++;
		}
	}
	plugin_count_users(state);
}

static void
decide_libraries(struct link_state *state)
{
	for (size_t i = 0; i < state->library_count; i++) {
		state->libraries[i].user_count = state->libraries[i].private_count = 0;
		state->libraries[i].is_slot = state->libraries[i].is_slot_import = false;
	}
	count_users(state);
	/* Users before what they use: the imports of a slot must be slots. */
	for (size_t i = state->order_count; i > 0; i--)
		decide_library(state, state->order[i - 1]);
}

int
decide_sharing(struct link_state *state)
{
	bool is_changed;

	TRY(share_prepare(state));
	for (size_t i = 0; i < state->program_count; i++)
		share_find_private(state, &state->programs[i]);
	for (size_t i = 0; i < state->order_count; i++)
		state->order[i]->why_not = why_not_slot(state, state->order[i]);
	/* What is private grows with each round, so that the rounds end. */
	do {
		decide_libraries(state);
		TRY(clash_settle(state, &is_changed));
	} while (is_changed);
	return 0;
}

/* "c, z and compiler-rt" */
static char *
library_names(struct arena *arena, const struct image *image)
{
	struct strbuf names = { 0 };
	char *ret;

	for (size_t i = image->closure_count; i > 0; i--)
		strbuf_printf(&names, "%s%s",
			i == image->closure_count ? ""
			: i == 1                  ? " and "
						  : ", ",
			image->closure[i - 1]->link->name);
	ret = arena_string(arena, image->closure_count == 0 ? "none" : strbuf_string(&names));
	strbuf_free(&names);
	return ret;
}

static int
check_program(const struct link_state *state, const struct program *program)
{
	const char *missing;

	/* What a private library asks of its user counts as the program's own need. */
	for (size_t i = 0; i < program->image.closure_count; i++) {
		const struct library *library = program->image.closure[i];
		const struct link_library *link = library->link;

		for (size_t n = 0; n < link->undefined_count; n++)
			if (!map_has(&library->exports, link->undefined[n]) &&
				!map_has(&library->hidden, link->undefined[n]) &&
				!map_has(&program->exports, link->undefined[n]) &&
				!is_provided(&program->image, link->undefined[n]))
				return err_set(ERR_SYMBOL,
					"%s: library %s (%s) needs the symbol %s, which "
					"neither the program nor "
					"its libraries define",
					program->image.name, link->name, link->package,
					link->undefined[n]);
	}
	missing = find_missing(&program->image, &program->exports, &program->hidden,
		program->link->undefined, program->link->undefined_count);
	if (missing == NULL)
		return 0;
	return err_set(ERR_SYMBOL,
		"%s: needs the symbol %s, which none of its libraries exports (%s)",
		program->image.name, missing, library_names(state->arena, &program->image));
}

int
decide_check(const struct link_state *state)
{
	for (size_t i = 0; i < state->program_count; i++)
		TRY(check_program(state, &state->programs[i]));
	return plugin_check(state);
}
