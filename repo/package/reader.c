/* SPDX-License-Identifier: MIT */
/*
 * libarchive is used to decompress only, and only zstd: what it gives is a
 * stream of bytes, not of members.
 */
#include "repo/package/reader.h"

#include "base/err.h"
#include "repo/package/member.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes */

void
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

int
reader_begin(struct reader *reader, int fd)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;

	*reader = (struct reader){ archive };
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
int
reader_take(struct reader *reader, void *bytes, size_t length)
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
int
reader_take_zeros(struct reader *reader, size_t length)
{
	unsigned char bytes[2 * MEMBER_BLOCK];

	TRY(reader_take(reader, bytes, length));
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != 0)
			return err_set(ERR_FORMAT, "damaged, or not written by weld: "
						   "unexpected bytes between members");
	return 0;
}

int
reader_check_header(const unsigned char *header, const char *name, uint64_t size)
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

/* Two empty blocks, and nothing behind them. */
int
reader_take_end(struct reader *reader)
{
	char byte;
	la_ssize_t got;

	TRY(reader_take_zeros(reader, (size_t)2 * MEMBER_BLOCK));
	got = archive_read_data(reader->archive, &byte, 1);
	if (got < 0)
		return damaged(reader);
	if (got > 0)
		return err_set(ERR_FORMAT, "not a package: something follows its last member");
	return 0;
}
