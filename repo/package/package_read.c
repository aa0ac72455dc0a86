/* SPDX-License-Identifier: MIT */
/*
 * The tar in a package is not interpreted. After the
 * manifest every byte that is not an object's contents is known beforehand,
 * and compared:
 *
 *	header(manifest.json) contents padding
 *	header(manifest.sha256) contents padding
 *	header(objects/...) contents padding, for each object of the manifest
 *	two empty blocks, the end
 *
 * So there are no paths to escape by, no links, no members too many or twice,
 * and no more bytes than the manifest says.
 */
#include "repo/package.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package/member.h"
#include "repo/package/reader.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes */

struct unpacker {
	struct reader reader;
	struct arena *arena;
	int directory; /* to unpack into; -1: only verify */
};

/* Read a member that is kept in memory, with its padding. */
static int
read_member(
	struct unpacker *unpacker, const char *name, uint64_t limit, struct str *ret_contents)
{
	unsigned char header[MEMBER_BLOCK];
	uint64_t size;
	char *contents;

	TRY(reader_take(&unpacker->reader, header, sizeof header));
	size = member_size(header);
	TRY(reader_check_header(header, name, size));
	if (size > limit)
		return err_set(ERR_LIMIT, "%s: longer than %" PRIu64 " bytes", name, limit);
	contents = arena_alloc(unpacker->arena, size + 1);
	TRY(reader_take(&unpacker->reader, contents, size));
	TRY(reader_take_zeros(&unpacker->reader, member_padding(size)));
	*ret_contents = (struct str){ .at = contents, .len = size };
	return 0;
}

static int
read_manifest(struct unpacker *unpacker, struct str *ret_text, struct manifest **ret_manifest)
{
	struct str text = { 0 };
	struct str stated = { 0 };
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	TRY(read_member(unpacker, MEMBER_MANIFEST, MANIFEST_SIZE_MAX, &text));
	TRY(read_member(unpacker, MEMBER_MANIFEST_DIGEST, DIGEST_HEX_SIZE - 1, &stated));
	digest = hash_bytes(text.at, text.len);
	if (!str_is(stated, digest_hex(&digest, hex)))
		return err_set(ERR_DIGEST, "damaged: the manifest is not what its digest says");
	TRY(err_context(manifest_read(unpacker->arena, text, ret_manifest), "manifest"));
	*ret_text = text;
	return 0;
}

/* Copy an object's contents to fd (-1: nowhere) and compare its digest. */
static int
copy_object(struct unpacker *unpacker, const struct manifest_object *object, int fd)
{
	char block[BLOCK];
	uint64_t left = object->size;
	struct hash hash;
	struct digest digest;

	hash_init(&hash);
	while (left > 0) {
		size_t length = left < sizeof block ? (size_t)left : sizeof block;

		TRY(reader_take(&unpacker->reader, block, length));
		hash_add(&hash, block, length);
		if (fd >= 0)
			TRY(file_write_fd(fd, block, length));
		left -= length;
	}
	digest = hash_end(&hash);
	if (!digest_equal(&digest, &object->sha256))
		return err_set(
			ERR_DIGEST, "damaged: its contents are not what its digest says");
	return 0;
}

static int
create_file(int directory, const char *name, int *ret_fd)
{
	int fd = openat(
		directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno("%s: create", name);
	*ret_fd = fd;
	return 0;
}

static int
read_object(struct unpacker *unpacker, const struct manifest_object *object)
{
	unsigned char header[MEMBER_BLOCK];
	char name[MEMBER_NAME_SIZE];
	int fd AUTO(file_close) = -1;

	member_object_name(&object->sha256, name);
	TRY(reader_take(&unpacker->reader, header, sizeof header));
	TRY(reader_check_header(header, name, object->size));
	if (unpacker->directory >= 0)
		TRY(create_file(unpacker->directory, name, &fd));
	TRY(err_context(copy_object(unpacker, object, fd), "%s", name));
	if (fd >= 0 && fchmod(fd, object->is_executable ? 0555 : 0444) < 0)
		return err_errno("%s: set mode", name);
	return reader_take_zeros(&unpacker->reader, member_padding(object->size));
}

static int
write_manifest(const struct unpacker *unpacker, struct str text)
{
	int fd AUTO(file_close) = -1;

	if (unpacker->directory < 0)
		return 0;
	TRY(create_file(unpacker->directory, MEMBER_MANIFEST, &fd));
	TRY(file_write_fd(fd, text.at, text.len));
	if (fchmod(fd, 0444) < 0 || mkdirat(unpacker->directory, MEMBER_OBJECTS, 0755) < 0)
		return err_errno("create");
	return 0;
}

static int
unpack(struct unpacker *unpacker, struct manifest **ret_manifest)
{
	struct manifest *manifest = NULL;
	struct str text = { 0 };

	TRY(read_manifest(unpacker, &text, &manifest));
	TRY(write_manifest(unpacker, text));
	for (size_t i = 0; i < manifest->object_count; i++)
		TRY(read_object(unpacker, &manifest->objects[i]));
	TRY(reader_take_end(&unpacker->reader));
	*ret_manifest = manifest;
	return 0;
}

int
package_read_manifest(
	struct arena *arena, int fd, const char *label, struct manifest **ret_manifest)
{
	struct unpacker unpacker = { .arena = arena, .directory = -1 };
	struct str text;
	int ret = reader_begin(&unpacker.reader, NULL, fd);

	if (ret >= 0)
		ret = read_manifest(&unpacker, &text, ret_manifest);
	reader_end(&unpacker.reader);
	return err_context(ret, "%s", label);
}

int
package_unpack(struct arena *arena, struct archiver *archiver, int fd, const char *label,
	int directory, struct manifest **ret_manifest)
{
	struct unpacker unpacker = { .arena = arena, .directory = directory };
	int ret = reader_begin(&unpacker.reader, archiver, fd);

	if (ret >= 0)
		ret = unpack(&unpacker, ret_manifest);
	reader_end(&unpacker.reader);
	return err_context(ret, "%s", label);
}
