/* SPDX-License-Identifier: MIT */
/*
 * apt: Debian's sources, from the mirrors that the machine already uses.
 *
 * apt runs with a configuration of its own below the cache directory: nothing
 * in /etc or /var changes, and no privilege is needed.
 */
#ifndef REPO_RECIPE_APT_H
#define REPO_RECIPE_APT_H

#include "base/str.h"
#include "repo/recipe.h"

struct arena;

/*
 * Translate one file of apt's sources so that it also gives source packages.
 *
 * Only Debian's own entries for this release are taken; is_deb822 says which of
 * the two syntaxes `text` is in. codename is Debian's, such as "bookworm".
 * Without with_binaries the binary indexes are left out.
 */
void apt_translate_sources(struct str text, bool is_deb822, const char *codename,
	bool with_binaries, struct strbuf *sources);

/*
 * Download the files of a Debian source or binary package into a directory.
 *
 * They are not verified against the recipe here.
 *
 * Errors: ERR_FETCH (with apt's own words), ERR_NOT_FOUND (no apt, no Debian sources), ERR_IO
 */
int apt_download(struct arena *arena, const char *cache_dir, const struct recipe_source *source,
	const char *directory);

#endif
