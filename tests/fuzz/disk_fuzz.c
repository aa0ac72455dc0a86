/* SPDX-License-Identifier: MIT */
/* What stands in a disk's weld-boot: a list that is taken survives writing, and makes a menu. */
#include "kernel-iface/boot/menu.h"
#include "tests/fuzz/fuzz.h"

static void
try_list(struct arena *arena, struct str input)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct strbuf menu AUTO(strbuf_free) = { 0 };
	struct menu_list list;

	if (menu_read_list(arena, input, &list) < 0)
		return;
	menu_write_list(&list, &text);
	if (menu_read_list(arena, strbuf_str(&text), &list) < 0)
		abort();
	menu_write_list(&list, &again);
	if (!str_equal(strbuf_str(&text), strbuf_str(&again)))
		abort();
	menu_write(list.entries, list.count, &menu);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str input = { (const char *)bytes, length };
	uint64_t good;
	uint64_t trying;

	try_list(arena, input);
	(void)menu_read_memory(input, &good, &trying);
	return 0;
}
