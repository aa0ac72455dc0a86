/* SPDX-License-Identifier: MIT */
/* Two passes: measure, print. Widths count code points, not bytes. */
#include "cli/table.h"

#include "base/arena.h"

#include <assert.h>
#include <string.h>

static int
columns_of(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

void
table_add(struct table *table, enum style style, const char *const *cells)
{
	struct table_row row = { .style = style };

	assert(table->columns <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < table->columns; i++)
		row.cells[i] = cells[i] == NULL ? "" : output_clean(table->arena, cells[i]);
	vec_push(table->arena, &table->rows, row);
}

static const char *
heading_text(const struct table *table, size_t column)
{
	const char *heading = table->headings[column];

	return heading[0] == '>' ? heading + 1 : heading;
}

static void
measure(const struct table *table, bool with_headings, int *widths)
{
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = with_headings ? columns_of(heading_text(table, i)) : 0;
	VEC_EACH (struct table_row, row, &table->rows)
		for (size_t i = 0; i < table->columns; i++)
			if (columns_of(row->cells[i]) > widths[i])
				widths[i] = columns_of(row->cells[i]);
}

/* Bytes of the first `columns` code points. */
static size_t
cut(const char *text, int columns)
{
	size_t length = 0;

	while (text[length] != '\0' &&
		(columns > 0 || ((unsigned char)text[length] & 0xc0) == 0x80)) {
		columns -= ((unsigned char)text[length] & 0xc0) != 0x80;
		length++;
	}
	return length;
}

static void
print_row(const struct table *table, const struct output *output, FILE *stream,
	const char *const *cells, enum style style, const int *widths)
{
	const char *end = output_style(output, stream, STYLE_PLAIN);
	size_t columns = table->columns;
	int used = 0;

	while (columns > 1 && cells[columns - 1][0] == '\0')
		columns--;
	for (size_t i = 0; i < columns; i++) {
		bool is_styled = i == 0 && style != STYLE_PLAIN;
		bool right = table->headings != NULL && table->headings[i][0] == '>';
		bool last = i + 1 == columns;
		int pad = widths[i] - columns_of(cells[i]);
		size_t length = strlen(cells[i]);

		if (last && !right && output->width > 0 && output->out_is_terminal &&
			(unsigned)used < output->width)
			length = cut(cells[i], (int)output->width - used);
		fprintf(stream, "%*s%s%.*s%s%*s", right ? pad : 0, "",
			is_styled ? output_style(output, stream, style) : "", (int)length,
			cells[i], is_styled ? end : "", right || last ? 0 : pad, "");
		if (!last)
			fputs("  ", stream);
		used += widths[i] + 2;
	}
	fputc('\n', stream);
}

void
table_print(const struct table *table, const struct output *output, FILE *stream)
{
	bool with_headings =
		table->headings != NULL &&
		(stream == stderr ? output->err_is_terminal : output->out_is_terminal);
	int widths[TABLE_COLUMNS_MAX];

	if (table->rows.len == 0)
		return;
	measure(table, with_headings, widths);
	if (with_headings) {
		const char *cells[TABLE_COLUMNS_MAX];

		for (size_t i = 0; i < table->columns; i++)
			cells[i] = heading_text(table, i);
		print_row(table, output, stream, cells, STYLE_STRONG, widths);
	}
	VEC_EACH (struct table_row, row, &table->rows)
		print_row(table, output, stream, row->cells, row->style, widths);
}
