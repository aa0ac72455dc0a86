/* SPDX-License-Identifier: MIT */
/*
 * Constructors and destructors as the linker wants them.
 *
 * LLVM's C interface leaves TargetOptions.UseInitArray off, and code generation
 * then writes .ctors and .dtors, which no linker script of ours knows. So the
 * lists are turned into pointers in .init_array and .fini_array here, after
 * the optimizer has run what it can.
 *
 * Of several units the first is the program, the others are libraries that it
 * or those before need. Constructors run in the order of the list and
 * destructors against it, so in both the last unit comes first.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define PRIORITY_DEFAULT 65535
#define CONSTRUCTORS "llvm.global_ctors"
#define DESTRUCTORS "llvm.global_dtors"

struct hook {
	LLVMValueRef entry;
	uint64_t priority;
	size_t unit;
	int index;
};

/* The entries of a list as an array constant; NULL when there are none. */
static LLVMValueRef
find_entries(const struct neutral *module, const char *name)
{
	LLVMValueRef list = LLVMGetNamedGlobal(module->module, name);
	LLVMValueRef array = list == NULL ? NULL : LLVMGetInitializer(list);

	return array == NULL ? NULL : LLVMIsAConstantArray(array);
}

static int
count_entries(const struct neutral *module, const char *name)
{
	LLVMValueRef array = find_entries(module, name);

	return array == NULL ? 0 : LLVMGetNumOperands(array);
}

struct module_hooks
module_count_hooks(const struct neutral *module)
{
	return (struct module_hooks){ count_entries(module, CONSTRUCTORS),
		count_entries(module, DESTRUCTORS) };
}

int
neutral_add_constructor(struct neutral *module, const char *name)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	LLVMContextRef context = module->context;
	LLVMValueRef function = LLVMGetNamedFunction(module->module, name);
	LLVMValueRef list = LLVMGetNamedGlobal(module->module, CONSTRUCTORS), new;
	LLVMValueRef old = find_entries(module, CONSTRUCTORS);
	unsigned count = (unsigned)count_entries(module, CONSTRUCTORS);
	LLVMValueRef *entries = arena_array(arena, count + 1, sizeof *entries);
	LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0);
	LLVMValueRef parts[] = { LLVMConstInt(LLVMInt32TypeInContext(context), PRIORITY_DEFAULT,
					 false),
		function, LLVMConstNull(pointer) };

	if (function == NULL)
		return module_error(module, NULL, ERR_SYMBOL,
			"has no function '%s', which machine code wants to run at the start",
			name);
	entries[0] = LLVMConstStructInContext(context, parts, 3, false);
	for (unsigned i = 0; i < count; i++)
		entries[i + 1] = LLVMGetOperand(old, i);
	new = LLVMAddGlobal(
		module->module, LLVMArrayType2(LLVMTypeOf(entries[0]), count + 1), "");
	LLVMSetInitializer(new, LLVMConstArray2(LLVMTypeOf(entries[0]), entries, count + 1));
	LLVMSetLinkage(new, LLVMAppendingLinkage);
	if (list != NULL)
		LLVMDeleteGlobal(list);
	LLVMSetValueName2(new, CONSTRUCTORS, strlen(CONSTRUCTORS));
	return 0;
}

static int
compare_hooks(const void *a, const void *b)
{
	const struct hook *left = a, *right = b;

	if (left->unit != right->unit)
		return left->unit > right->unit ? -1 : 1;
	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* `ends` are the counts after each unit. Afterwards all have one priority: the order says all. */
static void
order_list(struct neutral *module, const char *name, const int *ends)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	LLVMValueRef array = find_entries(module, name);
	size_t count = array == NULL ? 0 : (size_t)LLVMGetNumOperands(array), unit = 0;
	struct hook *hooks = arena_array(arena, count, sizeof *hooks);
	LLVMValueRef *entries = arena_array(arena, count, sizeof *entries);

	for (size_t i = 0; i < count; i++) {
		LLVMValueRef entry = LLVMGetOperand(array, (unsigned)i);

		while ((int)i >= ends[unit])
			unit++;
		if (LLVMIsAConstantStruct(entry) == NULL)
			return; /* no compiler writes such a list */
		hooks[i] = (struct hook){ entry,
			LLVMConstIntGetZExtValue(LLVMGetOperand(entry, 0)), unit, (int)i };
	}
	if (count == 0)
		return;
	qsort(hooks, count, sizeof *hooks, compare_hooks);
	for (size_t i = 0; i < count; i++) {
		LLVMValueRef parts[3];

		for (unsigned n = 0; n < 3; n++)
			parts[n] = LLVMGetOperand(hooks[i].entry, n);
		parts[0] = LLVMConstInt(LLVMTypeOf(parts[0]), PRIORITY_DEFAULT, false);
		entries[i] = LLVMConstStructInContext(module->context, parts, 3, false);
	}
	LLVMSetInitializer(LLVMGetNamedGlobal(module->module, name),
		LLVMConstArray2(LLVMTypeOf(entries[0]), entries, count));
}

void
module_order_hooks(struct neutral *module, const struct module_hooks *ends, size_t count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int *constructors = arena_array(arena, count, sizeof *constructors);
	int *destructors = arena_array(arena, count, sizeof *destructors);

	for (size_t i = 0; i < count; i++) {
		constructors[i] = ends[i].constructors;
		destructors[i] = ends[i].destructors;
	}
	order_list(module, CONSTRUCTORS, constructors);
	order_list(module, DESTRUCTORS, destructors);
}

struct hooks { /* of one list */
	LLVMModuleRef module;
	const char *section;
};

/* One pointer in the section of its priority; the linker sorts the sections. */
static void
add_pointer(const struct hooks *hooks, uint64_t priority, LLVMValueRef function)
{
	LLVMTypeRef type = LLVMTypeOf(function);
	LLVMValueRef pointer = LLVMAddGlobal(hooks->module, type, "__weld_hook");
	struct strbuf section AUTO(strbuf_free) = { 0 };

	strbuf_add_string(&section, hooks->section);
	if (priority != PRIORITY_DEFAULT)
		strbuf_printf(&section, ".%05u", (unsigned)priority);
	LLVMSetInitializer(pointer, function);
	LLVMSetLinkage(pointer, LLVMInternalLinkage);
	LLVMSetAlignment(pointer, 8);
	LLVMSetSection(pointer, strbuf_string(&section));
}

static void
place_list(struct neutral *module, const char *name, const char *section)
{
	struct hooks hooks = { module->module, section };
	LLVMValueRef list = LLVMGetNamedGlobal(module->module, name);
	LLVMValueRef array = list == NULL ? NULL : LLVMGetInitializer(list);

	if (list == NULL)
		return;
	for (int i = 0; array != NULL && i < LLVMGetNumOperands(array); i++) {
		LLVMValueRef entry = LLVMGetOperand(array, (unsigned)i);
		LLVMValueRef function;

		if (LLVMIsAConstantStruct(entry) == NULL)
			continue;
		function = LLVMGetOperand(entry, 1);
		if (!LLVMIsNull(function))
			add_pointer(&hooks, LLVMConstIntGetZExtValue(LLVMGetOperand(entry, 0)),
				function);
	}
	LLVMDeleteGlobal(list);
}

void
module_place_hooks(struct neutral *module)
{
	place_list(module, CONSTRUCTORS, ".init_array");
	place_list(module, DESTRUCTORS, ".fini_array");
}
