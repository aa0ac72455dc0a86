/* SPDX-License-Identifier: MIT */
/*
 * package/stream: the bytes that weld-archive makes of a file, or takes for one.
 */
#ifndef REPO_PACKAGE_STREAM_H
#define REPO_PACKAGE_STREAM_H

#include "repo/archiver.h"

#include <stdbool.h>
#include <stddef.h>

struct stream { /* open: it stands on the caller's stack */
	struct archiver *archiver;
	bool is_own; /* weld-archive was started for this stream alone */
	int data; /* -1: closed */
	int status;
};

/*
 * Begin to decompress an open file, from its beginning.
 *
 * Owner:  the caller ends it with stream_end(), also after a failure; `archiver` NULL: one is started
 * Errors: ERR_WORKER, ERR_IO
 */
int stream_unpack(struct archiver *archiver, int fd, struct stream *ret_stream);

/* Begin to compress to an open file, at its offset; otherwise as stream_unpack(). */
int stream_pack(struct archiver *archiver, int fd, struct stream *ret_stream);

/*
 * Read what there is, at most `size` bytes; *ret_length is 0 at the end.
 *
 * Errors: ERR_WORKER (nothing came for too long), ERR_IO
 */
int stream_read(struct stream *stream, void *bytes, size_t size, size_t *ret_length);

/* Write all bytes. Errors: those of stream_finish() when the process is gone */
int stream_write(struct stream *stream, const void *bytes, size_t length);

/*
 * Close the stream and hear what became of it.
 *
 * Errors: ERR_FORMAT (damaged, or not compressed), ERR_NO_SPACE, ERR_IO, ERR_WORKER (the process died)
 */
int stream_finish(struct stream *stream);

/* Free what the stream holds; its process ends. */
void stream_end(struct stream *stream);

#endif
