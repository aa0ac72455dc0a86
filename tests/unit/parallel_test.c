/* SPDX-License-Identifier: MIT */
/* parallel: every piece once, memory that stays, and which failure is told. */
#include "base/parallel.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <stdatomic.h>
#include <stdlib.h>

#define PIECES 1000

struct board {
	const char *written[PIECES]; /* by the piece of this index */
	atomic_size_t calls;
	size_t failing; /* the first index that fails */
};

static int
write_number(void *data, size_t index, struct arena *arena)
{
	struct board *board = data;

	board->calls++;
	if (index >= board->failing)
		return err_set(ERR_FORMAT, "piece %zu is no good", index);
	board->written[index] = arena_printf(arena, "number %zu", index);
	return 0;
}

static bool
all_written(const struct board *board)
{
	for (size_t i = 0; i < PIECES; i++) {
		char *end;

		if (board->written[i] == NULL ||
			strtoul(board->written[i] + sizeof "number", &end, 10) != i)
			return false;
	}
	return true;
}

int
main(void)
{
	struct arena *arena = arena_new();
	static struct board board = { .failing = PIECES };

	tap_is_number(parallel_run(arena, PIECES, write_number, &board), 0, "all pieces");
	tap_is_number((long long)board.calls, PIECES, "each is done once");
	tap_ok(all_written(&board), "what they allocated stays");
	tap_is_number(parallel_run(arena, 0, write_number, &board), 0, "no pieces");

	board = (struct board){ .failing = 10 };
	tap_is_number(parallel_run(arena, PIECES, write_number, &board), ERR_FORMAT,
		"a piece that fails");
	tap_is_string(err_message(), "piece 10 is no good",
		"its message is here, and that of the first one is told");
	tap_ok(board.calls < PIECES, "after it no more are begun");
	arena_free(&arena);
	return tap_done();
}
