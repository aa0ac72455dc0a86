/* SPDX-License-Identifier: MIT */
/*
 * Most defences are attributes that code generation obeys. They are set after
 * optimizing, so that what is inlined where does not depend on them.
 *
 * Control-flow integrity is LLVM's KCFI: a word in front of each function whose address can be
 * known elsewhere, and in front of each call through a pointer a comparison with it. The word is a digest
 * of the function's IR type as it is here, so images that were lowered apart agree.
 *
 * (I1) No pass that changes the type of a function whose address is taken runs after the words
 * were chosen.
 * (I2) What runs before libc has set the thread pointer has no stack protector: the secret is
 * not there yet, and changes under it.
 */
#include "linker/llvm/harden.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"

#include <string.h>

#define STAND_IN "__weld_typed_"
#define CANARY "__stack_chk_guard"
#define START_FUNCTION "__libc_start_main" /* only libc defines it */
/* libc's pointer to the kernel's own code, which has no words, and the function that finds it. */
#define VDSO_POINTER "vdso_func"
#define VDSO_FINDER "cgt_init"
#define MAIN_TYPE "i32 (i32, ptr, ptr)" /* as libc calls main, however it is written */

/* (I2) libc's, in the order in which they run. */
static const char *const early[] = { START_FUNCTION, "__init_libc", "__init_tls",
	"read_headers", "__copy_tls", "copy_above", "copy_below", "__init_tp", "__init_ssp",
	"memcpy", "memset", "memmove", "__stack_chk_fail" };

static void
add_text_attribute(
	struct neutral *module, LLVMValueRef function, const char *name, const char *value)
{
	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
		LLVMCreateStringAttribute(module->context, name, (unsigned)strlen(name), value,
			(unsigned)strlen(value)));
}

static void
add_attribute(struct neutral *module, LLVMValueRef function, const char *name)
{
	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
		LLVMCreateEnumAttribute(module->context, module_attribute(name), 0));
}

/* Whether a symbol has a name; a number that it got because the name was taken does not count. */
static bool
has_name(LLVMValueRef global, const char *name)
{
	const char *found = module_value_name(global);
	size_t length = strlen(name);

	return strncmp(found, name, length) == 0 &&
	       (found[length] == '\0' || found[length] == '.');
}

static bool
is_early(LLVMValueRef function)
{
	for (size_t i = 0; i < sizeof early / sizeof early[0]; i++)
		if (has_name(function, early[i]))
			return true;
	return false;
}

static void
set_attributes(struct neutral *module, LLVMValueRef function, unsigned set, bool is_libc)
{
	if ((set & HARDEN_STACK_PROTECTOR) != 0 && !(is_libc && is_early(function)))
		add_attribute(module, function, "sspstrong");
	if ((set & HARDEN_STACK_CLASH) != 0)
		add_text_attribute(module, function, "probe-stack", "inline-asm");
	if ((set & HARDEN_ZERO_REGISTERS) != 0)
		add_text_attribute(module, function, "zero-call-used-regs", "used");
	if ((set & HARDEN_SPECULATIVE_LOADS) != 0)
		add_attribute(module, function, "speculative_load_hardening");
}

/* Code generation adds the reference by itself: it finds this one, which is addressed directly. */
static void
declare_canary(struct neutral *module)
{
	if (LLVMGetNamedGlobal(module->module, CANARY) == NULL)
		(void)LLVMAddGlobal(
			module->module, LLVMPointerTypeInContext(module->context, 0), CANARY);
}

/* Whether a use of a function is that it is called. */
static bool
is_callee(LLVMValueRef function, LLVMValueRef user)
{
	return LLVMIsAInstruction(user) != NULL && module_called_function(user) == function;
}

/* A function may be handed to a call of itself, too. */
static bool
is_argument(LLVMValueRef function, LLVMValueRef call)
{
	for (unsigned i = 0; i < LLVMGetNumArgOperands(call); i++)
		if (LLVMGetOperand(call, i) == function)
			return true;
	return false;
}

static bool
has_address_taken(LLVMValueRef function)
{
	for (LLVMUseRef use = LLVMGetFirstUse(function); use != NULL;
		use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (!is_callee(function, user) || is_argument(function, user))
			return true;
	}
	return false;
}

/* Types in words */

static uint32_t
word_of_type(LLVMTypeRef type)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	module_write_type(&text, type);
	return harden_type_word(strbuf_string(&text));
}

static void
set_word(struct neutral *module, LLVMValueRef function)
{
	unsigned kind = LLVMGetMDKindIDInContext(module->context, "kcfi_type", 9);
	LLVMTypeRef i32 = LLVMInt32TypeInContext(module->context);
	LLVMMetadataRef number;
	uint32_t word;

	if (LLVMGetLinkage(function) == LLVMInternalLinkage && !has_address_taken(function))
		return;
	word = strcmp(module_value_name(function), "main") == 0
		       ? harden_type_word(MAIN_TYPE)
		       : word_of_type(LLVMGlobalGetValueType(function));
	number = LLVMValueAsMetadata(LLVMConstInt(i32, word, false));
	LLVMGlobalSetMetadata(
		function, kind, LLVMMDNodeInContext2(module->context, &number, 1));
}

/* A call that the word decides: through a pointer, to code that was made here. */
static bool
is_checked_call(LLVMValueRef call)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(call);
	LLVMValueRef callee;

	if (opcode != LLVMCall && opcode != LLVMInvoke)
		return false;
	callee = LLVMGetCalledValue(call);
	if (LLVMIsAFunction(callee) != NULL || LLVMIsAGlobalAlias(callee) != NULL ||
		LLVMIsAInlineAsm(callee) != NULL)
		return false;
	return LLVMIsALoadInst(callee) == NULL ||
	       !has_name(LLVMGetOperand(callee, 0), VDSO_POINTER);
}

static void
copy_attributes(LLVMValueRef from, LLVMValueRef to)
{
	unsigned arguments = LLVMGetNumArgOperands(from);

	/* The function's own attributes have the highest index, then 0 for the result. */
	for (unsigned n = 0; n < arguments + 2; n++) {
		LLVMAttributeIndex index = (LLVMAttributeIndex)(n - 1);
		unsigned count = LLVMGetCallSiteAttributeCount(from, index);
		struct arena *arena AUTO(arena_free) = arena_new();
		LLVMAttributeRef *attributes =
			arena_array(arena, count + 1, sizeof *attributes);

		LLVMGetCallSiteAttributes(from, index, attributes);
		for (unsigned i = 0; i < count; i++)
			LLVMAddCallSiteAttribute(to, index, attributes[i]);
	}
}

static void
copy_metadata(LLVMValueRef from, LLVMValueRef to)
{
	size_t count;
	LLVMValueMetadataEntry *entries =
		LLVMInstructionGetAllMetadataOtherThanDebugLoc(from, &count);

	for (unsigned i = 0; i < count; i++)
		LLVMSetMetadata(to, LLVMValueMetadataEntriesGetKind(entries, i),
			LLVMMetadataAsValue(LLVMGetTypeContext(LLVMTypeOf(from)),
				LLVMValueMetadataEntriesGetMetadata(entries, i)));
	LLVMDisposeValueMetadataEntries(entries);
}

/* A copy of a call with one more operand bundle: LLVM cannot add one to a call that is there. */
static LLVMValueRef
build_with_bundle(LLVMBuilderRef builder, LLVMValueRef call, LLVMOperandBundleRef bundle)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	unsigned count = LLVMGetNumArgOperands(call);
	unsigned bundle_count = LLVMGetNumOperandBundles(call);
	LLVMTypeRef type = LLVMGetCalledFunctionType(call);
	LLVMValueRef callee = LLVMGetCalledValue(call), new;
	LLVMValueRef *arguments = arena_array(arena, count + 1, sizeof(LLVMValueRef));
	LLVMOperandBundleRef *bundles =
		arena_array(arena, bundle_count + 1, sizeof(LLVMOperandBundleRef));

	for (unsigned i = 0; i < count; i++)
		arguments[i] = LLVMGetOperand(call, i);
	for (unsigned i = 0; i < bundle_count; i++)
		bundles[i] = LLVMGetOperandBundleAtIndex(call, i);
	bundles[bundle_count] = bundle;
	LLVMPositionBuilderBefore(builder, call);
	if (LLVMGetInstructionOpcode(call) == LLVMInvoke) {
		new = LLVMBuildInvokeWithOperandBundles(builder, type, callee, arguments, count,
			LLVMGetNormalDest(call), LLVMGetUnwindDest(call), bundles,
			bundle_count + 1, "");
	} else {
		new = LLVMBuildCallWithOperandBundles(
			builder, type, callee, arguments, count, bundles, bundle_count + 1, "");
		LLVMSetTailCallKind(new, LLVMGetTailCallKind(call));
	}
	for (unsigned i = 0; i < bundle_count; i++)
		LLVMDisposeOperandBundle(bundles[i]);
	LLVMSetInstructionCallConv(new, LLVMGetInstructionCallConv(call));
	if (LLVMCanValueUseFastMathFlags(call))
		LLVMSetFastMathFlags(new, LLVMGetFastMathFlags(call));
	copy_attributes(call, new);
	copy_metadata(call, new);
	return new;
}

static void
check_calls(struct neutral *module, LLVMValueRef function, LLVMBuilderRef builder)
{
	EACH_BLOCK (block, function) {
		LLVMValueRef next;

		for (LLVMValueRef call = LLVMGetFirstInstruction(block); call != NULL;
			call = next) {
			LLVMValueRef word, new;
			LLVMOperandBundleRef bundle;

			next = LLVMGetNextInstruction(call);
			if (!is_checked_call(call))
				continue;
			word = LLVMConstInt(LLVMInt32TypeInContext(module->context),
				word_of_type(LLVMGetCalledFunctionType(call)), false);
			bundle = LLVMCreateOperandBundle("kcfi", 4, &word, 1);
			new = build_with_bundle(builder, call, bundle);
			LLVMDisposeOperandBundle(bundle);
			LLVMReplaceAllUsesWith(call, new);
			LLVMInstructionEraseFromParent(call);
		}
	}
}

static void
add_cfi(struct neutral *module, bool is_libc)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(module->context);
	LLVMTypeRef i32 = LLVMInt32TypeInContext(module->context);

	LLVMAddModuleFlag(module->module, LLVMModuleFlagBehaviorOverride, "kcfi", 4,
		LLVMValueAsMetadata(LLVMConstInt(i32, 1, false)));
	EACH_FUNCTION (function, module->module) {
		if (LLVMIsDeclaration(function))
			continue;
		set_word(module, function);
		if (!is_libc || !has_name(function, VDSO_FINDER))
			check_calls(module, function, builder);
	}
	LLVMDisposeBuilder(builder);
}

/* What stands for native functions */

typedef void
add_function(LLVMValueRef to, LLVMAttributeIndex index, LLVMAttributeRef attribute);

/* A jump is one only when both sides pass arguments and result in the same way. */
static void
copy_parameter_attributes(LLVMValueRef from, LLVMValueRef to, add_function *add)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	for (unsigned index = 0; index <= LLVMCountParams(from); index++) {
		unsigned count = LLVMGetAttributeCountAtIndex(from, index);
		LLVMAttributeRef *attributes =
			arena_array(arena, count + 1, sizeof *attributes);

		LLVMGetAttributesAtIndex(from, index, attributes);
		for (unsigned i = 0; i < count; i++)
			add(to, index, attributes[i]);
	}
}

/* The body: a jump. */
static void
build_jump(struct neutral *module, LLVMValueRef stand_in, LLVMValueRef function)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	LLVMTypeRef type = LLVMGlobalGetValueType(function);
	unsigned count = LLVMCountParams(function);
	LLVMValueRef *parameters = arena_array(arena, count + 1, sizeof(LLVMValueRef));
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(module->context);
	LLVMValueRef call;

	LLVMPositionBuilderAtEnd(
		builder, LLVMAppendBasicBlockInContext(module->context, stand_in, ""));
	LLVMGetParams(stand_in, parameters);
	call = LLVMBuildCall2(builder, type, function, parameters, count, "");
	LLVMSetInstructionCallConv(call, LLVMGetFunctionCallConv(function));
	copy_parameter_attributes(function, call, LLVMAddCallSiteAttribute);
	LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
	if (LLVMGetTypeKind(LLVMGetReturnType(type)) == LLVMVoidTypeKind)
		LLVMBuildRetVoid(builder);
	else
		LLVMBuildRet(builder, call);
	LLVMDisposeBuilder(builder);
}

static void
add_stand_in(struct neutral *module, LLVMValueRef function)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf name AUTO(strbuf_free) = { 0 };
	VEC(LLVMValueRef) calls = { 0 };
	LLVMValueRef stand_in;

	strbuf_printf(&name, STAND_IN "%s", module_value_name(function));
	stand_in = LLVMAddFunction(
		module->module, strbuf_string(&name), LLVMGlobalGetValueType(function));
	LLVMSetLinkage(stand_in, LLVMInternalLinkage);
	LLVMSetFunctionCallConv(stand_in, LLVMGetFunctionCallConv(function));
	copy_parameter_attributes(function, stand_in, LLVMAddAttributeAtIndex);
	for (LLVMUseRef use = LLVMGetFirstUse(function); use != NULL; use = LLVMGetNextUse(use))
		if (is_callee(function, LLVMGetUser(use)))
			vec_push(arena, &calls, LLVMGetUser(use));
	LLVMReplaceAllUsesWith(function, stand_in);
	VEC_EACH (LLVMValueRef, call, &calls)
		LLVMSetOperand(*call, (unsigned)LLVMGetNumOperands(*call) - 1, function);
	build_jump(module, stand_in, function);
}

void
module_harden_natives(struct neutral *module, const struct harden_job *job)
{
	if ((job->set & HARDEN_CFI) == 0)
		return;
	for (size_t i = 0; i < job->native_count; i++) {
		LLVMValueRef function = LLVMGetNamedFunction(module->module, job->natives[i]);

		/* Only a direct call returns twice. */
		if (function != NULL && LLVMIsDeclaration(function) &&
			has_address_taken(function) &&
			LLVMGetEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				module_attribute("returns_twice")) == NULL)
			add_stand_in(module, function);
	}
}

int
module_harden(
	struct neutral *module, LLVMTargetMachineRef machine, const struct harden_job *job)
{
	LLVMValueRef start = LLVMGetNamedFunction(module->module, START_FUNCTION);
	bool is_libc = start != NULL && !LLVMIsDeclaration(start);

	if ((job->set & HARDEN_BOUNDS) != 0)
		TRY(module_harden_bounds(module, machine));
	/* From here on no pass runs on IR that is not code generation's own. (I1) */
	if ((job->set & HARDEN_CFI) != 0)
		add_cfi(module, is_libc);
	if ((job->set & HARDEN_STACK_PROTECTOR) != 0)
		declare_canary(module);
	EACH_FUNCTION (function, module->module)
		if (!LLVMIsDeclaration(function))
			set_attributes(module, function, job->set, is_libc);
	return 0;
}
