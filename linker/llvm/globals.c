/* SPDX-License-Identifier: MIT */
/*
 * The symbol table of a module. What is only available for inlining is not
 * defined here as far as linking goes.
 */
#include "linker/llvm/globals.h"

#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "linker/llvm/module.h"
#include "linker/llvm/neutral.h"

#include <string.h>

typedef VEC(struct neutral_global) globals;

static bool
is_weak_linkage(LLVMLinkage linkage)
{
	switch (linkage) {
	case LLVMLinkOnceAnyLinkage:
	case LLVMLinkOnceODRLinkage:
	case LLVMWeakAnyLinkage:
	case LLVMWeakODRLinkage:
	case LLVMExternalWeakLinkage:
	case LLVMCommonLinkage:
		return true;
	default:
		return false;
	}
}

static void
add_global(struct arena *arena, globals *list, LLVMValueRef value)
{
	LLVMLinkage linkage = LLVMGetLinkage(value);
	struct neutral_global global = { .name = module_value_name(value) };

	if (linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage ||
		linkage == LLVMAppendingLinkage || str_has_prefix(global.name, "llvm."))
		return;
	if (LLVMIsDeclaration(value) && LLVMGetFirstUse(value) == NULL)
		return;
	global.name = arena_string(arena, global.name);
	global.is_defined =
		!LLVMIsDeclaration(value) && linkage != LLVMAvailableExternallyLinkage;
	global.is_weak = is_weak_linkage(linkage);
	global.is_hidden = LLVMGetVisibility(value) == LLVMHiddenVisibility;
	vec_push(arena, list, global);
}

void
neutral_list_globals(struct arena *arena, const struct neutral *module,
	struct neutral_global **ret_globals, size_t *ret_count)
{
	globals list = { 0 };

	EACH_FUNCTION (function, module->module)
		add_global(arena, &list, function);
	EACH_GLOBAL (variable, module->module)
		add_global(arena, &list, variable);
	EACH_ALIAS (alias, module->module)
		add_global(arena, &list, alias);
	*ret_globals = list.at;
	*ret_count = list.len;
}

void
neutral_hide(struct neutral *module, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		LLVMValueRef global = LLVMGetNamedFunction(module->module, names[i]);

		if (global == NULL)
			global = LLVMGetNamedGlobal(module->module, names[i]);
		if (global == NULL)
			global = LLVMGetNamedGlobalAlias(
				module->module, names[i], strlen(names[i]));
		if (global != NULL && !LLVMIsDeclaration(global))
			LLVMSetVisibility(global, LLVMHiddenVisibility);
	}
}

void
neutral_set_source(struct neutral *module, const char *source)
{
	LLVMSetSourceFileName(module->module, source, strlen(source));
}
