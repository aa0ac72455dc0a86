/* SPDX-License-Identifier: MIT */
/* JSON, indented, so that version control shows one line for one change. */
#include "pkgd/world/lock.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "kernel-iface/arch.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RELEASE_MAX 999999
#define DIFFERENCES_MAX 5 /* that are listed */

static int
check_members(const json_t *object, const char *const *known, size_t count)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		bool is_known = false;

		for (size_t i = 0; i < count; i++)
			is_known = is_known || strcmp(key, known[i]) == 0;
		if (!is_known)
			return err_set(ERR_FORMAT, "unknown member '%.64s'", key);
	}
	return 0;
}

static int
read_package(struct arena *arena, const json_t *json, struct lock_package *ret_package)
{
	static const char *const members[] = { "name", "version", "release", "sha256", "manual",
		"held" };
	struct lock_package package = { 0 };
	int64_t release;

	if (!json_is_object(json))
		return err_set(ERR_FORMAT, "not an object");
	TRY(check_members(json, members, sizeof members / sizeof members[0]));
	TRY(json_get_string(json, "name", &package.name));
	TRY(json_get_string(json, "version", &package.version));
	TRY(json_get_integer(json, "release", &release));
	TRY(json_get_digest(json, "sha256", &package.digest));
	TRY(json_get_bool(json, "manual", &package.is_manual));
	TRY(json_get_bool(json, "held", &package.is_held));
	if (!relation_is_full_name(package.name))
		return err_set(ERR_FORMAT, "'name' is no name");
	if (!relation_is_version(package.version))
		return err_set(ERR_FORMAT, "'version' is no version");
	if (release < 1 || release > RELEASE_MAX)
		return err_set(ERR_FORMAT, "'release' is not from 1 to %d", RELEASE_MAX);
	package.name = arena_string(arena, package.name);
	package.version = arena_string(arena, package.version);
	package.release = (uint64_t)release;
	*ret_package = package;
	return 0;
}

static int
read_packages(struct arena *arena, const json_t *root, struct lock *lock)
{
	json_t *list;
	json_t *json;
	size_t i;

	TRY(json_get_array(root, "packages", &list));
	if (json_array_size(list) > LOCK_PACKAGES_MAX)
		return err_set(ERR_LIMIT, "more than %zu packages", LOCK_PACKAGES_MAX);
	lock->packages = arena_array(arena, json_array_size(list) + 1, sizeof *lock->packages);
	json_array_foreach(list, i, json)
	{
		TRY(err_context(
			read_package(arena, json, &lock->packages[i]), "package %zu", i + 1));
		if (i > 0 && strcmp(lock->packages[i - 1].name, lock->packages[i].name) >= 0)
			return err_set(ERR_FORMAT,
				"package %zu: '%s' stands twice or is not in its order", i + 1,
				lock->packages[i].name);
	}
	lock->package_count = json_array_size(list);
	return 0;
}

int
lock_read(struct arena *arena, struct str text, struct lock *ret_lock)
{
	static const char *const members[] = { "format", "arch", "seed", "packages" };
	json_t *root AUTO(json_release) = NULL;
	struct lock lock = { 0 };
	int64_t format;
	enum arch arch;

	if (text.len > LOCK_SIZE_MAX)
		return err_set(ERR_LIMIT, "longer than %zu bytes", LOCK_SIZE_MAX);
	TRY(json_read(text, &root));
	if (!json_is_object(root))
		return err_set(ERR_FORMAT, "not a lock file");
	TRY(json_get_integer(root, "format", &format));
	if (format != LOCK_FORMAT)
		return err_set(ERR_FORMAT,
			"format %" PRId64 " is not known (this weld reads %d)", format,
			LOCK_FORMAT);
	TRY(check_members(root, members, sizeof members / sizeof members[0]));
	TRY(json_get_string(root, "arch", &lock.arch));
	if (arch_parse(lock.arch, &arch) < 0)
		return err_set(ERR_FORMAT, "arch: %s", err_message());
	lock.arch = arch_name(arch);
	TRY(json_get_digest(root, "seed", &lock.seed));
	TRY(read_packages(arena, root, &lock));
	*ret_lock = lock;
	return 0;
}

void
lock_write(const struct lock *lock, struct strbuf *ret_text)
{
	json_t *packages = json_array();
	json_t *root AUTO(json_release) =
		json_pack("{s:i, s:s, s:o, s:o}", "format", LOCK_FORMAT, "arch", lock->arch,
			"seed", json_from_digest(&lock->seed), "packages", packages);

	for (size_t i = 0; i < lock->package_count; i++) {
		const struct lock_package *package = &lock->packages[i];

		json_array_append_new(
			packages, json_pack("{s:s, s:s, s:I, s:o, s:b, s:b}", "name",
					  package->name, "version", package->version, "release",
					  (json_int_t)package->release, "sha256",
					  json_from_digest(&package->digest), "manual",
					  package->is_manual, "held", package->is_held));
	}
	json_write_pretty(root, ret_text);
}

static int
compare_name(const void *key, const void *package)
{
	return strcmp(key, ((const struct lock_package *)package)->name);
}

const struct lock_package *
lock_find(const struct lock *lock, const char *name)
{
	if (lock->package_count == 0)
		return NULL;
	return bsearch(name, lock->packages, lock->package_count, sizeof *lock->packages,
		compare_name);
}

static const char *
label(struct arena *arena, const struct lock_package *package)
{
	return arena_printf(
		arena, "%s-%s-%" PRIu64, package->name, package->version, package->release);
}

static bool
is_same_version(const struct lock_package *a, const struct lock_package *b)
{
	return strcmp(a->version, b->version) == 0 && a->release == b->release;
}

/* What is to be said of one package of the lock; NULL: nothing. */
static const char *
describe(struct arena *arena, const struct lock_package *locked,
	const struct lock_package *wanted)
{
	if (wanted == NULL)
		return arena_printf(
			arena, "%s is locked, but no longer wanted", label(arena, locked));
	if (!is_same_version(locked, wanted))
		return arena_printf(arena, "%s is locked, %s is wanted", label(arena, locked),
			label(arena, wanted));
	if (!digest_equal(&locked->digest, &wanted->digest))
		return arena_printf(arena, "%s is locked in another build than there is",
			label(arena, locked));
	if (locked->is_manual != wanted->is_manual)
		return arena_printf(arena, "%s is locked as %s", locked->name,
			locked->is_manual ? "asked for" : "automatic");
	if (locked->is_held != wanted->is_held)
		return arena_printf(arena, "%s is locked as %s", locked->name,
			locked->is_held ? "held" : "not held");
	return NULL;
}

const char *
lock_difference(struct arena *arena, const struct lock *locked, const struct lock *wanted)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	size_t count = 0;

	if (strcmp(locked->arch, wanted->arch) != 0)
		return arena_printf(
			arena, "it is for %s, the root is for %s", locked->arch, wanted->arch);
	for (size_t i = 0; i < locked->package_count; i++) {
		const struct lock_package *package = &locked->packages[i];
		const char *line = describe(arena, package, lock_find(wanted, package->name));

		if (line != NULL && count++ < DIFFERENCES_MAX)
			strbuf_printf(&text, "%s%s", count > 1 ? "; " : "", line);
	}
	for (size_t i = 0; i < wanted->package_count; i++)
		if (lock_find(locked, wanted->packages[i].name) == NULL &&
			count++ < DIFFERENCES_MAX)
			strbuf_printf(&text, "%s%s is wanted, but not locked",
				count > 1 ? "; " : "", label(arena, &wanted->packages[i]));
	if (count == 0)
		return NULL;
	if (count > DIFFERENCES_MAX)
		strbuf_printf(&text, "; and %zu more", count - DIFFERENCES_MAX);
	return arena_string(arena, strbuf_string(&text));
}
