/* SPDX-License-Identifier: MIT */
/*
 * libarchive writes the tar and compresses it: one thread, one level, no
 * times, so that the same contents are the same bytes.
 */
#include "repo/package/writer.h"

#include "base/err.h"
#include "base/file.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#define LEVEL "12" /* of zstd: part of the format, as it decides the bytes */
#define BLOCK 65536 /* bytes */

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

void
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

int
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

int
writer_add_header(struct writer *writer, const char *name, uint64_t size)
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

int
writer_add(struct writer *writer, const void *bytes, size_t length)
{
	return check(writer, archive_write_data(writer->archive, bytes, length));
}

int
writer_add_member(struct writer *writer, const char *name, struct str contents)
{
	TRY(writer_add_header(writer, name, contents.len));
	return writer_add(writer, contents.at, contents.len);
}

int
writer_finish(struct writer *writer)
{
	return check(writer, archive_write_close(writer->archive));
}
