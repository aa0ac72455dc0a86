/* SPDX-License-Identifier: MIT */
/*
 * weld sql: one question over what is installed. What comes is a list of cells, each an object that says
 * its kind; what is shown, in JSON too, is the values.
 */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>

/* Borrowed from the cell; of NULL it is NULL. */
static json_t *
value_of(const json_t *cell)
{
	return json_object_iter_value(json_object_iter((json_t *)cell));
}

static void
use_values(json_t *rows)
{
	size_t i, n;
	json_t *row, *cell;

	json_array_foreach(rows, i, row) json_array_foreach(row, n, cell)
	{
		json_t *value = value_of(cell);

		json_array_set_new(row, n, value == NULL ? json_null() : json_incref(value));
	}
}

static void
print_cell(const struct invocation *call, const json_t *cell)
{
	if (json_is_integer(cell))
		printf("%" PRId64, (int64_t)json_integer_value(cell));
	else if (json_is_real(cell))
		printf("%.15g", json_real_value(cell));
	else if (json_is_string(cell))
		fputs(output_clean(call->arena, json_string_value(cell)), stdout);
}

int
cmd_sql(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i, n;
	json_t *row, *cell;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "sql", json_string(call->args[0]));
	TRY(ask_pkgd(call, "Sql", parameters, &reply));
	if (call->output->is_json) {
		use_values(json_object_get(reply, "rows"));
		output_json(call, json_incref(reply));
		return 0;
	}
	json_array_foreach(json_object_get(reply, "rows"), i, row)
	{
		json_array_foreach(row, n, cell)
		{
			if (n > 0)
				putchar('\t');
			print_cell(call, value_of(cell));
		}
		putchar('\n');
	}
	return 0;
}
