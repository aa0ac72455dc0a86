/* SPDX-License-Identifier: MIT */
/*
 * tree: the parts that generations are made of; private to store/.
 */
#ifndef STORE_GENERATION_TREE_H
#define STORE_GENERATION_TREE_H

#include "base/str.h"
#include "store/generation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct store;

enum tree_kind {
	TREE_OBJECT, /* a link to a file in ROOT/store */
	TREE_LINK, /* a link inside the generation */
	TREE_DIRECTORY,
	TREE_STATE, /* a link to ROOT/state/config, or a file or directory of ROOT/state/var */
};

struct tree_entry { /* one path of a generation's tree */
	enum tree_kind kind;
	const char *path;
	const char *package; /* label, for messages */
	const char *target; /* an object: relative to the root; a link: as it will be */
	const struct generation_file *file; /* NULL for images */
	struct digest digest; /* of an object's contents */
	bool is_plugin; /* a plug-in's own path: its image for the first of its programs */
};

/* What a path below ROOT/state begins with that config files have. */
#define TREE_CONFIG "state/config"

/* And what that of the versions they derive from begins with. */
#define TREE_BASE "state/base"

/*
 * List every path of a generation, sorted, and check that they fit together.
 *
 * Owner:  the arena
 * Errors: as generation_check()
 */
int tree_list(struct arena *arena, const struct generation *generation,
	struct tree_entry **ret_entries, size_t *ret_count);

/*
 * The target of the link at an object's path: relative, so that a root can be seen under
 * another path, too. Owner: the arena
 */
char *tree_link_target(struct arena *arena, const struct tree_entry *entry);

/*
 * Put what has a copy in ROOT/state there, if it is missing: config files, and what packages
 * have below var/.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int tree_fill_state(struct store *store, const struct tree_entry *entries, size_t count);

/*
 * Bring config files that the user did not change to a generation's version. When the generation
 * `is_new`, a version that is new, too, is put as PATH.weld-new beside a changed one, and the
 * notice says so. Repeating it changes nothing.
 *
 * Errors: ERR_FORMAT, ERR_NO_SPACE, ERR_IO
 */
int tree_settle_config(struct store *store, uint64_t number, bool is_new,
	const struct tree_entry *entries, size_t count);

/* Write what a change of the generation makes of a file; repeating it changes nothing. Errors: as file_replace() */
int tree_write_state_file(struct store *store, const struct generation_state_file *file);

/* Make the texts of one state that have the installation prefix in them. */
int tree_make_texts(struct store *store, struct generation *generation);

/* A copy with packages, files and images sorted. Owner: the arena; texts are borrowed */
void generation_copy(
	struct arena *arena, const struct generation *generation, struct generation *ret_copy);

/* The text of manifest.json. Owner: the caller frees ret_text */
void generation_write_manifest(const struct generation *generation, struct strbuf *ret_text);

/* Read the text of manifest.json. Owner: the arena. Errors: ERR_FORMAT */
int generation_read_manifest(
	struct arena *arena, struct str text, struct generation *ret_generation);

/* One image as JSON, and back. Owner: the caller frees ret_text; the arena. Errors: ERR_FORMAT */
void generation_write_image(const struct generation_image *image, struct strbuf *ret_text);
int
generation_read_image(struct arena *arena, struct str text, struct generation_image *ret_image);

struct manifest_text { /* of generations/N/manifest.json */
	struct str text;
	struct digest digest;
};

/* Read generations/N/manifest.json itself. Errors: as generation_read() */
int generation_read_file(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation, struct manifest_text *ret_manifest);

/* The numbers of all directories in ROOT/generations, ascending. Owner: the arena */
int generation_list_numbers(struct arena *arena, const struct store *store,
	uint64_t **ret_numbers, size_t *ret_count);

/* Whether a name in ROOT/generations is a number. */
bool generation_parse_number(const char *name, uint64_t *ret_number);

/* Remove a directory in ROOT/generations that has no number yet. */
int generation_drop_staging(struct store *store, const char *staging);

/* Remove a generation's directory; at no moment a part of it stands under its number. */
int generation_remove_tree(struct store *store, uint64_t number);

#endif
