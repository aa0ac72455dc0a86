/* SPDX-License-Identifier: MIT */
/*
 * neutral: neutral IR from C or IR text, and programs from it, for tests.
 *
 * Everything that goes wrong here ends the test program: these are not the promises under test.
 */
#ifndef TESTS_LIB_NEUTRAL_H
#define TESTS_LIB_NEUTRAL_H

#include "base/str.h"

#include <stdbool.h>

struct arena;

/* Run a program; its output. Anything but exit status 0 ends the test. Owner: the arena */
struct str test_run(struct arena *arena, const char *const *argv);

/* Compile a C file with the neutral profile's front end; bitcode, not normalized. */
struct str test_compile(struct arena *arena, const char *source_path);

/* Compile C text likewise. */
struct str test_compile_text(struct arena *arena, const char *source);

/* Assemble IR text to bitcode. */
struct str test_assemble(struct arena *arena, const char *ir);

/* Normalize bitcode, and simplify it if wanted; bitcode. */
struct str test_normalize(struct arena *arena, struct str bitcode, bool simplify);

/* A directory for this test program's files, made on the first call, named by process. */
const char *test_directory(struct arena *arena);

/* Write a file below test_directory(); its path. */
const char *test_write(struct arena *arena, const char *name, struct str contents);

#endif
