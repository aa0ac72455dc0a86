/* SPDX-License-Identifier: MIT */
/*
 * installation: roots for the store's tests, with a library `lib` in a slot and a package
 * `tool`, in version 1 or 2, that has a program and files of every kind.
 */
#ifndef TESTS_LIB_INSTALLATION_H
#define TESTS_LIB_INSTALLATION_H

#include "base/hash.h"
#include "store/generation.h"
#include "store/store.h"

struct arena;

struct fixture {
	struct arena *arena;
	char *scratch; /* absolute */
	char *root;
};

/* Make a scratch directory for one root; fixture_free() removes it. */
struct fixture fixture_new(void);
void fixture_free(struct fixture *it);

/* Open the root, make it if it is missing, and lock it. */
struct store *open_locked(struct fixture *it);

/* Describe the state with `tool` in this version, and bring its contents to the store. */
int make_state(struct arena *arena, struct store *store, int version,
	struct generation *ret_generation);

/* Make that state the current one, and with it "program VERSION\n" the text of ROOT/state/choice. */
int transact(struct store *store, int version, uint64_t *ret_number);

/* The contents of a path of the current generation; "" without one. */
const char *current_text(struct fixture *it, const char *path);

/* Replace a file of the root. */
void write_text(struct fixture *it, const char *path, const char *text);

/* The digest of a text. */
struct digest digest_of(const char *text);

#endif
