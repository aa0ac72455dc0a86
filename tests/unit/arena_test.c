/* SPDX-License-Identifier: MIT */
/* arena: alignment, zeroed memory, copies, and sizes that must not wrap around. */
#include "base/arena.h"
#include "tests/lib/tap.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_zero(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Whether the call ends its process by abort(). */
static bool
aborts(void (*call)(struct arena *))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		call(arena_new());
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

static void
array_that_wraps(struct arena *arena)
{
	arena_array(arena, SIZE_MAX / 2, 3);
}

static void
array_that_is_too_large(struct arena *arena)
{
	arena_array(arena, SIZE_MAX / 2, 1);
}

int
main(void)
{
	struct arena *arena = arena_new();
	struct arena *joined;
	const char *text = arena_string(arena, "stays");
	bool is_aligned = true;
	bool is_fresh = true;

	for (size_t size = 0; size < 3000; size += 7) {
		unsigned char *bytes = arena_alloc(arena, size);

		is_aligned = is_aligned && (uintptr_t)bytes % _Alignof(max_align_t) == 0;
		is_fresh = is_fresh && is_zero(bytes, size);
		memset(bytes, 0xa5, size);
	}
	tap_ok(is_aligned, "every size is aligned for any object");
	tap_ok(is_fresh, "memory is zeroed and never given twice");
	tap_ok(is_zero(arena_alloc(arena, (size_t)9 << 20), (size_t)9 << 20), "9 MiB at once");
	tap_is_string(arena_copy(arena, "abcd", 2), "ab", "a copy has a NUL behind it");
	tap_is_string(arena_string(arena, ""), "", "the empty string");
	tap_is_string(
		arena_printf(arena, "%0600d!", 7) + 598, "07!", "a long formatted string");
	tap_ok(aborts(array_that_wraps), "an array size that overflows ends the process");
	tap_ok(aborts(array_that_is_too_large), "running out of memory ends the process");
	joined = arena_new();
	arena_join(joined, &arena);
	tap_ok(arena == NULL, "joining leaves no arena behind");
	tap_is_string(text, "stays", "what came from a joined arena stays");
	arena = arena_new();
	arena_join(arena, &joined);
	tap_ok(is_zero(arena_alloc(arena, 100), 100), "a joined arena goes on");
	arena_free(&arena);
	tap_ok(arena == NULL, "freeing sets NULL");
	arena_free(&arena);
	tap_ok(true, "freeing NULL is fine");
	return tap_done();
}
