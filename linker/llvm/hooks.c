/* SPDX-License-Identifier: MIT */
/*
 * Constructors and destructors as the linker wants them.
 *
 * LLVM's C interface leaves TargetOptions.UseInitArray off, and code generation
 * then writes .ctors and .dtors, which no linker script of ours knows. So the
 * lists are turned into pointers in .init_array and .fini_array here, after
 * the optimizer has run what it can.
 */
#include "linker/llvm/module.h"

#define PRIORITY_DEFAULT 65535

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
	place_list(module, "llvm.global_ctors", ".init_array");
	place_list(module, "llvm.global_dtors", ".fini_array");
}
