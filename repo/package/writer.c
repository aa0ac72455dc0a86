/* SPDX-License-Identifier: MIT */
/*
 * Headers, contents and padding go to weld-archive, which compresses them: one
 * thread, one level, so that the same contents are the same bytes.
 */
#include "repo/package/writer.h"

#include "base/err.h"
#include "repo/package/member.h"

void
writer_end(struct writer *writer)
{
	stream_end(&writer->stream);
}

int
writer_begin(struct writer *writer, int fd)
{
	writer->padding = 0;
	return stream_pack(NULL, fd, &writer->stream);
}

static int
add_zeros(struct writer *writer, uint64_t length)
{
	static const char zeros[2 * MEMBER_BLOCK];

	return stream_write(&writer->stream, zeros, (size_t)length);
}

int
writer_add_header(struct writer *writer, const char *name, uint64_t size)
{
	unsigned char header[MEMBER_BLOCK];

	TRY(add_zeros(writer, writer->padding));
	writer->padding = member_padding(size);
	member_header(name, size, header);
	return stream_write(&writer->stream, header, sizeof header);
}

int
writer_add(struct writer *writer, const void *bytes, size_t length)
{
	return stream_write(&writer->stream, bytes, length);
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
	TRY(add_zeros(writer, writer->padding));
	TRY(add_zeros(writer, (uint64_t)2 * MEMBER_BLOCK));
	return stream_finish(&writer->stream);
}
