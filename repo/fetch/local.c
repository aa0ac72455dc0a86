/* SPDX-License-Identifier: MIT */
/*
 * A file URL has an absolute path, no host or this one, and percent signs for the bytes that a URL
 * cannot have. Reading never waits: a pipe in the place of a file is empty.
 */
#include "repo/fetch/local.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define BLOCK 65536 /* bytes */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undo percent signs; NULL where they stand for nothing, or for the end of the text. */
static char *
decode(struct arena *arena, const char *text)
{
	char *path = arena_alloc(arena, strlen(text) + 1);
	size_t length = 0;

	for (; *text != '\0' && *text != '?' && *text != '#'; text++) {
		int high, low;

		if (*text != '%') {
			path[length++] = *text;
			continue;
		}
		high = hex_value(text[1]);
		low = high < 0 ? -1 : hex_value(text[2]);
		if (low < 0 || high + low == 0)
			return NULL;
		path[length++] = (char)(high * 16 + low);
		text += 2;
	}
	path[length] = '\0';
	return path;
}

static char *
path_of(struct arena *arena, const char *url)
{
	const char *rest = url + strlen("file:");

	if (strncmp(rest, "//", 2) == 0) {
		rest += 2;
		if (strncasecmp(rest, "localhost/", 10) == 0)
			rest += 9;
		else if (strncmp(rest, "127.0.0.1/", 10) == 0)
			rest += 9;
	}
	return rest[0] == '/' ? decode(arena, rest) : NULL;
}

static int
copy(int from, struct fetch_item *item)
{
	char block[BLOCK];

	for (;;) {
		ssize_t got = read(from, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(ERR_FETCH, "%s: cannot be read: %s", item->url,
				strerror(errno));
		if (got == 0)
			return 0;
		if ((uint64_t)got > item->limit - item->ret_size)
			return err_set(ERR_LIMIT, "%s: longer than %" PRIu64 " bytes",
				item->url, item->limit);
		TRY(file_write_fd(item->fd, block, (size_t)got));
		item->ret_size += (uint64_t)got;
	}
}

int
local_fetch(struct fetch_item *item)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path = path_of(arena, item->url);
	int fd AUTO(file_close) = -1;

	if (path == NULL)
		return err_set(ERR_FETCH,
			"%s: not the URL of a local file (such as file:///srv/weld)",
			item->url);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		return copy(fd, item);
	if (errno != ENOENT && errno != ENOTDIR)
		return err_set(
			ERR_FETCH, "%s: cannot be opened: %s", item->url, strerror(errno));
	item->ret_missing = true;
	if (item->may_be_missing)
		return 0;
	return err_set(ERR_NOT_FOUND, "%s: there is no such file", item->url);
}
