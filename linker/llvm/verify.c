/* SPDX-License-Identifier: MIT */
/*
 * verify: refuse whatever belongs to one CPU or one compiler.
 *
 * One walk over the module: first what stands outside functions, then each
 * function's head, then each instruction with its type and operands. What is
 * not known to be neutral is refused.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"

#include <string.h>

#define FIRST_TARGET_CONVENTION 64 /* llvm/IR/CallingConv.h: below are the general ones */

/* Intrinsics that name a CPU or cannot mean the same on all, by the beginning of their names. */
static const struct {
	const char *prefix;
	const char *reason;
} intrinsics[] = {
	{ "llvm.aarch64.", "uses an instruction of AArch64" },
	{ "llvm.amdgcn.", "uses an instruction of a GPU" },
	{ "llvm.arm.", "uses an instruction of ARM" },
	{ "llvm.bpf.", "uses an instruction of BPF" },
	{ "llvm.dx.", "uses an instruction of a GPU" },
	{ "llvm.hexagon.", "uses an instruction of Hexagon" },
	{ "llvm.loongarch.", "uses an instruction of LoongArch" },
	{ "llvm.mips.", "uses an instruction of MIPS" },
	{ "llvm.nvvm.", "uses an instruction of a GPU" },
	{ "llvm.ppc.", "uses an instruction of POWER" },
	{ "llvm.r600.", "uses an instruction of a GPU" },
	{ "llvm.riscv.", "uses an instruction of RISC-V" },
	{ "llvm.s390.", "uses an instruction of z/Architecture" },
	{ "llvm.spv.", "uses an instruction of a GPU" },
	{ "llvm.ve.", "uses an instruction of SX-Aurora" },
	{ "llvm.wasm.", "uses an instruction of WebAssembly" },
	{ "llvm.x86.", "uses an instruction of x86" },
	{ "llvm.xcore.", "uses an instruction of XCore" },
	{ "llvm.read_register", "reads a named register" },
	{ "llvm.read_volatile_register", "reads a named register" },
	{ "llvm.write_register", "writes a named register" },
	{ "llvm.va_", "has variable arguments that are not normalized" },
	{ "llvm.init.trampoline", "builds code at run time" },
	{ "llvm.experimental.patchpoint", "is patched at run time" },
	{ "llvm.experimental.stackmap", "is patched at run time" },
	{ "llvm.experimental.gc", "needs a garbage collector" },
	{ "llvm.eh.sjlj", "depends on a CPU's registers" },
	{ "llvm.vscale", "has vectors of unknown length" },
	{ "llvm.sponentry", "depends on a CPU's frames" },
};

/* What is wrong with a type; NULL when it is neutral. */
static const char *
type_fault(LLVMTypeRef type)
{
	const char *fault;

	switch (LLVMGetTypeKind(type)) {
	case LLVMX86_FP80TypeKind:
		return "x86_fp80, a type of x86";
	case LLVMPPC_FP128TypeKind:
		return "ppc_fp128, a type of POWER";
	case LLVMScalableVectorTypeKind:
		return "a vector of unknown length";
	case LLVMX86_AMXTypeKind:
		return "x86_amx, a type of x86";
	case LLVMTargetExtTypeKind:
		return "a type of one target";
	case LLVMPointerTypeKind:
		return LLVMGetPointerAddressSpace(type) == 0
			       ? NULL
			       : "a pointer to another address space";
	case LLVMArrayTypeKind:
	case LLVMVectorTypeKind:
		return type_fault(LLVMGetElementType(type));
	case LLVMStructTypeKind:
		for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++)
			if ((fault = type_fault(LLVMStructGetTypeAtIndex(type, i))) != NULL)
				return fault;
		return NULL;
	default:
		return NULL;
	}
}

static int
verify_type(const struct neutral *module, LLVMValueRef function, LLVMTypeRef type)
{
	const char *fault = type_fault(type);

	if (fault == NULL)
		return 0;
	return module_error(module, function, ERR_PROFILE, "uses %s", fault);
}

static int
verify_intrinsic(const struct neutral *module, LLVMValueRef function, LLVMValueRef callee)
{
	const char *name = module_value_name(callee);

	for (size_t i = 0; i < sizeof intrinsics / sizeof intrinsics[0]; i++)
		if (str_has_prefix(name, intrinsics[i].prefix))
			return module_error(module, function, ERR_PROFILE, "%s (%s)",
				intrinsics[i].reason, name);
	if (str_has_prefix(name, "llvm.") && LLVMGetIntrinsicID(callee) == 0)
		return module_error(
			module, function, ERR_PROFILE, "uses an unknown intrinsic (%s)", name);
	return 0;
}

/*
 * Whether an assembly constraint means the same on every CPU: any register, memory, a constant,
 * a tie, a clobber of memory.
 */
static bool
constraint_is_neutral(struct str constraint)
{
	static const char general[] = "=+&*%?!#~rmoingpX0123456789";

	if (str_is(constraint, "~{memory}") || str_is(constraint, "~{cc}"))
		return true;
	for (size_t i = 0; i < constraint.len; i++)
		if (strchr(general, constraint.at[i]) == NULL || constraint.at[i] == '\0')
			return false;
	return true;
}

static int
verify_assembly(const struct neutral *module, LLVMValueRef function, LLVMValueRef assembly)
{
	size_t length;
	const char *text = LLVMGetInlineAsmAsmString(assembly, &length);
	struct str rest, constraint;

	/* An empty template is a compiler barrier: no instruction comes of it. */
	if (length > 0)
		return module_error(module, function, ERR_PROFILE,
			"has inline assembly: \"%.*s\" (compile without it, or ship it as a "
			"native object)",
			length < 40 ? (int)length : 40, text);
	rest.at = LLVMGetInlineAsmConstraintString(assembly, &rest.len);
	while (str_cut(&rest, ',', &constraint))
		if (!constraint_is_neutral(constraint))
			return module_error(module, function, ERR_PROFILE,
				"has inline assembly for a CPU's register: \"" STR_FMT "\"",
				STR_ARG(constraint));
	return 0;
}

static int
verify_call(const struct neutral *module, LLVMValueRef function, LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);

	if (LLVMIsAInlineAsm(callee) != NULL)
		return verify_assembly(module, function, callee);
	if (LLVMGetInstructionCallConv(call) >= FIRST_TARGET_CONVENTION)
		return module_error(
			module, function, ERR_PROFILE, "calls with a convention of one target");
	callee = LLVMIsAFunction(callee);
	if (callee != NULL && str_has_prefix(module_value_name(callee), "llvm."))
		return verify_intrinsic(module, function, callee);
	if (LLVMIsFunctionVarArg(LLVMGetCalledFunctionType(call)))
		return module_error(module, function, ERR_PROFILE,
			"makes a variadic call that is not normalized");
	return 0;
}

static int
verify_instruction(
	const struct neutral *module, LLVMValueRef function, LLVMValueRef instruction)
{
	int count = LLVMGetNumOperands(instruction);

	TRY(verify_type(module, function, LLVMTypeOf(instruction)));
	for (int i = 0; i < count; i++)
		TRY(verify_type(module, function,
			LLVMTypeOf(LLVMGetOperand(instruction, (unsigned)i))));
	switch (LLVMGetInstructionOpcode(instruction)) {
	case LLVMCall:
	case LLVMInvoke:
		return verify_call(module, function, instruction);
	case LLVMCallBr:
		return module_error(module, function, ERR_PROFILE,
			"has inline assembly that jumps ('asm goto')");
	case LLVMAlloca:
		return verify_type(module, function, LLVMGetAllocatedType(instruction));
	case LLVMVAArg:
		return module_error(module, function, ERR_PROFILE,
			"has variable arguments that are not normalized");
	default:
		return 0;
	}
}

static int
verify_function(const struct neutral *module, LLVMValueRef function)
{
	static const char *const target[] = { "target-cpu", "target-features", "tune-cpu" };
	LLVMTypeRef type = LLVMGlobalGetValueType(function);
	LLVMAttributeIndex index = LLVMAttributeFunctionIndex;

	if (str_has_prefix(module_value_name(function), "llvm."))
		return LLVMGetFirstUse(function) == NULL
			       ? verify_intrinsic(module, NULL, function)
			       : 0; /* the caller will be named */
	if (LLVMIsFunctionVarArg(type))
		return module_error(
			module, function, ERR_PROFILE, "is variadic: it is not normalized");
	if (LLVMGetFunctionCallConv(function) >= FIRST_TARGET_CONVENTION)
		return module_error(module, function, ERR_PROFILE,
			"has a calling convention of one target");
	for (size_t i = 0; i < sizeof target / sizeof target[0]; i++)
		if (LLVMGetStringAttributeAtIndex(
			    function, index, target[i], (unsigned)strlen(target[i])) != NULL)
			return module_error(module, function, ERR_PROFILE,
				"has the attribute '%s'", target[i]);
	TRY(verify_type(module, function, LLVMGetReturnType(type)));
	for (unsigned i = 0; i < LLVMCountParams(function); i++)
		TRY(verify_type(module, function, LLVMTypeOf(LLVMGetParam(function, i))));
	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (instruction, block)
			TRY(verify_instruction(module, function, instruction));
	return 0;
}

static int
verify_flags(const struct neutral *module)
{
	size_t count;
	LLVMModuleFlagEntry *flags = LLVMCopyModuleFlagsMetadata(module->module, &count);
	int ret = 0;

	for (unsigned i = 0; i < count && ret == 0; i++) {
		size_t length;
		const char *key = LLVMModuleFlagEntriesGetKey(flags, i, &length);

		if (!str_is((struct str){ key, length }, MODULE_WCHAR_FLAG) &&
			!str_is((struct str){ key, length }, MODULE_FLAG) &&
			!str_is((struct str){ key, length }, MODULE_DEBUG_FLAG) &&
			!str_is((struct str){ key, length }, MODULE_DWARF_FLAG))
			ret = module_error(module, NULL, ERR_PROFILE,
				"module flag '%.*s' is not of the neutral profile", (int)length,
				key);
	}
	LLVMDisposeModuleFlagsMetadata(flags);
	return ret;
}

static int
verify_outside(const struct neutral *module)
{
	LLVMValueRef ifunc = LLVMGetFirstGlobalIFunc(module->module);
	const char *layout = LLVMGetDataLayoutStr(module->module);
	size_t length;

	(void)LLVMGetModuleInlineAsm(module->module, &length);
	if (length > 0)
		return module_error(module, NULL, ERR_PROFILE,
			"has assembly outside of functions (ship it as a native object)");
	if (ifunc != NULL)
		return module_error(module, NULL, ERR_PROFILE,
			"'%s' is an ifunc, chosen by the CPU at run time",
			module_value_name(ifunc));
	if (LLVMGetTarget(module->module)[0] != '\0')
		return module_error(module, NULL, ERR_PROFILE, "has a target triple, '%s'",
			LLVMGetTarget(module->module));
	if (layout[0] != '\0' && strcmp(layout, MODULE_LAYOUT) != 0)
		return module_error(module, NULL, ERR_PROFILE, "has a data layout of its own");
	return verify_flags(module);
}

int
neutral_verify(const struct neutral *module)
{
	TRY(verify_outside(module));
	EACH_GLOBAL (global, module->module) {
		const char *fault = type_fault(LLVMGlobalGetValueType(global));

		if (fault != NULL)
			return module_error(module, NULL, ERR_PROFILE, "variable '%s' uses %s",
				module_value_name(global), fault);
	}
	EACH_FUNCTION (function, module->module)
		TRY(verify_function(module, function));
	return 0;
}
