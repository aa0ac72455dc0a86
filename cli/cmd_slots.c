/* SPDX-License-Identifier: MIT */
/* weld slots: the arena as it is now. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

static void
print_slots(const struct invocation *call, const json_t *slots, bool with_reason)
{
	static const char *const headings[] = { "Address", ">Size", "Library", "Package",
		"Layout", ">Users", ">Saved", "Why" };
	struct table table = {
		.arena = call->arena, .columns = with_reason ? 8 : 7, .headings = headings
	};
	size_t i;
	json_t *slot;

	json_array_foreach(slots, i, slot)
	{
		const char *cells[8] = { reply_text(slot, "base_hex"),
			output_size(call->arena,
				(uint64_t)json_integer_value(json_object_get(slot, "size"))),
			reply_text(slot, "name"), reply_text(slot, "package"),
			arena_printf(call->arena, "%.16s", reply_text(slot, "layout_id")),
			arena_printf(call->arena, "%zu",
				json_array_size(json_object_get(slot, "users"))),
			output_size(call->arena, (uint64_t)json_integer_value(
							 json_object_get(slot, "saved_bytes"))),
			reply_text(slot, "reason") };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
}

static void
print_private(const struct invocation *call, const json_t *libraries)
{
	static const char *const headings[] = { "Private", "Why", "Linked into" };
	struct table table = { .arena = call->arena, .columns = 3, .headings = headings };
	size_t i;
	json_t *library;

	json_array_foreach(libraries, i, library)
	{
		const char *cells[3] = { reply_text(library, "name"),
			reply_text(library, "reason"),
			reply_join(call->arena, json_object_get(library, "users"), " ") };

		table_add(&table, STYLE_FAINT, cells);
	}
	table_print(&table, call->output, stdout);
}

int
cmd_slots(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "Slots", parameters, &reply));
	if (reply == NULL)
		return 0;
	print_slots(call, json_object_get(reply, "slots"), option_given(call, "why"));
	if (option_given(call, "why"))
		print_private(call, json_object_get(reply, "private"));
	return 0;
}
