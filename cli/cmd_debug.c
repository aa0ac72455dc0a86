/* SPDX-License-Identifier: MIT */
/*
 * weld debug dump: the note of an image as text.
 *
 * The file may be anything: every offset is checked against its size.
 */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/image_note.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#define IMAGE_MAX (UINT64_C(1) << 31) /* bytes: no image is larger than its window */

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

static int
find_note(struct str file, const char *path, struct str *ret_note)
{
	Elf64_Ehdr header;

	if (file.len < sizeof header || memcmp(file.at, ELFMAG, SELFMAG) != 0 ||
		file.at[EI_CLASS] != ELFCLASS64)
		return err_set(ERR_FORMAT, "%s: not a 64-bit ELF file", path);
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
	return err_set(ERR_FORMAT, "%s: not an image of weld: it has no note", path);
}

int
cmd_debug_dump(struct invocation *call)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct image_note note;
	struct str file;
	struct str bytes = { 0 };

	TRY(file_read(call->arena, AT_FDCWD, call->args[0], IMAGE_MAX, &file));
	TRY(find_note(file, call->args[0], &bytes));
	TRY(err_context(image_note_unpack(call->arena, bytes, &note), "%s", call->args[0]));
	image_note_dump(&note, &text);
	fputs(strbuf_string(&text), stdout);
	return 0;
}
