/* SPDX-License-Identifier: MIT */
/*
 * wanted: the libraries and programs of the next generation, as the linker reads them.
 */
#ifndef PKGD_WANTED_H
#define PKGD_WANTED_H

#include "base/vec.h"
#include "linker/link.h"
#include "repo/index.h"
#include "repo/manifest.h"

struct wanted { /* { 0 } with arena set is empty */
	struct arena *arena;
	enum arch arch; /* whose native objects are taken */
	VEC(struct link_library) libraries;
	VEC(struct link_program) programs;
	VEC(struct link_plugin) plugins;
};

/*
 * Add what an unpacked package brings; `directory` is its absolute path in the store.
 *
 * Owner: strings are borrowed from the manifest
 */
void wanted_add_manifest(
	struct wanted *wanted, const struct manifest *manifest, const char *directory);

/*
 * Add what a package that is not there yet brings, as far as its repository tells: enough for
 * link_check(), not for link_all().
 */
void wanted_add_offer(struct wanted *wanted, const struct index_package *package);

/* The library of a name; NULL when there is none. */
const struct link_library *wanted_find(const struct wanted *wanted, const char *name);

#endif
