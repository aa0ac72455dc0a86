/* SPDX-License-Identifier: MIT */
/*
 * strings: a growing list of borrowed strings, such as an argument list.
 */
#ifndef LINKER_DRIVER_STRINGS_H
#define LINKER_DRIVER_STRINGS_H

#include "base/vec.h"

#include <stddef.h>

struct strings { /* { 0 } is empty; grows with vec_push() */
	const char **at;
	size_t len; /* strings */
	size_t cap; /* strings */
};

#endif
