/* SPDX-License-Identifier: MIT */
/*
 * One pass over the member headers. "/" is the symbol table, "/SYM64/" the
 * same with wide offsets, "//" the table of long names. In a thin archive only
 * those three have contents; the others are paths relative to the archive.
 */
#include "linker/driver/archive.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"

#include <ar.h>
#include <stdlib.h>
#include <string.h>

#define THIN_MAGIC "!<thin>\n"
#define MEMBER_MAX ((size_t)1 << 30) /* bytes */

struct reader {
	struct arena *arena;
	const char *path;
	struct str bytes;
	bool is_thin;
	uint64_t at; /* offset of the next header */
	struct str long_names;
	struct str table; /* the symbol table, unread */
	size_t table_width; /* bytes of its numbers */
	VEC(struct archive_member) members;
	VEC(struct archive_symbol) symbols;
};

bool
archive_is(struct str bytes)
{
	return bytes.len >= SARMAG && (memcmp(bytes.at, ARMAG, SARMAG) == 0 ||
					      memcmp(bytes.at, THIN_MAGIC, SARMAG) == 0);
}

static int
damaged(const struct reader *reader, const char *what)
{
	return err_set(ERR_FORMAT, "%s: archive is damaged: %s", reader->path, what);
}

/* A decimal number, blanks behind it. */
static int
read_decimal(const struct reader *reader, const char *at, size_t width, uint64_t *ret_number)
{
	uint64_t number = 0;
	size_t i = 0;

	while (i < width && at[i] >= '0' && at[i] <= '9')
		number = number * 10 + (uint64_t)(at[i++] - '0');
	if (i == 0)
		return damaged(reader, "a number is missing");
	*ret_number = number;
	return 0;
}

static int
read_name(const struct reader *reader, const struct ar_hdr *header, const char **ret_name)
{
	struct str name = { header->ar_name, sizeof header->ar_name };
	struct str rest;
	uint64_t offset = 0;

	if (name.at[0] == '/' && name.at[1] >= '0' && name.at[1] <= '9') {
		TRY(read_decimal(reader, name.at + 1, name.len - 1, &offset));
		if (offset >= reader->long_names.len)
			return damaged(reader, "a long name is missing");
		rest = (struct str){ reader->long_names.at + offset,
			reader->long_names.len - offset };
		str_cut(&rest, '\n', &name);
	}
	while (name.len > 0 && name.at[name.len - 1] == ' ')
		name.len--;
	if (name.len > 0 && name.at[name.len - 1] == '/')
		name.len--;
	*ret_name = str_copy(reader->arena, name);
	return 0;
}

static int
read_thin_member(struct reader *reader, const char *name, struct str *ret_contents)
{
	const char *slash = strrchr(reader->path, '/');
	const char *path = name;

	if (name[0] != '/' && slash != NULL)
		path = arena_printf(reader->arena, "%.*s%s", (int)(slash + 1 - reader->path),
			reader->path, name);
	return err_context(file_read(reader->arena, AT_FDCWD, path, MEMBER_MAX, ret_contents),
		"%s", reader->path);
}

static int
add_member(struct reader *reader, const struct ar_hdr *header, uint64_t offset, uint64_t size)
{
	struct archive_member member = { .offset = offset };
	const char *name = NULL;

	TRY(read_name(reader, header, &name));
	if (reader->is_thin) {
		TRY(read_thin_member(reader, name, &member.contents));
	} else {
		if (size > reader->bytes.len - reader->at)
			return damaged(reader, "it ends in a member");
		member.contents = (struct str){ reader->bytes.at + reader->at, size };
		reader->at += size;
	}
	member.name = arena_printf(reader->arena, "%s(%s)", reader->path, name);
	vec_push(reader->arena, &reader->members, member);
	return 0;
}

static int
read_member(struct reader *reader)
{
	uint64_t offset = reader->at;
	struct ar_hdr header;
	struct str name = { header.ar_name, sizeof header.ar_name };
	struct str contents;
	uint64_t size = 0;

	if (reader->bytes.len - offset < sizeof header)
		return damaged(reader, "it ends in a header");
	memcpy(&header, reader->bytes.at + offset, sizeof header);
	if (memcmp(header.ar_fmag, ARFMAG, sizeof header.ar_fmag) != 0)
		return damaged(reader, "a header has no end");
	TRY(read_decimal(reader, header.ar_size, sizeof header.ar_size, &size));
	reader->at = offset + sizeof header;
	if (memcmp(name.at, "/ ", 2) != 0 && memcmp(name.at, "// ", 3) != 0 &&
		memcmp(name.at, "/SYM64/ ", 8) != 0)
		return add_member(reader, &header, offset, size);
	if (size > reader->bytes.len - reader->at)
		return damaged(reader, "it ends in a table");
	contents = (struct str){ reader->bytes.at + reader->at, size };
	reader->at += size;
	if (memcmp(name.at, "// ", 3) == 0) {
		reader->long_names = contents;
	} else {
		reader->table = contents;
		reader->table_width = name.at[1] == ' ' ? 4 : 8;
	}
	return 0;
}

static uint64_t
big_endian(const char *at, size_t width)
{
	uint64_t number = 0;

	for (size_t i = 0; i < width; i++)
		number = number << 8 | (unsigned char)at[i];
	return number;
}

/* Members stand in the order of their offsets. */
static int
find_member(const struct reader *reader, uint64_t offset, size_t *ret_index)
{
	size_t low = 0;
	size_t high = reader->members.len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reader->members.at[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == reader->members.len || reader->members.at[low].offset != offset)
		return damaged(reader, "its symbol table names no member");
	*ret_index = low;
	return 0;
}

static int
read_symbols(struct reader *reader)
{
	size_t width = reader->table_width;
	struct str table = reader->table;
	struct str names;
	uint64_t count;

	if (table.len < width)
		return damaged(reader, "its symbol table is too short");
	count = big_endian(table.at, width);
	if (count > (table.len - width) / width)
		return damaged(reader, "its symbol table is too short");
	names = (struct str){ table.at + width * (count + 1), table.len - width * (count + 1) };
	for (uint64_t i = 0; i < count; i++) {
		struct archive_symbol symbol;
		struct str name;

		if (memchr(names.at, '\0', names.len) == NULL)
			return damaged(reader, "its symbol table is too short");
		str_cut(&names, '\0', &name);
		symbol.name = str_copy(reader->arena, name);
		TRY(find_member(
			reader, big_endian(table.at + width * (i + 1), width), &symbol.member));
		vec_push(reader->arena, &reader->symbols, symbol);
	}
	return 0;
}

int
archive_read(
	struct arena *arena, const char *path, struct str bytes, struct archive *ret_archive)
{
	struct reader reader = { .arena = arena, .path = path, .bytes = bytes, .at = SARMAG };

	reader.is_thin = memcmp(bytes.at, THIN_MAGIC, SARMAG) == 0;
	while (reader.at < bytes.len) {
		TRY(read_member(&reader));
		reader.at += reader.at % 2;
	}
	if (reader.table_width != 0)
		TRY(read_symbols(&reader));
	*ret_archive = (struct archive){
		.path = path,
		.members = reader.members.at,
		.member_count = reader.members.len,
		.symbols = reader.symbols.at,
		.symbol_count = reader.symbols.len,
		.has_symbols = reader.table_width != 0,
	};
	return 0;
}
