/* SPDX-License-Identifier: MIT */
/*
 * What weld-archive gives is a stream of bytes, not of members: it is read in blocks, and taken in
 * the pieces that the caller expects.
 */
#include "repo/package/reader.h"

#include "base/err.h"
#include "repo/package/member.h"

#include <inttypes.h>
#include <string.h>

void
reader_end(struct reader *reader)
{
	stream_end(&reader->stream);
}

int
reader_begin(struct reader *reader, struct archiver *archiver, int fd)
{
	reader->at = reader->end = 0;
	return stream_unpack(archiver, fd, &reader->stream);
}

/* The next block; *ret_is_end when there is none. */
static int
fill(struct reader *reader, bool *ret_is_end)
{
	reader->at = 0;
	reader->end = 0;
	TRY(stream_read(&reader->stream, reader->block, sizeof reader->block, &reader->end));
	*ret_is_end = reader->end == 0;
	return 0;
}

int
reader_take(struct reader *reader, void *bytes, size_t length)
{
	char *at = bytes;

	while (length > 0) {
		size_t there = reader->end - reader->at;
		size_t piece = length < there ? length : there;
		bool is_end = false;

		memcpy(at, reader->block + reader->at, piece);
		reader->at += piece;
		at += piece;
		length -= piece;
		if (length > 0)
			TRY(fill(reader, &is_end));
		if (is_end) {
			TRY(stream_finish(&reader->stream));
			return err_set(ERR_FORMAT, "damaged: it ends too early");
		}
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
	bool is_end = false;

	TRY(reader_take_zeros(reader, (size_t)2 * MEMBER_BLOCK));
	if (reader->at == reader->end)
		TRY(fill(reader, &is_end));
	if (!is_end)
		return err_set(ERR_FORMAT, "not a package: something follows its last member");
	return stream_finish(&reader->stream);
}
