/* SPDX-License-Identifier: MIT */
/*
 * generation: one complete state of an installation.
 *
 * The caller describes a state as plain data; generation_create() lays it out below
 * ROOT/generations/N and generation_activate() makes it the current one. All paths in a
 * generation are relative, without "." or "..". Its tree consists of links:
 *
 *     bin/jq               -> the program's image
 *     share/x              -> the file in its package's directory
 *     share/doc/jq         -> a directory that one package alone has something in, in the store
 *     slots/z-0123456789abcdef -> the slot's image
 *     plugins/0123456789abcdef/lib/x.so -> the plug-in's image for the program of that layout
 *     lib/x.so             -> that for the first program that loads it
 *     share/x.cache        -> a file that a trigger made, or that is for a service
 *     etc/x (a config file) -> ROOT/state/config/etc/x, a copy that is the user's
 *     var                  -> ROOT/state/var, which outlives generations
 *     manifest.json        a file: this description, in canonical form
 */
#ifndef STORE_GENERATION_H
#define STORE_GENERATION_H

#include "base/hash.h"
#include "base/str.h"
#include "kernel-iface/image_note.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;
struct store;

enum generation_file_kind {
	GENERATION_FILE, /* contents stand in the package's directory under objects/DIGEST */
	GENERATION_LINK,
	GENERATION_DIRECTORY,
};

struct generation_file {
	enum generation_file_kind kind;
	const char *path; /* "share/doc/x" */
	mode_t mode; /* of files and directories: 0644, 0755 */
	uint64_t size; /* bytes, of a file */
	struct digest digest; /* of a file */
	struct digest text; /* with has_prefix: of the contents with the root's path in them;
			       generation_create() sets it */
	const char *target; /* of a link; relative, stays in the generation */
	bool is_config;
	bool has_prefix; /* WELD_PREFIX in it is replaced by ROOT/current */
};

struct generation_package {
	const char *name;
	const char *version;
	uint64_t release;
	const char *summary;
	const char *licence;
	const char *kind; /* "ir", "native", "files" */
	const char *repository; /* where it came from; "" for a local file */
	struct digest digest; /* of the package file */
	struct digest manifest; /* of manifest.json in its directory */
	const char *store_name; /* its directory in ROOT/store */
	bool is_manual; /* asked for by a person; otherwise needed by others */
	bool is_held; /* keeps its version */
	uint64_t installed_at; /* seconds since 1970 */
	const char *const *requires; /* as in the package's manifest */
	size_t require_count;
	const char *const *provides;
	size_t provide_count;
	const char *const *conflicts;
	size_t conflict_count;
	const char *const *replaces;
	size_t replace_count;
	bool is_plain; /* it has files and relations, no code, and declares nothing */
	uint64_t
		files_size; /* bytes of all its files; generation_read() sets it, as what follows */
	struct digest
		list; /* of the list of its files in ROOT/store; zero: there is none yet */
	const struct digest *texts; /* of files with has_prefix: `text` */
	size_t text_count;
	/* Sorted by path; programs are images. NULL with a list: generation_files() reads them. */
	const struct generation_file *files;
	size_t file_count;
};

#define GENERATION_FACTS "facts" /* what an image contains: a file in its directory */
#define GENERATION_SITES "sites" /* where an image refers to its slots: likewise */

struct generation_image {
	bool is_slot;
	bool is_plugin; /* otherwise, and no slot: a program */
	const char
		*name; /* "bin/jq"; a slot's library: "z"; a plug-in's program, ':' and path */
	const char *package; /* "jq-1.6-1" */
	struct digest key; /* of all that decides the bytes */
	struct digest digest; /* of the image file */
	uint64_t file_size; /* bytes */
	const char *tier; /* "instant", "fast", "full"; "" where an older version did not say */
	const char *cpu; /* LLVM's name of what it was lowered for; "" where nobody said */
	const char *builder; /* "NAME KEYID" of who lowered its code; "": this machine */
	bool has_facts; /* GENERATION_FACTS stands beside it; made by older versions, it does not */
	struct digest facts; /* of that file */
	bool has_sites; /* GENERATION_SITES stands beside it; there are images without */
	struct digest sites; /* of that file */
	const char *store_name; /* its directory in ROOT/store */
	const char *store_file; /* its file in there */
	const char *const *slots; /* names of the slots it is bound to, needed first */
	size_t slot_count;
	const char *const *privates; /* names of the libraries linked into it */
	size_t private_count;
	const char *
		harden; /* its defences, "cfi,shuffle" or "none"; NULL: made by older versions */
	struct digest
		layout_id; /* of a slot or program; of a plug-in: its program's; zero: none */
	/* of a slot or plug-in: */
	uint64_t base; /* address */
	uint64_t size; /* bytes reserved */
	struct image_tls tls; /* the range of its thread-local variables */
};

struct generation_private { /* a program that has a library inside, whatever others have */
	const char *program;
	const char *reason;
};

struct generation_decision { /* private or slot, for one library */
	const char *library;
	bool is_slot;
	const char *reason;
	uint64_t user_count;
	uint64_t saved_bytes;
	const struct generation_private *privates;
	size_t private_count;
};

#define GENERATION_OUTPUT "output" /* the file in a store directory that was made */

struct generation_output { /* a file that was made of what a package declares */
	const char *path; /* "share/magic.mgc" */
	const char *package; /* label of who declares it: "file-5.44-1" */
	const char *trigger; /* that made it from files of the generation; NULL: none did */
	const char *service; /* that it is for, where no trigger made it */
	struct digest key; /* of all that decides the bytes */
	struct digest digest; /* of the file */
	uint64_t size; /* bytes */
	const char *store_name; /* its directory in ROOT/store */
};

struct generation { /* { 0 } is the empty state that a new root has */
	uint64_t number; /* from 1; generation_create() gives it */
	uint64_t parent; /* the generation it was made from; 0: none */
	uint64_t time; /* seconds since 1970 */
	const char *command; /* "weld install jq" */
	const struct generation_package *packages; /* sorted by name */
	size_t package_count;
	const struct generation_image *images;
	size_t image_count;
	const struct generation_decision *decisions;
	size_t decision_count;
	const struct generation_output *outputs; /* sorted by path */
	size_t output_count;
};

/* The path of a plug-in, without its program. Owner: the image's name */
const char *generation_plugin_path(const struct generation_image *image);

/* The package of a name; NULL when there is none. Owner: the generation */
const struct generation_package *
generation_find_package(const struct generation *generation, const char *name);

/* "NAME-VERSION-RELEASE" of a package. Owner: the arena */
char *generation_package_label(struct arena *arena, const struct generation_package *package);

/*
 * The files of a package of a generation that was read, sorted by path.
 *
 * Owner:  the arena, or the package
 * Errors: ERR_NOT_FOUND, ERR_DIGEST (run 'weld repair'), ERR_FORMAT, ERR_IO
 */
int generation_files(struct arena *arena, const struct store *store,
	const struct generation_package *package, const struct generation_file **ret_files,
	size_t *ret_count);

/* Whether a package has a list of its files, and the store has it. Without, it is described with its files. */
bool generation_has_list(const struct store *store, const struct generation_package *package);

/*
 * Check that a state can be laid out: names, paths, no path in two packages, no path below
 * a file or link of another. Nothing is written. All packages have their files.
 *
 * Errors: ERR_EXISTS (names path and both packages), ERR_RANGE (path), ERR_FORMAT (name)
 */
int generation_check(const struct generation *generation);

/*
 * Lay out a new generation behind the newest one; its number is given back.
 *
 * Needs the lock; the directories in ROOT/store that it names must be there. A package has its files, or the list that it
 * was read with. The sorting, `number` and `parent` of the description need not be set. Nothing is current yet, and what
 * is not activated is cleared away later.
 *
 * Owner:  what the description refers to must stay until it is activated, or the store is closed
 * Errors: as generation_check(), ERR_NOT_FOUND (a directory or object in the store),
 *         ERR_NO_SPACE, ERR_IO
 */
int generation_create(
	struct store *store, const struct generation *generation, uint64_t *ret_number);

/* A file of ROOT/state whose contents belong to a change of the generation. */
struct generation_state_file {
	const char *path; /* below ROOT/state: "policy.json" */
	struct str text;
};

/*
 * Make a generation the current one, and with it the text that of a file, NULL: of none: one database commit,
 * one rename.
 *
 * After a failure the old one is current, and the file as it was. Needs the lock.
 *
 * Errors: ERR_NOT_FOUND (no such generation), ERR_NOTHING (it is current), ERR_NO_SPACE,
 *         ERR_IO
 */
int generation_activate(struct store *store, uint64_t number, const char *command,
	const struct generation_state_file *file);

/*
 * Read a file of ROOT/state as it is with the current generation, also where a crash came before it was
 * written.
 *
 * Units:  max_bytes: what is longer is refused
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such file), ERR_RANGE (longer), ERR_FORMAT, ERR_IO
 */
int generation_read_state_file(struct arena *arena, const struct store *store, const char *path,
	size_t max_bytes, struct str *ret_text);

/*
 * Read a generation's description, without the files of its packages; number 0 gives the empty state.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such generation), ERR_FORMAT (damaged), ERR_IO
 */
int generation_read(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation);

/*
 * The same of the current one, from the rows of the database where it knows them.
 *
 * Owner:  the arena
 * Errors: as generation_read()
 */
int generation_read_current(
	struct arena *arena, const struct store *store, struct generation *ret_generation);

/*
 * Forget generations; what they alone needed stays until collect_garbage(). Needs the lock.
 *
 * Errors: ERR_USAGE (it is current), ERR_NOT_FOUND, ERR_IO
 */
int generation_remove(struct store *store, uint64_t number);

#endif
