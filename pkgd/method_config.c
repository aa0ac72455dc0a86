/* SPDX-License-Identifier: MIT */
/* Configuration files: which of them the user changed, and merging what a package changed. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"
#include "store/config.h"

#include <string.h>

static const char *const state_names[] = {
	[CONFIG_SAME] = "same",
	[CONFIG_CHANGED] = "changed",
	[CONFIG_PENDING] = "pending",
	[CONFIG_ODD] = "odd",
};

static const char *const choice_names[] = {
	[CONFIG_MERGE] = "merge",
	[CONFIG_OURS] = "ours",
	[CONFIG_THEIRS] = "theirs",
};

static struct config_file *
find_file(struct config_file *files, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

/* The files that are named; without names all of them. */
static int
choose_files(struct state *state, struct config_file **ret_files, size_t *ret_count,
	bool *ret_is_named)
{
	struct config_file *files;
	struct config_file *chosen;
	char **names;
	size_t name_count;
	size_t count;

	TRY(request_strings(state->request, "names", &names, &name_count));
	TRY(config_list(state->arena, state->store, &files, &count));
	*ret_is_named = name_count > 0;
	*ret_files = files;
	*ret_count = count;
	if (name_count == 0)
		return 0;
	chosen = arena_array(state->arena, name_count, sizeof *chosen);
	for (size_t i = 0; i < name_count; i++) {
		const char *path = state_relative_path(state, names[i]);
		const struct config_file *file = find_file(files, count, path);

		if (file == NULL)
			return err_set(ERR_NOT_FOUND,
				"%s: no configuration file of an installed package (see 'weld "
				"config list --all')",
				names[i]);
		chosen[i] = *file;
	}
	*ret_files = chosen;
	*ret_count = name_count;
	return 0;
}

int
method_config_list(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct config_file *files;
	size_t count;
	bool is_named;
	json_t *list = json_array();

	json_object_set_new(request->reply, "files", list);
	TRY(state_open(request, 0, "", &state));
	TRY(choose_files(&state, &files, &count, &is_named));
	for (size_t i = 0; i < count; i++) {
		const char *base = files[i].base;

		if (base != NULL)
			base = store_path(request->arena, state.store, base);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?}", "path",
				      files[i].path, "package", files[i].package, "state",
				      state_names[files[i].state], "yours",
				      store_path(request->arena, state.store, files[i].yours),
				      "theirs",
				      store_path(request->arena, state.store, files[i].theirs),
				      "base", base));
	}
	return 0;
}

static int
read_choice(struct request *request, enum config_choice *ret_choice)
{
	const char *name;

	TRY(json_get_string_or(request->parameters, "choice", "merge", &name));
	for (size_t i = 0; i < sizeof choice_names / sizeof choice_names[0]; i++)
		if (strcmp(name, choice_names[i]) == 0) {
			*ret_choice = (enum config_choice)i;
			return 0;
		}
	return err_set(ERR_USAGE, "%s: not one of merge, ours, theirs", name);
}

/* One file; what does not merge does not keep the others from it. */
static int
merge_file(struct state *state, const struct config_file *file, enum config_choice choice)
{
	json_t *reply = state->request->reply;
	int ret = state->request->is_dry_run ? 0 : config_resolve(state->store, file, choice);

	if (ret >= 0)
		json_array_append_new(
			json_object_get(reply, "merged"), json_string(file->path));
	else if (ret == ERR_FINDINGS || ret == ERR_FORMAT || ret == ERR_NOT_FOUND)
		json_array_append_new(json_object_get(reply, "failed"),
			json_pack("{s:s, s:s}", "path", file->path, "problem", err_message()));
	else
		return ret;
	return 0;
}

int
method_config_merge(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct config_file *files;
	enum config_choice choice = CONFIG_MERGE;
	size_t count;
	bool is_named;

	json_object_set_new(request->reply, "merged", json_array());
	json_object_set_new(request->reply, "failed", json_array());
	TRY(read_choice(request, &choice));
	TRY(state_open(request, STATE_WRITE, "weld config merge", &state));
	TRY(choose_files(&state, &files, &count, &is_named));
	for (size_t i = 0; i < count; i++)
		if (is_named || files[i].state == CONFIG_PENDING)
			TRY(merge_file(&state, &files[i], choice));
	return 0;
}
