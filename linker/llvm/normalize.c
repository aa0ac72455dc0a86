/* SPDX-License-Identifier: MIT */
/*
 * normalize: take off what the compiler wrote of its target and of itself.
 *
 * LLVM's C interface cannot delete named metadata, so the entries are changed
 * in place: every module flag but the known ones becomes the same harmless one,
 * the requirement that a wide character has 4 bytes. Requirements may stand
 * twice and are joined when modules are merged, so flags never clash.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"
#include "kernel-iface/syscall.h"
#include "linker/llvm/contents.h"

#include <string.h>

#define FLAGS "llvm.module.flags"
#define BEHAVIOR_REQUIRE 3 /* LLVM's number of what a merge does with such a flag */

static LLVMMetadataRef
md_number(LLVMContextRef context, unsigned number)
{
	return LLVMValueAsMetadata(
		LLVMConstInt(LLVMInt32TypeInContext(context), number, false));
}

static LLVMMetadataRef
md_text(LLVMContextRef context, const char *text)
{
	return LLVMMDStringInContext2(context, text, strlen(text));
}

/* The key of a module flag, empty when the entry has none. */
static struct str
flag_key(LLVMValueRef flag)
{
	LLVMValueRef operands[3];
	unsigned length;
	const char *text;

	if (LLVMGetMDNodeNumOperands(flag) != 3)
		return (struct str){ 0 };
	LLVMGetMDNodeOperands(flag, operands);
	if (operands[1] == NULL || LLVMIsAMDString(operands[1]) == NULL)
		return (struct str){ 0 };
	text = LLVMGetMDString(operands[1], &length);
	return (struct str){ text, length };
}

static bool
is_debug_flag(const struct neutral *module, LLVMValueRef flag)
{
	return module->keeps_debug && (str_is(flag_key(flag), MODULE_DEBUG_FLAG) ||
					      str_is(flag_key(flag), MODULE_DWARF_FLAG));
}

static void
normalize_flags(struct neutral *module)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	LLVMContextRef context = module->context;
	unsigned count = LLVMGetNamedMetadataNumOperands(module->module, FLAGS);
	LLVMValueRef *flags = arena_array(arena, count, sizeof *flags);
	LLVMMetadataRef pair[] = { md_text(context, MODULE_WCHAR_FLAG), md_number(context, 4) };
	LLVMMetadataRef requirement = LLVMMDNodeInContext2(context, pair, 2);
	bool has_wchar = false;

	LLVMGetNamedMetadataOperands(module->module, FLAGS, flags);
	for (unsigned i = 0; i < count; i++) {
		LLVMValueRef flag = flags[i];

		if (str_is(flag_key(flag), MODULE_WCHAR_FLAG)) {
			has_wchar = true;
			continue;
		}
		if (LLVMGetMDNodeNumOperands(flag) != 3 || is_debug_flag(module, flag))
			continue;
		LLVMReplaceMDNodeOperandWith(flag, 0, md_number(context, BEHAVIOR_REQUIRE));
		LLVMReplaceMDNodeOperandWith(flag, 1, md_text(context, MODULE_FLAG));
		LLVMReplaceMDNodeOperandWith(flag, 2, requirement);
	}
	if (!has_wchar)
		LLVMAddModuleFlag(module->module, LLVMModuleFlagBehaviorError,
			MODULE_WCHAR_FLAG, strlen(MODULE_WCHAR_FLAG), md_number(context, 4));
}

/* Blank the texts of a named list: who compiled it, with which options. */
static void
blank_texts(struct neutral *module, const char *list)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	unsigned count = LLVMGetNamedMetadataNumOperands(module->module, list);
	LLVMValueRef *entries = arena_array(arena, count, sizeof *entries);

	LLVMGetNamedMetadataOperands(module->module, list, entries);
	for (unsigned i = 0; i < count; i++)
		if (LLVMGetMDNodeNumOperands(entries[i]) == 1)
			LLVMReplaceMDNodeOperandWith(
				entries[i], 0, md_text(module->context, ""));
}

static void
strip_function(LLVMValueRef function)
{
	static const char *const target[] = { "target-cpu", "target-features", "tune-cpu" };
	LLVMAttributeIndex index = LLVMAttributeFunctionIndex;

	for (size_t i = 0; i < sizeof target / sizeof target[0]; i++)
		LLVMRemoveStringAttributeAtIndex(
			function, index, target[i], (unsigned)strlen(target[i]));
	LLVMRemoveEnumAttributeAtIndex(function, index, module_attribute("vscale_range"));
}

/* Whether an assembly template is nothing but comments, in the way of every CPU's assembler. */
static bool
is_comment(struct str text)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		while (line.len > 0 && (line.at[0] == ' ' || line.at[0] == '\t'))
			line = (struct str){ line.at + 1, line.len - 1 };
		if (line.len > 0 && line.at[0] != '#')
			return false;
	}
	return true;
}

/* Make templates of comments empty ones: both are compiler barriers. Where they stood goes. */
static void
empty_comments(const struct neutral *module, LLVMValueRef function)
{
	unsigned source = LLVMGetMDKindIDInContext(module->context, "srcloc", 6);

	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (call, block) {
			LLVMValueRef old;
			struct str text;
			const char *constraints;
			size_t length;

			if (LLVMGetInstructionOpcode(call) != LLVMCall ||
				LLVMIsAInlineAsm(old = LLVMGetCalledValue(call)) == NULL)
				continue;
			LLVMSetMetadata(call, source, NULL);
			text.at = LLVMGetInlineAsmAsmString(old, &text.len);
			if (text.len == 0 || !is_comment(text))
				continue;
			constraints = LLVMGetInlineAsmConstraintString(old, &length);
			LLVMSetOperand(call, (unsigned)LLVMGetNumOperands(call) - 1,
				LLVMGetInlineAsm(LLVMGetInlineAsmFunctionType(old), "", 0,
					constraints, length,
					LLVMGetInlineAsmHasSideEffects(old),
					LLVMGetInlineAsmNeedsAlignedStack(old),
					LLVMGetInlineAsmDialect(old),
					LLVMGetInlineAsmCanUnwind(old)));
		}
}

/*
 * System calls are made with fewer arguments than the function has, and syscall() hands on what
 * nobody gave it: an undefined argument is not undefined behaviour here.
 */
static void
relax_system_calls(struct neutral *module)
{
	LLVMValueRef function = LLVMGetNamedFunction(module->module, SYSCALL_FUNCTION);
	unsigned noundef = module_attribute("noundef");

	if (function == NULL)
		return;
	for (unsigned i = 1; i <= LLVMCountParams(function); i++)
		LLVMRemoveEnumAttributeAtIndex(function, i, noundef);
	for (LLVMUseRef use = LLVMGetFirstUse(function); use != NULL;
		use = LLVMGetNextUse(use)) {
		LLVMValueRef call = LLVMGetUser(use);

		if (LLVMIsAInstruction(call) == NULL ||
			module_called_function(call) != function)
			continue;
		for (unsigned i = 1; i <= LLVMGetNumArgOperands(call); i++)
			LLVMRemoveCallSiteEnumAttribute(call, i, noundef);
	}
}

int
neutral_normalize(struct neutral *module)
{
	module_drop_debug(module);
	contents_identify(module);
	module_translate_assembly(module);
	TRY(module_rewrite_variadics(module));
	EACH_FUNCTION (function, module->module)
		strip_function(function);
	EACH_FUNCTION (function, module->module)
		empty_comments(module, function);
	relax_system_calls(module);
	normalize_flags(module);
	blank_texts(module, "llvm.ident");
	blank_texts(module, "llvm.commandline");
	LLVMSetTarget(module->module, "");
	LLVMSetDataLayout(module->module, MODULE_LAYOUT);
	return 0;
}
