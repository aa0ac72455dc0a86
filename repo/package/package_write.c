/* SPDX-License-Identifier: MIT */
/*
 * Every object is hashed while it is copied, because a directory is not to be
 * trusted between two looks.
 */
#include "repo/package.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package/member.h"
#include "repo/package/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes */

static int
write_manifest(struct writer *writer, const struct manifest *manifest)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;

	TRY(manifest_write(manifest, &text));
	digest = hash_bytes(text.at, text.len);
	TRY(writer_add_member(writer, MEMBER_MANIFEST, strbuf_str(&text)));
	return writer_add_member(
		writer, MEMBER_MANIFEST_DIGEST, str_from(digest_hex(&digest, hex)));
}

static int
open_object(int objects_dir, const struct digest *sha256, int *ret_fd)
{
	char hex[DIGEST_HEX_SIZE];

	return err_context(
		file_open_beneath(objects_dir, digest_hex(sha256, hex), O_RDONLY, 0, ret_fd),
		"object");
}

static int
copy_object(struct writer *writer, int fd, const struct manifest_object *object)
{
	char block[BLOCK];
	char hex[DIGEST_HEX_SIZE];
	uint64_t total = 0;
	struct hash hash;
	struct digest digest;

	hash_init(&hash);
	for (;;) {
		ssize_t got = read(fd, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("read");
		if (got == 0)
			break;
		total += (uint64_t)got;
		hash_add(&hash, block, (size_t)got);
		if (total <= object->size)
			TRY(writer_add(writer, block, (size_t)got));
	}
	digest = hash_end(&hash);
	if (total != object->size || !digest_equal(&digest, &object->sha256))
		return err_set(ERR_DIGEST, "its contents have the digest %s",
			digest_hex(&digest, hex));
	return 0;
}

static int
write_object(struct writer *writer, int objects_dir, const struct manifest_object *object)
{
	int fd AUTO(file_close) = -1;
	char name[MEMBER_NAME_SIZE];

	TRY(open_object(objects_dir, &object->sha256, &fd));
	member_object_name(&object->sha256, name);
	TRY(writer_add_header(writer, name, object->size));
	return err_context(copy_object(writer, fd, object), "%s", name);
}

/* Fill in the sizes of all objects, from their files. */
static int
measure_objects(struct arena *arena, int objects_dir, struct manifest *manifest)
{
	manifest_collect_objects(arena, manifest, &manifest->objects, &manifest->object_count);
	for (size_t i = 0; i < manifest->object_count; i++) {
		struct manifest_object *object = &manifest->objects[i];
		int fd AUTO(file_close) = -1;

		TRY(open_object(objects_dir, &object->sha256, &fd));
		TRY(file_size(fd, &object->size));
	}
	return 0;
}

static int
write_all(struct writer *writer, const struct manifest *manifest, int objects_dir)
{
	TRY(write_manifest(writer, manifest));
	for (size_t i = 0; i < manifest->object_count; i++)
		TRY(write_object(writer, objects_dir, &manifest->objects[i]));
	return writer_finish(writer);
}

int
package_write(const struct manifest *manifest, int objects_dir, int output_fd)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct manifest copy = *manifest;
	struct writer writer;
	int ret;

	TRY(err_context(measure_objects(arena, objects_dir, &copy), "%s", manifest->name));
	ret = writer_begin(&writer, output_fd);
	if (ret >= 0)
		ret = write_all(&writer, &copy, objects_dir);
	writer_end(&writer);
	return err_context(ret, "%s", manifest->name);
}
