/* SPDX-License-Identifier: MIT */
/*
 * defaults: what the state of a machine begins with.
 */
#ifndef DEFAULTS_H
#define DEFAULTS_H

#include <stddef.h>

/*
 * Copy into `to` what it lacks of `from`: directories, files and links, with mode and owner.
 *
 * Nothing is ever overwritten. Each thing appears complete or not at all, so that the copy may be
 * cut short at any time and goes on the next time.
 *
 * Returns how many things were copied; -1 with errno set on failure, and then ret_path says where.
 */
int defaults_copy(const char *from, const char *to, char *ret_path, size_t size);

#endif
