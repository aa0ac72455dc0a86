/* SPDX-License-Identifier: MIT */
/*
 * prefix: the placeholder path that packages are configured with.
 *
 * It is replaced when an image is linked, at the same length: DESIGN.md, "The
 * installation prefix".
 */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include "base/str.h"

#define PREFIX_LENGTH 128 /* bytes, without a NUL */

#define WELD_PREFIX                                                       \
	"/weld-prefix-pppppppppppppppppppppppppppppppppppppppppppppppppp" \
	"ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"

/* Add a text with the path that takes the placeholder's place. */
void prefix_fill_in(struct str text, const char *path, struct strbuf *ret_text);

_Static_assert(sizeof WELD_PREFIX == PREFIX_LENGTH + 1, "the placeholder has a fixed length");

#endif
