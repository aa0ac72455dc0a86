/* SPDX-License-Identifier: MIT */
/*
 * Headers as libarchive's ustar writer makes them, byte for byte: the reader
 * compares whole headers instead of interpreting fields. A test compares the two.
 */
#include "repo/package/member.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define SIZE_OFFSET 124
#define SIZE_DIGITS 11
#define CHECKSUM_OFFSET 148

char *
member_object_name(const struct digest *sha256, char name[MEMBER_NAME_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	snprintf(name, MEMBER_NAME_SIZE, MEMBER_OBJECTS "/%s", digest_hex(sha256, hex));
	return name;
}

static void
put(unsigned char *header, size_t offset, const char *text)
{
	memcpy(header + offset, text, strlen(text));
}

void
member_header(const char *name, uint64_t size, unsigned char ret_header[MEMBER_BLOCK])
{
	char digits[24];
	unsigned sum = 0;

	memset(ret_header, 0, MEMBER_BLOCK);
	put(ret_header, 0, name);
	put(ret_header, 100, "000644 ");
	put(ret_header, 108, "000000 ");
	put(ret_header, 116, "000000 ");
	snprintf(digits, sizeof digits, "%011" PRIo64 " ", size);
	put(ret_header, SIZE_OFFSET, digits);
	put(ret_header, 136, "00000000000 ");
	put(ret_header, CHECKSUM_OFFSET, "        ");
	put(ret_header, 156, "0");
	put(ret_header, 257, "ustar");
	put(ret_header, 263, "00");
	put(ret_header, 329, "000000 ");
	put(ret_header, 337, "000000 ");
	for (size_t i = 0; i < MEMBER_BLOCK; i++)
		sum += ret_header[i];
	snprintf(digits, sizeof digits, "%06o", sum);
	memcpy(ret_header + CHECKSUM_OFFSET, digits, 7);
}

uint64_t
member_size(const unsigned char header[MEMBER_BLOCK])
{
	uint64_t size = 0;

	for (size_t i = SIZE_OFFSET; i < SIZE_OFFSET + SIZE_DIGITS; i++) {
		if (header[i] < '0' || header[i] > '7')
			return 0;
		size = size * 8 + (uint64_t)(header[i] - '0');
	}
	return size;
}
