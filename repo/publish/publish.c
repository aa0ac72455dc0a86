/* SPDX-License-Identifier: MIT */
/*
 * How a repository changes: everything new is written beside the old under
 * names of its own, and made durable; then timestamp.json is replaced. What is
 * left behind by a failure before that is never looked at.
 */
#include "repo/publish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package.h"
#include "repo/publish/publication.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DAY 86400 /* seconds */

int64_t
publication_now(const struct publish_options *options)
{
	return options != NULL && options->now != 0 ? options->now : (int64_t)time(NULL);
}

int64_t
publication_expiry(const struct publication *publication, enum tuf_role role)
{
	const struct publish_options *options = publication->options;
	unsigned given = 0;
	unsigned fallback = role == TUF_ROOT ? 365 : role == TUF_TIMESTAMP ? 14 : 90;

	if (options != NULL)
		given = role == TUF_ROOT        ? options->root_days
			: role == TUF_TIMESTAMP ? options->timestamp_days
						: options->targets_days;
	return publication->now + (int64_t)DAY * (given == 0 ? fallback : given);
}

static const struct key *
key_of(const struct publish_keys *keys, enum tuf_role role)
{
	switch (role) {
	case TUF_ROOT:
		return keys->root;
	case TUF_TARGETS:
		return keys->targets;
	case TUF_SNAPSHOT:
		return keys->snapshot;
	default:
		return keys->timestamp;
	}
}

json_t *
publication_describe(const struct str *bytes, uint64_t version)
{
	struct digest digest = hash_bytes(bytes->at, bytes->len);
	json_t *object = json_object();
	json_t *hashes = json_object();

	json_object_set_new(hashes, "sha256", json_from_digest(&digest));
	json_object_set_new(object, "hashes", hashes);
	json_object_set_new(object, "length", json_integer((json_int_t)bytes->len));
	if (version != 0)
		json_object_set_new(object, "version", json_integer((json_int_t)version));
	return object;
}

/* Sign and write a document under its versioned name; its text is in the arena. */
static int
put_document(struct publication *publication, enum tuf_role role, const json_t *body,
	const struct key *const *keys, size_t key_count, struct str *ret_text)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	char *name = role == TUF_TIMESTAMP
			     ? arena_string(publication->arena, "timestamp.json")
			     : arena_printf(publication->arena, "%" PRIu64 ".%s.json",
				       publication->versions[role], tuf_role_names[role]);

	TRY(tuf_sign(body, keys, key_count, &text));
	TRY(place_put(publication->place->metadata, name, strbuf_str(&text)));
	ret_text->at = arena_copy(publication->arena, text.at, text.len);
	ret_text->len = text.len;
	return 0;
}

/* A body of a role with a new expiry, signed by the role's key. */
static int
put_role(struct publication *publication, enum tuf_role role, const char *member, json_t *value,
	struct str *ret_text)
{
	const struct key *key = key_of(publication->keys, role);
	json_t *body AUTO(json_release) = tuf_new_body(
		role, publication->versions[role], publication_expiry(publication, role));

	json_object_set_new(body, member, value);
	if (role == TUF_TARGETS && publication->delegations != NULL)
		json_object_set(body, "delegations", publication->delegations);
	return put_document(publication, role, body, &key, 1, ret_text);
}

static int
put_index(struct publication *publication)
{
	struct index index = { .packages = publication->packages.at,
		.len = publication->packages.len };
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str bytes;
	struct digest digest;

	index_write(&index, &text);
	bytes = strbuf_str(&text);
	digest = hash_bytes(bytes.at, bytes.len);
	json_object_set_new(publication->targets, TUF_INDEX, publication_describe(&bytes, 0));
	return place_put(publication->place->targets,
		place_target_name(publication->arena, &digest, TUF_INDEX), bytes);
}

static json_t *
meta_of(const char *name, const struct str *bytes, uint64_t version)
{
	json_t *meta = json_object();

	json_object_set_new(meta, name, publication_describe(bytes, version));
	return meta;
}

static json_t *
root_body(struct publication *publication)
{
	json_t *body = tuf_new_body(TUF_ROOT, publication->versions[TUF_ROOT],
		publication_expiry(publication, TUF_ROOT));
	json_t *keys = json_object();
	json_t *roles = json_object();

	for (size_t i = 0; i < TUF_ROLE_COUNT; i++) {
		const struct key *key = key_of(publication->keys, (enum tuf_role)i);
		struct digest id = key_id(key);
		char hex[DIGEST_HEX_SIZE];
		json_t *role = json_object();
		json_t *ids = json_array();

		digest_hex(&id, hex);
		json_object_set_new(keys, hex, tuf_key_object(key_public(key)));
		json_array_append_new(ids, json_string(hex));
		json_object_set_new(role, "keyids", ids);
		json_object_set_new(role, "threshold", json_integer(1));
		json_object_set_new(roles, tuf_role_names[i], role);
	}
	json_object_set_new(body, "consistent_snapshot", json_true());
	json_object_set_new(body, "keys", keys);
	json_object_set_new(body, "roles", roles);
	return body;
}

/* A new root version, signed by the new root key and, when there is one, the old. */
static int
put_root(struct publication *publication, const struct key *old_key)
{
	const struct key *keys[2] = { publication->keys->root, old_key };
	json_t *body AUTO(json_release) = root_body(publication);
	struct str text;

	return put_document(publication, TUF_ROOT, body, keys, old_key == NULL ? 1 : 2, &text);
}

/* Everything but root, in the order in which it refers to each other. */
int
publication_put(struct publication *publication)
{
	struct str targets = { 0 };
	struct str snapshot = { 0 };
	struct str timestamp = { 0 };
	json_t *meta;

	TRY(put_index(publication));
	TRY(put_role(publication, TUF_TARGETS, "targets", json_deep_copy(publication->targets),
		&targets));
	meta = meta_of("targets.json", &targets, publication->versions[TUF_TARGETS]);
	if (publication->delegated != NULL)
		json_object_update(meta, publication->delegated);
	TRY(put_role(publication, TUF_SNAPSHOT, "meta", meta, &snapshot));
	TRY(file_sync_dir(publication->place->targets));
	/* From here on a reader may see the new state. */
	return put_role(publication, TUF_TIMESTAMP, "meta",
		meta_of("snapshot.json", &snapshot, publication->versions[TUF_SNAPSHOT]),
		&timestamp);
}

int
publish_init(const char *directory, const struct publish_keys *keys,
	const struct publish_options *options)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct place place AUTO(
		place_close) = { .directory = -1, .metadata = -1, .targets = -1 };
	json_t *targets AUTO(json_release) = json_object();
	struct publication publication = {
		.arena = arena,
		.place = &place,
		.keys = keys,
		.options = options,
		.now = publication_now(options),
		.versions = { 1, 1, 1, 1 },
		.targets = targets,
	};

	TRY(place_create(directory, &place));
	TRY(put_root(&publication, NULL));
	return publication_put(&publication);
}

static bool
is_key_of(const struct tuf_keys *keys, const struct key *key)
{
	struct digest id = key_id(key);

	for (size_t i = 0; i < keys->len; i++)
		if (digest_equal(&keys->at[i].id, &id))
			return true;
	return false;
}

/* The keys that were given must be those that the root document names. */
int
publication_check_keys(
	const char *directory, const struct place *place, const struct publish_keys *keys)
{
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++) {
		if (place->root.roles[i].threshold > 1)
			return err_set(ERR_SIGNATURE,
				"%s: role %s needs %zu signatures; weld publishes with one key "
				"a role",
				directory, tuf_role_names[i], place->root.roles[i].threshold);
		if (!is_key_of(&place->root.roles[i], key_of(keys, (enum tuf_role)i)))
			return err_set(ERR_SIGNATURE,
				"%s: the key given for role %s is not this repository's (run "
				"'weld"
				" key list', or 'weld repo rotate')",
				directory, tuf_role_names[i]);
	}
	return 0;
}

static void
add_package(struct publication *publication, const struct index_package *package)
{
	vec_push(publication->arena, &publication->packages, *package);
	map_set(publication->arena, &publication->by_file, package->file,
		(void *)(uintptr_t)publication->packages.len);
}

/* What the snapshot says of delegated roles: theirs change by publish_objects() only. */
static int
keep_delegated(struct publication *publication)
{
	const struct tuf_document *documents = publication->place->documents;
	json_t *meta = NULL;

	TRY(json_get_object(documents[TUF_SNAPSHOT].body, "meta", &meta));
	publication->delegations = json_object_get(documents[TUF_TARGETS].body, "delegations");
	json_object_del(meta, "targets.json");
	publication->delegated = meta;
	return 0;
}

/* Begin from the present state; the next one has every version one higher, but root's. */
int
publication_begin(struct publication *publication, const char *directory)
{
	struct place *place = publication->place;
	json_t *targets = NULL;

	TRY(place_open(directory, place));
	TRY(err_context(place_load(publication->arena, place, true), "%s", directory));
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++)
		publication->versions[i] = place->documents[i].version + (i != TUF_ROOT);
	TRY(json_get_object(place->documents[TUF_TARGETS].body, "targets", &targets));
	publication->targets = targets;
	TRY(keep_delegated(publication));
	for (size_t i = 0; i < place->index.len; i++)
		add_package(publication, &place->index.packages[i]);
	return 0;
}

/* Copy a file to a new one in the repository, so that what is verified is what is kept. */
static int
copy_in(struct publication *publication, const char *path, const char *temporary, int *ret_fd)
{
	int from AUTO(file_close) = -1;
	struct stat info;
	int fd;

	TRY(file_open(AT_FDCWD, path, &from));
	if (fstat(from, &info) < 0)
		return err_errno("%s: stat", path);
	if (!S_ISREG(info.st_mode))
		return err_set(ERR_FORMAT, "%s: not a regular file", path);
	fd = openat(publication->place->targets, temporary,
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s: create", temporary);
	*ret_fd = fd;
	TRY(file_copy(from, fd));
	return file_sync(fd);
}

static const struct index_package *
find_package(const struct publication *publication, const char *file)
{
	uintptr_t place = (uintptr_t)map_get(&publication->by_file, file);

	return place == 0 ? NULL : &publication->packages.at[place - 1];
}

static void
add_target(struct publication *publication, const struct index_package *package)
{
	json_t *object = json_object();
	json_t *hashes = json_object();

	json_object_set_new(hashes, "sha256", json_from_digest(&package->sha256));
	json_object_set_new(object, "hashes", hashes);
	json_object_set_new(object, "length", json_integer((json_int_t)package->download_size));
	json_object_set_new(publication->targets, package->file, object);
}

/* Verify the copy and give it its name; returns 1 when it is new, 0 when it is there already. */
static int
take_in(struct publication *publication, const char *path, const char *temporary, int fd)
{
	struct manifest *manifest = NULL;
	struct index_package package;
	const struct index_package *present;
	struct digest digest;
	uint64_t size = 0;

	TRY(package_unpack(publication->arena, NULL, fd, path, -1, &manifest));
	TRY(hash_file(fd, &digest));
	TRY(file_size(fd, &size));
	index_from_manifest(publication->arena, manifest, &digest, size, &package);
	present = find_package(publication, package.file);
	if (present != NULL && !digest_equal(&present->sha256, &digest))
		return err_set(ERR_EXISTS,
			"%s: published already with other contents (raise the release of its "
			"recipe)",
			package.file);
	TRY(file_rename(publication->place->targets, temporary, publication->place->targets,
		place_target_name(publication->arena, &digest, package.file)));
	if (present != NULL)
		return 0;
	add_package(publication, &package);
	add_target(publication, &package);
	return 1;
}

static int
add_file(struct publication *publication, const char *path)
{
	/* The repository is locked: what has this name is left over. */
	static const char temporary[] = ".new.weld";
	int fd AUTO(file_close) = -1;
	int ret;

	if (unlinkat(publication->place->targets, temporary, 0) < 0 && errno != ENOENT)
		return err_errno("%s: remove", temporary);
	ret = copy_in(publication, path, temporary, &fd);
	if (ret >= 0)
		ret = take_in(publication, path, temporary, fd);
	if (ret < 0)
		unlinkat(publication->place->targets, temporary, 0);
	return ret;
}

/* Sign root again when more than half of its time is over. */
int
publication_refresh_root(struct publication *publication)
{
	int64_t left = publication->place->documents[TUF_ROOT].expires - publication->now;

	if (left > (publication_expiry(publication, TUF_ROOT) - publication->now) / 2)
		return 0;
	publication->versions[TUF_ROOT]++;
	return put_root(publication, NULL);
}

static void
report(const struct publication *publication, struct publish_report *ret_report)
{
	ret_report->total = publication->packages.len;
	ret_report->version = publication->versions[TUF_TIMESTAMP];
}

int
publish_add(struct arena *arena, const char *directory, const struct publish_keys *keys,
	const struct publish_options *options, const char *const *files, size_t count,
	struct publish_report *ret_report)
{
	struct place place AUTO(
		place_close) = { .directory = -1, .metadata = -1, .targets = -1 };
	struct publish_report counts = { 0 };
	struct publication publication = {
		.arena = arena,
		.place = &place,
		.keys = keys,
		.options = options,
		.now = publication_now(options),
	};

	TRY(publication_begin(&publication, directory));
	TRY(publication_check_keys(directory, &place, keys));
	for (size_t i = 0; i < count; i++) {
		int ret = add_file(&publication, files[i]);

		TRY(err_context(ret, "%s: nothing was published", directory));
		counts.added += ret > 0;
		counts.kept += ret == 0;
	}
	TRY(publication_refresh_root(&publication));
	TRY(publication_put(&publication));
	report(&publication, &counts);
	*ret_report = counts;
	return 0;
}

int
publish_sign(struct arena *arena, const char *directory, const struct publish_keys *keys,
	const struct publish_options *options, struct publish_report *ret_report)
{
	return publish_add(arena, directory, keys, options, NULL, 0, ret_report);
}

int
publish_rotate(struct arena *arena, const char *directory, const struct publish_keys *old_keys,
	const struct publish_keys *new_keys, const struct publish_options *options,
	struct publish_report *ret_report)
{
	struct place place AUTO(
		place_close) = { .directory = -1, .metadata = -1, .targets = -1 };
	struct publish_report counts = { 0 };
	struct publication publication = {
		.arena = arena,
		.place = &place,
		.keys = new_keys,
		.options = options,
		.now = publication_now(options),
	};

	TRY(publication_begin(&publication, directory));
	TRY(publication_check_keys(directory, &place, old_keys));
	publication.versions[TUF_ROOT]++;
	/* Between these two, clients see the new root and an old timestamp: they try again, and
	 * so can the owner, with the new keys: place_load(). */
	TRY(put_root(&publication, old_keys->root));
	TRY(publication_put(&publication));
	report(&publication, &counts);
	*ret_report = counts;
	return 0;
}
