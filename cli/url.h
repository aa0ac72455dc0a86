/* SPDX-License-Identifier: MIT */
/*
 * url: the URL of a repository that a person named.
 */
#ifndef CLI_URL_H
#define CLI_URL_H

struct arena;

/*
 * A directory is served by a file URL; everything else must be a URL already.
 *
 * Owner:  the arena
 * Errors: ERR_USAGE
 */
int url_of(struct arena *arena, const char *text, const char **ret_url);

#endif
