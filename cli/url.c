/* SPDX-License-Identifier: MIT */
/* What a person types as the place of a repository. */
#include "cli/url.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* A path as it stands in a URL: what is not plain there is written as %XX. */
static const char *
path_in_url(struct arena *arena, const char *path)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (const char *at = path; *at != '\0'; at++)
		if ((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
			(*at >= 'a' && *at <= 'z') || strchr("/-._~+", *at) != NULL)
			strbuf_add_char(&text, *at);
		else
			strbuf_printf(&text, "%%%02X", (unsigned)(unsigned char)*at);
	return arena_string(arena, strbuf_string(&text));
}

int
url_of(struct arena *arena, const char *text, const char **ret_url)
{
	char *real;

	if (strstr(text, "://") != NULL) {
		*ret_url = text;
		return 0;
	}
	real = realpath(text, NULL);
	if (real == NULL)
		return err_set(ERR_USAGE, "%s: neither a URL nor a directory", text);
	*ret_url = arena_printf(arena, "file://%s", path_in_url(arena, real));
	free(real);
	return 0;
}
