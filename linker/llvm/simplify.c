/* SPDX-License-Identifier: MIT */
/*
 * simplify: the one optimization that a unit gets before it is packed.
 *
 * The pipeline is LLVM's own before a link, without a target machine: its costs
 * are those of no CPU. Vectorizing and unrolling are left to lowering. The
 * triple is set for the time being, so that LLVM knows which C library
 * functions exist.
 *
 * The allocator may be replaced by the program: nothing may be concluded from
 * its definitions, and none be inlined, so they become weak.
 */
#include "linker/llvm/module.h"

static void
make_replaceable(struct neutral *module)
{
	static const char *const names[] = { "aligned_alloc", "calloc", "free", "malloc",
		"malloc_usable_size", "memalign", "posix_memalign", "realloc", "reallocarray" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		LLVMValueRef function = LLVMGetNamedFunction(module->module, names[i]);

		if (function != NULL && !LLVMIsDeclaration(function) &&
			LLVMGetLinkage(function) == LLVMExternalLinkage)
			LLVMSetLinkage(function, LLVMWeakAnyLinkage);
	}
}

int
neutral_simplify(struct neutral *module)
{
	int ret;

	make_replaceable(module);
	neutral_set_target(module);
	ret = module_run_passes(module, "lto-pre-link<O2>", NULL, false);
	LLVMSetTarget(module->module, "");
	TRY(ret);
	/* Passes may add flags and attributes of their own. */
	return neutral_normalize(module);
}
