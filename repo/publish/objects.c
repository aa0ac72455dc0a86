/* SPDX-License-Identifier: MIT */
/*
 * A builder's part of a repository. The targets document delegates the role objects-NAME to the
 * builder's key; the role's document lists one target a level, the catalogue; a catalogue has the
 * digests of the bundles. So what a client believes of an object hangs on the builder's signature, and
 * which state is the newest one on the repository's snapshot.
 */
#include "repo/publish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/publish/publication.h"
#include "repo/relation.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define DAY 86400 /* seconds */

struct builder_part { /* what a builder published, on its way to the next state */
	struct publication *publication;
	const struct publish_builder *builder;
	char *role; /* "objects-NAME" */
	char *file; /* "objects-NAME.json" */
	uint64_t version; /* of the next document */
	json_t *targets; /* of the document there is, then of the next */
};

/* The role as the targets document delegates it; NULL when it does not. */
static json_t *
find_role(const json_t *delegations, const char *role)
{
	size_t i;
	json_t *item;

	json_array_foreach(json_object_get(delegations, "roles"), i, item)
	{
		const char *name = NULL;

		if (json_get_string(item, "name", &name) >= 0 && strcmp(name, role) == 0)
			return item;
	}
	return NULL;
}

static int
check_delegation(const struct builder_part *part)
{
	const struct publication *publication = part->publication;
	struct tuf_delegation *list;
	struct digest id = key_id(part->builder->key);
	size_t count;

	TRY(tuf_list_delegations(publication->arena,
		&publication->place->documents[TUF_TARGETS], &list, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].role, part->role) == 0 &&
			(list[i].keys.len != 1 || !digest_equal(&list[i].keys.at[0].id, &id)))
			return err_set(ERR_SIGNATURE,
				"builder %s: its objects in this repository are signed by "
				"another key (use that key, or another name)",
				part->builder->name);
	return 0;
}

/* Hand the role to the builder's key, unless it has it. */
static void
delegate(struct builder_part *part, json_t *delegations)
{
	struct digest id = key_id(part->builder->key);
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&id, hex);
	if (find_role(delegations, part->role) != NULL)
		return;
	json_object_set_new(json_object_get(delegations, "keys"), hex,
		tuf_key_object(key_public(part->builder->key)));
	json_array_append_new(json_object_get(delegations, "roles"),
		json_pack("{s:s, s:[s], s:i, s:b, s:[s]}", "name", part->role, "keyids", hex,
			"threshold", 1, "terminating", 1, "paths",
			arena_printf(part->publication->arena, "%s-*", part->role)));
}

/* What the builder signed last; nothing when it is new here. */
static int
load_part(struct builder_part *part)
{
	struct publication *publication = part->publication;
	struct tuf_document document AUTO(tuf_release) = { 0 };
	struct tuf_delegation *list;
	struct tuf_file file;
	struct str bytes;
	size_t count;
	json_t *targets = NULL;
	char *name;

	part->version = 1;
	part->targets = json_object();
	if (json_object_get(publication->delegated, part->file) == NULL)
		return 0;
	TRY(tuf_find_meta(&publication->place->documents[TUF_SNAPSHOT], part->file, &file));
	part->version = file.version + 1;
	name = arena_printf(publication->arena, "%" PRIu64 ".%s", file.version, part->file);
	TRY(file_read(publication->arena, publication->place->metadata, name, TUF_TARGETS_MAX,
		&bytes));
	TRY(err_context(tuf_check_bytes(&file, bytes), "%s", name));
	TRY(err_context(tuf_read(bytes, TUF_TARGETS, &document), "%s", name));
	TRY(tuf_list_delegations(publication->arena,
		&publication->place->documents[TUF_TARGETS], &list, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].role, part->role) == 0)
			TRY(err_context(tuf_verify(&document, &list[i].keys), "%s", name));
	TRY(json_get_object(document.body, "targets", &targets));
	json_object_update(part->targets, targets);
	return 0;
}

/* The catalogue of a level that is there already; an empty one when there is none. */
static int
load_catalogue(struct builder_part *part, const char *name, struct lowered_catalogue *ret_old)
{
	struct publication *publication = part->publication;
	struct tuf_document document = { .body = json_object() };
	struct tuf_file file;
	struct str bytes;
	int ret;

	*ret_old = (struct lowered_catalogue){ 0 };
	json_object_set((json_t *)document.body, "targets", part->targets);
	ret = tuf_find_target(&document, name, &file);
	json_decref((json_t *)document.body);
	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	TRY(file_read(publication->arena, publication->place->targets,
		place_target_name(publication->arena, &file.sha256, name),
		LOWERED_CATALOGUE_MAX, &bytes));
	TRY(err_context(tuf_check_bytes(&file, bytes), "%s", name));
	return lowered_read(publication->arena, bytes, ret_old);
}

static bool
is_offered(const struct publication *publication, const struct digest *package)
{
	for (size_t i = 0; i < publication->packages.len; i++)
		if (digest_equal(&publication->packages.at[i].sha256, package))
			return true;
	return false;
}

/* What was published before for packages that are not lowered now. */
static void
keep_bundles(const struct publication *publication, const struct lowered_catalogue *old,
	struct lowered_catalogue *catalogue)
{
	struct lowered_bundle *bundles = arena_array(publication->arena,
		catalogue->bundle_count + old->bundle_count + 1, sizeof *bundles);
	size_t count = catalogue->bundle_count;

	if (count > 0)
		memcpy(bundles, catalogue->bundles, count * sizeof *bundles);
	for (size_t i = 0; i < old->bundle_count; i++) {
		const struct digest *package = &old->bundles[i].package_sha256;
		bool is_new = false;

		for (size_t k = 0; k < catalogue->bundle_count; k++)
			is_new = is_new ||
				 digest_equal(&catalogue->bundles[k].package_sha256, package);
		if (!is_new && is_offered(publication, package))
			bundles[count++] = old->bundles[i];
	}
	catalogue->bundles = bundles;
	catalogue->bundle_count = count;
}

static bool
is_same_target(const struct lowered_catalogue *a, const struct lowered_catalogue *b)
{
	return a->builder != NULL && strcmp(a->arch, b->arch) == 0 &&
	       strcmp(a->cpu, b->cpu) == 0 && strcmp(a->features, b->features) == 0 &&
	       strcmp(a->producer, b->producer) == 0 && strcmp(a->tier, b->tier) == 0;
}

/* Copy a bundle's file into the repository, and verify the copy. */
static int
put_bundle(struct builder_part *part, const struct lowered_catalogue *catalogue,
	const struct lowered_bundle *bundle, int bundles)
{
	/* The repository is locked: what has this name is left over. */
	static const char temporary[] = ".new" LOWERED_BUNDLE_SUFFIX;
	struct arena *arena AUTO(arena_free) = arena_new();
	int targets = part->publication->place->targets;
	char *name = lowered_bundle_name(arena, catalogue, bundle);
	struct lowered_contents *contents =
		arena_array(arena, bundle->object_count + 1, sizeof *contents);
	int from AUTO(file_close) = -1;
	int to AUTO(file_close) = -1;

	if (unlinkat(targets, temporary, 0) < 0 && errno != ENOENT)
		return err_errno("%s: remove", temporary);
	TRY(file_open_beneath(bundles, name, O_RDONLY, 0, &from));
	to = openat(
		targets, temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (to < 0)
		return err_errno("%s: create", temporary);
	TRY(file_copy(from, to));
	TRY(lowered_bundle_read(arena, to, bundle, contents));
	TRY(file_sync(to));
	return file_rename(
		targets, temporary, targets, place_target_name(arena, &bundle->sha256, name));
}

static int
put_catalogue(struct builder_part *part, const struct lowered_catalogue *catalogue, int bundles)
{
	struct publication *publication = part->publication;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct lowered_catalogue next = *catalogue, old;
	char *name = lowered_catalogue_name(
		publication->arena, part->builder->name, catalogue->level);
	struct digest digest;
	struct str bytes;

	TRY(load_catalogue(part, name, &old));
	for (size_t i = 0; i < catalogue->bundle_count; i++)
		TRY(put_bundle(part, catalogue, &catalogue->bundles[i], bundles));
	if (is_same_target(&old, catalogue))
		keep_bundles(publication, &old, &next);
	lowered_write(&next, &text);
	bytes = strbuf_str(&text);
	digest = hash_bytes(bytes.at, bytes.len);
	json_object_set_new(part->targets, name, publication_describe(&bytes, 0));
	return place_put(publication->place->targets,
		place_target_name(publication->arena, &digest, name), bytes);
}

static int
put_role_document(struct builder_part *part)
{
	struct publication *publication = part->publication;
	const struct publish_options *options = publication->options;
	unsigned days =
		options == NULL || options->objects_days == 0 ? 365 : options->objects_days;
	json_t *body AUTO(json_release) = tuf_new_body(
		TUF_TARGETS, part->version, publication->now + (int64_t)DAY * days);
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str bytes;

	json_object_set(body, "targets", part->targets);
	TRY(tuf_sign(body, &part->builder->key, 1, &text));
	bytes = strbuf_str(&text);
	json_object_set_new(publication->delegated, part->file,
		publication_describe(&bytes, part->version));
	return place_put(publication->place->metadata,
		arena_printf(publication->arena, "%" PRIu64 ".%s", part->version, part->file),
		bytes);
}

static int
put_part(struct builder_part *part, const struct lowered_catalogue *catalogues, size_t count,
	int bundles)
{
	TRY(load_part(part));
	for (size_t i = 0; i < count; i++)
		TRY(put_catalogue(part, &catalogues[i], bundles));
	return put_role_document(part);
}

int
publish_objects(struct arena *arena, const char *directory, const struct publish_keys *keys,
	const struct publish_builder *builder, const struct publish_options *options,
	const struct lowered_catalogue *catalogues, size_t count, int bundles,
	struct publish_report *ret_report)
{
	struct place place AUTO(
		place_close) = { .directory = -1, .metadata = -1, .targets = -1 };
	json_t *delegations AUTO(json_release) = json_pack("{s:{}, s:[]}", "keys", "roles");
	struct publication publication = {
		.arena = arena,
		.place = &place,
		.keys = keys,
		.options = options,
		.now = publication_now(options),
	};
	struct builder_part part = { .publication = &publication,
		.builder = builder,
		.role = arena_printf(arena, "objects-%s", builder->name),
		.file = arena_printf(arena, "objects-%s.json", builder->name) };
	int ret;

	if (!relation_is_name(builder->name))
		return err_set(ERR_FORMAT, "builder \"%.100s\": not a name (a-z 0-9 + . _ -)",
			builder->name);
	TRY(publication_begin(&publication, directory));
	TRY(publication_check_keys(directory, &place, keys));
	TRY(check_delegation(&part));
	if (publication.delegations != NULL)
		json_object_update(delegations, publication.delegations);
	delegate(&part, delegations);
	publication.delegations = delegations;
	ret = put_part(&part, catalogues, count, bundles);
	json_decref(part.targets);
	TRY(err_context(ret, "%s: nothing was published", directory));
	TRY(publication_refresh_root(&publication));
	TRY(publication_put(&publication));
	*ret_report = (struct publish_report){ .total = publication.packages.len,
		.version = publication.versions[TUF_TIMESTAMP] };
	for (size_t i = 0; i < count; i++)
		ret_report->added += catalogues[i].bundle_count;
	return 0;
}
