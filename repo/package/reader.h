/* SPDX-License-Identifier: MIT */
/*
 * package/reader: the bytes of a canonical zstd tar, none of them believed.
 *
 * weld-archive decompresses and does nothing else: the tar is not interpreted.
 * The caller knows beforehand which members there are, and compares.
 */
#ifndef REPO_PACKAGE_READER_H
#define REPO_PACKAGE_READER_H

#include "repo/package/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_BLOCK 65536 /* bytes */

struct reader { /* open: it stands on the caller's stack */
	struct stream stream;
	size_t at; /* in the block: what comes next */
	size_t end;
	char block[READER_BLOCK];
};

/*
 * Begin to read an open file, from its beginning.
 *
 * Owner:  the caller ends it with reader_end(), also after a failure; `archiver` NULL: one is started
 * Errors: ERR_WORKER, ERR_IO
 */
int reader_begin(struct reader *reader, struct archiver *archiver, int fd);

/* Take exactly so many bytes. Errors: ERR_FORMAT (damaged, or it ends too early), ERR_WORKER */
int reader_take(struct reader *reader, void *bytes, size_t length);

/* Take bytes that must be zero: at most two blocks. Errors: ERR_FORMAT */
int reader_take_zeros(struct reader *reader, size_t length);

/* Compare a header that was taken with the one that must stand there. Errors: ERR_FORMAT */
int reader_check_header(const unsigned char *header, const char *name, uint64_t size);

/* Take the end; nothing may follow it. Errors: ERR_FORMAT, ERR_WORKER */
int reader_take_end(struct reader *reader);

/* Free what the reader holds. */
void reader_end(struct reader *reader);

#endif
