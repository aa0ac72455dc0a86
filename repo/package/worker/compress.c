/* SPDX-License-Identifier: MIT */
/*
 * libzstd's streams, in one thread: what is packed is a frame without a stated size and without
 * a checksum, which the digests in a package make superfluous. Behind that frame nothing may stand.
 */
#include "repo/package/worker/compress.h"

#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#define LEVEL 12 /* part of the format, as it decides the bytes */
#define BLOCK 65536 /* bytes */

static int
damaged(size_t code)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_prefix_unknown)
		return err_set(ERR_FORMAT, "not a package: not compressed with zstd");
	return err_set(
		ERR_FORMAT, "damaged, or not a package: zstd: %s", ZSTD_getErrorName(code));
}

static int
read_block(int fd, uint64_t *offset, char block[BLOCK], ZSTD_inBuffer *ret_input)
{
	size_t length = 0;

	TRY(file_read_at(fd, *offset, block, BLOCK, &length));
	*offset += length;
	*ret_input = (ZSTD_inBuffer){ block, length, 0 };
	return 0;
}

static int
unpack_block(ZSTD_DStream *stream, ZSTD_inBuffer *input, int output, bool *is_over)
{
	static char bytes[BLOCK];

	for (;;) {
		ZSTD_outBuffer out = { bytes, sizeof bytes, 0 };
		size_t left = ZSTD_decompressStream(stream, &out, input);

		if (ZSTD_isError(left))
			return damaged(left);
		TRY(file_write_fd(output, bytes, out.pos));
		if (left == 0) {
			*is_over = true;
			return 0;
		}
		if (input->pos == input->size && out.pos < out.size)
			return 0;
	}
}

int
compress_unpack(int input, int output)
{
	static char block[BLOCK];
	ZSTD_DStream *stream = ZSTD_createDStream();
	bool is_over = false;
	uint64_t offset = 0;
	int ret = 0;

	if (stream == NULL)
		abort();
	while (ret >= 0) {
		ZSTD_inBuffer in = { 0 };

		ret = read_block(input, &offset, block, &in);
		if (ret >= 0 && in.size == 0)
			break;
		if (ret >= 0 && !is_over)
			ret = unpack_block(stream, &in, output, &is_over);
		if (ret >= 0 && is_over && in.pos < in.size)
			ret = err_set(ERR_FORMAT,
				"not a package: something follows its compressed contents");
	}
	ZSTD_freeDStream(stream);
	if (ret >= 0 && !is_over)
		ret = err_set(ERR_FORMAT, "damaged: it ends too early");
	return ret;
}

static int
read_some(int fd, char block[BLOCK], size_t *ret_length)
{
	ssize_t got;

	do
		got = read(fd, block, BLOCK);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno("read");
	*ret_length = (size_t)got;
	return 0;
}

static int
pack_block(ZSTD_CCtx *context, ZSTD_inBuffer *input, ZSTD_EndDirective directive, int output)
{
	static char bytes[BLOCK];
	size_t left;

	do {
		ZSTD_outBuffer out = { bytes, sizeof bytes, 0 };

		left = ZSTD_compressStream2(context, &out, input, directive);
		if (ZSTD_isError(left))
			return err_set(ERR_IO, "compress: %s", ZSTD_getErrorName(left));
		TRY(file_write_fd(output, bytes, out.pos));
	} while (directive == ZSTD_e_end ? left != 0 : input->pos < input->size);
	return 0;
}

int
compress_pack(int input, int output)
{
	static char block[BLOCK];
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t length = 1;
	int ret = 0;

	if (context == NULL ||
		ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL)))
		abort();
	while (ret >= 0 && length > 0) {
		ret = read_some(input, block, &length);
		if (ret >= 0) {
			ZSTD_inBuffer in = { block, length, 0 };

			ret = pack_block(context, &in,
				length > 0 ? ZSTD_e_continue : ZSTD_e_end, output);
		}
	}
	ZSTD_freeCCtx(context);
	return ret;
}
