/* SPDX-License-Identifier: MIT */
/*
 * libarchive is used to decompress only, and only zstd: what it gives is a
 * stream of bytes, not of members. The tar in it is not interpreted. After the
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

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes */

struct reader {
	struct archive *archive;
	struct arena *arena;
	int directory; /* to unpack into; -1: only verify */
};

static void
reader_end(struct reader *reader)
{
	archive_read_free(reader->archive);
}

static int
damaged(const struct reader *reader)
{
	const char *text = archive_error_string(reader->archive);

	return err_set(ERR_FORMAT, "damaged, or not a package: %s",
		text == NULL ? "unknown error" : text);
}

static int
reader_begin(struct reader *reader, struct arena *arena, int fd, int directory)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;

	*reader = (struct reader){ .archive = archive, .arena = arena, .directory = directory };
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno("seek");
	if (archive_read_support_filter_zstd(archive) != ARCHIVE_OK ||
		archive_read_support_format_raw(archive) != ARCHIVE_OK ||
		archive_read_open_fd(archive, fd, BLOCK) != ARCHIVE_OK ||
		archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		return damaged(reader);
	if (archive_filter_count(archive) != 2 ||
		archive_filter_code(archive, 0) != ARCHIVE_FILTER_ZSTD)
		return err_set(ERR_FORMAT, "not a package: not compressed with zstd");
	return 0;
}

/* Read exactly so many bytes. */
static int
read_exactly(struct reader *reader, void *bytes, size_t length)
{
	char *at = bytes;

	while (length > 0) {
		la_ssize_t got = archive_read_data(reader->archive, at, length);

		if (got < 0)
			return damaged(reader);
		if (got == 0)
			return err_set(ERR_FORMAT, "damaged: it ends too early");
		at += got;
		length -= (size_t)got;
	}
	return 0;
}

/* Read bytes that must be zero; at most BLOCK. */
static int
read_zeros(struct reader *reader, size_t length)
{
	unsigned char bytes[2 * MEMBER_BLOCK];

	TRY(read_exactly(reader, bytes, length));
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != 0)
			return err_set(ERR_FORMAT, "damaged, or not written by weld: "
						   "unexpected bytes between members");
	return 0;
}

static int
check_header(const unsigned char *header, const char *name, uint64_t size)
{
	unsigned char expected[MEMBER_BLOCK];

	member_header(name, size, expected);
	if (memcmp(header, expected, sizeof expected) != 0)
		return err_set(ERR_FORMAT,
			"damaged, or not written by weld: expected the member %s of %" PRIu64
			" bytes",
			name, size);
	return 0;
}

/* Read a member that is kept in memory, with its padding. */
static int
read_member(struct reader *reader, const char *name, uint64_t limit, struct str *ret_contents)
{
	unsigned char header[MEMBER_BLOCK];
	uint64_t size;
	char *contents;

	TRY(read_exactly(reader, header, sizeof header));
	size = member_size(header);
	TRY(check_header(header, name, size));
	if (size > limit)
		return err_set(ERR_LIMIT, "%s: longer than %" PRIu64 " bytes", name, limit);
	contents = arena_alloc(reader->arena, size + 1);
	TRY(read_exactly(reader, contents, size));
	TRY(read_zeros(reader, member_padding(size)));
	*ret_contents = (struct str){ .at = contents, .len = size };
	return 0;
}

static int
read_manifest(struct reader *reader, struct str *ret_text, struct manifest **ret_manifest)
{
	struct str text = { 0 };
	struct str stated = { 0 };
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	TRY(read_member(reader, MEMBER_MANIFEST, MANIFEST_SIZE_MAX, &text));
	TRY(read_member(reader, MEMBER_MANIFEST_DIGEST, DIGEST_HEX_SIZE - 1, &stated));
	digest = hash_bytes(text.at, text.len);
	if (!str_is(stated, digest_hex(&digest, hex)))
		return err_set(ERR_DIGEST, "damaged: the manifest is not what its digest says");
	TRY(err_context(manifest_read(reader->arena, text, ret_manifest), "manifest"));
	*ret_text = text;
	return 0;
}

/* Copy an object's contents to fd (-1: nowhere) and compare its digest. */
static int
copy_object(struct reader *reader, const struct manifest_object *object, int fd)
{
	char block[BLOCK];
	uint64_t left = object->size;
	struct hash hash;
	struct digest digest;

	hash_init(&hash);
	while (left > 0) {
		size_t length = left < sizeof block ? (size_t)left : sizeof block;

		TRY(read_exactly(reader, block, length));
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
read_object(struct reader *reader, const struct manifest_object *object)
{
	unsigned char header[MEMBER_BLOCK];
	char name[MEMBER_NAME_SIZE];
	int fd AUTO(file_close) = -1;

	member_object_name(&object->sha256, name);
	TRY(read_exactly(reader, header, sizeof header));
	TRY(check_header(header, name, object->size));
	if (reader->directory >= 0)
		TRY(create_file(reader->directory, name, &fd));
	TRY(err_context(copy_object(reader, object, fd), "%s", name));
	if (fd >= 0 && fchmod(fd, object->is_executable ? 0555 : 0444) < 0)
		return err_errno("%s: set mode", name);
	return read_zeros(reader, member_padding(object->size));
}

static int
write_manifest(const struct reader *reader, struct str text)
{
	int fd AUTO(file_close) = -1;

	if (reader->directory < 0)
		return 0;
	TRY(create_file(reader->directory, MEMBER_MANIFEST, &fd));
	TRY(file_write_fd(fd, text.at, text.len));
	if (fchmod(fd, 0444) < 0 || mkdirat(reader->directory, MEMBER_OBJECTS, 0755) < 0)
		return err_errno("create");
	return 0;
}

/* Two empty blocks, and nothing behind them. */
static int
read_end(struct reader *reader)
{
	char byte;
	la_ssize_t got;

	TRY(read_zeros(reader, (size_t)2 * MEMBER_BLOCK));
	got = archive_read_data(reader->archive, &byte, 1);
	if (got < 0)
		return damaged(reader);
	if (got > 0)
		return err_set(ERR_FORMAT, "not a package: something follows its last member");
	return 0;
}

static int
unpack(struct reader *reader, struct manifest **ret_manifest)
{
	struct manifest *manifest = NULL;
	struct str text = { 0 };

	TRY(read_manifest(reader, &text, &manifest));
	TRY(write_manifest(reader, text));
	for (size_t i = 0; i < manifest->object_count; i++)
		TRY(read_object(reader, &manifest->objects[i]));
	TRY(read_end(reader));
	*ret_manifest = manifest;
	return 0;
}

int
package_read_manifest(
	struct arena *arena, int fd, const char *label, struct manifest **ret_manifest)
{
	struct reader reader;
	struct str text;
	int ret = reader_begin(&reader, arena, fd, -1);

	if (ret >= 0)
		ret = read_manifest(&reader, &text, ret_manifest);
	reader_end(&reader);
	return err_context(ret, "%s", label);
}

int
package_unpack(struct arena *arena, int fd, const char *label, int directory,
	struct manifest **ret_manifest)
{
	struct reader reader;
	int ret = reader_begin(&reader, arena, fd, directory);

	if (ret >= 0)
		ret = unpack(&reader, ret_manifest);
	reader_end(&reader);
	return err_context(ret, "%s", label);
}
