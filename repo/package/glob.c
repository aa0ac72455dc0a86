/* SPDX-License-Identifier: MIT */
/* The classical matcher with one place to go back to for each kind of star. */
#include "repo/glob.h"

#include <stddef.h>
#include <string.h>

bool
glob_match(const char *pattern, const char *path)
{
	const char *star = NULL; /* pattern behind the last * */
	const char *star_path = NULL; /* where it is tried */
	const char *wide = NULL; /* the same of the last ** */
	const char *wide_path = NULL;

	for (;;) {
		if (pattern[0] == '*' && pattern[1] == '*') {
			pattern += 2;
			wide = pattern;
			wide_path = path;
			star = NULL;
			continue;
		}
		if (*pattern == '*') {
			star = ++pattern;
			star_path = path;
			continue;
		}
		if (*pattern == '\0' && *path == '\0')
			return true;
		if (*path != '\0' && (*pattern == *path || (*pattern == '?' && *path != '/'))) {
			pattern++;
			path++;
			if (*pattern == '\0' && pattern[-1] == '/')
				return true;
			continue;
		}
		if (star != NULL && *star_path != '\0' && *star_path != '/') {
			pattern = star;
			path = ++star_path;
		} else if (wide != NULL && *wide_path != '\0') {
			pattern = wide;
			path = ++wide_path;
			star = NULL;
		} else {
			return false;
		}
	}
}

bool
glob_match_any(const struct manifest_list *patterns, const char *path)
{
	for (size_t i = 0; i < patterns->len; i++)
		if (glob_match(patterns->at[i], path))
			return true;
	return false;
}
