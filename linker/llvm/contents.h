/* SPDX-License-Identifier: MIT */
/*
 * contents: which functions each function was made of.
 *
 * Every function has an identity: its name in the source, its file, the digest of its
 * IR as it was compiled. While passes run, the inliner's own record of
 * what it did (its remarks) is followed, so nothing needs to be marked in the IR,
 * and the code is that which there would be without. Units carry the result
 * as metadata of their functions, weld.contents; data have a list, weld.data.
 */
#ifndef LINKER_LLVM_CONTENTS_H
#define LINKER_LLVM_CONTENTS_H

#include "base/map.h"
#include "linker/llvm/module.h"

#include <stdbool.h>
#include <stddef.h>

struct contents; /* opaque: every function of a module while passes run */

struct contents_identity { /* one object for each that is different */
	const char *name; /* in the source */
	const char *source; /* file name without directories; "" when it is not known */
	const char *digest; /* hex, FACTS_BODY_DIGEST bytes; "" when it is not known */
	const char *unit; /* what contents_set_unit() said; "" */
};

struct contents_copy {
	const struct contents_identity *what;
	bool is_folded; /* the call is gone, and no copy was made */
};

struct contents_function {
	const struct contents_identity *identity;
	struct map copies; /* to struct contents_copy; keys are private */
};

/*
 * Give each function and datum its identity, where it has none: what stands in a module before
 * the first pass has run. Names of functions that may be renamed are kept.
 */
void contents_identify(struct neutral *module);

/* Say which unit of a job all functions of a module about to be merged are of. */
void contents_set_unit(struct neutral *owner, LLVMModuleRef part, size_t unit);

/*
 * Make LLVM tell what it inlines, and look at every function. To be called before passes.
 *
 * Owner: the arena, which must outlive the module's next pass
 */
void contents_begin(struct arena *arena, struct neutral *module);

/* Take in one remark of LLVM: others than the inliner's are left alone. */
void contents_note(struct contents *contents, const char *remark);

/* To be called after passes: what became of calls that are gone. Nothing is followed any more. */
struct contents *contents_end(struct neutral *module);

/* What a function of the module contains, itself left out. */
const struct contents_function *contents_of(struct contents *contents, LLVMValueRef function);

/* Write what was found into the functions' metadata. */
void contents_store(struct neutral *module, struct contents *contents);

/* A symbol's name without the number that it got because the name was taken. Owner: the arena */
char *contents_plain_name(struct arena *arena, const char *name);

/*
 * Where data come from: by name, "UNIT/SOURCE"; what is not known is not there.
 *
 * Owner: the arena
 */
void
contents_list_data(struct arena *arena, const struct neutral *module, struct map *ret_sources);

#endif
