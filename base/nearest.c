/* SPDX-License-Identifier: MIT */
/* Damerau's distance, row by row: three rows are enough to see swapped neighbours. */
#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX_LENGTH 64 /* bytes of a word that is compared */

/* Edits (insert, delete, replace, swap neighbours) that turn a into b. */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX_LENGTH + 1];
	size_t a_len = strlen(a);
	size_t b_len = strlen(b);
	size_t *before = rows[0];
	size_t *above = rows[1];
	size_t *row = rows[2];

	if (a_len > WORD_MAX_LENGTH || b_len > WORD_MAX_LENGTH)
		return SIZE_MAX;
	memset(rows, 0, sizeof rows);
	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[b_len];
}

const char *
nearest_name(const char *word, const char *const *names, size_t count)
{
	size_t length = strlen(word);
	size_t slips = length < 4 ? 1 : length < 8 ? 2 : 3;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t edits = distance(word, names[i]);

		if (edits < strlen(names[i]) &&
			(edits < slips || (edits == slips && nearest == NULL))) {
			slips = edits;
			nearest = names[i];
		}
	}
	return nearest;
}
