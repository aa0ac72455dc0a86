/* SPDX-License-Identifier: MIT */
/* weld sql: one question over what is installed. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/output.h"

#include <inttypes.h>
#include <stdio.h>

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
	TRY(ask_answer(call, "Sql", parameters, &reply));
	if (reply == NULL)
		return 0;
	json_array_foreach(json_object_get(reply, "rows"), i, row)
	{
		json_array_foreach(row, n, cell)
		{
			if (n > 0)
				putchar('\t');
			print_cell(call, cell);
		}
		putchar('\n');
	}
	return 0;
}
