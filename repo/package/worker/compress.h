/* SPDX-License-Identifier: MIT */
/*
 * compress: one zstd frame, the whole of a package file.
 *
 * Runs in a process that has locked itself in: it reads, writes, and asks for memory.
 */
#ifndef REPO_PACKAGE_WORKER_COMPRESS_H
#define REPO_PACKAGE_WORKER_COMPRESS_H

/*
 * Decompress a file from its beginning; its offset does not move.
 *
 * Errors: ERR_FORMAT (not one zstd frame, or damaged), ERR_IO (nobody reads any more)
 */
int compress_unpack(int input, int output);

/*
 * Compress a stream to its end; the same stream gives the same bytes.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int compress_pack(int input, int output);

#endif
