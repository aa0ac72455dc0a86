/* SPDX-License-Identifier: MIT */
/*
 * debug: debug information is dropped unless somebody asks for it.
 *
 * Its sources are those of every function and of every instruction, so that headers
 * with inlined functions are among them.
 *
 * Code must not depend on it. Fast instruction selection looks at all users of a loaded value before
 * it folds the load into the only one, and takes a variable for one. So what is only
 * loaded to be used once is no variable's value there.
 */
#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "linker/llvm/module.h"

#include <llvm-c/DebugInfo.h>
#include <stdlib.h>

void
neutral_keep_debug(struct neutral *module)
{
	module->keeps_debug = true;
}

void
module_drop_debug(struct neutral *module)
{
	if (!module->keeps_debug)
		(void)LLVMStripModuleDebugInfo(module->module);
}

/* The user of a value that is used once; NULL for others. */
static LLVMValueRef
only_user(LLVMValueRef value)
{
	LLVMUseRef use = LLVMGetFirstUse(value);

	return use == NULL || LLVMGetNextUse(use) != NULL ? NULL : LLVMGetUser(use);
}

/* Put a copy of a load in its place: what variables knew is gone with the old one. */
static void
forget_variable(LLVMBuilderRef builder, LLVMValueRef load)
{
	LLVMValueRef user = only_user(load), copy;
	int count = user == NULL ? 0 : LLVMGetNumOperands(user);

	if (user == NULL)
		return;
	copy = LLVMInstructionClone(load);
	LLVMPositionBuilderBefore(builder, load);
	LLVMInsertIntoBuilder(builder, copy);
	for (int i = 0; i < count; i++)
		if (LLVMGetOperand(user, (unsigned)i) == load)
			LLVMSetOperand(user, (unsigned)i, copy);
	LLVMInstructionEraseFromParent(load);
}

static void
forget_variables(struct arena *arena, LLVMBuilderRef builder, LLVMValueRef function)
{
	VEC(LLVMValueRef) loads = { 0 };

	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (instruction, block)
			if (LLVMIsALoadInst(instruction) != NULL)
				vec_push(arena, &loads, instruction);
	for (size_t i = 0; i < loads.len; i++)
		forget_variable(builder, loads.at[i]);
}

void
module_free_loads(struct neutral *module)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	LLVMBuilderRef builder;

	if (LLVMGetNamedMetadata(module->module, "llvm.dbg.cu", 11) == NULL)
		return;
	builder = LLVMCreateBuilderInContext(module->context);
	EACH_FUNCTION (function, module->module)
		forget_variables(arena, builder, function);
	LLVMDisposeBuilder(builder);
}

static void
add_source(struct arena *arena, struct map *sources, LLVMMetadataRef scope)
{
	LLVMMetadataRef file = scope == NULL ? NULL : LLVMDIScopeGetFile(scope);
	unsigned directory_length = 0, length = 0;
	const char *directory, *name;
	char *path;

	if (file == NULL)
		return;
	directory = LLVMDIFileGetDirectory(file, &directory_length);
	name = LLVMDIFileGetFilename(file, &length);
	path = length > 0 && name[0] == '/'
		       ? str_copy(arena, (struct str){ name, length })
		       : arena_printf(arena, "%.*s/%.*s", (int)directory_length, directory,
				 (int)length, name);
	if (!map_has(sources, path))
		map_set(arena, sources, path, NULL);
}

void
neutral_list_sources(struct arena *arena, const struct neutral *module,
	const char *const **ret_paths, size_t *ret_count)
{
	struct map sources = { 0 };
	const char **paths;

	EACH_FUNCTION (function, module->module) {
		add_source(arena, &sources, LLVMGetSubprogram(function));
		EACH_BLOCK (block, function)
			EACH_INSTRUCTION (instruction, block) {
				LLVMMetadataRef location =
					LLVMInstructionGetDebugLoc(instruction);

				if (location != NULL)
					add_source(arena, &sources,
						LLVMDILocationGetScope(location));
			}
	}
	paths = arena_array(arena, sources.len + 1, sizeof *paths);
	for (size_t i = 0; i < sources.len; i++)
		paths[i] = sources.entries[i].key;
	qsort(paths, sources.len, sizeof *paths, str_compare);
	*ret_paths = paths;
	*ret_count = sources.len;
}
