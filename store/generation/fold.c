/* SPDX-License-Identifier: MIT */
/*
 * A list is sorted by the bytes of its paths, so what is below a directory stands together; the directory's
 * own entry, where it has one, need not stand beside it.
 */
#include "store/generation/fold.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/generation/tree.h"

#include <string.h>

/* Compare a path with what paths below a directory begin with; 0: it is below it. */
static int
compare_below(const char *path, const char *directory, size_t length)
{
	int order = strncmp(path, directory, length);

	if (order != 0 || length == 0)
		return order;
	return (unsigned char)path[length] - '/';
}

/* The first file that is not before those below the directory, or not among them. */
static size_t
find_bound(const struct generation_file *files, size_t count, const char *directory, int above)
{
	size_t from = 0;
	size_t to = count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_below(files[middle].path, directory, strlen(directory)) < above)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void
fold_range(const struct generation_file *files, size_t count, const char *directory,
	size_t *ret_from, size_t *ret_to)
{
	*ret_from = find_bound(files, count, directory, 0);
	*ret_to = find_bound(files, count, directory, 1);
}

/* Whether a link below a directory leads to something below it. */
static bool
stays_below(const struct generation_file *link, size_t directory_length)
{
	long depth = 0;
	struct str rest = str_from(link->target);
	struct str part;

	for (const char *at = link->path + directory_length + 1; *at != '\0'; at++)
		depth += *at == '/';
	while (str_cut(&rest, '/', &part)) {
		if (str_is(part, ".."))
			depth--;
		else if (part.len > 0 && !str_is(part, "."))
			depth++;
		if (depth < 0)
			return false;
	}
	return true;
}

static bool
can_in(const struct generation_file *files, size_t from, size_t to, size_t directory_length)
{
	for (size_t i = from; i < to; i++)
		if (tree_is_state(&files[i]) ||
			(files[i].kind == GENERATION_LINK &&
				!stays_below(&files[i], directory_length)))
			return false;
	return from < to;
}

bool
fold_can(const struct generation_file *files, size_t count, const char *directory)
{
	size_t from;
	size_t to;

	if (strchr(directory, '/') == NULL)
		return false;
	fold_range(files, count, directory, &from, &to);
	return can_in(files, from, to, strlen(directory));
}

int
fold_parts(struct arena *arena, const struct generation_file *files, size_t count,
	const char *directory, int (*visit)(void *data, const struct fold_part *part),
	void *data)
{
	size_t skip = directory[0] == '\0' ? 0 : strlen(directory) + 1;
	size_t from;
	size_t to;
	int ret;

	fold_range(files, count, directory, &from, &to);
	for (size_t i = from; i < to;) {
		const char *path = files[i].path;
		const char *slash = strchr(path + skip, '/');
		struct fold_part part = { .from = i, .to = i + 1 };

		if (slash == NULL) {
			if (files[i].kind != GENERATION_DIRECTORY ||
				!fold_can(files, count, path))
				TRY(visit(data, &part));
			i++;
			continue;
		}
		part.directory = str_copy(
			arena, (struct str){ .at = path, .len = (size_t)(slash - path) });
		fold_range(files, count, part.directory, &part.from, &part.to);
		if (skip > 0 && can_in(files, part.from, part.to, (size_t)(slash - path)))
			ret = visit(data, &part);
		else
			ret = fold_parts(arena, files, count, part.directory, visit, data);
		TRY(ret);
		i = part.to;
	}
	return 0;
}
