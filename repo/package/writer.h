/* SPDX-License-Identifier: MIT */
/*
 * package/writer: a canonical zstd tar, member after member.
 *
 * weld-archive compresses with one thread at one level, and headers say no times, so
 * that the same members are the same bytes.
 */
#ifndef REPO_PACKAGE_WRITER_H
#define REPO_PACKAGE_WRITER_H

#include "base/str.h"
#include "repo/package/stream.h"

#include <stdint.h>

struct writer { /* open: it stands on the caller's stack */
	struct stream stream;
	uint64_t padding; /* bytes, behind the member that is being written */
};

/*
 * Begin to write to an open file.
 *
 * Owner:  the caller ends it with writer_end(), also after a failure
 * Errors: ERR_WORKER, ERR_IO
 */
int writer_begin(struct writer *writer, int fd);

/* Begin a member whose `size` bytes follow by writer_add(). Errors: ERR_NO_SPACE, ERR_IO */
int writer_add_header(struct writer *writer, const char *name, uint64_t size);

/* Errors: as writer_add_header() */
int writer_add(struct writer *writer, const void *bytes, size_t length);

/* A whole member. Errors: as writer_add_header() */
int writer_add_member(struct writer *writer, const char *name, struct str contents);

/* Write the end; without it what was written is worthless. Errors: as writer_add_header() */
int writer_finish(struct writer *writer);

/* Free what the writer holds. */
void writer_end(struct writer *writer);

#endif
