/* SPDX-License-Identifier: MIT */
/*
 * bodies: what the file of a unit says for inlining across images.
 *
 * A library offers small functions that it exports as modules of their own, each with its digest. Every
 * unit says which functions of others it calls by name. Both stand in front of the unit, so that what a
 * changed function touches is known without LLVM. A file without that offers nothing and says nothing.
 */
#ifndef LINKER_BODIES_H
#define LINKER_BODIES_H

#include "base/hash.h"
#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

#define BODIES_MAX 4096 /* functions that one unit offers */
#define BODIES_CALLS_MAX 65536 /* functions that one unit calls */
#define BODIES_SIZE_MAX (UINT64_C(1) << 20) /* bytes of one module */
#define BODIES_NAME_MAX 1024 /* bytes */

struct body { /* a function that may be inlined */
	const char *name;
	struct digest digest; /* of its module's bytes */
	uint64_t offset; /* of its module in the file */
	uint64_t size; /* bytes */
};

struct bodies {
	struct body *offers; /* sorted by name */
	size_t offer_count;
	const char **calls; /* sorted: functions that the unit calls and does not define */
	size_t call_count;
};

struct body_module { /* what is to be written */
	const char *name;
	struct str module;
};

/* Where the unit itself begins in its file: 0 when nothing stands in front. Errors: ERR_FORMAT */
int bodies_skip(struct str file, uint64_t *ret_start);

/* The same of an open file. Errors: ERR_FORMAT, ERR_IO */
int bodies_skip_in(int fd, uint64_t *ret_start);

/*
 * Read what stands in front of a unit.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (damaged), ERR_IO
 * Source: neutral(5), "Bodies"
 */
int bodies_read(struct arena *arena, int fd, struct bodies *ret_bodies);

/*
 * Read the module of one function, and check that it is what the file says of it.
 *
 * Owner:  the arena
 * Errors: ERR_DIGEST, ERR_IO
 */
int bodies_read_module(
	struct arena *arena, int fd, const struct body *body, struct str *ret_module);

/*
 * Write what stands in front of a unit; nothing when both lists are empty.
 *
 * Both are sorted by name, without doubles.
 */
void bodies_write(const struct body_module *offers, size_t offer_count,
	const char *const *calls, size_t call_count, struct strbuf *file);

#endif
