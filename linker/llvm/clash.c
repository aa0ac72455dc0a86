/* SPDX-License-Identifier: MIT */
/*
 * clash: units of one job that define the same name.
 *
 * Each unit is a program or a library that would have been a file of its own,
 * so dynamic linking's rules hold. What a unit hides is its own. What the first
 * unit, the program, defines takes the place of a library's definition of the
 * same kind, also for the library's own calls, unless that is protected. Of two libraries each
 * keeps its own definition, and others see the first.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"
#include "base/map.h"

#include <llvm-c/Comdat.h>
#include <llvm-c/Target.h>
#include <string.h>

/* A definition that other units can see. */
static bool
is_definition(LLVMValueRef global)
{
	LLVMLinkage linkage = LLVMGetLinkage(global);

	return !LLVMIsDeclaration(global) && linkage != LLVMInternalLinkage &&
	       linkage != LLVMPrivateLinkage && linkage != LLVMAppendingLinkage &&
	       linkage != LLVMAvailableExternallyLinkage &&
	       !str_has_prefix(module_value_name(global), "llvm.");
}

static LLVMValueRef
find(LLVMModuleRef module, const char *name)
{
	LLVMValueRef found = LLVMGetNamedFunction(module, name);
	size_t length = strlen(name);

	if (found == NULL)
		found = LLVMGetNamedGlobal(module, name);
	return found != NULL ? found : LLVMGetNamedGlobalAlias(module, name, length);
}

static void
make_internal(LLVMValueRef global)
{
	LLVMSetVisibility(global, LLVMDefaultVisibility);
	LLVMSetLinkage(global, LLVMInternalLinkage);
	if (LLVMIsAGlobalObject(global) != NULL)
		LLVMSetComdat(global, NULL);
}

struct clash {
	struct neutral *merged;
	const struct map *first; /* the names that the first unit defines */
	const struct map *preserved; /* NULL: all are */
};

static bool
is_preserved(const struct clash *clash, const char *name)
{
	return clash->preserved == NULL || map_has(clash->preserved, name) ||
	       module_is_runtime_function(name);
}

/* Whether one definition can stand for another: functions of one type, data of one size. */
static bool
is_same_kind(const struct clash *clash, LLVMValueRef a, LLVMValueRef b)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(clash->merged->module);
	LLVMTypeRef left = LLVMGlobalGetValueType(a), right = LLVMGlobalGetValueType(b);
	bool is_function = LLVMGetTypeKind(left) == LLVMFunctionTypeKind;

	if (is_function || LLVMGetTypeKind(right) == LLVMFunctionTypeKind)
		return left == right;
	return LLVMTypeIsSized(left) && LLVMTypeIsSized(right) &&
	       LLVMABISizeOfType(layout, left) == LLVMABISizeOfType(layout, right);
}

/* Whether a definition is one of its unit's, strong or weak: dynamic linking makes no difference. */
static bool
is_own(LLVMValueRef global)
{
	LLVMLinkage linkage = LLVMGetLinkage(global);

	return linkage == LLVMExternalLinkage || linkage == LLVMWeakAnyLinkage;
}

static void
settle(const struct clash *clash, LLVMValueRef global)
{
	const char *name = module_value_name(global);
	LLVMValueRef other;

	if (!is_definition(global))
		return;
	if (LLVMGetVisibility(global) == LLVMHiddenVisibility && !is_preserved(clash, name)) {
		make_internal(global);
		return;
	}
	other = find(clash->merged->module, name);
	if (other == NULL || !is_definition(other) || !is_own(global) || !is_own(other))
		return; /* LLVM's linker knows that all of these are the same */
	if (LLVMGetVisibility(global) == LLVMProtectedVisibility && !is_preserved(clash, name))
		make_internal(global);
	else if (is_same_kind(clash, global, other) &&
		 (map_has(clash->first, name) || is_preserved(clash, name)))
		LLVMSetLinkage(global, LLVMWeakAnyLinkage);
	else if (!is_preserved(clash, name))
		make_internal(global);
	/* Else LLVM's linker refuses the job, naming the symbol. */
}

void
module_settle_clashes(struct neutral *merged, LLVMModuleRef part, const struct map *first,
	const struct map *preserved)
{
	struct clash clash = { merged, first, preserved };

	EACH_FUNCTION (function, part)
		settle(&clash, function);
	EACH_GLOBAL (global, part)
		settle(&clash, global);
	EACH_ALIAS (alias, part)
		settle(&clash, alias);
}

static void
list(struct arena *arena, struct map *names, LLVMValueRef global)
{
	if (is_definition(global))
		map_set(arena, names, arena_string(arena, module_value_name(global)), NULL);
}

void
module_list_definitions(struct arena *arena, LLVMModuleRef module, struct map *names)
{
	EACH_FUNCTION (function, module)
		list(arena, names, function);
	EACH_GLOBAL (global, module)
		list(arena, names, global);
	EACH_ALIAS (alias, module)
		list(arena, names, alias);
}
