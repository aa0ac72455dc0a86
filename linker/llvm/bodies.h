/* SPDX-License-Identifier: MIT */
/*
 * bodies: small functions of a library that its users may inline, although it is not merged with them.
 */
#ifndef LINKER_LLVM_BODIES_H
#define LINKER_LLVM_BODIES_H

#include "base/str.h"
#include "linker/llvm/neutral.h"

#include <stdbool.h>

/*
 * Write what stands in front of a unit: the functions that it calls and does not define and, of a library,
 * those that it offers for inlining.
 *
 * Offered are small functions that are exported, that no other definition may replace, and that
 * refer to nothing but their arguments: so nothing of the library is drawn into its users, and what a
 * name means in there does not matter. A function's module is the same as long as the function is.
 *
 * Owner:  the caller frees `file`
 * Errors: ERR_FORMAT (damaged IR)
 * Source: neutral(5), "Bodies"
 */
int neutral_write_bodies(const struct neutral *module, bool is_library, struct strbuf *file);

#endif
