/* SPDX-License-Identifier: MIT */
/*
 * sample: small, valid packages for tests.
 */
#ifndef TESTS_LIB_SAMPLE_H
#define TESTS_LIB_SAMPLE_H

#include "repo/manifest.h"

struct arena;

/*
 * Make a package of the given name and version with a library, a program, a
 * script, a link and a directory, and write its objects below `objects_dir`.
 *
 * The contents of the objects depend on name and version.
 */
struct manifest *
sample_manifest(struct arena *arena, int objects_dir, const char *name, const char *version);

/* Write such a package as directory/NAME-VERSION-1.weld; returns its path. */
char *sample_package(
	struct arena *arena, const char *directory, const char *name, const char *version);

/* A fresh directory of the test's own; it is removed by sample_remove(). */
char *sample_directory(struct arena *arena);

/* Remove a directory and all below. */
void sample_remove(const char *directory);

#endif
