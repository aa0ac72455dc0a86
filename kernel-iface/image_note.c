/* SPDX-License-Identifier: MIT */
/*
 * Writing and reading image notes.
 *
 * A note is a fixed header, a record for each slot and a string area. Every
 * note has one form only: reading ends with writing the result again and
 * comparing, so what this reader takes is exactly what the writer makes.
 */
#include "kernel-iface/image_note.h"

#include "base/arena.h"
#include "base/err.h"
#include "kernel-iface/mapper/note_layout.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#define NAME_MAX_BYTES 64 /* of a library, without the NUL */
#define PATH_MAX_BYTES 4095 /* without the NUL */
_Static_assert(IMAGE_NOTE_VERSION == NOTE_VERSION, "the mapper knows this version");

#define NOTE_MAX_BYTES (UINT32_C(4) << 20)

/* Append a string to the area and say where; "" is the NUL that the area begins with. */
static int
add_string(struct strbuf *strings, const char *text, size_t limit, uint32_t *ret_offset)
{
	size_t length = text == NULL ? 0 : strlen(text);

	if (length > limit)
		return err_set(ERR_RANGE, "image note: \"%.40s...\" is longer than %zu bytes",
			text, limit);
	if (length == 0) {
		*ret_offset = 0;
		return 0;
	}
	*ret_offset = (uint32_t)strings->len;
	strbuf_add(strings, text, length + 1);
	return 0;
}

static int
pack_slot(const struct image_slot *slot, struct strbuf *records, struct strbuf *strings)
{
	struct note_slot record = { .base = slot->base,
		.size = slot->size,
		.tls_start = slot->tls.start,
		.tls_size = slot->tls.size,
		.tls_align = (uint32_t)slot->tls.align };
	uint32_t name, path, exact_path;

	TRY(add_string(strings, slot->name, NAME_MAX_BYTES, &name));
	TRY(add_string(strings, slot->path, PATH_MAX_BYTES, &path));
	TRY(add_string(strings, slot->exact_path, PATH_MAX_BYTES, &exact_path));
	record.name = name;
	record.path = path;
	record.exact_path = exact_path;
	memcpy(record.layout_id, slot->layout_id.bytes, DIGEST_SIZE);
	memcpy(record.digest, slot->digest.bytes, DIGEST_SIZE);
	strbuf_add(records, &record, sizeof record);
	return 0;
}

/* A range of addresses that does not wrap around. */
static int
check_range(const char *name, uint64_t base, uint64_t size)
{
	uint64_t end;

	if (__builtin_add_overflow(base, size, &end))
		return err_set(ERR_RANGE, "image note: %s: its addresses wrap around", name);
	return 0;
}

/* Distances that a thread's block of storage can have. */
static int
check_tls(const char *name, const struct image_tls *tls)
{
	if (tls->start > IMAGE_TLS_MAX || tls->size > IMAGE_TLS_MAX ||
		tls->align > IMAGE_TLS_MAX || (tls->align & (tls->align - 1)) != 0)
		return err_set(ERR_RANGE,
			"image note: %s: its thread-local storage is out of range", name);
	return 0;
}

static int
check_fields(const struct image_note *note)
{
	if (note->kind != IMAGE_PROGRAM && note->kind != IMAGE_SLOT &&
		note->kind != IMAGE_PLUGIN)
		return err_set(
			ERR_RANGE, "image note: %d is not a kind of image", (int)note->kind);
	if (note->kind == IMAGE_SLOT && note->slot_count != 0)
		return err_set(
			ERR_RANGE, "image note: %s: a slot does not list slots", note->name);
	if (note->kind == IMAGE_SLOT && note->capabilities != NULL &&
		note->capabilities[0] != '\0')
		return err_set(
			ERR_RANGE, "image note: %s: a slot has no capabilities", note->name);
	if (note->slot_count > IMAGE_SLOTS_MAX)
		return err_set(ERR_RANGE,
			"image note: %s: %zu slots are more than the %d allowed", note->name,
			note->slot_count, IMAGE_SLOTS_MAX);
	TRY(check_range(note->name, note->base, note->size));
	TRY(check_tls(note->name, &note->tls));
	for (size_t i = 0; i < note->slot_count; i++) {
		const struct image_slot *slot = &note->slots[i];

		TRY(check_range(slot->name, slot->base, slot->size));
		TRY(check_tls(slot->name, &slot->tls));
	}
	return 0;
}

static void
pack_header(const struct image_note *note, struct note_header *header)
{
	header->owner_size = NOTE_OWNER_SIZE;
	header->type = IMAGE_NOTE_TYPE;
	memcpy(header->owner, NOTE_OWNER, sizeof header->owner);
	header->version = IMAGE_NOTE_VERSION;
	header->kind = note->kind;
	header->slot_count = (uint32_t)note->slot_count;
	memcpy(header->layout_id, note->layout_id.bytes, DIGEST_SIZE);
	header->base = note->base;
	header->size_in_memory = note->size;
	header->init_array = note->init_array;
	header->init_count = note->init_count;
	header->fini_array = note->fini_array;
	header->fini_count = note->fini_count;
	header->tls_size = note->tls.size;
	header->tls_align = note->tls.align;
	header->tls_start = note->tls.start;
}

int
image_note_pack(const struct image_note *note, struct strbuf *ret_bytes)
{
	struct strbuf strings AUTO(strbuf_free) = { 0 };
	struct strbuf records AUTO(strbuf_free) = { 0 };
	struct note_header header = { 0 };
	uint32_t name, capabilities;

	TRY(check_fields(note));
	strbuf_add_char(&strings, '\0');
	/* The name of a program or plug-in is its path in the generation. */
	TRY(add_string(&strings, note->name,
		note->kind == IMAGE_SLOT ? NAME_MAX_BYTES : PATH_MAX_BYTES, &name));
	TRY(add_string(&strings, note->capabilities, PATH_MAX_BYTES, &capabilities));
	for (size_t i = 0; i < note->slot_count; i++)
		TRY(pack_slot(&note->slots[i], &records, &strings));
	while (note->kind == IMAGE_SLOT ? strings.len < NOTE_SLOT_STRINGS
					: strings.len % NOTE_STRINGS_UNIT != 0)
		strbuf_add_char(&strings, '\0');
	pack_header(note, &header);
	header.name = name;
	header.capabilities = capabilities;
	header.strings_size = (uint32_t)strings.len;
	header.size = (uint32_t)(sizeof header - NOTE_ELF_HEADER + records.len + strings.len);
	strbuf_add(ret_bytes, &header, sizeof header);
	if (records.len > 0)
		strbuf_add(ret_bytes, records.at, records.len);
	strbuf_add(ret_bytes, strings.at, strings.len);
	return 0;
}

static int
unpack_string(struct arena *arena, struct str strings, uint32_t offset, const char **ret_text)
{
	if (offset >= strings.len)
		return err_set(
			ERR_FORMAT, "image note: a string begins behind the string area");
	/* The area ends with a NUL: check_sizes(). */
	*ret_text = arena_string(arena, strings.at + offset);
	return 0;
}

static int
unpack_slot(
	struct arena *arena, struct str strings, const char *at, struct image_slot *ret_slot)
{
	struct note_slot record;
	struct image_slot slot = { 0 };

	memcpy(&record, at, sizeof record);
	TRY(unpack_string(arena, strings, record.name, &slot.name));
	TRY(unpack_string(arena, strings, record.path, &slot.path));
	TRY(unpack_string(arena, strings, record.exact_path, &slot.exact_path));
	slot.base = record.base;
	slot.size = record.size;
	slot.tls = (struct image_tls){ record.tls_start, record.tls_size, record.tls_align };
	memcpy(slot.layout_id.bytes, record.layout_id, DIGEST_SIZE);
	memcpy(slot.digest.bytes, record.digest, DIGEST_SIZE);
	*ret_slot = slot;
	return 0;
}

static int
check_sizes(struct str bytes, const struct note_header *header)
{
	uint64_t size = sizeof *header;

	if (header->owner_size != NOTE_OWNER_SIZE || header->type != IMAGE_NOTE_TYPE ||
		memcmp(header->owner, NOTE_OWNER, sizeof header->owner) != 0)
		return err_set(ERR_FORMAT, "image note: this is not a note of weld");
	if (header->version != IMAGE_NOTE_VERSION)
		return err_set(ERR_FORMAT,
			"image note: version %" PRIu32 " is not known (run 'weld relink')",
			header->version);
	if (header->slot_count > IMAGE_SLOTS_MAX || header->strings_size > NOTE_MAX_BYTES)
		return err_set(ERR_FORMAT, "image note: a count is out of range");
	size += (uint64_t)header->slot_count * sizeof(struct note_slot) + header->strings_size;
	if (size != bytes.len || size - NOTE_ELF_HEADER != header->size)
		return err_set(ERR_FORMAT, "image note: %zu bytes where %" PRIu64 " belong",
			bytes.len, size);
	if (header->strings_size == 0 || bytes.at[bytes.len - 1] != '\0')
		return err_set(ERR_FORMAT, "image note: the string area does not end");
	return 0;
}

static void
unpack_header(const struct note_header *header, struct image_note *note)
{
	note->kind = (enum image_kind)header->kind;
	memcpy(note->layout_id.bytes, header->layout_id, DIGEST_SIZE);
	note->base = header->base;
	note->size = header->size_in_memory;
	note->init_array = header->init_array;
	note->init_count = header->init_count;
	note->fini_array = header->fini_array;
	note->fini_count = header->fini_count;
	note->tls =
		(struct image_tls){ header->tls_start, header->tls_size, header->tls_align };
	note->slot_count = header->slot_count;
}

/* Writing the note again must give the same bytes. */
static int
check_canonical(const struct image_note *note, struct str bytes)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };

	if (image_note_pack(note, &again) < 0)
		return err_set(ERR_FORMAT, "a field is out of range: %s", err_message());
	if (!str_equal(strbuf_str(&again), bytes))
		return err_set(
			ERR_FORMAT, "image note: its bytes are not in the one valid form");
	return 0;
}

int
image_note_unpack(struct arena *arena, struct str bytes, struct image_note *ret_note)
{
	struct image_note note = { 0 };
	struct image_slot *slots;
	struct note_header header;
	struct str strings;

	if (bytes.len < sizeof header)
		return err_set(ERR_FORMAT, "image note: it ends in its header");
	memcpy(&header, bytes.at, sizeof header);
	TRY(check_sizes(bytes, &header));
	strings =
		(struct str){ bytes.at + bytes.len - header.strings_size, header.strings_size };
	unpack_header(&header, &note);
	TRY(unpack_string(arena, strings, header.name, &note.name));
	TRY(unpack_string(arena, strings, header.capabilities, &note.capabilities));
	slots = arena_array(arena, note.slot_count, sizeof *slots);
	for (size_t i = 0; i < note.slot_count; i++)
		TRY(unpack_slot(arena, strings,
			bytes.at + sizeof header + i * sizeof(struct note_slot), &slots[i]));
	note.slots = slots;
	TRY(check_canonical(&note, bytes));
	*ret_note = note;
	return 0;
}

/* Whether [offset, offset + size) lies in the file. */
static bool
is_inside(struct str file, uint64_t offset, uint64_t size)
{
	return offset <= file.len && size <= file.len - offset;
}

/* One note of a segment; false at the end or when it does not fit. */
static bool
next_note(struct str *rest, struct str *ret_note, bool *ret_is_ours)
{
	Elf64_Nhdr header;
	uint64_t size;

	if (rest->len < sizeof header)
		return false;
	memcpy(&header, rest->at, sizeof header);
	size = sizeof header + (((uint64_t)header.n_namesz + 3) & ~UINT64_C(3)) +
	       (((uint64_t)header.n_descsz + 3) & ~UINT64_C(3));
	if (size > rest->len)
		return false;
	*ret_note = (struct str){ rest->at, (size_t)size };
	*ret_is_ours = header.n_namesz == 5 && header.n_type == IMAGE_NOTE_TYPE &&
		       memcmp(rest->at + sizeof header, "weld", 5) == 0;
	rest->at += size;
	rest->len -= (size_t)size;
	return true;
}

int
image_note_find(struct str file, struct str *ret_note)
{
	Elf64_Ehdr header;

	if (file.len < sizeof header || memcmp(file.at, ELFMAG, SELFMAG) != 0 ||
		file.at[EI_CLASS] != ELFCLASS64)
		return err_set(ERR_FORMAT, "not a 64-bit ELF file");
	memcpy(&header, file.at, sizeof header);
	for (unsigned i = 0; i < header.e_phnum; i++) {
		Elf64_Phdr segment;
		uint64_t at = header.e_phoff + (uint64_t)i * sizeof segment;
		struct str rest;
		bool is_ours;

		if (!is_inside(file, at, sizeof segment))
			break;
		memcpy(&segment, file.at + at, sizeof segment);
		if (segment.p_type != PT_NOTE ||
			!is_inside(file, segment.p_offset, segment.p_filesz))
			continue;
		rest = (struct str){ file.at + segment.p_offset, (size_t)segment.p_filesz };
		while (next_note(&rest, ret_note, &is_ours))
			if (is_ours)
				return 0;
	}
	return err_set(ERR_FORMAT, "not an image of weld: it has no note");
}

static void
dump_array(struct strbuf *text, const char *name, uint64_t address, uint64_t count)
{
	if (count > 0)
		strbuf_printf(text, "%s: %" PRIu64 " at 0x%" PRIx64 "\n", name, count, address);
}

static void
dump_tls(struct strbuf *text, const char *name, const struct image_tls *tls)
{
	if (tls->size > 0)
		strbuf_printf(text,
			"%s%" PRIu64 " bytes aligned to %" PRIu64 ", %" PRIu64
			" from the thread pointer\n",
			name, tls->size, tls->align, tls->start);
}

void
image_note_dump(const struct image_note *note, struct strbuf *ret_text)
{
	static const char *const kinds[] = {
		[IMAGE_PROGRAM] = "program", [IMAGE_SLOT] = "slot", [IMAGE_PLUGIN] = "plug-in"
	};
	static const struct digest none = { 0 };
	char hex[DIGEST_HEX_SIZE];

	strbuf_printf(ret_text, "kind: %s\nname: %s\n", kinds[note->kind], note->name);
	if (!digest_equal(&note->layout_id, &none))
		strbuf_printf(ret_text, "layout id: %s\n", digest_hex(&note->layout_id, hex));
	if (note->kind != IMAGE_PROGRAM)
		strbuf_printf(ret_text, "base: 0x%" PRIx64 "\nsize: 0x%" PRIx64 "\n",
			note->base, note->size);
	dump_array(ret_text, "constructors", note->init_array, note->init_count);
	dump_array(ret_text, "destructors", note->fini_array, note->fini_count);
	dump_tls(ret_text, "tls: ", &note->tls);
	if (note->capabilities != NULL && note->capabilities[0] != '\0')
		strbuf_printf(ret_text, "capabilities: %s\n", note->capabilities);
	for (size_t i = 0; i < note->slot_count; i++) {
		const struct image_slot *slot = &note->slots[i];

		strbuf_printf(ret_text,
			"slot: %s\n  base: 0x%" PRIx64 "\n  size: 0x%" PRIx64
			"\n  layout id: %s\n",
			slot->name, slot->base, slot->size, digest_hex(&slot->layout_id, hex));
		dump_tls(ret_text, "  tls: ", &slot->tls);
		strbuf_printf(ret_text, "  digest: %s\n  path: %s\n  exact path: %s\n",
			digest_hex(&slot->digest, hex), slot->path, slot->exact_path);
	}
}
