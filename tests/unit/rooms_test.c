/* SPDX-License-Identifier: MIT */
/* The script that places a slot's sections: that segments share no page, on no kernel. */
#include "linker/image/rooms.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <string.h>

static void
test_pages(enum arch arch, const char *expected)
{
	struct arena *arena = arena_new();
	struct map exports = { 0 };
	struct rooms_request request = {
		.arch = arch, .exports = &exports, .base = 0x10000000
	};
	struct strbuf script AUTO(strbuf_free) = { 0 };
	bool fits;

	rooms_plan(arena, &request, &fits, &script);
	tap_ok(strstr(strbuf_string(&script), expected) != NULL, "%s: zones begin at %s",
		arch_name(arch), expected);
	arena_free(&arena);
}

int
main(void)
{
	test_pages(ARCH_X86_64, "ALIGN(0x1000)");
	test_pages(ARCH_AARCH64, "ALIGN(0x10000)");
	return tap_done();
}
