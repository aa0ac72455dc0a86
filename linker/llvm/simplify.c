/* SPDX-License-Identifier: MIT */
/*
 * simplify: what is optimized before lowering: each source by itself, where the compiler's front
 * end would have done it, and once each unit before it is packed.
 *
 * The pipeline is LLVM's own before a link, without a target machine: its costs
 * are those of no CPU. Vectorizing and unrolling are left to lowering. The
 * triple is set for the time being, so that LLVM knows which C library
 * functions exist.
 *
 * The allocator may be replaced by the program: nothing may be concluded from
 * its definitions, and none be inlined, so they become weak.
 */
#include "base/arena.h"
#include "linker/llvm/contents.h"
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

/* Run a pipeline, and write into the functions what it made of them. */
static int
run_passes(struct neutral *module, const char *pipeline)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct contents *contents;
	int ret;

	contents_begin(arena, module);
	ret = module_run_passes(module, pipeline, NULL, false);
	contents = contents_end(module);
	TRY(ret);
	contents_store(module, contents);
	return 0;
}

int
neutral_optimize(struct neutral *module, const char *level)
{
	struct strbuf pipeline AUTO(strbuf_free) = { 0 };

	module_drop_debug(module);
	contents_identify(module);
	strbuf_printf(&pipeline, "default<O%s>", level);
	return run_passes(module, strbuf_string(&pipeline));
}

int
neutral_simplify(struct neutral *module)
{
	int ret;

	make_replaceable(module);
	neutral_set_target(module);
	ret = run_passes(module, "lto-pre-link<O2>");
	LLVMSetTarget(module->module, "");
	TRY(ret);
	/* Passes may add flags and attributes of their own. */
	return neutral_normalize(module);
}
