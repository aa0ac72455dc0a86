/* SPDX-License-Identifier: MIT */
/*
 * fuzz_root: one root on tmpfs for all inputs of a target, and files in it.
 */
#ifndef TESTS_LIB_FUZZ_ROOT_H
#define TESTS_LIB_FUZZ_ROOT_H

#include "base/str.h"

/* The path of a fresh root, made at the first call and removed when the process ends. */
const char *fuzz_root_path(void);

/* Make the file at a path of the root be what the input says. */
void fuzz_root_write(const char *path, struct str contents);

/* Remove a file of the root. */
void fuzz_root_remove(const char *path);

#endif
