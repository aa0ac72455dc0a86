/* SPDX-License-Identifier: MIT */
/* Lines are looked at one after the other: the block is small and nobody calls this twice. */
#include "grubenv.h"

#include <string.h>

static const char signature[] = "# GRUB Environment Block\n";

/* The end of the line that begins at `at`, behind its line feed; `end` when it has none. */
static const char *
line_end(const char *at, const char *end)
{
	const char *feed = memchr(at, '\n', (size_t)(end - at));

	/* A backslash before the line feed makes it a part of the value. */
	while (feed != NULL && feed > at && feed[-1] == '\\')
		feed = memchr(feed + 1, '\n', (size_t)(end - feed - 1));
	return feed == NULL ? end : feed + 1;
}

/* Where the filling begins. */
static const char *
find_filling(const char block[GRUBENV_SIZE])
{
	const char *end = block + GRUBENV_SIZE;
	const char *at = block + strlen(signature);

	while (at < end && *at != '#')
		at = line_end(at, end);
	return at;
}

bool
grubenv_is_valid(const char block[GRUBENV_SIZE])
{
	if (memcmp(block, signature, strlen(signature)) != 0 ||
		memchr(block, '\0', GRUBENV_SIZE) != NULL)
		return false;
	for (const char *at = find_filling(block); at < block + GRUBENV_SIZE; at++)
		if (*at != '#')
			return false;
	return true;
}

/* The line of a name; NULL when there is none. */
static const char *
find_line(const char block[GRUBENV_SIZE], const char *name)
{
	const char *end = find_filling(block);
	size_t len = strlen(name);

	for (const char *at = block + strlen(signature); at < end; at = line_end(at, end))
		if ((size_t)(end - at) > len && memcmp(at, name, len) == 0 && at[len] == '=')
			return at;
	return NULL;
}

bool
grubenv_get(const char block[GRUBENV_SIZE], const char *name, char *ret_value, size_t size)
{
	const char *end = find_filling(block);
	const char *at = find_line(block, name);
	size_t len = 0;

	if (at == NULL)
		return false;
	for (at += strlen(name) + 1; at < end && *at != '\n'; at++) {
		if (*at == '\\' && at + 1 < end)
			at++;
		if (len + 1 >= size)
			return false;
		ret_value[len++] = *at;
	}
	ret_value[len] = '\0';
	return true;
}

bool
grubenv_set(char block[GRUBENV_SIZE], const char *name, const char *value)
{
	char fresh[GRUBENV_SIZE];
	const char *end = find_filling(block);
	const char *old = find_line(block, name);
	const char *behind = old == NULL ? end : line_end(old, end);
	size_t before = (size_t)((old == NULL ? end : old) - block);
	size_t after = (size_t)(end - behind);
	size_t name_len = strlen(name);
	size_t value_len = value == NULL ? 0 : strlen(value);
	size_t line = value == NULL ? 0 : name_len + value_len + 2;

	if (before + after + line > GRUBENV_SIZE)
		return false;
	memset(fresh, '#', sizeof fresh);
	memcpy(fresh, block, before);
	if (value != NULL) {
		memcpy(fresh + before, name, name_len);
		fresh[before + name_len] = '=';
		memcpy(fresh + before + name_len + 1, value, value_len);
		fresh[before + line - 1] = '\n';
	}
	memcpy(fresh + before + line, behind, after);
	memcpy(block, fresh, sizeof fresh);
	return true;
}

static bool
is_value(const char block[GRUBENV_SIZE], const char *name, const char *wanted)
{
	char value[32];

	return grubenv_get(block, name, value, sizeof value) && strcmp(value, wanted) == 0;
}

int
grubenv_note_good(char block[GRUBENV_SIZE], const char *generation)
{
	bool is_good = is_value(block, "weld_good", generation);
	bool is_trying = is_value(block, "weld_trying", generation);

	if (is_good && !is_trying)
		return 0;
	if (!grubenv_set(block, "weld_good", generation) ||
		(is_trying && !grubenv_set(block, "weld_trying", NULL)))
		return -1;
	return 1;
}
