/* SPDX-License-Identifier: MIT */
/*
 * link: from the wanted state of an installation to its images.
 *
 * The caller describes every library and program of the next generation and
 * what is there already. The linker decides which libraries get a slot, lowers
 * what is not cached, links, and says what became of each image. It never
 * touches the store: new images are files in the scratch directory.
 */
#ifndef LINKER_LINK_H
#define LINKER_LINK_H

#include "base/hash.h"
#include "kernel-iface/image_note.h"
#include "linker/lower.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum link_sharing {
	LINK_SHARING_AUTO, /* a slot for two users or more */
	LINK_SHARING_ALWAYS, /* a slot for one user, too */
	LINK_SHARING_NEVER, /* private to each user */
};

struct link_unit {
	struct digest digest;
	const char *path; /* of the file: bitcode, or a native object */
};

struct link_export {
	const char *name;
	bool is_function;
	uint64_t size; /* bytes, of data; 0 for a function */
	const char *type; /* the IR type, as text: compared on updates */
};

struct link_library {
	const char *name; /* as in -lNAME: "z" */
	const char *package; /* "zlib-1.2.13-1": for messages and store names */
	struct link_unit unit;
	struct link_unit native; /* its native object for the target; path NULL: none */
	const char *const *imports; /* library names */
	size_t import_count;
	const struct link_export *exports;
	size_t export_count;
	const char *const *undefined; /* symbols that its imports must define */
	size_t undefined_count;
	const char *const *weak_undefined; /* symbols that it uses when somebody defines them */
	size_t weak_undefined_count;
	const char *const *
		own_uses; /* exports that it refers to itself; NULL: its package does not say */
	size_t own_use_count;
	uint64_t tls_size; /* bytes */
	size_t tls_export_count;
	enum link_sharing sharing; /* what the package asks for */
	unsigned harden_except; /* set of enum harden: defences that its package cannot bear */
};

struct link_program {
	const char *path; /* in the generation: "bin/jq" */
	const char *package; /* "jq-1.6-1" */
	struct link_unit unit;
	struct link_unit native; /* as a library's */
	const char *const *imports;
	size_t import_count;
	const char *const *undefined; /* symbols that its imports must define */
	size_t undefined_count;
	const char *const *weak_undefined; /* symbols that it uses when somebody defines them */
	size_t weak_undefined_count;
	const char *const *exports; /* symbols that it defines and does not hide */
	size_t export_count;
	const char *const *loads; /* interfaces whose plug-ins it may open */
	size_t load_count;
	enum link_sharing sharing; /* NEVER makes one fully static program */
	unsigned harden_except; /* set of enum harden: defences that its package cannot bear */
};

struct link_plugin { /* linked for each program that loads one of its interfaces */
	const char *path; /* in the generation: "lib/lua/5.4/lpeg.so" */
	const char *package; /* "lua-lpeg-1.0.2-1" */
	struct link_unit unit;
	struct link_unit native; /* as a library's */
	const char *const *imports;
	size_t import_count;
	const char *const *undefined; /* symbols that its program or its imports must define */
	size_t undefined_count;
	const char *const *exports; /* symbols that dlsym() finds */
	size_t export_count;
	const char *const *interfaces; /* that it is for: "lua5.4" */
	size_t interface_count;
	uint64_t tls_size; /* bytes */
	unsigned harden_except; /* set of enum harden: defences that its package cannot bear */
};

struct link_slot { /* a reserved range with the image in it: a slot, or a plug-in's */
	const char *name; /* the library, or as link_plugin_name() */
	struct digest key;
	struct digest image; /* digest of the slot image */
	struct digest layout_id;
	uint64_t base;
	uint64_t size; /* bytes reserved */
	struct image_tls tls; /* the range of its thread-local variables */
	const char *path; /* the slot image in the store */
	bool is_current; /* of the current generation */
};

enum link_kind {
	LINK_PROGRAM,
	LINK_SLOT,
	LINK_PLUGIN, /* one plug-in for one program */
};

enum link_outcome {
	LINK_KEPT, /* an existing image serves */
	LINK_REBOUND, /* an existing image with other addresses in it: nothing was linked */
	LINK_LINKED, /* linked again from cached objects: nothing was compiled */
	LINK_LOWERED, /* compiled and linked */
};

struct link_image {
	enum link_kind kind;
	enum link_outcome outcome;
	enum lower_tier tier; /* that it was lowered in */
	const char *cpu; /* that it was lowered for: LLVM's name */
	const char
		*origin; /* of one that was linked: who published its main object; "": nobody */
	struct digest object; /* key of its main object */
	const char *name; /* "bin/jq", the library's name, or as link_plugin_name() */
	const char *package;
	struct digest key; /* digest of all that decides the bytes */
	struct digest digest; /* of the image file */
	const char *file; /* the new file in the scratch directory, or the existing one */
	uint64_t file_size; /* bytes */
	const char *
		facts_file; /* likewise, of its facts; NULL when the image is an existing one */
	struct digest facts_digest;
	const char *sites_file; /* likewise, of what binds it again; NULL when it cannot be */
	struct digest sites_digest;
	uint64_t written; /* bytes of the files that are new */
	const char *const
		*slots; /* names of the slots it is bound to, what is needed first is first */
	size_t slot_count;
	const char *const *privates; /* names of the libraries linked into it */
	size_t private_count;
	unsigned harden; /* set of enum harden: the defences that all of it has */
	/* Of a slot; of a program that loads plug-ins; of a plug-in: that of its program. */
	struct digest layout_id;
	/* of a slot or a plug-in: */
	uint64_t base;
	uint64_t size; /* bytes reserved */
	struct image_tls tls; /* of a slot: the range of its thread-local variables */
};

struct link_private { /* a program that has a library inside, though others share its slot */
	const char *program;
	const char *reason; /* "the program defines malloc, which the library uses" */
};

struct link_decision {
	const char *library;
	bool is_slot;
	const char *reason; /* "2 users", "1 user", "exports thread-local variables" */
	size_t user_count; /* programs that share it, or would */
	const struct link_private *privates; /* in the order of the programs */
	size_t private_count;
	uint64_t saved_bytes; /* of a slot: (users - 1) * size of its loaded contents */
};

struct link_existing { /* an image that the store has */
	struct digest key;
	struct digest digest;
	const char *path;
	struct digest layout_id; /* of a program that loads plug-ins; else zero */
};

struct link_model { /* an image that may be bound again, and what stands beside it */
	enum link_kind kind;
	const char *name;
	const char *package;
	struct digest digest;
	const char *path;
	const char *sites_path;
	struct digest sites_digest;
	const char *facts_path;
	struct digest facts_digest;
};

struct link_progress {
	const char *step; /* "lower", "link" */
	const char *object; /* "bin/jq" */
	size_t done;
	size_t total;
};

struct link_remake { /* an image that is made again, to be compared with the one that is there */
	enum link_kind kind;
	const char *name;
	enum lower_tier tier; /* that it is in */
};

struct link_request {
	const char *root; /* absolute path that the installation has when its programs run */
	const char *scratch; /* absolute path of a directory of ours */
	const char *cache; /* absolute path of the directory of lowered objects */
	struct digest seed; /* the machine's secret: decides where slots land */
	enum link_sharing sharing; /* the policy */
	enum lower_tier
		tier; /* that what is missing is lowered in; what is there in a better one serves */
	enum arch arch; /* what is linked for */
	bool keeps_worse; /* images that are there serve in a worse tier, too */
	unsigned harden; /* set of enum harden: the policy */
	bool inlines; /* small functions of slots are copied into their users: the policy */
	const char *cpu; /* LLVM's name; NULL: LOWER_NATIVE */
	uint64_t memory; /* bytes that a worker may use; 0: WORKER_ADDRESS_SPACE */
	const struct lower_target *published; /* of the objects that are offered, best first */
	size_t published_count;
	const struct digest *offered; /* keys of published objects: they go before all others */
	size_t offered_count;
	const struct link_remake *remakes; /* NULL: what is there is kept or bound again */
	size_t remake_count;
	const struct link_library *libraries;
	size_t library_count;
	const struct link_program *programs;
	size_t program_count;
	const struct link_plugin *plugins;
	size_t plugin_count;
	const struct link_slot *slots; /* all reserved ranges, of every generation */
	size_t slot_count;
	const struct link_existing *existing;
	size_t existing_count;
	const struct link_model *models;
	size_t model_count;
	void (*progress)(void *data, const struct link_progress *progress); /* may be NULL */
	void *progress_data;
};

struct link_result {
	struct link_image *images; /* slots in dependency order, then programs, then plug-ins */
	size_t image_count;
	struct link_decision *decisions; /* one a library, sorted by name */
	size_t decision_count;
	size_t lowered_units; /* units that were compiled */
	size_t cached_units; /* units whose object came from the cache */
	uint64_t lowered_bytes; /* of the units that were compiled */
};

/*
 * The name that a slot has in the store and the path the mapper looks for.
 *
 * "z-0123456789abcdef": library and the first 16 hex digits of the layout id.
 *
 * Owner: the arena
 */
char *link_slot_name(struct arena *arena, const char *library, const struct digest *layout_id);

/*
 * The name of the image that is linked of a plug-in for a program: "PROGRAM:PLUG-IN", both as they
 * stand in the generation.
 *
 * Owner: the arena
 */
char *link_plugin_name(struct arena *arena, const char *program, const char *plugin);

/* The directory name in the store, "DIGEST-NAME-VERSION", of an image. Owner: the arena */
char *link_store_name(struct arena *arena, const struct link_image *image);

/*
 * The path that an image must have in the store: ROOT/store/DIGEST-NAME-VERSION/FILE.
 *
 * Other images hold this path, so the caller must put the file exactly there.
 *
 * Owner: the arena
 */
char *link_store_path(struct arena *arena, const char *root, const struct link_image *image);

/*
 * Check that every import is there and every needed symbol is exported, and decide
 * for each library whether it gets a slot, without lowering or linking.
 *
 * Owner:  the arena; of the result only the decisions are set
 * Errors: ERR_SYMBOL: names program, symbol and libraries
 */
int link_check(struct arena *arena, const struct link_request *request,
	struct link_result *ret_result);

/*
 * Make all images of the wanted state.
 *
 * Owner:  the arena; the files are the caller's
 * Errors: ERR_SYMBOL (an import that nothing exports: names program and symbol), ERR_SLOT_FULL,
 * ERR_PROFILE, ERR_WORKER, ERR_NO_SPACE, ERR_IO
 */
int link_all(struct arena *arena, const struct link_request *request,
	struct link_result *ret_result);

#endif
