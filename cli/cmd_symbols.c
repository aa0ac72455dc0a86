/* SPDX-License-Identifier: MIT */
/* Questions about symbols: what a package has, who is bound to one, to whom it belongs. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Ask about the first argument. */
static int
ask_about(struct invocation *call, const char *method, const char *key, json_t **ret_reply)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, key, json_string(call->args[0]));
	return ask_answer(call, method, parameters, ret_reply);
}

static void
add_unit(const struct invocation *call, struct table *table, const json_t *unit)
{
	size_t i;
	json_t *symbol;

	json_array_foreach(json_object_get(unit, "exports"), i, symbol)
	{
		int64_t size = reply_number(symbol, "size");
		const char *cells[5] = { reply_text(unit, "name"), reply_text(symbol, "name"),
			reply_text(symbol, "kind"),
			size == 0 ? "" : arena_printf(call->arena, "%" PRId64, size),
			reply_text(symbol, "type") };

		table_add(table, STYLE_STRONG, cells);
	}
	json_array_foreach(json_object_get(unit, "needs"), i, symbol)
	{
		const char *library = reply_text(symbol, "library");
		const char *cells[5] = { reply_text(unit, "name"), reply_text(symbol, "name"),
			"needed", "",
			library[0] == '\0' ? ""
					   : arena_printf(call->arena, "from lib%s", library) };

		table_add(table, STYLE_FAINT, cells);
	}
}

int
cmd_symbols(struct invocation *call)
{
	static const char *const headings[] = { "In", "Symbol", "Kind", ">Size", "Type" };
	struct table table = { .arena = call->arena, .columns = 5, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *unit;

	TRY(ask_about(call, "Symbols", "name", &reply));
	json_array_foreach(json_object_get(reply, "units"), i, unit)
		add_unit(call, &table, unit);
	table_print(&table, call->output, stdout);
	return 0;
}

static void
print_exports(const struct invocation *call, const json_t *exports)
{
	size_t i;
	json_t *export;

	json_array_foreach(exports, i, export)
	{
		const char *library = reply_text(export, "library");

		printf("%s %s: %s%s%s %s%s\n", reply_text(export, "package"),
			reply_text(export, "version"), library[0] == '\0' ? "" : "lib", library,
			reply_text(export, "program"),
			output_clean(call->arena, reply_text(export, "type")),
			reply_flag(export, "slot") ? " (slot)" : "");
	}
}

int
cmd_binds(struct invocation *call)
{
	static const char *const headings[] = { "Image", "How", "Library", "Package", "Where" };
	struct table table = { .arena = call->arena, .columns = 5, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *use;

	TRY(ask_about(call, "Binds", "symbol", &reply));
	if (reply == NULL)
		return 0;
	print_exports(call, json_object_get(reply, "exports"));
	json_array_foreach(json_object_get(reply, "images"), i, use)
	{
		const json_t *into = json_object_get(use, "into");
		bool is_slot = strcmp(reply_text(use, "kind"), "slot") == 0;
		const char *cells[5] = { is_slot ? arena_printf(call->arena, "lib%s (slot)",
							   reply_text(use, "image"))
						 : reply_text(use, "image"),
			reply_text(use, "how"), reply_text(use, "library"),
			reply_text(use, "from"),
			into == NULL ? reply_text(use, "source")
				     : arena_printf(call->arena, "into %s",
					       reply_join(call->arena, into, ", ")) };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}

int
cmd_owns(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *owner;

	TRY(ask_names(call, "Owns", &reply));
	json_array_foreach(json_object_get(reply, "owners"), i, owner)
	{
		bool is_symbol = strcmp(reply_text(owner, "kind"), "symbol") == 0;
		const char *what = reply_text(owner, is_symbol ? "symbol" : "path");

		printf("%s: %s", output_clean(call->arena, what), reply_text(owner, "label"));
		if (is_symbol)
			printf(", in %s", reply_text(owner, "where"));
		printf("%s\n", reply_flag(owner, "installed") ? "" : " (not installed)");
	}
	return 0;
}
