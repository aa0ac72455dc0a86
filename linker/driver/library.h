/* SPDX-License-Identifier: MIT */
/*
 * library: what -lNAME means, and which libraries a link needs in the end.
 *
 * A weld library is a relocatable object with a .weld.link section. It is an
 * import of what is linked with it, never copied; its own imports come along.
 */
#ifndef LINKER_DRIVER_LIBRARY_H
#define LINKER_DRIVER_LIBRARY_H

#include "base/map.h"
#include "base/str.h"
#include "linker/driver/strings.h"
#include "linker/elf/elf_file.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct library {
	const char *name; /* as in -lNAME */
	const char *path;
	struct elf_file file;
	const char *const *imports;
	size_t import_count;
	unsigned
		order; /* when its constructors run: after those of its imports; 0: not known yet */
	bool is_needed; /* it defines something that is used, or --no-as-needed holds */
};

struct library_set { /* { 0 } with sysroot and directories set is empty */
	const char *sysroot; /* may be NULL */
	struct strings directories; /* of -L, searched before the sysroot */
	struct map by_name; /* of struct library, in link order */
};

enum library_found {
	LIBRARY_WELD, /* a weld library */
	LIBRARY_ARCHIVE, /* a static archive of the package itself */
	LIBRARY_BUILT_IN, /* part of libc or the compiler runtime: linked anyway */
};

/*
 * Find the file that -lNAME stands for, or with ":FILE" the file of that name.
 *
 * Directories of the host's own libraries are passed over.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND: "unable to find library -lNAME"
 */
int library_find(struct arena *arena, const struct library_set *set, const char *name,
	bool is_static, enum library_found *ret_found, const char **ret_path);

/* Whether the file is a weld library. */
bool library_is(const struct elf_file *file);

/* Whether the bytes are a linker script that names libraries: INPUT(-lncursesw). */
bool library_is_script(struct str bytes);

/*
 * Add a library to the set unless it has one of that name.
 *
 * Owner:  the arena; the file's bytes must stay
 * Errors: ERR_FORMAT
 */
int library_add(struct arena *arena, struct library_set *set, const char *path,
	const struct elf_file *file, struct library **ret_library);

/*
 * Add a library of the sysroot by name.
 *
 * Errors: ERR_NOT_FOUND, ERR_FORMAT, ERR_IO
 */
int library_add_named(struct arena *arena, struct library_set *set, const char *name,
	struct library **ret_library);

/*
 * Add what the libraries of the set import, directly or through others.
 *
 * Errors: ERR_NOT_FOUND (names the library that imports it), ERR_FORMAT, ERR_IO
 */
int library_close(struct arena *arena, struct library_set *set);

/*
 * List the needed libraries in link order, and behind them what those import; `order` is set.
 *
 * Owner: the arena
 */
void library_list_linked(struct arena *arena, const struct library_set *set,
	struct library ***ret_libraries, size_t *ret_count);

#endif
