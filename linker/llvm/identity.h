/* SPDX-License-Identifier: MIT */
/*
 * identity: what units say of their functions and data in metadata.
 *
 * `weld.contents` of a function is !{NAME, DIGEST, COPY...}; NAME is "" when it is the
 * symbol's, COPY is !{NAME, SOURCE, DIGEST} or, of a folded one, !{NAME, SOURCE, DIGEST, "folded"}. The
 * named list weld.data has a node for each source: !{SOURCE, ptr @datum...}.
 */
#ifndef LINKER_LLVM_IDENTITY_H
#define LINKER_LLVM_IDENTITY_H

#include "linker/llvm/contents.h"

#define IDENTITY_DATA "weld.data"

struct identity_copy {
	struct contents_identity identity;
	bool is_folded;
};

struct identity_record {
	struct contents_identity identity;
	struct identity_copy *copies;
	size_t copy_count;
};

/* Read what a function's metadata say; what they do not say is "". Owner: the arena */
void identity_read(struct arena *arena, const struct neutral *module, LLVMValueRef function,
	struct identity_record *ret_record);

/* Write a function's metadata, in place of what it had; `copies` as in struct contents_function. */
void identity_write(const struct neutral *module, LLVMValueRef function,
	const struct contents_identity *identity, const struct map *copies);

#endif
