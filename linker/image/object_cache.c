/* SPDX-License-Identifier: MIT */
/*
 * An entry is the object followed by its SHA-256, so that damage is seen. It
 * is written under another name and renamed, so that a reader never sees a
 * part; it is not synced, for it can always be made again.
 */
#include "linker/image/object_cache.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OBJECT_MAX ((size_t)1 << 30) /* bytes */

static bool
is_intact(struct str entry)
{
	struct digest found;

	if (entry.len < DIGEST_SIZE)
		return false;
	found = hash_bytes(entry.at, entry.len - DIGEST_SIZE);
	return memcmp(found.bytes, entry.at + entry.len - DIGEST_SIZE, DIGEST_SIZE) == 0;
}

int
object_cache_get(struct arena *arena, const char *directory, const struct digest *key,
	struct str *ret_object)
{
	char hex[DIGEST_HEX_SIZE];
	char *path = arena_printf(arena, "%s/%s", directory, digest_hex(key, hex));
	struct str entry;
	int ret = file_read(arena, AT_FDCWD, path, OBJECT_MAX, &entry);

	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	if (!is_intact(entry)) {
		log_debug("link", "%s: damaged cache entry removed", path);
		unlink(path);
		return 0;
	}
	*ret_object = (struct str){ entry.at, entry.len - DIGEST_SIZE };
	return 1;
}

int
object_cache_put(const char *directory, const struct digest *key, struct str object)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char hex[DIGEST_HEX_SIZE];
	char *path = arena_printf(arena, "%s/%s", directory, digest_hex(key, hex));
	char *temporary = arena_printf(arena, "%s.%d", path, (int)getpid());
	struct digest digest = hash_bytes(object.at, object.len);
	int fd AUTO(file_close) = -1;
	int ret;

	TRY(err_context(file_make_dirs(AT_FDCWD, directory, 0755), "cache of lowered objects"));
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_errno("%s: create", temporary);
	ret = file_write_fd(fd, object.at, object.len);
	if (ret >= 0)
		ret = file_write_fd(fd, digest.bytes, DIGEST_SIZE);
	if (ret >= 0)
		ret = file_rename(AT_FDCWD, temporary, AT_FDCWD, path);
	if (ret < 0)
		unlink(temporary);
	return err_context(ret, "cache of lowered objects");
}
