/* SPDX-License-Identifier: MIT */
/*
 * The lock is flock(2) on the directory itself, so that nothing but the
 * repository stands in it.
 */
#include "repo/publish/place.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>

void
place_close(struct place *place)
{
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++)
		tuf_release(&place->documents[i]);
	file_close(&place->metadata);
	file_close(&place->targets);
	file_close(&place->directory);
}

static int
lock(const char *directory, int fd)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return err_set(
			ERR_LOCKED, "%s: another weld changes this repository now", directory);
	return err_errno("%s: lock", directory);
}

static int
open_parts(const char *directory, struct place *place)
{
	int ret = file_open_dir(AT_FDCWD, directory, &place->directory);

	if (ret >= 0)
		ret = lock(directory, place->directory);
	if (ret >= 0)
		ret = file_open_dir(place->directory, "metadata", &place->metadata);
	if (ret >= 0)
		ret = file_open_dir(place->directory, "targets", &place->targets);
	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_NOT_FOUND,
			"%s: not a repository (run 'weld repo init %s' first)", directory,
			directory);
	return ret;
}

int
place_open(const char *directory, struct place *ret_place)
{
	struct place place = { .directory = -1, .metadata = -1, .targets = -1 };
	int ret = open_parts(directory, &place);

	if (ret < 0) {
		place_close(&place);
		return ret;
	}
	*ret_place = place;
	return 0;
}

static int
make_parts(const char *directory, struct place *place)
{
	TRY(file_make_dirs(AT_FDCWD, directory, 0755));
	TRY(file_open_dir(AT_FDCWD, directory, &place->directory));
	TRY(lock(directory, place->directory));
	if (file_exists(place->directory, "metadata/timestamp.json"))
		return err_set(ERR_EXISTS, "%s: there is a repository already", directory);
	TRY(file_make_dirs(place->directory, "metadata", 0755));
	TRY(file_make_dirs(place->directory, "targets", 0755));
	TRY(file_open_dir(place->directory, "metadata", &place->metadata));
	TRY(file_open_dir(place->directory, "targets", &place->targets));
	return file_sync_dir(place->directory);
}

int
place_create(const char *directory, struct place *ret_place)
{
	struct place place = { .directory = -1, .metadata = -1, .targets = -1 };
	int ret = make_parts(directory, &place);

	if (ret < 0) {
		place_close(&place);
		return ret;
	}
	*ret_place = place;
	return 0;
}

/* The newest root, each verified by the one before and by itself. */
static int
load_root(struct arena *arena, struct place *place)
{
	for (uint64_t version = 1;; version++) {
		struct tuf_document document AUTO(tuf_release) = { 0 };
		struct tuf_root root;
		struct str bytes = { 0 };
		char *name = arena_printf(arena, "%" PRIu64 ".root.json", version);
		int ret = file_read(arena, place->metadata, name, TUF_ROOT_MAX, &bytes);

		if (ret == ERR_NOT_FOUND && version > 1)
			return 0;
		TRY(ret);
		TRY(err_context(tuf_open_root(arena, bytes, &document, &root), "%s", name));
		if (root.version != version)
			return err_set(
				ERR_FORMAT, "%s: its version is %" PRIu64, name, root.version);
		if (version > 1)
			TRY(err_context(tuf_verify(&document, &place->root.roles[TUF_ROOT]),
				"%s: by the old keys", name));
		tuf_release(&place->documents[TUF_ROOT]);
		place->documents[TUF_ROOT] = document;
		document = (struct tuf_document){ 0 };
		place->bytes[TUF_ROOT] = bytes;
		place->previous = version > 1 ? place->root : root;
		place->root = root;
	}
}

static int
load_document(struct arena *arena, struct place *place, enum tuf_role role, const char *name,
	const struct tuf_file *file, size_t limit)
{
	struct str *bytes = &place->bytes[role];

	TRY(file_read(arena, place->metadata, name, limit, bytes));
	TRY(err_context(tuf_check_bytes(file, *bytes), "%s", name));
	TRY(err_context(tuf_read(*bytes, role, &place->documents[role]), "%s", name));
	if (tuf_verify(&place->documents[role], &place->previous.roles[role]) >= 0 &&
		place->accept_previous)
		return 0;
	return err_context(
		tuf_verify(&place->documents[role], &place->root.roles[role]), "%s", name);
}

static int
load_index(struct arena *arena, struct place *place)
{
	struct tuf_file file;
	struct str bytes = { 0 };
	char *name;

	TRY(tuf_find_target(&place->documents[TUF_TARGETS], TUF_INDEX, &file));
	name = place_target_name(arena, &file.sha256, TUF_INDEX);
	TRY(file_read(arena, place->targets, name, INDEX_SIZE_MAX, &bytes));
	TRY(err_context(tuf_check_bytes(&file, bytes), "%s", name));
	return err_context(index_read(arena, bytes, &place->index), "%s", name);
}

int
place_load(struct arena *arena, struct place *place, bool accept_previous)
{
	struct tuf_file file = { 0 };
	char *name;

	place->accept_previous = accept_previous;
	TRY(load_root(arena, place));
	TRY(load_document(
		arena, place, TUF_TIMESTAMP, "timestamp.json", &file, TUF_TIMESTAMP_MAX));
	TRY(tuf_find_meta(&place->documents[TUF_TIMESTAMP], "snapshot.json", &file));
	name = arena_printf(arena, "%" PRIu64 ".snapshot.json", file.version);
	TRY(load_document(arena, place, TUF_SNAPSHOT, name, &file, TUF_SNAPSHOT_MAX));
	TRY(tuf_find_meta(&place->documents[TUF_SNAPSHOT], "targets.json", &file));
	name = arena_printf(arena, "%" PRIu64 ".targets.json", file.version);
	TRY(load_document(arena, place, TUF_TARGETS, name, &file, TUF_TARGETS_MAX));
	return load_index(arena, place);
}

char *
place_target_name(struct arena *arena, const struct digest *sha256, const char *name)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "%s.%s", digest_hex(sha256, hex), name);
}

int
place_put(int directory, const char *name, struct str bytes)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str present = { 0 };

	if (file_read(arena, directory, name, bytes.len, &present) >= 0 &&
		str_equal(present, bytes))
		return 0;
	return file_replace(directory, name, bytes.at, bytes.len, 0644);
}
