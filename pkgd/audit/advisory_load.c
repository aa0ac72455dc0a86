/* SPDX-License-Identifier: MIT */
/* Where advisories come from: files, directories, URLs. Nothing that was read is believed yet. */
#include "pkgd/audit/advisory.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/fetch.h"

#include <string.h>
#include <sys/stat.h>

#define ADVISORIES_MAX ((size_t)64 << 20) /* bytes of one file or answer */

static bool
is_url(const char *place)
{
	return str_has_prefix(place, "https://") || str_has_prefix(place, "http://") ||
	       str_has_prefix(place, "file://");
}

static int
load_url(struct arena *arena, const char *url, bool is_offline, struct advisory_list *list)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct fetch_options options = { 0 };

	if (is_offline && !str_has_prefix(url, "file://"))
		return err_set(
			ERR_FETCH, "%s: not fetched, weld is offline (save it to a file)", url);
	TRY(fetch_bytes(&options, url, ADVISORIES_MAX, &bytes));
	return advisory_read(arena, strbuf_str(&bytes), url, list);
}

/* The text is freed with its own arena: a large database is not kept in memory twice. */
static int
load_file(struct arena *arena, int dir, const char *name, const char *shown,
	struct advisory_list *list)
{
	struct arena *scratch AUTO(arena_free) = arena_new();
	struct str text;

	TRY(err_context(file_read(scratch, dir, name, ADVISORIES_MAX, &text), "advisories"));
	return advisory_read(arena, text, shown, list);
}

static int
load_directory(struct arena *arena, int dir, const char *path, struct advisory_list *list)
{
	char **names;
	size_t count;
	size_t loaded = 0;

	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		if (!str_has_suffix(names[i], ".json"))
			continue;
		TRY(load_file(arena, dir, names[i],
			arena_printf(arena, "%s/%s", path, names[i]), list));
		loaded++;
	}
	/* Nothing to look for is not the same as nothing found. */
	if (loaded == 0)
		return err_set(ERR_NOT_FOUND, "%s: no advisories there (files *.json)", path);
	return 0;
}

int
advisory_load(
	struct arena *arena, const char *place, bool is_offline, struct advisory_list *list)
{
	int dir AUTO(file_close) = -1;
	struct stat status;

	if (is_url(place))
		return load_url(arena, place, is_offline, list);
	if (stat(place, &status) < 0)
		return err_errno("advisories %s", place);
	if (!S_ISDIR(status.st_mode))
		return load_file(arena, AT_FDCWD, place, place, list);
	TRY(file_open_dir(AT_FDCWD, place, &dir));
	return load_directory(arena, dir, place, list);
}
