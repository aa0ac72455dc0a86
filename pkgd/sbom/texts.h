/* SPDX-License-Identifier: MIT */
/*
 * texts: the licence texts that packages bring, in share/licenses/.
 */
#ifndef PKGD_SBOM_TEXTS_H
#define PKGD_SBOM_TEXTS_H

#include "base/str.h"
#include "pkgd/state.h"

#define TEXTS_DIRECTORY "share/licenses/" /* below the prefix */
#define TEXTS_SIZE_MAX ((size_t)16 << 20) /* bytes of one text */

/* The files of a package that are licences' texts. Owner: the state's arena. Errors: as generation_files() */
int texts_find(struct state *state, const struct generation_package *package,
	const struct generation_file **ret_texts, size_t *ret_count);

/*
 * Read a text, and check that it is what was installed; one that is not UTF-8 is taken for Latin 1.
 *
 * Owner:  the state's arena
 * Errors: ERR_NOT_FOUND, ERR_DIGEST (run 'weld repair'), ERR_LIMIT, ERR_IO
 */
int texts_read(struct state *state, const struct generation_package *package,
	const struct generation_file *file, const char **ret_text);

/*
 * All texts of a package, one behind the other; empty when there are none.
 *
 * Owner:  the state's arena
 * Errors: as texts_read()
 */
int texts_read_all(
	struct state *state, const struct generation_package *package, const char **ret_text);

#endif
