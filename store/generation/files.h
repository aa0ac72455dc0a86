/* SPDX-License-Identifier: MIT */
/*
 * files: the list of a package's files as a text of its own, which generations share; private to store/.
 *
 *     ROOT/store/DIGEST-NAME-VERSION/files.json   the list: DIGEST is its own
 *     ROOT/store/DIGEST-NAME-VERSION/tree/        links to the files of the directories that can be
 *                                                 linked as a whole (fold.h)
 */
#ifndef STORE_GENERATION_FILES_H
#define STORE_GENERATION_FILES_H

#include "base/json.h"
#include "base/str.h"
#include "store/generation.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct store;
struct tree_entry;

#define FILES_NAME "files.json"
#define FILES_TREE "tree"

/* The name in ROOT/store of a package's list. Owner: the arena */
char *files_store_name(struct arena *arena, const struct generation_package *package);

/* Whether the package has a list yet: packages of generations that older versions made have none. */
bool files_has_list(const struct generation_package *package);

/* The text of a list. Owner: the caller frees ret_text */
void files_write(const struct generation_file *files, size_t count, struct strbuf *ret_text);

/* Read the text of a list. Owner: the arena. Errors: ERR_FORMAT */
int files_read(struct arena *arena, struct str text, struct generation_file **ret_files,
	size_t *ret_count);

/* The same of the array in it, which once stood in manifest.json. */
int files_from_json(struct arena *arena, const json_t *array,
	struct generation_file **ret_files, size_t *ret_count);

/* The target of the link that the tree of a list has for a file: as tree_link_target(). Owner: the arena */
char *files_link_target(struct arena *arena, const struct tree_entry *entry);

/* Set what a package says of its files as a whole: files_size, texts. Owner: the arena */
void files_summarize(struct arena *arena, struct generation_package *package);

/*
 * Bring a package's list to the store, where it is not there yet, and note its digest in the package, whose
 * files are sorted and have their texts. It gets its name with all that is pending.
 *
 * Errors: as generation_check() for a single package, ERR_NO_SPACE, ERR_IO
 */
int files_make_list(struct store *store, struct generation_package *package);

#endif
