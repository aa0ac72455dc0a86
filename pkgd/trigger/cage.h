/* SPDX-License-Identifier: MIT */
/*
 * cage: a directory that is a whole world to the one program that runs in it.
 *
 * What was put there is all that the program sees, and CAGE_WORK, empty, all that it can write to. It
 * is nobody, has no network, can start no other program, and is ended at its limits.
 */
#ifndef PKGD_TRIGGER_CAGE_H
#define PKGD_TRIGGER_CAGE_H

#include "base/str.h"

#include <stdbool.h>

struct arena;
struct cage; /* opaque: the directory */

#define CAGE_WORK "work:" /* its directory, at the top: no root has a colon in its path */
#define CAGE_FILE_MAX (UINT64_C(1) << 30) /* bytes that one file may grow to */
#define CAGE_MEMORY_MAX (UINT64_C(4) << 30) /* bytes of address space */
#define CAGE_SAID_MAX 4096 /* bytes of what it printed that are read */

/*
 * Make an empty cage, `directory`, which must not exist; who made it removes it.
 *
 * Owner:  the arena, and the caller closes it with cage_close()
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int cage_make(struct arena *arena, const char *directory, struct cage **ret_cage);

/* Close the cage; the directory stays. NULL is accepted: for AUTO(). */
void cage_close(struct cage **cage);

/* Put a copy of an open file at a path, which is relative. Errors: as file_copy(), ERR_EXISTS */
int cage_add_file(struct cage *cage, const char *path, int fd, bool is_executable);

/* Likewise a text, and a symbolic link. */
int cage_add_text(struct cage *cage, const char *path, struct str text, bool is_executable);
int cage_add_link(struct cage *cage, const char *path, const char *target);

struct cage_run {
	const char *const *argv; /* argv[0] is the program's absolute path in the cage */
	const char *const *envp;
	unsigned timeout_ms; /* of processor time and of the clock */
};

/*
 * Run a program; ret_said is the beginning of what it printed.
 *
 * ret_status is its exit status, or 128 + the signal that ended it.
 *
 * Owner:  the arena
 * Errors: ERR_LIMIT (it did not end in time), ERR_IO (no cage can be locked here)
 * Source: chroot(2), user_namespaces(7), seccomp(2)
 */
int cage_run(struct arena *arena, const struct cage *cage, const struct cage_run *run,
	int *ret_status, struct str *ret_said);

/*
 * Open a file that the program left in its directory.
 *
 * Errors: ERR_NOT_FOUND, ERR_FORMAT (no regular file, or one with two names)
 */
int cage_open_result(const struct cage *cage, const char *name, int *ret_fd);

#endif
