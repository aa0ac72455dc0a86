/* SPDX-License-Identifier: MIT */
/*
 * declare: what a recipe says that its packages ask of the machine.
 */
#ifndef REPO_RECIPE_DECLARE_H
#define REPO_RECIPE_DECLARE_H

#include "base/json.h"
#include "repo/declared.h"

struct arena;

/* The keys that declare_read() reads, to be put in a table of keys. */
#define DECLARE_KEYS "triggers", "groups", "users", "directories", "services"

/*
 * Read the keys of a recipe or of one of its packages: each is an object of objects, by name.
 *
 * Owner:  the arena
 * Errors: as declared_read()
 * Source: recipe(5), "ACCOUNTS, SERVICES AND TRIGGERS"
 */
int declare_read(struct arena *arena, const json_t *object, struct declared *ret_declared);

#endif
