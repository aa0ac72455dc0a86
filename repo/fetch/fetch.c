/* SPDX-License-Identifier: MIT */
/*
 * Local files are read here; for all others weld-fetch is started, once for all of them. Of what
 * it says only numbers are taken, and none that cannot be; what it writes is for the caller to verify, when it is gone.
 */
#include "repo/fetch.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/fetch/local.h"
#include "repo/fetch/remote.h"

#include <string.h>
#include <strings.h>

static bool
has_scheme(const char *url, const char *scheme)
{
	return strncasecmp(url, scheme, strlen(scheme)) == 0;
}

/* Those of the network stay in *remote, as indices. */
static int
fetch_local_ones(const struct fetch_options *options, struct fetch_item *items, size_t count,
	size_t *remote, size_t *ret_remote_count, uint64_t *ret_received)
{
	for (size_t i = 0; i < count; i++) {
		items[i].ret_missing = false;
		items[i].ret_size = 0;
		if (has_scheme(items[i].url, "http:") || has_scheme(items[i].url, "https:")) {
			remote[(*ret_remote_count)++] = i;
			continue;
		}
		if (!has_scheme(items[i].url, "file:"))
			return err_set(ERR_FETCH,
				"%s: not a URL of the kinds file, http and https",
				items[i].url);
		TRY(local_fetch(&items[i]));
		*ret_received += items[i].ret_size;
		if (options->progress != NULL)
			options->progress(options->data, *ret_received);
	}
	return 0;
}

int
fetch_files(const struct fetch_options *options, struct fetch_item *items, size_t count)
{
	static const struct fetch_options defaults;
	struct arena *arena AUTO(arena_free) = arena_new();
	size_t *remote = arena_array(arena, count + 1, sizeof *remote);
	size_t remote_count = 0;
	uint64_t received = 0;

	if (options == NULL)
		options = &defaults;
	TRY(fetch_local_ones(options, items, count, remote, &remote_count, &received));
	if (remote_count == 0)
		return 0;
	return remote_fetch(arena, options, items, remote, remote_count, received);
}

int
fetch_bytes(const struct fetch_options *options, const char *url, uint64_t limit,
	struct strbuf *ret_bytes)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct fetch_item item = { .url = url, .limit = limit };
	struct str bytes = { 0 };
	int fd AUTO(file_close) = -1;

	TRY(file_memory("fetch", &fd));
	item.fd = fd;
	TRY(fetch_files(options, &item, 1));
	TRY(err_context(file_read_fd(arena, fd, limit, &bytes), "%s", url));
	*ret_bytes = (struct strbuf){ 0 };
	strbuf_add(ret_bytes, bytes.at, bytes.len);
	return 0;
}
