/* SPDX-License-Identifier: MIT */
/*
 * unit: the file of a unit: one bitcode module, or a large one in pieces.
 *
 * Pieces are modules of their own that make the unit when they are merged. Each has its digest in the
 * head of the file, so that what must be lowered again after a change is known without LLVM.
 */
#ifndef LINKER_UNIT_H
#define LINKER_UNIT_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define UNIT_PIECES_MAX 4096

struct unit_piece {
	struct digest digest; /* of its bytes */
	uint64_t offset; /* in the file, whatever stands in front of the unit */
	uint64_t size; /* bytes */
};

/*
 * Read the head of a unit's file; a plain bitcode module has no pieces: *ret_count is 0.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (the head is damaged), ERR_IO
 * Source: neutral(5), "Units in pieces"
 */
int
unit_read_head(struct arena *arena, int fd, struct unit_piece **ret_pieces, size_t *ret_count);

/* The same of a file in memory. */
int unit_parse_head(struct arena *arena, struct str file, struct unit_piece **ret_pieces,
	size_t *ret_count);

/*
 * Read one piece, and check that it is what the head says.
 *
 * Owner:  the arena
 * Errors: ERR_DIGEST, ERR_IO
 */
int unit_read_piece(
	struct arena *arena, int fd, const struct unit_piece *piece, struct str *ret_bytes);

/*
 * Put a memory file with one piece in the place of an open unit's file.
 *
 * Owner:  the caller closes *fd, as before
 * Errors: as unit_read_piece()
 */
int unit_extract_piece(struct arena *arena, const struct unit_piece *piece, int *fd);

/* Write a unit of these modules behind what a file has; one alone stands there as it is. */
void unit_write(const struct str *modules, size_t count, struct strbuf *file);

#endif
