/* SPDX-License-Identifier: MIT */
/*
 * The head: 8 bytes that no bitcode begins with, the number of pieces in 8 bytes, and for each its
 * size in 8 bytes and its SHA-256. The pieces follow without gaps and end the file. What a unit says for
 * inlining may stand in front of all that (bodies.c).
 *
 * A digest in the head decides which cached object serves, so it is believed only of a piece that
 * is never read; what is lowered is checked.
 */
#include "linker/unit.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/bodies.h"

#include <string.h>

#define MAGIC "WELDUNIT"
#define MAGIC_SIZE (sizeof MAGIC - 1)
#define START_SIZE (MAGIC_SIZE + 8)
#define ROW_SIZE (8 + DIGEST_SIZE)
#define PIECE_MAX (UINT64_C(1) << 30) /* bytes */

static uint64_t
get_u64(const char *bytes)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | (unsigned char)bytes[i];
	return value;
}

static void
add_u64(struct strbuf *buf, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		strbuf_add_char(buf, (char)(value >> (8 * i) & 0xff));
}

static bool
is_cut(struct str start)
{
	return start.len >= MAGIC_SIZE && memcmp(start.at, MAGIC, MAGIC_SIZE) == 0;
}

/* The number of pieces that the beginning of a file says. */
static int
read_count(struct str start, size_t *ret_count)
{
	uint64_t count = start.len < START_SIZE ? 0 : get_u64(start.at + MAGIC_SIZE);

	if (count == 0 || count > UNIT_PIECES_MAX)
		return err_set(ERR_FORMAT, "unit: its pieces cannot be counted");
	*ret_count = (size_t)count;
	return 0;
}

struct place { /* where the unit is in its file */
	uint64_t start;
	uint64_t size;
};

static int
read_rows(struct arena *arena, struct str head, size_t count, struct place unit,
	struct unit_piece **ret_pieces)
{
	struct unit_piece *pieces = arena_array(arena, count, sizeof *pieces);
	uint64_t offset = START_SIZE + count * ROW_SIZE;

	if (head.len < offset)
		return err_set(ERR_FORMAT, "unit: its head is cut off");
	for (size_t i = 0; i < count; i++) {
		const char *row = head.at + START_SIZE + i * ROW_SIZE;

		pieces[i].size = get_u64(row);
		pieces[i].offset = unit.start + offset;
		memcpy(pieces[i].digest.bytes, row + 8, DIGEST_SIZE);
		if (pieces[i].size == 0 || pieces[i].size > PIECE_MAX ||
			pieces[i].size > unit.size - offset)
			return err_set(ERR_FORMAT, "unit: piece %zu is not in it", i + 1);
		offset += pieces[i].size;
	}
	if (offset != unit.size)
		return err_set(ERR_FORMAT, "unit: there is something behind its pieces");
	*ret_pieces = pieces;
	return 0;
}

int
unit_parse_head(
	struct arena *arena, struct str file, struct unit_piece **ret_pieces, size_t *ret_count)
{
	size_t count = 0;
	uint64_t start;

	*ret_count = 0;
	TRY(bodies_skip(file, &start));
	file.at += start;
	file.len -= start;
	if (!is_cut(file))
		return 0;
	TRY(read_count(file, &count));
	TRY(read_rows(arena, file, count, (struct place){ start, file.len }, ret_pieces));
	*ret_count = count;
	return 0;
}

static int
read_at(struct arena *arena, int fd, uint64_t offset, uint64_t size, struct str *ret_bytes)
{
	char *bytes = arena_alloc(arena, (size_t)size + 1);
	size_t length;

	TRY(err_context(file_read_at(fd, offset, bytes, (size_t)size, &length), "unit"));
	*ret_bytes = (struct str){ bytes, length };
	return 0;
}

int
unit_read_head(struct arena *arena, int fd, struct unit_piece **ret_pieces, size_t *ret_count)
{
	struct str start, head;
	struct place unit;
	size_t count = 0;
	uint64_t size;

	*ret_count = 0;
	TRY(bodies_skip_in(fd, &unit.start));
	TRY(read_at(arena, fd, unit.start, START_SIZE, &start));
	if (!is_cut(start))
		return 0;
	TRY(read_count(start, &count));
	TRY(read_at(arena, fd, unit.start, START_SIZE + count * ROW_SIZE, &head));
	TRY(file_size(fd, &size));
	if (size < unit.start || head.len > size - unit.start)
		return err_set(ERR_FORMAT, "unit: changes while it is read");
	unit.size = size - unit.start;
	TRY(read_rows(arena, head, count, unit, ret_pieces));
	*ret_count = count;
	return 0;
}

int
unit_read_piece(
	struct arena *arena, int fd, const struct unit_piece *piece, struct str *ret_bytes)
{
	struct digest digest;
	struct str bytes;

	TRY(read_at(arena, fd, piece->offset, piece->size, &bytes));
	digest = hash_bytes(bytes.at, bytes.len);
	if (!digest_equal(&digest, &piece->digest))
		return err_set(ERR_DIGEST, "unit: a piece is not what its head says");
	*ret_bytes = bytes;
	return 0;
}

int
unit_extract_piece(struct arena *arena, const struct unit_piece *piece, int *fd)
{
	int memory AUTO(file_close) = -1;
	struct str bytes;

	TRY(unit_read_piece(arena, *fd, piece, &bytes));
	TRY(file_memory("piece", &memory));
	TRY(file_write_fd(memory, bytes.at, bytes.len));
	file_close(fd);
	*fd = memory;
	memory = -1;
	return 0;
}

void
unit_write(const struct str *modules, size_t count, struct strbuf *file)
{
	if (count > 1) {
		strbuf_add(file, MAGIC, MAGIC_SIZE);
		add_u64(file, count);
		for (size_t i = 0; i < count; i++) {
			struct digest digest = hash_bytes(modules[i].at, modules[i].len);

			add_u64(file, modules[i].len);
			strbuf_add(file, digest.bytes, DIGEST_SIZE);
		}
	}
	for (size_t i = 0; i < count; i++)
		strbuf_add(file, modules[i].at, modules[i].len);
}
