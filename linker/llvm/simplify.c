/* SPDX-License-Identifier: MIT */
/*
 * simplify: the one optimization that a unit gets before it is packed.
 *
 * The pipeline is LLVM's own before a link, without a target machine: its costs
 * are those of no CPU. Vectorizing and unrolling are left to lowering. The
 * triple is set for the time being, so that LLVM knows which C library
 * functions exist.
 */
#include "linker/llvm/module.h"

int
neutral_simplify(struct neutral *module)
{
	int ret;

	neutral_set_target(module);
	ret = module_run_passes(module, "lto-pre-link<O2>", NULL, false);
	LLVMSetTarget(module->module, "");
	TRY(ret);
	/* Passes may add flags and attributes of their own. */
	return neutral_normalize(module);
}
