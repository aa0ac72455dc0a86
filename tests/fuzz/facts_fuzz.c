/* SPDX-License-Identifier: MIT */
/*
 * A facts file that was opened can be read to its end, whatever it says.
 */
#include "linker/facts.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct facts facts;

	if (facts_open((struct str){ (const char *)bytes, length }, &facts) < 0)
		return 0;
	facts_print(&facts, &text);
	for (enum facts_index i = FACTS_BY_NAME; i <= FACTS_BINDINGS; i++) {
		struct facts_range range = facts_find(&facts, i, "init");

		for (uint32_t place = range.first; place < range.end; place++)
			(void)facts_at(&facts, i, place);
	}
	return 0;
}
