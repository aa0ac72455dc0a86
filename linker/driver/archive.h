/* SPDX-License-Identifier: MIT */
/*
 * archive: the members of an ar file, and which of them defines what.
 */
#ifndef LINKER_DRIVER_ARCHIVE_H
#define LINKER_DRIVER_ARCHIVE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct archive_member {
	const char *name; /* "libz.a(inflate.o)": for messages */
	uint64_t offset; /* of the member's header: what the symbol table refers to */
	struct str contents;
};

struct archive_symbol {
	const char *name;
	size_t member; /* index */
};

struct archive {
	const char *path;
	struct archive_member *members; /* without the symbol and name tables */
	size_t member_count;
	struct archive_symbol *symbols;
	size_t symbol_count;
	bool has_symbols; /* whether the archive has a symbol table */
};

/* Whether the bytes begin like an archive, thin or not. */
bool archive_is(struct str bytes);

/*
 * Read an archive in GNU's format; the members of a thin one are read from their files.
 *
 * Owner:  the arena, and `bytes`, which must stay
 * Errors: ERR_FORMAT, ERR_NOT_FOUND (a thin archive's member), ERR_IO
 * Source: ar(5), "System V/GNU variant"
 */
int archive_read(
	struct arena *arena, const char *path, struct str bytes, struct archive *ret_archive);

#endif
