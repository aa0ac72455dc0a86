/* SPDX-License-Identifier: MIT */
/* weld debug dump: the note of an image, or a facts file, as text. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/image_note.h"
#include "linker/facts.h"

#include <stdio.h>

#define IMAGE_MAX (UINT64_C(1) << 31) /* bytes: no image is larger than its window */

static int
dump_note(struct arena *arena, struct str file, struct strbuf *text)
{
	struct image_note note;
	struct str bytes = { 0 };

	TRY(image_note_find(file, &bytes));
	TRY(image_note_unpack(arena, bytes, &note));
	image_note_dump(&note, text);
	return 0;
}

static int
dump_facts(struct str file, struct strbuf *text)
{
	struct facts facts;

	TRY(facts_open(file, &facts));
	facts_print(&facts, text);
	return 0;
}

int
cmd_debug_dump(struct invocation *call)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str file;
	int ret;

	TRY(file_read(call->arena, AT_FDCWD, call->args[0], IMAGE_MAX, &file));
	ret = facts_is(file) ? dump_facts(file, &text) : dump_note(call->arena, file, &text);
	TRY(err_context(ret, "%s", call->args[0]));
	fputs(strbuf_string(&text), stdout);
	return 0;
}
