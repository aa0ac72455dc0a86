/* SPDX-License-Identifier: MIT */
/*
 * What a debugger needs of one program: copies of its images with debug information, below
 * cache/debug, and a directory in which the slots stand under the paths that the program
 * knows them by (what gdb calls a sysroot).
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/debug.h"
#include "pkgd/images.h"
#include "pkgd/plan.h"
#include "pkgd/state.h"

#include <string.h>
#include <unistd.h>

#define COPIES "cache/debug"
#define UNITS "current/lib/debug/weld"

static int
describe_installed(struct state *state, struct link_request *ret_request)
{
	struct wanted wanted = { .arena = state->arena, .arch = state->arch };

	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *package = &state->current.packages[i];
		const struct manifest *manifest;

		TRY(plan_read_manifest(state->arena, state, package, &manifest));
		wanted_add_manifest(&wanted, manifest,
			store_path(state->arena, state->store,
				arena_printf(state->arena, "store/%s", package->store_name)));
	}
	TRY(images_describe(state, &wanted, false, ret_request));
	/* Whatever tier the images have. */
	ret_request->tier = LOWER_INSTANT;
	return store_seed(state->store, &ret_request->seed);
}

/* The program of a name, "lua" or "bin/lua". */
static int
find_program(const struct state *state, const char *name, const char **ret_path)
{
	const char *path = state_relative_path(state, name);

	for (size_t i = 0; i < state->current.image_count; i++) {
		const struct generation_image *found = &state->current.images[i];
		const char *image = found->name;
		const char *slash = strrchr(image, '/');

		if (!found->is_slot && !found->is_plugin &&
			(strcmp(image, path) == 0 ||
				(slash != NULL && strcmp(slash + 1, name) == 0))) {
			*ret_path = image;
			return 0;
		}
	}
	return err_set(ERR_NOT_FOUND, "%s: no program of this name is installed", name);
}

/* Where gdb looks for a file of this path: the copy, or else the image itself. */
static int
place_in_sysroot(struct state *state, const char *sysroot, const struct link_debug_image *image)
{
	char *path = arena_printf(state->arena, "%s%s", sysroot, image->path);
	char *slash = strrchr(path, '/');

	TRY(file_make_dirs(
		AT_FDCWD, arena_copy(state->arena, path, (size_t)(slash - path)), 0755));
	*slash = '\0';
	unlink(arena_printf(state->arena, "%s/%s", path, slash + 1));
	*slash = '/';
	if (symlink(image->copy != NULL ? image->copy : image->image, path) < 0)
		return err_errno("%s", path);
	return 0;
}

/* The plug-ins of a program, where it opens them: gdb looks in the sysroot only. */
static int
place_plugins(struct state *state, const char *sysroot, const char *program)
{
	size_t length = strlen(program);

	for (size_t i = 0; i < state->current.image_count; i++) {
		const struct generation_image *found = &state->current.images[i];
		const char *current = store_path(state->arena, state->store, "current");
		const char *path = generation_plugin_path(found);
		struct link_debug_image image = {
			.image = store_path(state->arena, state->store,
				arena_printf(state->arena, "store/%s/%s", found->store_name,
					found->store_file))
		};
		char hex[DIGEST_HEX_SIZE];

		if (!found->is_plugin || strncmp(found->name, program, length) != 0 ||
			found->name[length] != ':')
			continue;
		image.path = arena_printf(state->arena, "%s/%s", current, path);
		TRY(place_in_sysroot(state, sysroot, &image));
		image.path = arena_printf(state->arena, "%s/plugins/%.16s/%s", current,
			digest_hex(&found->layout_id, hex), path);
		TRY(place_in_sysroot(state, sysroot, &image));
	}
	return 0;
}

static json_t *
image_json(const struct link_debug_image *image)
{
	json_t *object = json_pack("{s:s, s:s, s:s}", "name", image->name, "package",
		image->package, "image", image->image);

	if (image->copy != NULL)
		json_object_set_new(object, "copy", json_string(image->copy));
	else
		json_object_set_new(object, "why_not", json_string(image->why_not));
	json_object_set_new(object, "missing",
		json_from_strings((char *const *)image->missing, image->missing_count));
	return object;
}

static int
answer(struct request *request, struct state *state, const struct link_debug_image *images,
	size_t count)
{
	const char *first = images[0].copy != NULL ? images[0].copy : images[0].image;
	const char *sysroot = store_path(state->arena, state->store,
		arena_printf(
			state->arena, COPIES "/sysroot-%s", strrchr(images[0].path, '/') + 1));
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, image_json(&images[i]));
		if (i > 0)
			TRY(place_in_sysroot(state, sysroot, &images[i]));
	}
	TRY(place_plugins(state, sysroot, images[0].name));
	json_object_set_new(request->reply, "images", list);
	json_object_set_new(request->reply, "program", json_string(images[0].path));
	json_object_set_new(request->reply, "symbols", json_string(first));
	json_object_set_new(request->reply, "sysroot", json_string(sysroot));
	return 0;
}

int
method_debug(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct link_request wanted = { 0 };
	struct link_debug_image *images = NULL;
	size_t count = 0;
	const char *name = NULL, *path = NULL;

	TRY(request_string(request, "program", &name));
	if (name == NULL)
		return err_set(ERR_FORMAT, "Debug: program is missing");
	TRY(state_open(request, 0, "", &state));
	TRY(find_program(&state, name, &path));
	TRY(describe_installed(&state, &wanted));
	TRY(link_debug(state.arena, &wanted, path, store_path(state.arena, state.store, UNITS),
		store_path(state.arena, state.store, COPIES), &images, &count));
	return answer(request, &state, images, count);
}
