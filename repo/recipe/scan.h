/* SPDX-License-Identifier: MIT */
/*
 * scan: what a recipe installed, sorted into programs, libraries and files.
 */
#ifndef REPO_RECIPE_SCAN_H
#define REPO_RECIPE_SCAN_H

#include "base/vec.h"
#include "repo/recipe/job.h"

enum entry_kind {
	ENTRY_FILE, /* data, with an object */
	ENTRY_LINK,
	ENTRY_DIRECTORY, /* an empty one */
	ENTRY_PROGRAM, /* with a unit */
	ENTRY_LIBRARY, /* with a unit */
	ENTRY_PLUGIN, /* with a unit: a shared object that programs open by its path */
	ENTRY_NATIVE, /* a native object */
	ENTRY_UNIT, /* a unit for one architecture, of code that has one for all */
	ENTRY_DROPPED, /* not packed */
};

struct entry {
	enum entry_kind kind;
	const char *path; /* below the prefix */
	const char *target; /* of a link: relative */
	const char *
		library; /* plain name of a library, also of that which a native object or unit is for */
	const char *owner; /* path of the program or plug-in that it is for; NULL: a library */
	const char *arch; /* of a native object or a unit for one architecture */
	const char *native_arch; /* of the machine code that a file carried; NULL: none */
	struct digest native; /* that machine code, in top/objects */
	unsigned mode; /* 0644 or 0755 */
	uint64_t size; /* bytes, of a file */
	struct digest object; /* of the file, unit or native object, in top/objects */
	bool has_prefix; /* a text with the prefix in it */
	bool is_archive; /* a library built as .a */
	struct manifest_list sources; /* of a unit with debug information: paths */
	struct manifest_library unit; /* what weld-ir said; a program uses a part of it */
};

struct entries { /* sorted by path */
	VEC(struct entry) all;
};

/*
 * Walk what was installed below the prefix and put its objects into top/objects.
 *
 * Owner:  the job's arena
 * Errors: ERR_BUILD (outside the prefix, native code, a link that leads out), ERR_IO
 */
int scan_installed(const struct job *job, struct entries *ret_entries);

#endif
