/* SPDX-License-Identifier: MIT */
/* weld debug dump: the note of an image as text. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/image_note.h"

#include <stdio.h>

#define IMAGE_MAX (UINT64_C(1) << 31) /* bytes: no image is larger than its window */

int
cmd_debug_dump(struct invocation *call)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct image_note note;
	struct str file;
	struct str bytes = { 0 };

	TRY(file_read(call->arena, AT_FDCWD, call->args[0], IMAGE_MAX, &file));
	TRY(err_context(image_note_find(file, &bytes), "%s", call->args[0]));
	TRY(err_context(image_note_unpack(call->arena, bytes, &note), "%s", call->args[0]));
	image_note_dump(&note, &text);
	fputs(strbuf_string(&text), stdout);
	return 0;
}
