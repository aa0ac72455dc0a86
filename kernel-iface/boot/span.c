/* SPDX-License-Identifier: MIT */
/*
 * pread and pwrite until all is done. A copy goes from data to data, so that the holes of a disk
 * file stay holes, and looks at what it copies, so that zeros that a tool wrote become holes, too.
 */
#include "kernel-iface/boot/span.h"

#include "base/err.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536u /* bytes: copied at a time */

int
span_read(int fd, uint64_t offset, void *ret_bytes, size_t length)
{
	uint8_t *at = ret_bytes;

	while (length > 0) {
		ssize_t got = pread(fd, at, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("read");
		if (got == 0)
			return err_set(ERR_FORMAT, "the file is cut short");
		at += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return 0;
}

int
span_write(int fd, uint64_t offset, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length > 0) {
		ssize_t done = pwrite(fd, at, length, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno("write");
		at += done;
		offset += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

/* The length of the hole at an offset, at most `length`. */
static uint64_t
hole_at(int fd, uint64_t offset, uint64_t length)
{
	off_t data = lseek(fd, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? length : 0;
	if ((uint64_t)data <= offset)
		return 0;
	return (uint64_t)data - offset < length ? (uint64_t)data - offset : length;
}

int
span_copy(int from, uint64_t from_offset, int to, uint64_t to_offset, uint64_t length)
{
	static const uint8_t zeros[4096];
	uint8_t piece[PIECE];

	while (length > 0) {
		uint64_t hole = hole_at(from, from_offset, length);
		size_t part = length < PIECE ? (size_t)length : PIECE;

		if (hole > 0) {
			/* Past its end a file reads as a hole: it must not pass for one. */
			TRY(span_read(from, from_offset + hole - 1, piece, 1));
			from_offset += hole;
			to_offset += hole;
			length -= hole;
			continue;
		}
		TRY(span_read(from, from_offset, piece, part));
		for (size_t at = 0; at < part; at += sizeof zeros) {
			size_t block = part - at < sizeof zeros ? part - at : sizeof zeros;

			if (memcmp(piece + at, zeros, block) != 0)
				TRY(span_write(to, to_offset + at, piece + at, block));
		}
		from_offset += part;
		to_offset += part;
		length -= part;
	}
	return 0;
}

int
span_clear(int fd, uint64_t offset, uint64_t length)
{
	static const uint8_t zeros[4096];

	while (length > 0) {
		size_t part = length < sizeof zeros ? (size_t)length : sizeof zeros;

		TRY(span_write(fd, offset, zeros, part));
		offset += part;
		length -= part;
	}
	return 0;
}

uint16_t
span_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t
span_u32(const uint8_t *at)
{
	return span_u16(at) | (uint32_t)span_u16(at + 2) << 16;
}

uint64_t
span_u64(const uint8_t *at)
{
	return span_u32(at) | (uint64_t)span_u32(at + 4) << 32;
}

void
span_put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

void
span_put_u32(uint8_t *at, uint32_t value)
{
	span_put_u16(at, (uint16_t)value);
	span_put_u16(at + 2, (uint16_t)(value >> 16));
}

void
span_put_u64(uint8_t *at, uint64_t value)
{
	span_put_u32(at, (uint32_t)value);
	span_put_u32(at + 4, (uint32_t)(value >> 32));
}
