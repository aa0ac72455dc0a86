/* SPDX-License-Identifier: MIT */
/*
 * declared: what a package asks of the machine beside its files: accounts, directories,
 * services and triggers. No script of a package ever runs with privilege.
 *
 * Reading is strict: what was understood is written again and must be what was read, so nothing
 * unknown, unsorted or said in two ways passes.
 */
#ifndef REPO_DECLARED_H
#define REPO_DECLARED_H

#include "base/json.h"
#include "repo/manifest_list.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define DECLARED_MAX 256 /* of each kind, in one package */
#define DECLARED_ID_MAX 999 /* ids above belong to people */
#define DECLARED_ACCOUNT_MAX 31 /* bytes, of an account's name */
#define DECLARED_PREFIX \
	"{prefix}" /* in an argument: where the root's current generation stands */
#define DECLARED_FILES \
	"{files}" /* as an argument of a trigger: the files that match, each one */

struct declared_trigger { /* a program that makes a file from files of all packages */
	const char *name;
	const char *program; /* below the prefix: of the package's own */
	struct manifest_list arguments;
	struct manifest_list patterns; /* of paths: ? and * within a part, ** across parts */
	const char *output; /* the path of the file that it makes */
};

struct declared_group {
	const char *name;
	uint64_t id; /* 0: any that is free */
};

struct declared_user {
	const char *name;
	uint64_t id; /* 0: any that is free */
	const char *group; /* NULL: one of the user's own name */
	struct manifest_list groups; /* further ones, sorted */
	const char *home; /* "var/lib/x", below the root's state; NULL: none */
	const char *shell; /* absolute; NULL: nobody can log in */
	const char *comment; /* "" : none */
};

struct declared_directory { /* below var/, which outlives generations */
	const char *path; /* "var/lib/x" */
	unsigned mode; /* 0 to 01777 */
	const char *user; /* NULL: the root's owner */
	const char *group; /* NULL: the user's */
};

enum declared_restart {
	DECLARED_RESTART_NO,
	DECLARED_RESTART_ON_FAILURE,
	DECLARED_RESTART_ALWAYS,
};

struct declared_service { /* a program that runs as long as the machine */
	const char *name;
	const char *program; /* below the prefix: of the package's own */
	struct manifest_list arguments;
	const char *user; /* one of `users`; NULL: the root's owner */
	enum declared_restart restart;
	struct manifest_list after; /* names of services that start first, sorted */
	struct manifest_list needs; /* those without which it does not run, sorted */
	struct manifest_list state; /* declared directories that it writes to, sorted */
	bool is_unconfined; /* what it starts is not its own: sessions of people, their jobs */
};

enum declared_service_file { /* what pkgd makes of a service */
	DECLARED_UNIT, /* for systemd */
	DECLARED_RUN, /* the others are for runit: the program, */
	DECLARED_FINISH, /* what follows its end, */
	DECLARED_LOG, /* who takes what it prints; */
	DECLARED_DOWN, /* and that it does not start by itself */
	DECLARED_SERVICE_FILES,
};

struct declared { /* each list sorted by name, or path */
	struct declared_trigger *triggers;
	size_t trigger_count;
	struct declared_group *groups;
	size_t group_count;
	struct declared_user *users;
	size_t user_count;
	struct declared_directory *directories;
	size_t directory_count;
	struct declared_service *services;
	size_t service_count;
};

/*
 * Read the members `triggers groups users directories services` of an object; none need be there.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, ERR_LIMIT, naming member and name
 */
int declared_read(struct arena *arena, const json_t *object, struct declared *ret_declared);

/* Set those members that have something to say. */
void declared_write(const struct declared *declared, json_t *object);

/* Whether two packages declare the same. */
bool declared_equal(const struct declared *a, const struct declared *b);

/* Whether nothing is declared. */
bool declared_is_empty(const struct declared *declared);

/* The path of a file of a service, below the prefix. Owner: the arena */
char *
declared_service_path(struct arena *arena, const char *name, enum declared_service_file file);

/* The paths of all files that triggers and services make or may make. Owner: the arena */
struct manifest_list declared_paths(struct arena *arena, const struct declared *declared);

/* Whether a text is a name for a user or group: ^[a-z_][a-z0-9_-]{0,30}$ */
bool declared_is_account(const char *name);

#endif
