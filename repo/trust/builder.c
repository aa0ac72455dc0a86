/* SPDX-License-Identifier: MIT */
/*
 * The client's side of published objects. A repository's targets document hands the role
 * objects-NAME to a builder's key; who uses it must trust that very key, whatever it is called.
 * The role's document is the one that the verified snapshot names, so that nobody can show an
 * older one. Its targets are catalogues, of which those of the wanted levels are fetched.
 *
 * (B1) A catalogue is stored only after the builder's signature over its digest was verified.
 */
#include "repo/trust/builder.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/vec.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static const char role_prefix[] = "objects-";

struct builder_update {
	struct arena *arena;
	struct trust *trust;
	const struct state_repo *repo;
	const struct trust_options *options;
	const char *name; /* of the builder */
	const struct tuf_keys *keys; /* its own */
	const struct tuf_document *snapshot;
	struct tuf_document document; /* the role's */
};

static void
warn(const struct trust_options *options, const char *text)
{
	if (options->warn != NULL)
		options->warn(options->warn_data, text);
	else
		log_debug("trust", "%s", text);
}

static bool
is_wanted(const struct trust_options *options, const struct digest *key)
{
	for (size_t i = 0; i < options->builder_count; i++)
		if (digest_equal(&options->builders[i], key))
			return true;
	return false;
}

/* A role of a builder has one key; the name behind the prefix, or NULL. */
static const char *
builder_name(const struct tuf_delegation *delegation)
{
	if (!str_has_prefix(delegation->role, role_prefix) || delegation->keys.len != 1 ||
		delegation->keys.threshold != 1)
		return NULL;
	return delegation->role + strlen(role_prefix);
}

static int
fetch(struct builder_update *update, const char *file, uint64_t limit, struct str *ret_bytes)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	char *url = arena_printf(update->arena, "%s/%s", update->repo->url, file);

	TRY(fetch_bytes(&update->options->fetch, url, limit, &bytes));
	ret_bytes->at = arena_copy(update->arena, bytes.at, bytes.len);
	ret_bytes->len = bytes.len;
	return 0;
}

/* The stored version of a builder's document; 0 for none, or when it was another key's. */
static int
stored_version(struct builder_update *update, uint64_t *ret_version)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int64_t version = 0;
	void *key;
	size_t length;
	int ret;

	*ret_version = 0;
	TRY(db_prepare(update->trust->db,
		"SELECT version, key FROM builder WHERE repository = ?1 AND name = ?2",
		&query));
	db_bind_integer(query, 1, update->repo->id);
	db_bind_text(query, 2, update->name);
	ret = db_step(query);
	if (ret <= 0)
		return ret;
	TRY(db_get_integer(query, 0, &version));
	TRY(db_get_bytes(update->arena, query, 1, &key, &length));
	if (length == DIGEST_SIZE &&
		memcmp(key, update->keys->at[0].id.bytes, DIGEST_SIZE) == 0)
		*ret_version = (uint64_t)version;
	return 0;
}

static int
check_document(struct builder_update *update, const struct tuf_file *file)
{
	const struct tuf_document *document = &update->document;
	struct clock_mark now;

	TRY(tuf_verify(document, update->keys));
	if (document->version != file->version)
		return err_set(ERR_ROLLBACK,
			"its version is %" PRIu64 ", %" PRIu64 " was signed for",
			document->version, file->version);
	state_now(update->options, &now);
	return state_check_expiry(update->repo, &now, document->expires,
		": the builder must sign it again ('weld repo lower')");
}

static int
fetch_document(struct builder_update *update, const struct tuf_file *file)
{
	char *path = arena_printf(update->arena, "metadata/%" PRIu64 ".%s%s.json",
		file->version, role_prefix, update->name);
	struct str bytes;

	TRY(fetch(update, path, file->has_length ? file->length : TUF_TARGETS_MAX, &bytes));
	TRY(err_context(tuf_check_bytes(file, bytes), "%s", path));
	TRY(err_context(tuf_read(bytes, TUF_TARGETS, &update->document), "%s", path));
	return err_context(check_document(update, file), "%s", path);
}

/* The digest of the stored catalogue of a level; 0 when there is none. */
static int
stored_digest(struct builder_update *update, const char *level, struct digest *ret_digest)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	void *bytes;
	size_t length;
	int ret;

	TRY(db_prepare(update->trust->db,
		"SELECT digest FROM objects WHERE repository = ?1 AND builder = ?2 AND level = "
		"?3",
		&query));
	db_bind_integer(query, 1, update->repo->id);
	db_bind_text(query, 2, update->name);
	db_bind_text(query, 3, level);
	ret = db_step(query);
	if (ret <= 0)
		return ret;
	TRY(db_get_bytes(update->arena, query, 0, &bytes, &length));
	if (length != DIGEST_SIZE)
		return 0;
	memcpy(ret_digest->bytes, bytes, DIGEST_SIZE);
	return 1;
}

static int
store_catalogue(struct builder_update *update, const char *level, const struct digest *digest,
	struct str bytes)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(update->trust->db,
		"INSERT OR REPLACE INTO objects (repository, builder, level, digest, bytes)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
		&query));
	db_bind_integer(query, 1, update->repo->id);
	db_bind_text(query, 2, update->name);
	db_bind_text(query, 3, level);
	db_bind_bytes(query, 4, digest->bytes, DIGEST_SIZE);
	db_bind_bytes(query, 5, bytes.at, bytes.len);
	return db_finish(query);
}

/* Fetch the catalogue of one level, unless it is here or the builder has none. */
static int
update_level(struct builder_update *update, const char *level)
{
	char *name = lowered_catalogue_name(update->arena, update->name, level);
	struct lowered_catalogue catalogue;
	char hex[DIGEST_HEX_SIZE];
	struct digest stored;
	struct tuf_file file;
	struct str bytes;
	char *path;
	int ret = tuf_find_target(&update->document, name, &file);

	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	ret = stored_digest(update, level, &stored);
	TRY(ret);
	if (ret > 0 && digest_equal(&stored, &file.sha256))
		return 0;
	if (file.length > LOWERED_CATALOGUE_MAX)
		return err_set(ERR_LIMIT, "%s: %" PRIu64 " bytes", name, file.length);
	path = arena_printf(
		update->arena, "targets/%s.%s", digest_hex(&file.sha256, hex), name);
	TRY(fetch(update, path, file.length, &bytes));
	TRY(err_context(tuf_check_bytes(&file, bytes), "%s", path));
	TRY(err_context(lowered_read(update->arena, bytes, &catalogue), "%s", path));
	if (strcmp(catalogue.builder, update->name) != 0 || strcmp(catalogue.level, level) != 0)
		return err_set(ERR_FORMAT, "%s: is of builder %s, level %s", path,
			catalogue.builder, catalogue.level);
	return store_catalogue(update, level, &file.sha256, bytes); /* (B1) */
}

static int
store_builder(struct builder_update *update)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(update->trust->db,
		"INSERT INTO builder (repository, name, key, version, expires)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (repository, name) DO UPDATE"
		" SET key = ?3, version = ?4, expires = ?5",
		&query));
	db_bind_integer(query, 1, update->repo->id);
	db_bind_text(query, 2, update->name);
	db_bind_bytes(query, 3, update->keys->at[0].id.bytes, DIGEST_SIZE);
	db_bind_integer(query, 4, (int64_t)update->document.version);
	db_bind_integer(query, 5, update->document.expires);
	return db_finish(query);
}

static int
store_all(struct builder_update *update)
{
	for (size_t i = 0; i < update->options->level_count; i++)
		TRY(update_level(update, update->options->levels[i]));
	return store_builder(update);
}

/* One builder: its document first, then its catalogues; all of it or nothing is stored. */
static int
update_builder(struct builder_update *update)
{
	char *name = arena_printf(update->arena, "%s%s.json", role_prefix, update->name);
	struct tuf_file file;
	uint64_t version;
	int ret;

	TRY(tuf_find_meta(update->snapshot, name, &file));
	TRY(stored_version(update, &version));
	if (file.version < version)
		return err_set(ERR_ROLLBACK,
			"version %" PRIu64 " is older than version %" PRIu64
			" that was seen before",
			file.version, version);
	TRY(fetch_document(update, &file));
	TRY(db_begin(update->trust->db));
	ret = store_all(update);
	if (ret >= 0)
		ret = db_commit(update->trust->db);
	if (ret < 0)
		db_rollback(update->trust->db);
	TRY(ret);
	return file.version != version;
}

static int
load_document(struct arena *arena, struct trust *trust, const struct state_repo *repo,
	enum tuf_role role, struct tuf_document *ret_document)
{
	struct str bytes;
	int ret = state_load(arena, trust, repo, role, &bytes);

	if (ret <= 0)
		return ret;
	TRY(tuf_read(bytes, role, ret_document));
	return 1;
}

/* The delegations of the verified targets document. */
static int
load_delegations(struct arena *arena, struct trust *trust, const struct state_repo *repo,
	struct tuf_delegation **ret_list, size_t *ret_count)
{
	struct tuf_document targets AUTO(tuf_release) = { 0 };
	int ret = load_document(arena, trust, repo, TUF_TARGETS, &targets);

	*ret_list = NULL;
	*ret_count = 0;
	if (ret <= 0)
		return ret;
	return tuf_list_delegations(arena, &targets, ret_list, ret_count);
}

int
builder_update(
	struct trust *trust, const struct state_repo *repo, const struct trust_options *options)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct tuf_document snapshot AUTO(tuf_release) = { 0 };
	struct tuf_delegation *list;
	size_t count;
	int changed = 0;

	if (options->builder_count == 0)
		return 0;
	TRY(load_delegations(arena, trust, repo, &list, &count));
	TRY(load_document(arena, trust, repo, TUF_SNAPSHOT, &snapshot));
	for (size_t i = 0; i < count; i++) {
		struct builder_update update = { .arena = arena,
			.trust = trust,
			.repo = repo,
			.options = options,
			.name = builder_name(&list[i]),
			.keys = &list[i].keys,
			.snapshot = &snapshot };
		int ret;

		if (update.name == NULL || !is_wanted(options, &list[i].keys.at[0].id))
			continue;
		ret = update_builder(&update);
		tuf_release(&update.document);
		if (ret < 0)
			warn(options, arena_printf(arena,
					      "repository %s: the objects of builder %s cannot "
					      "be used: "
					      "%s",
					      repo->name, update.name, err_message()));
		changed = changed || ret > 0;
	}
	return changed;
}

/* Whether what a builder published is here; and until when it may be used. */
static int
find_stored(struct trust *trust, const struct state_repo *repo, const char *name,
	const struct digest *key, int64_t *ret_expires)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT expires FROM builder WHERE repository = ?1 AND name = ?2 AND key = ?3",
		&query));
	db_bind_integer(query, 1, repo->id);
	db_bind_text(query, 2, name);
	db_bind_bytes(query, 3, key->bytes, DIGEST_SIZE);
	ret = db_step(query);
	if (ret <= 0)
		return ret;
	TRY(db_get_integer(query, 0, ret_expires));
	return 1;
}

int
trust_builders(struct arena *arena, struct trust *trust, const char *name,
	struct trust_builder **ret_builders, size_t *ret_count)
{
	struct state_repo repo = { 0 };
	struct tuf_delegation *list;
	struct trust_builder *builders;
	size_t count;
	size_t found = 0;

	TRY(state_find(arena, trust, name, &repo));
	TRY(load_delegations(arena, trust, &repo, &list, &count));
	builders = arena_array(arena, count + 1, sizeof *builders);
	for (size_t i = 0; i < count; i++) {
		struct trust_builder *builder = &builders[found];
		int ret;

		if (builder_name(&list[i]) == NULL)
			continue;
		builder->name = builder_name(&list[i]);
		builder->key = list[i].keys.at[0].id;
		ret = find_stored(
			trust, &repo, builder->name, &builder->key, &builder->expires);
		TRY(ret);
		builder->is_known = ret > 0;
		found++;
	}
	*ret_builders = builders;
	*ret_count = found;
	return 0;
}

/* The stored catalogue of a level; returns 0 when there is none. */
static int
load_catalogue(struct arena *arena, struct trust *trust, const struct state_repo *repo,
	const char *builder, const char *level, struct lowered_catalogue **ret_catalogue)
{
	struct arena *scratch AUTO(arena_free) = arena_new();
	struct db_query *query AUTO(db_query_free) = NULL;
	struct lowered_catalogue *catalogue = ARENA_NEW(arena, struct lowered_catalogue);
	void *bytes;
	size_t length;
	int ret;

	TRY(db_prepare(trust->db,
		"SELECT bytes FROM objects WHERE repository = ?1 AND builder = ?2 AND level = "
		"?3",
		&query));
	db_bind_integer(query, 1, repo->id);
	db_bind_text(query, 2, builder);
	db_bind_text(query, 3, level);
	ret = db_step(query);
	if (ret <= 0)
		return ret;
	TRY(db_get_bytes(scratch, query, 0, &bytes, &length));
	TRY(lowered_read(arena, (struct str){ bytes, length }, catalogue));
	*ret_catalogue = catalogue;
	return 1;
}

static bool
is_fresh(struct arena *arena, const struct state_repo *repo,
	const struct trust_options *options, const struct trust_builder *builder)
{
	struct clock_mark now;

	state_now(options, &now);
	if (state_check_expiry(repo, &now, builder->expires, " (run 'weld update')") >= 0)
		return true;
	warn(options, arena_printf(arena, "repository %s: the objects of builder %s: %s",
			      repo->name, builder->name, err_message()));
	return false;
}

int
trust_objects(struct arena *arena, struct trust *trust, const char *name,
	const struct trust_options *options, struct trust_objects **ret_objects,
	size_t *ret_count)
{
	VEC(struct trust_objects) found = { 0 };
	struct state_repo repo = { 0 };
	struct trust_builder *builders;
	size_t count;

	TRY(state_find(arena, trust, name, &repo));
	TRY(trust_builders(arena, trust, name, &builders, &count));
	for (size_t i = 0; i < options->level_count; i++)
		for (size_t k = 0; k < count; k++) {
			struct trust_objects objects = { repo.name, builders[k].key, NULL };
			int ret;

			if (!builders[k].is_known || !is_wanted(options, &builders[k].key) ||
				!is_fresh(arena, &repo, options, &builders[k]))
				continue;
			ret = load_catalogue(arena, trust, &repo, builders[k].name,
				options->levels[i], &objects.catalogue);
			TRY(err_context(ret, "repository %s", name));
			if (ret > 0)
				vec_push(arena, &found, objects);
		}
	*ret_objects = found.at;
	*ret_count = found.len;
	return 0;
}

static int
check_bundle(const struct trust_bundle *wanted, uint64_t size)
{
	struct digest digest;

	if (size != wanted->bundle->size)
		return err_set(ERR_DIGEST,
			"%" PRIu64 " bytes came, the signed length is %" PRIu64, size,
			wanted->bundle->size);
	TRY(hash_file(wanted->ret_fd, &digest));
	if (!digest_equal(&digest, &wanted->bundle->sha256))
		return err_set(ERR_DIGEST, "its SHA-256 is not the signed one");
	return lseek(wanted->ret_fd, 0, SEEK_SET) < 0 ? err_errno("seek") : 0;
}

/* Make an empty file for a bundle, and say where it comes from. */
static int
begin_bundle(struct arena *arena, struct trust *trust, int directory,
	struct trust_bundle *bundle, struct fetch_item *item)
{
	const struct lowered_catalogue *catalogue = bundle->from->catalogue;
	struct state_repo repo = { 0 };
	char hex[DIGEST_HEX_SIZE];

	file_close(&bundle->ret_fd);
	TRY(state_find(arena, trust, bundle->from->repo, &repo));
	TRY(file_unnamed(directory, &bundle->ret_fd));
	*item = (struct fetch_item){ .url = arena_printf(arena, "%s/targets/%s.%s", repo.url,
					     digest_hex(&bundle->bundle->sha256, hex),
					     lowered_bundle_name(
						     arena, catalogue, bundle->bundle)),
		.limit = bundle->bundle->size,
		.fd = bundle->ret_fd };
	return 0;
}

/* What cannot be had is lowered here: only a failure of this machine is one of the whole. */
static int
fetch_alone(struct arena *arena, struct trust *trust, const struct trust_options *options,
	int directory, struct trust_bundle *bundle)
{
	struct fetch_item item;
	int ret;

	TRY(begin_bundle(arena, trust, directory, bundle, &item));
	ret = fetch_files(&options->fetch, &item, 1);
	if (ret >= 0)
		ret = check_bundle(bundle, item.ret_size);
	if (ret == ERR_NO_SPACE || ret == ERR_IO)
		return ret;
	if (ret < 0) {
		bundle->ret_failure = arena_string(arena, err_message());
		file_close(&bundle->ret_fd);
	}
	return 0;
}

static int
fetch_bundles(struct arena *arena, struct trust *trust, const struct trust_options *options,
	int directory, struct trust_bundle *bundles, size_t count)
{
	struct fetch_item *items = arena_array(arena, count + 1, sizeof *items);
	int ret;

	for (size_t i = 0; i < count; i++)
		TRY(begin_bundle(arena, trust, directory, &bundles[i], &items[i]));
	ret = fetch_files(&options->fetch, items, count);
	for (size_t i = 0; i < count; i++)
		if (ret < 0 || check_bundle(&bundles[i], items[i].ret_size) < 0)
			TRY(fetch_alone(arena, trust, options, directory, &bundles[i]));
	return 0;
}

int
trust_fetch_bundles(struct arena *arena, struct trust *trust,
	const struct trust_options *options, int directory, struct trust_bundle *bundles,
	size_t count)
{
	int ret;

	for (size_t i = 0; i < count; i++) {
		bundles[i].ret_fd = -1;
		bundles[i].ret_failure = NULL;
	}
	ret = fetch_bundles(arena, trust, options, directory, bundles, count);
	if (ret < 0)
		for (size_t i = 0; i < count; i++)
			file_close(&bundles[i].ret_fd);
	return ret;
}
