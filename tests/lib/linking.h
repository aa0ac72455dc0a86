/* SPDX-License-Identifier: MIT */
/*
 * linking: a small installation whose libraries and programs are texts of C, linked by link_all().
 */
#ifndef TESTS_LIB_LINKING_H
#define TESTS_LIB_LINKING_H

#include "base/str.h"
#include "linker/link.h"

#include <stddef.h>

#define LIBRARIES_MAX 6
#define PROGRAMS_MAX 100

struct world { /* an installation in the making */
	struct arena *arena;
	char root[64];
	struct link_library libraries[LIBRARIES_MAX];
	struct link_program programs[PROGRAMS_MAX];
	struct link_request request;
	struct link_result result;
	unsigned rounds;
};

/* Put bytes into a file below the root, under their digest. */
const char *store(struct world *world, struct str bytes, struct digest *ret_digest);

/* Add a library; `imports` ends with NULL, and may be NULL. */
struct link_library *add_library(
	struct world *world, const char *name, const char *source, const char *const *imports);

/* Add a program; `imports` as above. */
struct link_program *add_program(
	struct world *world, const char *path, const char *source, const char *const *imports);

/* Begin an installation that has a libc of a few lines. */
void set_up(struct world *world);

/* Remove it. */
void tear_down(struct world *world);

/* Make all images, and put them where programs look for them. */
int link_world(struct world *world);

/* An image of the last link; NULL when it has none of this name. */
const struct link_image *image_of(const struct world *world, const char *name);

/*
 * What a program prints, after its status; an error's text when it cannot be run. One for another
 * architecture runs under QEMU.
 */
const char *run(struct world *world, const char *name);

/* link_world() and run(); the text of an error of the first. */
const char *link_and_run(struct world *world, const char *name);

/* Make the images of the last link those that the next one finds. */
void keep_images(struct world *world);

#endif
