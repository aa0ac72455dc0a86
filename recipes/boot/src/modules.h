/* SPDX-License-Identifier: MIT */
/*
 * modules: the kernel's modules that the initrd brings.
 */
#ifndef MODULES_H
#define MODULES_H

#include <stdbool.h>

/*
 * Load the modules that DIRECTORY/order names, one file name a line, in this order, until is_enough()
 * says so: asked before each, because every module costs time.
 *
 * A module that is there already or finds no device is well; what else goes wrong is said, and the
 * rest is loaded: whether something was needed shows when it is missing.
 */
void modules_load(const char *directory, bool (*is_enough)(const void *data), const void *data);

/* Whether a text as /proc/cpuinfo has a CPU feature among its flags. */
bool modules_has_feature(const char *cpuinfo, const char *feature);

#endif
