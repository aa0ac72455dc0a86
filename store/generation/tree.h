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
	TREE_WHOLE, /* a link to a directory of a package's own tree in ROOT/store */
	TREE_LINK, /* a link inside the generation: the last that always has a target */
	TREE_DIRECTORY,
	TREE_STATE, /* a link to ROOT/state/config, or a file or directory of ROOT/state/var */
};

struct tree_entry { /* one path of a generation's tree */
	enum tree_kind kind;
	const char *path;
	const char *package; /* label, for messages */
	const char *
		target; /* of an object, a whole: relative to the root; a link's: as it will be */
	enum generation_file_kind file_kind; /* of state */
	mode_t mode; /* of state */
	struct digest digest; /* of an object's contents */
	bool is_made; /* an image, or what a trigger made: in no package's list */
	bool is_plugin; /* a plug-in's own path: its image for the first of its programs */
	bool has_row; /* the database has it among the places of what is installed */
	bool is_gone; /* of a base (farm.h): not in the tree that was made from it */
	struct tree_entry *next; /* the same directory, of another package; NULL: none */
};

struct tree { /* of one generation, every path that it has itself: below a TREE_WHOLE there are more */
	struct tree_entry **entries; /* sorted */
	size_t count;
};

/* What a path below ROOT/state begins with that config files have. */
#define TREE_CONFIG "state/config"

/* And what that of the versions they derive from begins with. */
#define TREE_BASE "state/base"

/* Whether a file is not the store's but the user's: a config file, and all below var/. */
bool tree_is_state(const struct generation_file *file);

/* Whether an entry is a config file. */
bool tree_is_config(const struct tree_entry *entry);

/* Check a name of a package or library. Errors: ERR_FORMAT */
int tree_check_name(const char *name);

/* Check the names and paths of one package, whose files are there. Errors: as generation_check() */
int tree_check_files(const struct generation_package *package);

/* What stands at the path of a file, of a directory that is linked as a whole, of an image, of an
 * output. Owner: the arena. Errors: as generation_check() */
void tree_describe_file(struct arena *arena, const struct generation_package *package,
	const char *label, const struct generation_file *file, struct tree_entry *ret_entry);
void tree_describe_whole(struct arena *arena, const struct generation_package *package,
	const char *label, const char *directory, struct tree_entry *ret_entry);
int tree_describe_image(struct arena *arena, const struct generation_image *image,
	struct tree_entry *ret_entry);
int tree_describe_output(struct arena *arena, const struct generation_output *output,
	struct tree_entry *ret_entry);

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
int tree_fill_state(struct store *store, const struct tree *tree);

/*
 * Bring config files that the user did not change to a generation's version. When the generation
 * `is_new`, a version that is new, too, is put as PATH.weld-new beside a changed one, and the
 * notice says so. Repeating it changes nothing.
 *
 * Errors: ERR_FORMAT, ERR_NO_SPACE, ERR_IO
 */
int
tree_settle_config(struct store *store, uint64_t number, bool is_new, const struct tree *tree);

/* Write what a change of the generation makes of a file; repeating it changes nothing. Errors: as file_replace() */
int tree_write_state_file(struct store *store, const struct generation_state_file *file);

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

/* The same of a decision, and of an output. */
void
generation_write_decision(const struct generation_decision *decision, struct strbuf *ret_text);
int generation_read_decision(
	struct arena *arena, struct str text, struct generation_decision *ret_decision);
void generation_write_output(const struct generation_output *output, struct strbuf *ret_text);
int generation_read_output(
	struct arena *arena, struct str text, struct generation_output *ret_output);

struct manifest_text { /* of generations/N/manifest.json */
	struct str text;
	struct digest digest;
};

struct farm_base;

struct tree_made { /* what generation_create() knows of a generation, for generation_activate() */
	struct arena *arena; /* of all that is here */
	struct generation generation;
	struct manifest_text manifest;
	struct tree tree;
	struct farm_base
		*base; /* what stands in the database now; NULL: it cannot be believed */
};

/* Find what the tree of the current generation is, as the database has it. */
int tree_find_base(struct arena *arena, const struct store *store, struct tree_made *made);

/* The tree of the current generation: from the database, or else made. Owner: the arena */
int tree_read_current(struct arena *arena, const struct store *store, struct tree *ret_tree);

/* Forget what generation_create() knew. */
void tree_forget_made(struct store *store);

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
