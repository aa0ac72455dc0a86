/* SPDX-License-Identifier: MIT */
/*
 * An entry is the object, its facts, its origin, the lengths of these three in 8 bytes each, and the SHA-256
 * of all that, so that damage is seen. It
 * is written under another name and renamed, so that a reader never sees a
 * part; it is not synced, for it can always be made again.
 */
#include "linker/image/object_cache.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ENTRY_MAX ((size_t)2 << 30) /* bytes */

struct lengths { /* of the parts of an entry, in bytes */
	uint64_t object;
	uint64_t facts;
	uint64_t origin;
};

static bool
parse(struct arena *arena, struct str file, struct object_cache_entry *entry)
{
	struct lengths lengths;
	struct digest found;
	uint64_t total;
	size_t size;

	if (file.len < DIGEST_SIZE + sizeof lengths)
		return false;
	size = file.len - DIGEST_SIZE;
	found = hash_bytes(file.at, size);
	if (memcmp(found.bytes, file.at + size, DIGEST_SIZE) != 0)
		return false;
	size -= sizeof lengths;
	memcpy(&lengths, file.at + size, sizeof lengths);
	if (__builtin_add_overflow(lengths.object, lengths.facts, &total) ||
		__builtin_add_overflow(total, lengths.origin, &total) || total != size)
		return false;
	entry->object = (struct str){ file.at, lengths.object };
	entry->facts = (struct str){ file.at + lengths.object, lengths.facts };
	entry->origin =
		arena_copy(arena, file.at + lengths.object + lengths.facts, lengths.origin);
	return true;
}

int
object_cache_get(struct arena *arena, const char *directory, const struct digest *key,
	struct object_cache_entry *ret_entry)
{
	char hex[DIGEST_HEX_SIZE];
	char *path = arena_printf(arena, "%s/%s", directory, digest_hex(key, hex));
	struct str file;
	int ret = file_read(arena, AT_FDCWD, path, ENTRY_MAX, &file);

	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	if (!parse(arena, file, ret_entry)) {
		log_debug("link", "%s: damaged cache entry removed", path);
		unlink(path);
		return 0;
	}
	return 1;
}

static int
write_entry(int fd, const struct object_cache_entry *entry)
{
	struct str origin = str_from(entry->origin);
	struct lengths lengths = { entry->object.len, entry->facts.len, origin.len };
	struct str parts[] = { entry->object, entry->facts, origin,
		{ (const char *)&lengths, sizeof lengths } };
	struct digest digest;
	struct hash hash;

	hash_init(&hash);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		hash_add(&hash, parts[i].at, parts[i].len);
		TRY(file_write_fd(fd, parts[i].at, parts[i].len));
	}
	digest = hash_end(&hash);
	return file_write_fd(fd, digest.bytes, DIGEST_SIZE);
}

bool
object_cache_has(const char *directory, const struct digest *key)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char hex[DIGEST_HEX_SIZE];

	return file_exists(
		AT_FDCWD, arena_printf(arena, "%s/%s", directory, digest_hex(key, hex)));
}

int
object_cache_put(
	const char *directory, const struct digest *key, const struct object_cache_entry *entry)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char hex[DIGEST_HEX_SIZE];
	char *path = arena_printf(arena, "%s/%s", directory, digest_hex(key, hex));
	char *temporary = arena_printf(arena, "%s.%d", path, (int)gettid());
	int fd AUTO(file_close) = -1;
	int ret;

	TRY(err_context(file_make_dirs(AT_FDCWD, directory, 0755), "cache of lowered objects"));
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && (errno == EACCES || errno == EROFS)) {
		log_debug("link", "%s: not kept: %s", path, strerror(errno));
		return 0;
	}
	if (fd < 0)
		return err_errno("%s: create", temporary);
	ret = write_entry(fd, entry);
	if (ret >= 0)
		ret = file_rename(AT_FDCWD, temporary, AT_FDCWD, path);
	if (ret < 0)
		unlink(temporary);
	return err_context(ret, "cache of lowered objects");
}
