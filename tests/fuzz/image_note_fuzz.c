/* SPDX-License-Identifier: MIT */
/* Image notes: what is taken is written back byte for byte, and can be shown. */
#include "kernel-iface/image_note.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str input = { (const char *)bytes, length };
	struct image_note note;

	if (image_note_unpack(arena, input, &note) < 0)
		return 0;
	if (image_note_pack(&note, &again) < 0 || !str_equal(strbuf_str(&again), input))
		abort();
	image_note_dump(&note, &text);
	return 0;
}
