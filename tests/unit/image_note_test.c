/* SPDX-License-Identifier: MIT */
/*
 * Notes survive packing and unpacking, have one form only, stay as they were
 * released, and no damaged note is read.
 */
#include "kernel-iface/image_note.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/mapper/note_layout.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

static const struct image_slot slots[] = {
	{ "c", "/root/current/slots/c-0011223344556677", "/root/store/aa-musl-1.2.3/c.slot",
		{ { 1, 2, 3 } }, { { 4, 5, 6 } }, 0x10000000, 0x200000, { 0 } },
	{ "z", "/root/current/slots/z-8899aabbccddeeff", "/root/store/bb-zlib-1.2/z.slot",
		{ { 7 } }, { { 8 } }, 0x10400000, 0x100000, { 64, 128, 32 } },
};

static const struct image_note program = {
	.kind = IMAGE_PROGRAM,
	.name = "bin/jq",
	.tls = { .start = 192, .size = 24, .align = 8 },
	.capabilities = "",
	.slots = slots,
	.slot_count = 2,
};

static struct image_note
make_slot(const char *name, unsigned char layout)
{
	return (struct image_note){
		.kind = IMAGE_SLOT,
		.name = name,
		.layout_id = { { layout } },
		.base = 0x10400000,
		.size = 0x54321,
		.init_array = 0x10440000,
		.init_count = 2,
		.fini_array = 0x10440010,
		.fini_count = 1,
		.capabilities = "",
	};
}

static struct strbuf
pack(const struct image_note *note)
{
	struct strbuf bytes = { 0 };

	if (image_note_pack(note, &bytes) < 0)
		tap_bail("%s", err_message());
	return bytes;
}

static void
test_program(struct arena *arena)
{
	struct strbuf bytes AUTO(strbuf_free) = pack(&program);
	struct image_note note;

	tap_ok(image_note_unpack(arena, strbuf_str(&bytes), &note) == 0,
		"a program's note can be read");
	tap_ok(note.kind == IMAGE_PROGRAM && strcmp(note.name, "bin/jq") == 0 &&
			note.tls.size == 24 && note.tls.align == 8 && note.tls.start == 192 &&
			note.slot_count == 2,
		"its fields come back");
	for (size_t i = 0; i < 2; i++)
		tap_ok(strcmp(note.slots[i].name, slots[i].name) == 0 &&
				strcmp(note.slots[i].path, slots[i].path) == 0 &&
				strcmp(note.slots[i].exact_path, slots[i].exact_path) == 0 &&
				digest_equal(&note.slots[i].layout_id, &slots[i].layout_id) &&
				digest_equal(&note.slots[i].digest, &slots[i].digest) &&
				note.slots[i].base == slots[i].base &&
				note.slots[i].size == slots[i].size &&
				memcmp(&note.slots[i].tls, &slots[i].tls,
					sizeof slots[i].tls) == 0,
			"slot %s comes back", slots[i].name);
}

static void
test_slot(struct arena *arena)
{
	struct image_note slot = make_slot("z", 9), filled = make_slot("z", 200);
	struct image_note longest =
		make_slot("a23456789012345678901234567890123456789012345678901234567890123", 0);
	struct strbuf bytes AUTO(strbuf_free) = pack(&slot);
	struct strbuf other AUTO(strbuf_free) = pack(&filled);
	struct strbuf long_bytes AUTO(strbuf_free) = pack(&longest);
	struct image_note note;

	tap_ok(image_note_unpack(arena, strbuf_str(&bytes), &note) == 0 &&
			note.kind == IMAGE_SLOT && note.base == slot.base &&
			note.size == slot.size && note.init_count == 2 &&
			note.fini_array == slot.fini_array,
		"a slot's note comes back");
	tap_ok(bytes.len == other.len && bytes.len == long_bytes.len,
		"every slot's note has the same size");
}

static void
test_golden(struct arena *arena)
{
	struct strbuf bytes AUTO(strbuf_free) = pack(&program);
	struct str golden;

	struct image_note note;

	if (file_read(arena, AT_FDCWD, GOLDEN "/image-note-2.bin", 1 << 20, &golden) < 0)
		tap_bail("%s", err_message());
	tap_ok(str_equal(golden, strbuf_str(&bytes)), "today's bytes are those of version 2");
	if (file_read(arena, AT_FDCWD, GOLDEN "/image-note-1.bin", 1 << 20, &golden) < 0)
		tap_bail("%s", err_message());
	tap_ok(image_note_unpack(arena, golden, &note) == ERR_FORMAT &&
			strstr(err_message(), "version 1 is not known (run 'weld relink')") !=
				NULL,
		"version 1 is named: %s", err_message());
}

static void
test_dump(void)
{
	struct image_note slot = make_slot("z", 0x90);
	struct strbuf text AUTO(strbuf_free) = { 0 };

	image_note_dump(&slot, &text);
	tap_is_string(strbuf_string(&text),
		"kind: slot\nname: z\nlayout id: "
		"9000000000000000000000000000000000000000000000000000000000000000\n"
		"base: 0x10400000\nsize: 0x54321\nconstructors: 2 at 0x10440000\n"
		"destructors: 1 at 0x10440010\n",
		"a slot's note as text");
}

static void
test_limits(void)
{
	static const char name[] =
		"a2345678901234567890123456789012345678901234567890123456789012345";
	struct image_note note = make_slot(name + 1, 0);
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct image_slot *many = calloc(IMAGE_SLOTS_MAX + 1, sizeof *many);
	char *path = malloc(5000);

	tap_ok(image_note_pack(&note, &bytes) == 0, "a library's name has at most 64 bytes");
	strbuf_free(&bytes);
	note.name = name;
	tap_ok(image_note_pack(&note, &bytes) == ERR_RANGE, "65 bytes are refused");
	note.kind = IMAGE_PROGRAM;
	tap_ok(image_note_pack(&note, &bytes) == 0, "a program's name may be longer");
	strbuf_free(&bytes);
	note = program;
	note.slot_count = IMAGE_SLOTS_MAX + 1;
	note.slots = many;
	tap_ok(image_note_pack(&note, &bytes) == ERR_RANGE, "257 slots are refused");
	memset(path, 'p', 4999);
	path[4999] = '\0';
	many[0] = slots[0];
	many[0].path = path;
	note.slot_count = 1;
	tap_ok(image_note_pack(&note, &bytes) == ERR_RANGE, "a path of 4999 bytes is refused");
	many[0] = slots[0];
	many[0].size = UINT64_MAX;
	tap_ok(image_note_pack(&note, &bytes) == ERR_RANGE, "a range that wraps is refused");
	tap_ok(bytes.len == 0, "and nothing was written");
	free(many);
	free(path);
}

static void
test_truncations(struct str bytes)
{
	for (size_t length = 0; length < bytes.len; length++) {
		struct arena *arena AUTO(arena_free) = arena_new();
		char *copy = malloc(length + 1); /* so that a sanitizer sees reads behind it */
		struct image_note note;
		int ret;

		memcpy(copy, bytes.at, length);
		ret = image_note_unpack(arena, (struct str){ copy, length }, &note);
		free(copy);
		if (ret != ERR_FORMAT) {
			tap_ok(false, "cut to %zu bytes: %d", length, ret);
			return;
		}
	}
	tap_ok(true, "no prefix of a note is read");
}

/* The same sequence each time: a linear congruential generator's upper bits. */
static uint32_t
next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1;
	return (uint32_t)(*state >> 33);
}

/* Whatever is read after damage must be a note that packs to just these bytes. */
static void
test_mutations(struct str bytes)
{
	char *copy = malloc(bytes.len);
	uint64_t state = 1;
	unsigned refused = 0;

	for (int round = 0; round < 20000; round++) {
		struct arena *arena AUTO(arena_free) = arena_new();
		struct strbuf again AUTO(strbuf_free) = { 0 };
		struct image_note note;
		int ret;

		memcpy(copy, bytes.at, bytes.len);
		for (int i = 0; i <= round % 4; i++)
			copy[next_random(&state) % bytes.len] = (char)next_random(&state);
		ret = image_note_unpack(arena, (struct str){ copy, bytes.len }, &note);
		if (ret < 0) {
			refused++;
			continue;
		}
		if (image_note_pack(&note, &again) < 0 || again.len != bytes.len ||
			memcmp(again.at, copy, bytes.len) != 0) {
			tap_ok(false, "round %d: read, but not the same when written", round);
			free(copy);
			return;
		}
	}
	tap_ok(refused > 2000, "damaged notes are refused or mean what they say");
	free(copy);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf bytes AUTO(strbuf_free) = pack(&program);

	test_program(arena);
	test_slot(arena);
	test_golden(arena);
	test_dump();
	test_limits();
	test_truncations(strbuf_str(&bytes));
	test_mutations(strbuf_str(&bytes));
	return tap_done();
}
