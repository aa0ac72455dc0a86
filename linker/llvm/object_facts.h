/* SPDX-License-Identifier: MIT */
/*
 * object_facts: the facts of a lowered object that only its IR has.
 */
#ifndef LINKER_LLVM_OBJECT_FACTS_H
#define LINKER_LLVM_OBJECT_FACTS_H

#include "base/str.h"

struct contents;
struct neutral;

/*
 * Write the facts of what a module is about to be compiled to; kind FACTS_OBJECT.
 *
 * Owner:  the caller frees ret_facts with strbuf_free()
 * Errors: ERR_LIMIT
 */
int
module_write_facts(struct neutral *module, struct contents *contents, struct strbuf *ret_facts);

#endif
