/* SPDX-License-Identifier: MIT */
/*
 * weld apply: the world file and the lock beside it are read and written here; pkgd sees their
 * text only.
 */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/ask.h"
#include "cli/change.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"

#include <string.h>

#define WORLD_FILE "weld.world"
#define WORLD_SUFFIX ".world"
#define LOCK_SUFFIX ".lock"
#define WORLD_MAX ((size_t)1 << 20) /* bytes */
#define LOCK_MAX ((size_t)32 << 20) /* bytes */

/* "x.world" has "x.lock" beside it; "x" has "x.lock". */
static const char *
lock_path(struct arena *arena, const char *world)
{
	size_t length = strlen(world);

	if (str_has_suffix(world, WORLD_SUFFIX))
		length -= strlen(WORLD_SUFFIX);
	return arena_printf(arena, "%.*s" LOCK_SUFFIX, (int)length, world);
}

static int
add_text(struct arena *arena, const char *path, const char *key, size_t limit,
	json_t *parameters, struct str *ret_text)
{
	TRY(file_read(arena, AT_FDCWD, path, limit, ret_text));
	if (strlen(ret_text->at) != ret_text->len || !json_can_hold(ret_text->at))
		return err_set(ERR_FORMAT, "%s: is not UTF-8 text", path);
	json_object_set_new(parameters, key, json_stringn(ret_text->at, ret_text->len));
	return 0;
}

/* Only who made it may read it: the seed says where everything is. */
static int
keep_lock(const char *path, struct str old, const char *text, bool *ret_is_written)
{
	*ret_is_written = !str_is(old, text);
	if (!*ret_is_written)
		return 0;
	return file_replace(AT_FDCWD, path, text, strlen(text), 0600);
}

static int
finish(struct invocation *call, const char *path, struct str old, json_t *reply)
{
	const char *text = reply_text(reply, "lock");
	bool is_frozen = option_given(call, "locked") || option_given(call, "frozen");
	bool is_written = false;

	if (!ask_is_dry_run(call) && !is_frozen)
		TRY(err_context(keep_lock(path, old, text, &is_written),
			"the root is changed, but its lock is not written"));
	json_object_del(reply, "lock");
	json_object_set_new(reply, "lock_file", json_string(path));
	json_object_set_new(reply, "lock_written", json_boolean(is_written));
	return change_show(call, reply, is_written ? path : NULL);
}

int
cmd_apply(struct invocation *call)
{
	const char *world = call->arg_count > 0 ? call->args[0] : WORLD_FILE;
	const char *lock = lock_path(call->arena, world);
	bool is_frozen = option_given(call, "frozen");
	bool is_locked = is_frozen || option_given(call, "locked");
	json_t *reply AUTO(json_release) = NULL;
	struct str text;
	struct str old = { 0 };
	json_t *parameters;

	if (is_locked && option_given(call, "update"))
		return err_set(ERR_USAGE, "--update and %s: one excludes the other",
			is_frozen ? "--frozen" : "--locked");
	TRY(ask_parameters(call, &parameters));
	TRY(add_text(call->arena, world, "world", WORLD_MAX, parameters, &text));
	if (file_exists(AT_FDCWD, lock))
		TRY(add_text(call->arena, lock, "lock", LOCK_MAX, parameters, &old));
	json_object_set_new(parameters, "world_file", json_string(world));
	json_object_set_new(parameters, "lock_file", json_string(lock));
	json_object_set_new(parameters, "locked", json_boolean(is_locked));
	json_object_set_new(parameters, "update", json_boolean(option_given(call, "update")));
	if (is_frozen)
		json_object_set_new(parameters, "offline", json_true());
	json_object_set_new(parameters, "command", json_string(change_command_text(call)));
	TRY(ask_pkgd(call, "Apply", parameters, &reply));
	return finish(call, lock, old, reply);
}
