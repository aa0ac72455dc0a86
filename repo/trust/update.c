/* SPDX-License-Identifier: MIT */
/*
 * The client workflow of the TUF specification, 5.3 to 5.7, step by step:
 *
 *	root	N+1, N+2, ... until there is none; each signed by the one before and
 *		by itself. The last is kept at once: keys that were withdrawn must
 *		stay so even if nothing else can be had today.
 *	timestamp	not older than the one that is trusted, nor expired
 *	snapshot	exactly the one that the timestamp names; no document in it
 *		older than before
 *	targets	exactly the one that the snapshot names
 *	index	exactly the one that the targets name, unless that is here
 *	objects	of builders: builder.c, once all this is stored
 *
 * The time is read once, at the start. Everything but the root is stored in one
 * transaction at the end. (U1) Nothing is read from a document before its
 * signatures were verified, except its version and expiry for messages.
 */
#include "repo/trust.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "repo/trust/builder.h"
#include "repo/trust/offers.h"
#include "repo/trust/state.h"

#include <inttypes.h>
#include <string.h>

#define ROOT_STEPS_MAX 1024 /* new root versions in one update */

struct update {
	struct arena *arena;
	struct trust *trust;
	const struct trust_options *options;
	struct state_repo repo;
	struct clock_mark now;
	struct tuf_root root;
	/* What is new, with the bytes to keep: by role. */
	struct tuf_document documents[TUF_ROLE_COUNT];
	struct str bytes[TUF_ROLE_COUNT];
	struct index index; /* unless has_index */
	bool has_index; /* the one that is stored is still right */
};

static void
update_end(struct update *update)
{
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++)
		tuf_release(&update->documents[i]);
}

/*
 * Fetch a file of the repository to memory; its limit is what was signed, or the given one.
 */
static int
fetch(struct update *update, const char *file, uint64_t limit, struct str *ret_bytes)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	char *url = arena_printf(update->arena, "%s/%s", update->repo.url, file);

	TRY(fetch_bytes(&update->options->fetch, url, limit, &bytes));
	ret_bytes->at = arena_copy(update->arena, bytes.at, bytes.len);
	ret_bytes->len = bytes.len;
	return 0;
}

static int
check_expiry(const struct update *update, const struct tuf_document *document)
{
	return state_check_expiry(&update->repo, &update->now, document->expires,
		": the repository's owner must sign it again ('weld repo sign'),"
		" or somebody shows an old state (is this machine's clock right?)");
}

static int
check_rollback(const struct tuf_document *trusted, const struct tuf_document *document)
{
	if (document->version >= trusted->version)
		return 0;
	return err_set(ERR_ROLLBACK,
		"version %" PRIu64 " is older than version %" PRIu64
		" that was seen before: somebody shows an old state (use another mirror)",
		document->version, trusted->version);
}

/* Load the trusted document of a role; returns 0 when there is none. */
static int
load_trusted(struct update *update, enum tuf_role role, struct tuf_document *ret_document)
{
	struct str bytes = { 0 };
	int ret = state_load(update->arena, update->trust, &update->repo, role, &bytes);

	if (ret <= 0)
		return ret;
	TRY(tuf_read(bytes, role, ret_document));
	return 1;
}

/* 5.3: take one step from the trusted root to the next; returns 0 when there is no next. */
static int
step_root(struct update *update, struct tuf_document *document, struct str *bytes)
{
	struct tuf_document next AUTO(tuf_release) = { 0 };
	struct tuf_root root;
	struct str next_bytes = { 0 };
	char *file = arena_printf(
		update->arena, "metadata/%" PRIu64 ".root.json", update->root.version + 1);
	int ret = fetch(update, file, TUF_ROOT_MAX, &next_bytes);

	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	TRY(err_context(tuf_read(next_bytes, TUF_ROOT, &next), "%s", file));
	TRY(err_context(
		tuf_verify(&next, &update->root.roles[TUF_ROOT]), "%s: by the old keys", file));
	TRY(err_context(tuf_read_root(update->arena, &next, &root), "%s", file));
	TRY(err_context(tuf_verify(&next, &root.roles[TUF_ROOT]), "%s: by its own keys", file));
	if (next.version != update->root.version + 1)
		return err_set(ERR_ROLLBACK, "%s: its version is %" PRIu64, file, next.version);
	tuf_release(document);
	*document = next;
	next = (struct tuf_document){ 0 };
	*bytes = next_bytes;
	update->root = root;
	return 1;
}

static bool
has_same_keys(const struct tuf_keys *a, const struct tuf_keys *b)
{
	if (a->len != b->len || a->threshold != b->threshold)
		return false;
	for (size_t i = 0; i < a->len; i++) {
		bool is_there = false;

		for (size_t j = 0; j < b->len; j++)
			is_there = is_there || digest_equal(&a->at[i].id, &b->at[j].id);
		if (!is_there)
			return false;
	}
	return true;
}

/* Keep a newer root, and forget what keys said that have no say any more. */
static int
keep_root(struct update *update, const struct tuf_root *old,
	const struct tuf_document *document, struct str bytes)
{
	static const enum tuf_role roles[] = { TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS };
	size_t count = sizeof roles / sizeof *roles;
	bool is_rotated = false;
	int ret;

	for (size_t i = 0; i < count; i++)
		is_rotated = is_rotated || !has_same_keys(&old->roles[roles[i]],
						   &update->root.roles[roles[i]]);
	TRY(db_begin(update->trust->db));
	ret = state_store(update->trust, &update->repo, document, bytes);
	/* Recovery from a fast-forward attack: 5.3.11; targets too, as (S1) holds for them. */
	for (size_t i = 0; i < count && ret >= 0 && is_rotated; i++)
		ret = state_drop(update->trust, &update->repo, roles[i]);
	if (ret >= 0)
		ret = db_commit(update->trust->db);
	if (ret < 0)
		db_rollback(update->trust->db);
	return ret;
}

/* 5.3 */
static int
update_root(struct update *update)
{
	struct tuf_document *document = &update->documents[TUF_ROOT];
	struct tuf_root old;
	struct str bytes = { 0 };
	int ret = state_load(update->arena, update->trust, &update->repo, TUF_ROOT, &bytes);
	size_t steps = 0;

	TRY(ret);
	if (ret == 0)
		return err_set(ERR_FORMAT,
			"the trust database has no root metadata (run 'weld repo remove %s' and"
			" 'weld repo add')",
			update->repo.name);
	TRY(err_context(
		tuf_open_root(update->arena, bytes, document, &old), "trusted root metadata"));
	update->root = old;
	while ((ret = step_root(update, document, &bytes)) > 0)
		if (++steps == ROOT_STEPS_MAX)
			return err_set(
				ERR_LIMIT, "more than %d new root versions", ROOT_STEPS_MAX);
	TRY(ret);
	if (steps > 0)
		TRY(keep_root(update, &old, document, bytes));
	return err_context(check_expiry(update, document), "metadata/%" PRIu64 ".root.json",
		document->version);
}

/* What the timestamp says of the snapshot may not go back either: 5.4.3.2. */
static int
check_snapshot_rollback(const struct tuf_document *trusted, const struct tuf_document *document)
{
	struct tuf_file before;
	struct tuf_file now;

	TRY(tuf_find_meta(trusted, "snapshot.json", &before));
	TRY(tuf_find_meta(document, "snapshot.json", &now));
	if (now.version < before.version)
		return err_set(ERR_ROLLBACK,
			"snapshot version %" PRIu64 " is older than version %" PRIu64
			" that was seen before: somebody shows an old state",
			now.version, before.version);
	return 0;
}

/* 5.4; returns 0 when nothing is new. */
static int
check_timestamp(struct update *update, struct tuf_document *document)
{
	struct tuf_document trusted AUTO(tuf_release) = { 0 };
	int ret;

	TRY(tuf_verify(document, &update->root.roles[TUF_TIMESTAMP]));
	ret = load_trusted(update, TUF_TIMESTAMP, &trusted);
	TRY(ret);
	if (ret > 0) {
		TRY(check_rollback(&trusted, document));
		TRY(check_snapshot_rollback(&trusted, document));
	}
	TRY(check_expiry(update, document));
	return ret == 0 || document->version > trusted.version;
}

static int
update_timestamp(struct update *update)
{
	struct tuf_document *document = &update->documents[TUF_TIMESTAMP];
	struct str *bytes = &update->bytes[TUF_TIMESTAMP];

	TRY(fetch(update, "metadata/timestamp.json", TUF_TIMESTAMP_MAX, bytes));
	TRY(err_context(tuf_read(*bytes, TUF_TIMESTAMP, document), "metadata/timestamp.json"));
	return err_context(check_timestamp(update, document), "metadata/timestamp.json");
}

/* Fetch, compare with what was said of it, verify: the common part of 5.5 and 5.6. */
static int
update_named(struct update *update, enum tuf_role role, const struct tuf_file *file,
	const char *path, uint64_t limit)
{
	struct tuf_document *document = &update->documents[role];
	struct str *bytes = &update->bytes[role];
	int ret = fetch(update, path, file->has_length ? file->length : limit, bytes);

	if (ret == ERR_LIMIT && file->has_length)
		return err_set(ERR_DIGEST, "%s: longer than the signed length of %" PRIu64,
			path, file->length);
	TRY(ret);
	TRY(err_context(tuf_check_bytes(file, *bytes), "%s", path));
	TRY(err_context(tuf_read(*bytes, role, document), "%s", path));
	TRY(err_context(tuf_verify(document, &update->root.roles[role]), "%s", path));
	if (document->version != file->version)
		return err_set(ERR_ROLLBACK,
			"%s: its version is %" PRIu64 ", %" PRIu64 " was signed for", path,
			document->version, file->version);
	return 0;
}

/* 5.5.5: every document of the trusted snapshot is in the new one, and no older. */
static int
check_members(const struct tuf_document *trusted, const struct tuf_document *document)
{
	json_t *meta = NULL;
	const char *name;
	json_t *value;

	TRY(json_get_object(trusted->body, "meta", &meta));
	json_object_foreach(meta, name, value)
	{
		struct tuf_file before;
		struct tuf_file now;

		TRY(tuf_find_meta(trusted, name, &before));
		if (tuf_find_meta(document, name, &now) < 0)
			return err_set(
				ERR_ROLLBACK, "%s was there before and is missing", name);
		if (now.version < before.version)
			return err_set(ERR_ROLLBACK,
				"%s version %" PRIu64 " is older than version %" PRIu64
				" that was seen before",
				name, now.version, before.version);
	}
	return 0;
}

static int
update_snapshot(struct update *update)
{
	struct tuf_document *document = &update->documents[TUF_SNAPSHOT];
	struct tuf_document trusted AUTO(tuf_release) = { 0 };
	struct tuf_file file;
	char *path;
	int ret;

	TRY(tuf_find_meta(&update->documents[TUF_TIMESTAMP], "snapshot.json", &file));
	path = arena_printf(update->arena, "metadata/%" PRIu64 ".snapshot.json", file.version);
	TRY(update_named(update, TUF_SNAPSHOT, &file, path, TUF_SNAPSHOT_MAX));
	ret = load_trusted(update, TUF_SNAPSHOT, &trusted);
	TRY(ret);
	if (ret > 0)
		TRY(err_context(check_members(&trusted, document), "%s", path));
	return err_context(check_expiry(update, document), "%s", path);
}

/* 5.6 */
static int
update_targets(struct update *update)
{
	struct tuf_document *document = &update->documents[TUF_TARGETS];
	struct tuf_file file;
	char *path;

	TRY(tuf_find_meta(&update->documents[TUF_SNAPSHOT], "targets.json", &file));
	path = arena_printf(update->arena, "metadata/%" PRIu64 ".targets.json", file.version);
	TRY(update_named(update, TUF_TARGETS, &file, path, TUF_TARGETS_MAX));
	return err_context(check_expiry(update, document), "%s", path);
}

/* Whether the trusted state has this very index, as rows: signing again changes no package. */
static int
has_index(struct update *update, const struct tuf_file *file, bool *ret_has)
{
	struct tuf_document trusted AUTO(tuf_release) = { 0 };
	struct tuf_file before;
	int ret = load_trusted(update, TUF_TARGETS, &trusted);

	*ret_has = false;
	if (ret <= 0)
		return ret;
	TRY(tuf_find_target(&trusted, TUF_INDEX, &before));
	if (before.length != file->length || !digest_equal(&before.sha256, &file->sha256))
		return 0;
	return offers_are_known(update->trust, &update->repo, ret_has);
}

/* 5.7, for the one target that every client wants */
static int
update_index(struct update *update)
{
	struct tuf_file file;
	char hex[DIGEST_HEX_SIZE];
	struct str bytes;
	char *path;
	int ret;

	TRY(tuf_find_target(&update->documents[TUF_TARGETS], TUF_INDEX, &file));
	if (file.length > INDEX_SIZE_MAX)
		return err_set(ERR_LIMIT, "index of %" PRIu64 " bytes", file.length);
	TRY(has_index(update, &file, &update->has_index));
	if (update->has_index)
		return 0;
	path = arena_printf(
		update->arena, "targets/%s." TUF_INDEX, digest_hex(&file.sha256, hex));
	ret = fetch(update, path, file.length, &bytes);
	if (ret == ERR_LIMIT)
		return err_set(ERR_DIGEST, "%s: longer than the signed length of %" PRIu64,
			path, file.length);
	TRY(ret);
	TRY(err_context(tuf_check_bytes(&file, bytes), "%s", path));
	return index_read(update->arena, bytes, &update->index);
}

static int
store_all(struct update *update)
{
	static const enum tuf_role roles[] = { TUF_TIMESTAMP, TUF_SNAPSHOT, TUF_TARGETS };

	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		TRY(state_store(update->trust, &update->repo, &update->documents[roles[i]],
			update->bytes[roles[i]]));
	if (!update->has_index)
		TRY(offers_store(update->trust, &update->repo, &update->index));
	return state_touch(update->trust, &update->repo, &update->now);
}

static int
commit(struct update *update)
{
	int ret;

	TRY(db_begin(update->trust->db));
	ret = store_all(update);
	if (ret >= 0)
		ret = db_commit(update->trust->db);
	if (ret < 0)
		db_rollback(update->trust->db);
	return ret;
}

static int
run(struct update *update)
{
	int ret;

	TRY(update_root(update));
	ret = update_timestamp(update);
	TRY(ret);
	if (ret == 0)
		return state_touch(update->trust, &update->repo, &update->now);
	TRY(update_snapshot(update));
	TRY(update_targets(update));
	TRY(update_index(update));
	TRY(commit(update));
	log_debug("trust", "%s: timestamp version %" PRIu64 ", %zu packages", update->repo.name,
		update->documents[TUF_TIMESTAMP].version, update->index.len);
	return 1;
}

int
trust_update(struct trust *trust, const char *name, const struct trust_options *options)
{
	static const struct trust_options defaults;
	struct arena *arena AUTO(arena_free) = arena_new();
	struct update update AUTO(update_end) = {
		.arena = arena,
		.trust = trust,
		.options = options == NULL ? &defaults : options,
	};
	int changed;
	int ret;

	state_now(options, &update.now);
	TRY(state_find(arena, trust, name, &update.repo));
	changed = run(&update);
	TRY(err_context(changed, "repository %s: nothing was changed", name));
	ret = builder_update(trust, &update.repo, update.options);
	TRY(err_context(ret, "repository %s: objects of builders", name));
	return changed > 0 || ret > 0;
}
