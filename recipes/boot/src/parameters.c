/* SPDX-License-Identifier: MIT */
#include "parameters.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST_LENGTH (PARAMETERS_DIGEST_SIZE - 1)
#define BLOCKS_MAX (UINT64_C(1) << 48) /* no disk has so many: sums cannot overflow */

/* A number in decimal digits, up to the end or a blank. */
static bool
read_number(const char *text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (number > BLOCKS_MAX)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = number;
	return *text == '\0' || strchr(" \t\n", *text) != NULL;
}

static const char *
read_store(const char *text, struct parameters *parameters)
{
	if (strspn(text, "0123456789abcdef") != DIGEST_LENGTH || text[DIGEST_LENGTH] != ',')
		return "weld.store: does not begin with 64 hex digits and a comma";
	memcpy(parameters->digest, text, DIGEST_LENGTH);
	parameters->digest[DIGEST_LENGTH] = '\0';
	if (!read_number(text + DIGEST_LENGTH + 1, &parameters->blocks) ||
		parameters->blocks == 0 || parameters->blocks > BLOCKS_MAX)
		return "weld.store: the number of blocks is none";
	parameters->has_store = true;
	return NULL;
}

const char *
parameters_read(const char *line, struct parameters *ret_parameters)
{
	static const char generation[] = "weld.generation=";
	static const char store[] = "weld.store=";
	struct parameters parameters = { 0 };
	const char *problem = NULL;

	while (*line != '\0' && problem == NULL) {
		line += strspn(line, " \t\n");
		if (strncmp(line, generation, strlen(generation)) == 0 &&
			!read_number(line + strlen(generation), &parameters.generation))
			problem = "weld.generation: is not a number";
		if (strncmp(line, store, strlen(store)) == 0)
			problem = read_store(line + strlen(store), &parameters);
		line += strcspn(line, " \t\n");
	}
	if (problem == NULL)
		*ret_parameters = parameters;
	return problem;
}
