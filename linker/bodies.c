/* SPDX-License-Identifier: MIT */
/*
 * In front of a unit: 8 bytes that neither bitcode nor a unit in pieces begins with; in 8 bytes each the size of
 * all that stands in front of the unit, the number of offers and of calls; for each offer the size of its
 * module, its SHA-256 and its name; for each call its name; then the modules. A name is its length in 2 bytes
 * and its bytes.
 *
 * A digest decides which cached object serves, so it is believed only of a module that is never
 * read; what is lowered is checked.
 */
#include "linker/bodies.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <string.h>

#define MAGIC "WELDBODY"
#define MAGIC_SIZE (sizeof MAGIC - 1)
#define HEAD_SIZE (MAGIC_SIZE + 3 * 8)
#define FRONT_MAX (UINT64_C(1) << 28) /* bytes */

struct reader { /* of the table; what is asked for behind its end is 0 */
	struct str rest;
	bool is_short;
};

static const char *
take(struct reader *reader, size_t length)
{
	const char *bytes = reader->rest.at;

	if (reader->is_short || length > reader->rest.len) {
		reader->is_short = true;
		return NULL;
	}
	reader->rest.at += length;
	reader->rest.len -= length;
	return bytes;
}

static uint64_t
take_number(struct reader *reader, size_t length)
{
	const char *bytes = take(reader, length);
	uint64_t value = 0;

	for (size_t i = length; bytes != NULL && i > 0; i--)
		value = value << 8 | (unsigned char)bytes[i - 1];
	return value;
}

static void
add_number(struct strbuf *file, uint64_t value, size_t length)
{
	for (size_t i = 0; i < length; i++)
		strbuf_add_char(file, (char)(value >> (8 * i) & 0xff));
}

static int
damaged(const char *what)
{
	return err_set(ERR_FORMAT, "unit: what it says for inlining is damaged: %s", what);
}

/* The size of what stands in front, which the beginning of a file says; 0 for nothing. */
static int
read_size(struct str start, uint64_t *ret_size)
{
	struct reader reader = { .rest = start };
	uint64_t size;

	*ret_size = 0;
	if (start.len < MAGIC_SIZE || memcmp(start.at, MAGIC, MAGIC_SIZE) != 0)
		return 0;
	(void)take(&reader, MAGIC_SIZE);
	size = take_number(&reader, 8);
	if (size < HEAD_SIZE || size > FRONT_MAX)
		return damaged("its size");
	*ret_size = size;
	return 0;
}

int
bodies_skip(struct str file, uint64_t *ret_start)
{
	uint64_t size;

	TRY(read_size(file, &size));
	if (size > file.len)
		return damaged("it is cut off");
	*ret_start = size;
	return 0;
}

int
bodies_skip_in(int fd, uint64_t *ret_start)
{
	char bytes[HEAD_SIZE];
	struct str start = { bytes, 0 };

	TRY(file_read_at(fd, 0, bytes, sizeof bytes, &start.len));
	return read_size(start, ret_start);
}

static int
take_name(struct arena *arena, struct reader *reader, const char *last, const char **ret_name)
{
	size_t length = (size_t)take_number(reader, 2);
	const char *bytes = take(reader, length);
	char *name;

	if (bytes == NULL || length == 0 || length > BODIES_NAME_MAX ||
		memchr(bytes, '\0', length) != NULL)
		return damaged("a name");
	name = arena_copy(arena, bytes, length);
	if (last != NULL && strcmp(last, name) >= 0)
		return damaged("its names are not in order");
	*ret_name = name;
	return 0;
}

static int
take_offers(struct arena *arena, struct reader *reader, struct bodies *bodies)
{
	const char *last = NULL;

	bodies->offers = arena_array(arena, bodies->offer_count, sizeof *bodies->offers);
	for (size_t i = 0; i < bodies->offer_count; i++) {
		struct body *body = &bodies->offers[i];
		const char *digest;

		body->size = take_number(reader, 8);
		digest = take(reader, DIGEST_SIZE);
		if (digest == NULL || body->size == 0 || body->size > BODIES_SIZE_MAX)
			return damaged("an offer");
		memcpy(body->digest.bytes, digest, DIGEST_SIZE);
		TRY(take_name(arena, reader, last, &body->name));
		last = body->name;
	}
	return 0;
}

static int
take_calls(struct arena *arena, struct reader *reader, struct bodies *bodies)
{
	bodies->calls = arena_array(arena, bodies->call_count, sizeof *bodies->calls);
	for (size_t i = 0; i < bodies->call_count; i++)
		TRY(take_name(arena, reader, i == 0 ? NULL : bodies->calls[i - 1],
			&bodies->calls[i]));
	return 0;
}

/* The modules stand side by side behind the table and end where the unit begins. */
static int
place_offers(struct bodies *bodies, uint64_t at, uint64_t end)
{
	for (size_t i = 0; i < bodies->offer_count; i++) {
		if (bodies->offers[i].size > end - at)
			return damaged("a function is not in it");
		bodies->offers[i].offset = at;
		at += bodies->offers[i].size;
	}
	return at == end ? 0 : damaged("there is something behind its functions");
}

static int
parse(struct arena *arena, struct str front, struct bodies *bodies)
{
	struct reader reader = { .rest = front };
	uint64_t offers, calls;

	(void)take(&reader, MAGIC_SIZE + 8);
	offers = take_number(&reader, 8);
	calls = take_number(&reader, 8);
	if (reader.is_short || offers > BODIES_MAX || calls > BODIES_CALLS_MAX)
		return damaged("its counts");
	bodies->offer_count = (size_t)offers;
	bodies->call_count = (size_t)calls;
	TRY(take_offers(arena, &reader, bodies));
	TRY(take_calls(arena, &reader, bodies));
	return place_offers(bodies, front.len - reader.rest.len, front.len);
}

int
bodies_read(struct arena *arena, int fd, struct bodies *ret_bodies)
{
	struct bodies bodies = { 0 };
	struct str front = { 0 };
	uint64_t size, whole;
	char *bytes;

	TRY(bodies_skip_in(fd, &size));
	if (size > 0) {
		TRY(file_size(fd, &whole));
		if (size > whole)
			return damaged("it is cut off");
		bytes = arena_alloc(arena, (size_t)size);
		front.at = bytes;
		TRY(file_read_at(fd, 0, bytes, (size_t)size, &front.len));
		if (front.len < size)
			return damaged("it is cut off");
		TRY(parse(arena, front, &bodies));
	}
	*ret_bodies = bodies;
	return 0;
}

int
bodies_read_module(struct arena *arena, int fd, const struct body *body, struct str *ret_module)
{
	char *bytes = arena_alloc(arena, (size_t)body->size);
	struct digest digest;
	size_t done;

	TRY(file_read_at(fd, body->offset, bytes, (size_t)body->size, &done));
	digest = hash_bytes(bytes, done);
	if (!digest_equal(&digest, &body->digest))
		return err_set(ERR_DIGEST,
			"unit: its function '%s' for inlining is not what its head says",
			body->name);
	*ret_module = (struct str){ bytes, done };
	return 0;
}

static void
add_name(struct strbuf *file, const char *name)
{
	size_t length = strlen(name);

	add_number(file, length, 2);
	strbuf_add(file, name, length);
}

void
bodies_write(const struct body_module *offers, size_t offer_count, const char *const *calls,
	size_t call_count, struct strbuf *file)
{
	struct strbuf table AUTO(strbuf_free) = { 0 };
	uint64_t size = HEAD_SIZE;

	if (offer_count + call_count == 0)
		return;
	for (size_t i = 0; i < offer_count; i++) {
		struct digest digest = hash_bytes(offers[i].module.at, offers[i].module.len);

		add_number(&table, offers[i].module.len, 8);
		strbuf_add(&table, digest.bytes, DIGEST_SIZE);
		add_name(&table, offers[i].name);
		size += offers[i].module.len;
	}
	for (size_t i = 0; i < call_count; i++)
		add_name(&table, calls[i]);
	strbuf_add(file, MAGIC, MAGIC_SIZE);
	add_number(file, size + table.len, 8);
	add_number(file, offer_count, 8);
	add_number(file, call_count, 8);
	strbuf_add(file, table.at, table.len);
	for (size_t i = 0; i < offer_count; i++)
		strbuf_add(file, offers[i].module.at, offers[i].module.len);
}
