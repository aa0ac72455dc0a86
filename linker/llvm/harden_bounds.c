/* SPDX-License-Identifier: MIT */
/*
 * LLVM's pass checks single accesses to objects of a known size: locals, globals, what an allocator
 * returned. Copies of many bytes it leaves alone, and most overflows are made by those. So before each
 * copy its length is compared with what is left of the object, and where it is too long the pointer
 * becomes one that is nowhere mapped. Where LLVM does not know the object, nothing of this remains.
 */
#include "linker/llvm/harden.h"

#include <string.h>

/* No user's address on any architecture, nor near one, whatever is done with the top byte. */
#define NOWHERE UINT64_C(0x0080000000000000)

/* The pointers among the arguments of a copy: 2 of memcpy and memmove, 1 of memset; 0 of others. */
static unsigned
pointers_of_copy(LLVMValueRef instruction)
{
	LLVMValueRef callee = module_called_function(instruction);
	const char *name;

	if (callee == NULL || !module_is_intrinsic(callee))
		return 0;
	name = module_value_name(callee);
	if (str_has_prefix(name, "llvm.memset."))
		return 1;
	return str_has_prefix(name, "llvm.memcpy.") || str_has_prefix(name, "llvm.memmove.")
		       ? 2
		       : 0;
}

/* How many bytes there are from a pointer to the end of its object; all ones when unknown. */
static LLVMValueRef
build_size(struct neutral *module, LLVMBuilderRef builder, LLVMValueRef pointer)
{
	LLVMTypeRef i64 = LLVMInt64TypeInContext(module->context);
	LLVMTypeRef i1 = LLVMInt1TypeInContext(module->context);
	LLVMTypeRef types[] = { i64, LLVMTypeOf(pointer) };
	unsigned id = LLVMLookupIntrinsicID("llvm.objectsize", strlen("llvm.objectsize"));
	LLVMValueRef function = LLVMGetIntrinsicDeclaration(module->module, id, types, 2);
	/* The most that it may be; null is no object; computed at run time, if need be. */
	LLVMValueRef arguments[] = { pointer, LLVMConstInt(i1, 0, false),
		LLVMConstInt(i1, 1, false), LLVMConstInt(i1, 1, false) };

	return LLVMBuildCall2(
		builder, LLVMGlobalGetValueType(function), function, arguments, 4, "");
}

static void
check_copy(struct neutral *module, LLVMBuilderRef builder, LLVMValueRef copy, unsigned pointers)
{
	LLVMTypeRef i64 = LLVMInt64TypeInContext(module->context);

	LLVMPositionBuilderBefore(builder, copy);
	for (unsigned i = 0; i < pointers; i++) {
		LLVMValueRef pointer = LLVMGetOperand(copy, i);
		LLVMValueRef length =
			LLVMBuildZExtOrBitCast(builder, LLVMGetOperand(copy, 2), i64, "");
		LLVMValueRef is_inside = LLVMBuildICmp(
			builder, LLVMIntULE, length, build_size(module, builder, pointer), "");
		LLVMValueRef nowhere = LLVMConstIntToPtr(
			LLVMConstInt(i64, NOWHERE, false), LLVMTypeOf(pointer));

		LLVMSetOperand(
			copy, i, LLVMBuildSelect(builder, is_inside, pointer, nowhere, ""));
	}
}

int
module_harden_bounds(struct neutral *module, LLVMTargetMachineRef machine)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(module->context);

	EACH_FUNCTION (function, module->module)
		EACH_BLOCK (block, function)
			EACH_INSTRUCTION (instruction, block) {
				unsigned pointers = pointers_of_copy(instruction);

				if (pointers > 0)
					check_copy(module, builder, instruction, pointers);
			}
	LLVMDisposeBuilder(builder);
	return module_run_passes(module,
		"function(bounds-checking<trap>,lower-constant-intrinsics,instsimplify,"
		"simplifycfg)",
		machine, false);
}
