/* SPDX-License-Identifier: MIT */
/*
 * libarchive writes the tar and compresses it: one thread, one level, no
 * times, so that the same contents are the same bytes. Every object is hashed
 * while it is copied, because a directory is not to be trusted between two looks.
 */
#include "repo/package.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package/member.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define LEVEL "12" /* of zstd: part of the format, as it decides the bytes */
#define BLOCK 65536 /* bytes */

struct writer {
	struct archive *archive;
	int fd;
	int ret; /* what writing to fd failed with; 0 */
	bool is_over; /* nothing is written any more */
};

static la_ssize_t
write_block(struct archive *archive, void *data, const void *bytes, size_t length)
{
	struct writer *writer = data;

	/* What failed is ended by freeing it, which writes what is buffered: nobody wants that. */
	if (writer->is_over)
		return (la_ssize_t)length;
	writer->ret = file_write_fd(writer->fd, bytes, length);
	if (writer->ret < 0) {
		archive_set_error(archive, EIO, "write");
		return -1;
	}
	return (la_ssize_t)length;
}

static void
writer_end(struct writer *writer)
{
	writer->is_over = true;
	archive_write_free(writer->archive);
}

/* The error of a libarchive call, or of the file beneath it. */
static int
check(const struct writer *writer, long result)
{
	if (result >= ARCHIVE_OK)
		return 0;
	if (writer->ret < 0)
		return writer->ret;
	return err_set(ERR_IO, "compress: %s", archive_error_string(writer->archive));
}

static int
writer_begin(struct writer *writer, int fd)
{
	struct archive *archive = archive_write_new();

	*writer = (struct writer){ .archive = archive, .fd = fd };
	TRY(check(writer, archive_write_set_format_ustar(archive)));
	TRY(check(writer, archive_write_add_filter_zstd(archive)));
	TRY(check(writer,
		archive_write_set_filter_option(archive, "zstd", "compression-level", LEVEL)));
	TRY(check(writer, archive_write_set_bytes_per_block(archive, BLOCK)));
	TRY(check(writer, archive_write_set_bytes_in_last_block(archive, 1)));
	return check(writer, archive_write_open(archive, writer, NULL, write_block, NULL));
}

static int
write_header(struct writer *writer, const char *name, uint64_t size)
{
	struct archive_entry *entry = archive_entry_new();
	int ret;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, 0, 0);
	archive_entry_set_size(entry, (la_int64_t)size);
	ret = check(writer, archive_write_header(writer->archive, entry));
	archive_entry_free(entry);
	return ret;
}

static int
write_member(struct writer *writer, const char *name, struct str contents)
{
	TRY(write_header(writer, name, contents.len));
	return check(writer, archive_write_data(writer->archive, contents.at, contents.len));
}

static int
write_manifest(struct writer *writer, const struct manifest *manifest)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;

	TRY(manifest_write(manifest, &text));
	digest = hash_bytes(text.at, text.len);
	TRY(write_member(writer, MEMBER_MANIFEST, strbuf_str(&text)));
	return write_member(writer, MEMBER_MANIFEST_DIGEST, str_from(digest_hex(&digest, hex)));
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
			TRY(check(writer,
				archive_write_data(writer->archive, block, (size_t)got)));
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
	TRY(write_header(writer, name, object->size));
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
	return check(writer, archive_write_close(writer->archive));
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
