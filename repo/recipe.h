/* SPDX-License-Identifier: MIT */
/*
 * recipe: how a package is built from upstream source, as a packager wrote it down.
 *
 * A recipe is a folder with recipe.ucl, a shell file `build` and, at will, patches/.
 */
#ifndef REPO_RECIPE_H
#define REPO_RECIPE_H

#include "base/hash.h"
#include "repo/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum recipe_source_kind {
	RECIPE_SOURCE_DEBIAN, /* a Debian source package: `name` and `version` */
	RECIPE_SOURCE_DEB, /* a Debian binary package: `name` and `version` */
	RECIPE_SOURCE_URL, /* one archive at `url` */
	RECIPE_SOURCE_FOLDER, /* a folder `name` in the recipe's own */
};

struct recipe_file {
	const char *name; /* without a directory */
	struct digest digest;
};

struct recipe_source {
	enum recipe_source_kind kind;
	const char *name; /* NULL for RECIPE_SOURCE_URL */
	const char *version; /* Debian's version, epoch included; NULL for the others */
	const char *url; /* NULL but for RECIPE_SOURCE_URL */
	struct recipe_file *files; /* sorted by name */
	size_t file_count; /* 1 at least; 0 for RECIPE_SOURCE_FOLDER */
	struct manifest_list only; /* globs of members to unpack; empty: all */
	const char *into; /* directory below the source tree; NULL: its top */
};

struct recipe_package {
	const char *name; /* with the series */
	const char *summary;
	struct manifest_list
		files; /* globs of paths below the prefix; empty for the first package */
	struct manifest_list requires; /* beyond those that follow from imports */
	struct manifest_list conflicts;
	struct manifest_list replaces;
	struct declared declared; /* what it asks of the machine */
};

struct recipe_library {
	const char *name; /* as in -lNAME */
	const char *sharing; /* "auto", "always" or "private" */
};

struct recipe_program {
	const char *path; /* below the prefix: "bin/lua" */
	struct manifest_list loads; /* interfaces whose plug-ins it opens */
};

struct recipe_native_sources { /* C that becomes machine code in builds for one architecture */
	const char *arch;
	struct manifest_list globs; /* of paths of sources */
};

struct recipe {
	const char *directory;
	const char *name; /* of its first package: with the series, as "lua@5.3" */
	const char *plain_name; /* as written */
	const char *series; /* "5.3"; "": none */
	const char *version;
	int64_t release; /* 1 at least */
	const char *summary;
	const char *licence; /* an SPDX expression */
	const char *homepage;
	struct recipe_source *sources;
	size_t source_count; /* 1 at least */
	struct manifest_list
		patches; /* paths of files, in the order in which they are applied */
	struct manifest_list build_requires; /* names of packages */
	bool is_bootstrap; /* built without musl and compiler-rt in the sysroot */
	bool has_assembly; /* may assemble: native objects are expected */
	struct recipe_native_sources *native_sources;
	size_t native_source_count;
	bool is_native; /* installs files of machine code as they are, and no units */
	struct manifest_list architectures; /* that it is for; empty: all */
	struct recipe_package *packages;
	size_t package_count; /* 1 at least; the first takes what is left */
	struct recipe_library *libraries;
	size_t library_count;
	struct recipe_program *programs; /* those of which there is something to say */
	size_t program_count;
	struct manifest_list plugin_for; /* interfaces that its plug-ins are for */
	struct manifest_list config; /* globs of configuration files */
	struct manifest_list harden_except; /* "cfi: why it cannot bear that defence", sorted */
	struct manifest_list capabilities; /* API groups that its programs may use */
	struct digest
		digest; /* of everything in the folder, and of added patches and release */
};

/*
 * Read the recipe in a folder.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND, ERR_FORMAT, naming the file and the key
 * Source: recipe(5)
 */
int recipe_load(struct arena *arena, const char *directory, struct recipe *ret_recipe);

/*
 * Change a recipe for one build: apply more patches after its own, and take another release.
 *
 * release 0 keeps the recipe's. The digest changes with them.
 *
 * Errors: ERR_NOT_FOUND (no such patch)
 */
int recipe_modify(struct arena *arena, struct recipe *recipe, const char *const *patches,
	size_t patch_count, int64_t release);

#endif
