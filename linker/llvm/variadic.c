/* SPDX-License-Identifier: MIT */
/*
 * variadic: `f(fixed, ...)` becomes `f(fixed, ptr slots)`.
 *
 * A caller stores the variable arguments into a buffer of 8-byte slots in its
 * frame, 16-byte arguments (fp128, i128) at the next multiple of 16, and passes
 * the buffer's address; that is how the front end's va_arg reads them. va_start
 * stores the parameter into the va_list, va_copy copies the pointer, va_end is
 * nothing.
 *
 * (I1) One buffer serves all calls of a function: its contents are dead when
 * the call returns, and arguments are values by then.
 * (I2) A callee may look at more arguments than it was given, as open(), fcntl()
 * and syscall() do: the buffer has at least MIN_SLOTS slots, and a call
 * without variable arguments passes a block of zeros.
 *
 * Calls are rewritten first, then the functions they name: in between a call's
 * type does not match its callee's, which LLVM allows.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"
#include "base/vec.h"

#include <llvm-c/Comdat.h>
#include <string.h>

#define MIN_SLOTS 8 /* as many as the front end's own convention has registers */
#define SLOT_SIZE 8 /* bytes */
#define EMPTY_NAME "__weld_no_arguments"

typedef VEC(LLVMValueRef) value_vec;

struct types { /* those that every step needs */
	LLVMTypeRef i8, i64, pointer;
};

struct rewrite {
	struct arena *arena;
	struct neutral *module;
	LLVMBuilderRef builder;
	struct types types;
};

static struct types
make_types(LLVMContextRef context)
{
	return (struct types){
		.i8 = LLVMInt8TypeInContext(context),
		.i64 = LLVMInt64TypeInContext(context),
		.pointer = LLVMPointerTypeInContext(context, 0),
	};
}

static LLVMTypeRef *
parameter_types(struct arena *arena, LLVMTypeRef type, unsigned extra)
{
	LLVMTypeRef *types =
		arena_array(arena, LLVMCountParamTypes(type) + extra, sizeof(LLVMTypeRef));

	LLVMGetParamTypes(type, types);
	return types;
}

/* The type with the pointer to the slots in place of the dots. */
static LLVMTypeRef
fixed_type(const struct rewrite *rewrite, LLVMTypeRef type)
{
	unsigned count = LLVMCountParamTypes(type);
	LLVMTypeRef *types = parameter_types(rewrite->arena, type, 1);

	types[count] = rewrite->types.pointer;
	return LLVMFunctionType(LLVMGetReturnType(type), types, count + 1, false);
}

/* Bytes that an argument takes, 0 for a type that the front end never passes. */
static unsigned
argument_size(LLVMTypeRef type)
{
	unsigned bits;

	switch (LLVMGetTypeKind(type)) {
	case LLVMHalfTypeKind:
	case LLVMBFloatTypeKind:
	case LLVMFloatTypeKind:
	case LLVMDoubleTypeKind:
	case LLVMPointerTypeKind:
		return SLOT_SIZE;
	case LLVMFP128TypeKind:
		return 2 * SLOT_SIZE;
	case LLVMIntegerTypeKind:
		bits = LLVMGetIntTypeWidth(type);
		return bits <= 64 ? SLOT_SIZE : bits <= 128 ? 2 * SLOT_SIZE : 0;
	case LLVMArrayTypeKind: /* a small struct, coerced */
		return LLVMGetTypeKind(LLVMGetElementType(type)) == LLVMIntegerTypeKind &&
				       LLVMGetIntTypeWidth(LLVMGetElementType(type)) == 64
			       ? SLOT_SIZE * (unsigned)LLVMGetArrayLength2(type)
			       : 0;
	default:
		return 0;
	}
}

/* Arrays keep the alignment of their elements; only what is 16 bytes by itself is aligned so. */
static bool
argument_is_aligned(LLVMTypeRef type)
{
	return argument_size(type) == 2 * SLOT_SIZE &&
	       LLVMGetTypeKind(type) != LLVMArrayTypeKind;
}

/* Widen an integer as its attribute says, so that a slot is written whole. */
static LLVMValueRef
widen(const struct rewrite *rewrite, LLVMValueRef call, unsigned index, LLVMValueRef value)
{
	LLVMTypeRef type = LLVMTypeOf(value);
	LLVMTypeRef wide = rewrite->types.i64;

	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind)
		return value;
	if (LLVMGetIntTypeWidth(type) > 64)
		wide = LLVMInt128TypeInContext(rewrite->module->context);
	if (LLVMGetCallSiteEnumAttribute(call, index + 1, module_attribute("zeroext")) != NULL)
		return LLVMBuildZExt(rewrite->builder, value, wide, "");
	return LLVMBuildSExt(rewrite->builder, value, wide, "");
}

static LLVMValueRef
slot_address(const struct rewrite *rewrite, LLVMValueRef buffer, uint64_t offset)
{
	LLVMValueRef index = LLVMConstInt(rewrite->types.i64, offset, false);

	if (offset == 0)
		return buffer;
	return LLVMBuildInBoundsGEP2(
		rewrite->builder, rewrite->types.i8, buffer, &index, 1, "");
}

/* Where an argument stands; *offset moves behind it. */
static uint64_t
place_argument(LLVMTypeRef type, uint64_t *offset)
{
	uint64_t at = *offset;

	if (argument_is_aligned(type))
		at = (at + 15) & ~UINT64_C(15);
	*offset = at + argument_size(type);
	return at;
}

static void
store_arguments(
	const struct rewrite *rewrite, LLVMValueRef call, unsigned first, LLVMValueRef buffer)
{
	uint64_t offset = 0;

	for (unsigned i = first; i < LLVMGetNumArgOperands(call); i++) {
		LLVMValueRef value = LLVMGetOperand(call, i);
		uint64_t at = place_argument(LLVMTypeOf(value), &offset);
		LLVMValueRef wide = widen(rewrite, call, i, value);
		LLVMValueRef store = LLVMBuildStore(
			rewrite->builder, wide, slot_address(rewrite, buffer, at));

		LLVMSetAlignment(store, at % 16 == 0 ? 16 : 8);
	}
}

/* The block of zeros for calls without variable arguments (I2). */
static LLVMValueRef
empty_arguments(const struct rewrite *rewrite)
{
	LLVMModuleRef module = rewrite->module->module;
	LLVMTypeRef type = LLVMArrayType2(rewrite->types.i64, MIN_SLOTS);
	LLVMValueRef global = LLVMGetNamedGlobal(module, EMPTY_NAME);

	if (global != NULL)
		return global;
	global = LLVMAddGlobal(module, type, EMPTY_NAME);
	LLVMSetInitializer(global, LLVMConstNull(type));
	LLVMSetLinkage(global, LLVMPrivateLinkage);
	LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
	LLVMSetGlobalConstant(global, true);
	LLVMSetAlignment(global, 16);
	return global;
}

/* Copy attributes that still hold; `count` counts parameters. */
static void
copy_call_attributes(struct arena *arena, LLVMValueRef from, LLVMValueRef to, unsigned count)
{
	unsigned memory = module_attribute("memory");

	for (unsigned i = 0; i < count + 2; i++) {
		LLVMAttributeIndex index = i - 1; /* first LLVMAttributeFunctionIndex, ~0 */
		unsigned total = LLVMGetCallSiteAttributeCount(from, index);
		LLVMAttributeRef *attributes = arena_array(arena, total, sizeof *attributes);

		LLVMGetCallSiteAttributes(from, index, attributes);
		for (unsigned j = 0; j < total; j++)
			LLVMAddCallSiteAttribute(to, index, attributes[j]);
	}
	/* The callee reads the buffer now: what was said of memory is no longer true. */
	LLVMRemoveCallSiteEnumAttribute(to, LLVMAttributeFunctionIndex, memory);
}

static void
copy_call_metadata(const struct rewrite *rewrite, LLVMValueRef from, LLVMValueRef to)
{
	size_t count;
	LLVMValueMetadataEntry *entries =
		LLVMInstructionGetAllMetadataOtherThanDebugLoc(from, &count);

	for (unsigned i = 0; i < count; i++)
		LLVMSetMetadata(to, LLVMValueMetadataEntriesGetKind(entries, i),
			LLVMMetadataAsValue(rewrite->module->context,
				LLVMValueMetadataEntriesGetMetadata(entries, i)));
	LLVMDisposeValueMetadataEntries(entries);
	if (LLVMCanValueUseFastMathFlags(from) && LLVMCanValueUseFastMathFlags(to))
		LLVMSetFastMathFlags(to, LLVMGetFastMathFlags(from));
}

/* Build the call or invoke that takes the place of another, before it. */
static LLVMValueRef
build_call(const struct rewrite *rewrite, LLVMValueRef old, LLVMTypeRef type,
	LLVMValueRef *values, unsigned count)
{
	unsigned bundle_count = LLVMGetNumOperandBundles(old);
	LLVMOperandBundleRef *bundles =
		arena_array(rewrite->arena, bundle_count, sizeof *bundles);
	LLVMValueRef callee = LLVMGetCalledValue(old), new;

	for (unsigned i = 0; i < bundle_count; i++)
		bundles[i] = LLVMGetOperandBundleAtIndex(old, i);
	if (LLVMIsAInvokeInst(old) != NULL)
		new = LLVMBuildInvokeWithOperandBundles(rewrite->builder, type, callee, values,
			count, LLVMGetNormalDest(old), LLVMGetUnwindDest(old), bundles,
			bundle_count, "");
	else
		new = LLVMBuildCallWithOperandBundles(rewrite->builder, type, callee, values,
			count, bundles, bundle_count, "");
	for (unsigned i = 0; i < bundle_count; i++)
		LLVMDisposeOperandBundle(bundles[i]);
	return new;
}

/*
 * Replace one call. `type` is the callee's variadic type; `buffer` the caller's slots.
 * The new call has no tail marker: the callee reads the caller's frame.
 */
static void
rewrite_call(
	const struct rewrite *rewrite, LLVMValueRef call, LLVMTypeRef type, LLVMValueRef buffer)
{
	unsigned fixed = LLVMCountParamTypes(type);
	LLVMValueRef *values = arena_array(rewrite->arena, fixed + 1, sizeof *values);
	LLVMValueRef new;

	LLVMPositionBuilderBefore(rewrite->builder, call);
	for (unsigned i = 0; i < fixed; i++)
		values[i] = LLVMGetOperand(call, i);
	if (LLVMGetNumArgOperands(call) == fixed) {
		values[fixed] = empty_arguments(rewrite);
	} else {
		store_arguments(rewrite, call, fixed, buffer);
		values[fixed] = buffer;
	}
	new = build_call(rewrite, call, fixed_type(rewrite, type), values, fixed + 1);
	LLVMSetInstructionCallConv(new, LLVMGetInstructionCallConv(call));
	copy_call_attributes(rewrite->arena, call, new, fixed);
	copy_call_metadata(rewrite, call, new);
	LLVMReplaceAllUsesWith(call, new);
	LLVMInstructionEraseFromParent(call);
}

/* Whether the call's fixed arguments have the types that a variadic type wants. */
static bool
call_fits(LLVMValueRef call, LLVMTypeRef type)
{
	unsigned count = LLVMCountParamTypes(type);
	LLVMTypeRef types[64];

	if (count > 64 || LLVMGetNumArgOperands(call) < count)
		return false;
	LLVMGetParamTypes(type, types);
	for (unsigned i = 0; i < count; i++)
		if (LLVMTypeOf(LLVMGetOperand(call, i)) != types[i])
			return false;
	return LLVMTypeOf(call) == LLVMGetReturnType(type);
}

/* Functions of C and POSIX that are variadic: old code calls them without a prototype. */
static const struct {
	const char *name;
	unsigned fixed; /* parameters before the variable ones */
} well_known[] = {
	{ "asprintf", 2 },
	{ "dprintf", 2 },
	{ "err", 2 },
	{ "errx", 2 },
	{ "execl", 2 },
	{ "execle", 2 },
	{ "execlp", 2 },
	{ "fcntl", 2 },
	{ "fprintf", 2 },
	{ "fscanf", 2 },
	{ "fwprintf", 2 },
	{ "fwscanf", 2 },
	{ "ioctl", 2 },
	{ "open", 2 },
	{ "openat", 3 },
	{ "prctl", 1 },
	{ "printf", 1 },
	{ "ptrace", 1 },
	{ "scanf", 1 },
	{ "sem_open", 2 },
	{ "semctl", 3 },
	{ "snprintf", 3 },
	{ "sprintf", 2 },
	{ "sscanf", 2 },
	{ "swprintf", 3 },
	{ "swscanf", 2 },
	{ "syscall", 1 },
	{ "syslog", 2 },
	{ "warn", 1 },
	{ "warnx", 1 },
	{ "wprintf", 1 },
	{ "wscanf", 1 },
};

/* The variadic type of a call to a declaration without a prototype; NULL when it is not known. */
static LLVMTypeRef
well_known_type(LLVMValueRef call, LLVMValueRef callee)
{
	LLVMTypeRef types[4];

	for (size_t i = 0; i < sizeof well_known / sizeof well_known[0]; i++) {
		unsigned fixed = well_known[i].fixed;

		if (strcmp(module_value_name(callee), well_known[i].name) != 0)
			continue;
		if ((unsigned)LLVMGetNumArgOperands(call) < fixed)
			return NULL;
		for (unsigned n = 0; n < fixed; n++)
			types[n] = LLVMTypeOf(LLVMGetOperand(call, n));
		return LLVMFunctionType(LLVMTypeOf(call), types, fixed, true);
	}
	return NULL;
}

/*
 * The variadic type that a call is made through; NULL when it is an ordinary call.
 *
 * C without prototypes calls with the types of the arguments; where the callee
 * is known to be variadic after all, that call is one, too.
 */
static LLVMTypeRef
variadic_type(LLVMValueRef instruction)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
	LLVMValueRef callee;
	LLVMTypeRef type;

	if (opcode != LLVMCall && opcode != LLVMInvoke)
		return NULL;
	callee = module_called_function(instruction);
	if (callee != NULL && module_is_intrinsic(callee))
		return NULL;
	type = LLVMGetCalledFunctionType(instruction);
	if (LLVMIsFunctionVarArg(type))
		return type;
	if (callee == NULL)
		return NULL;
	type = LLVMGlobalGetValueType(callee);
	if (!LLVMIsFunctionVarArg(type) || !call_fits(instruction, type))
		return NULL;
	if (LLVMIsDeclaration(callee) && LLVMCountParamTypes(type) == 0)
		return well_known_type(instruction, callee);
	return type;
}

/* Check a call and count the slots that it needs. */
static int
measure_call(const struct rewrite *rewrite, LLVMValueRef function, LLVMValueRef call,
	LLVMTypeRef type, uint64_t *slots)
{
	uint64_t offset = 0;

	if (LLVMIsACallInst(call) != NULL &&
		LLVMGetTailCallKind(call) == LLVMTailCallKindMustTail)
		return module_error(rewrite->module, function, ERR_PROFILE,
			"a variadic call cannot be a 'musttail' call");
	for (unsigned i = LLVMCountParamTypes(type); i < LLVMGetNumArgOperands(call); i++) {
		LLVMTypeRef argument = LLVMTypeOf(LLVMGetOperand(call, i));

		if (argument_size(argument) == 0 || LLVMGetCallSiteEnumAttribute(call, i + 1,
							    module_attribute("byval")) != NULL)
			return module_error(rewrite->module, function, ERR_PROFILE,
				"argument %u of a variadic call has a type that cannot be "
				"passed",
				i + 1);
		(void)place_argument(argument, &offset);
	}
	if (offset / SLOT_SIZE > *slots)
		*slots = offset / SLOT_SIZE;
	return 0;
}

static LLVMValueRef
make_buffer(const struct rewrite *rewrite, LLVMValueRef function, uint64_t slots)
{
	LLVMValueRef first = LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(function));
	LLVMValueRef buffer;

	LLVMPositionBuilderBefore(rewrite->builder, first);
	buffer = LLVMBuildAlloca(
		rewrite->builder, LLVMArrayType2(rewrite->types.i64, slots), "");
	LLVMSetAlignment(buffer, 16);
	return buffer;
}

static int
rewrite_calls(const struct rewrite *rewrite, LLVMValueRef function)
{
	value_vec calls = { 0 };
	LLVMValueRef buffer;
	uint64_t slots = MIN_SLOTS;

	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (instruction, block) {
			LLVMTypeRef type = variadic_type(instruction);

			if (type == NULL)
				continue;
			TRY(measure_call(rewrite, function, instruction, type, &slots));
			vec_push(rewrite->arena, &calls, instruction);
		}
	if (calls.len == 0)
		return 0;
	buffer = make_buffer(rewrite, function, slots);
	VEC_EACH (LLVMValueRef, call, &calls)
		rewrite_call(rewrite, *call, variadic_type(*call), buffer);
	if (LLVMGetFirstUse(buffer) == NULL)
		LLVMInstructionEraseFromParent(buffer);
	return 0;
}

/* Replace the va_ intrinsics of one function; `slots` is NULL where it is not variadic. */
static int
rewrite_va_list(const struct rewrite *rewrite, LLVMValueRef function, LLVMValueRef slots)
{
	unsigned start = LLVMLookupIntrinsicID("llvm.va_start", 13);
	unsigned copy = LLVMLookupIntrinsicID("llvm.va_copy", 12);
	unsigned end = LLVMLookupIntrinsicID("llvm.va_end", 11);
	value_vec dead = { 0 };

	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (instruction, block) {
			LLVMValueRef callee = module_called_function(instruction), value, store;
			unsigned id = callee == NULL ? 0 : LLVMGetIntrinsicID(callee);

			if (id == 0 || (id != start && id != copy && id != end))
				continue;
			vec_push(rewrite->arena, &dead, instruction);
			if (id == end)
				continue;
			if (id == start && slots == NULL)
				return module_error(rewrite->module, function, ERR_PROFILE,
					"va_start in a function that is not variadic");
			LLVMPositionBuilderBefore(rewrite->builder, instruction);
			value = slots;
			if (id == copy) {
				value = LLVMBuildLoad2(rewrite->builder, rewrite->types.pointer,
					LLVMGetOperand(instruction, 1), "");
				LLVMSetAlignment(value, SLOT_SIZE);
			}
			store = LLVMBuildStore(
				rewrite->builder, value, LLVMGetOperand(instruction, 0));
			LLVMSetAlignment(store, SLOT_SIZE);
		}
	VEC_EACH (LLVMValueRef, instruction, &dead)
		LLVMInstructionEraseFromParent(*instruction);
	return 0;
}

static void
copy_function_attributes(
	struct arena *arena, LLVMValueRef from, LLVMValueRef to, unsigned count)
{
	for (unsigned i = 0; i < count + 2; i++) {
		LLVMAttributeIndex index = i - 1; /* first LLVMAttributeFunctionIndex, ~0 */
		unsigned total = LLVMGetAttributeCountAtIndex(from, index);
		LLVMAttributeRef *attributes = arena_array(arena, total, sizeof *attributes);

		LLVMGetAttributesAtIndex(from, index, attributes);
		for (unsigned j = 0; j < total; j++)
			LLVMAddAttributeAtIndex(to, index, attributes[j]);
	}
	LLVMRemoveEnumAttributeAtIndex(
		to, LLVMAttributeFunctionIndex, module_attribute("memory"));
}

/* Copy what a function is, but for its name and body. */
static void
copy_function_head(struct arena *arena, LLVMValueRef from, LLVMValueRef to, unsigned parameters)
{
	size_t count;
	LLVMValueMetadataEntry *entries = LLVMGlobalCopyAllMetadata(from, &count);

	for (unsigned i = 0; i < count; i++)
		LLVMGlobalSetMetadata(to, LLVMValueMetadataEntriesGetKind(entries, i),
			LLVMValueMetadataEntriesGetMetadata(entries, i));
	LLVMDisposeValueMetadataEntries(entries);
	LLVMSetLinkage(to, LLVMGetLinkage(from));
	LLVMSetVisibility(to, LLVMGetVisibility(from));
	LLVMSetUnnamedAddress(to, LLVMGetUnnamedAddress(from));
	LLVMSetFunctionCallConv(to, LLVMGetFunctionCallConv(from));
	LLVMSetAlignment(to, LLVMGetAlignment(from));
	if (LLVMGetSection(from) != NULL && LLVMGetSection(from)[0] != '\0')
		LLVMSetSection(to, LLVMGetSection(from));
	if (LLVMGetComdat(from) != NULL)
		LLVMSetComdat(to, LLVMGetComdat(from));
	if (LLVMHasPersonalityFn(from))
		LLVMSetPersonalityFn(to, LLVMGetPersonalityFn(from));
	copy_function_attributes(arena, from, to, parameters);
}

/*
 * The new type of a variadic function. A declaration `f(...)` that is only called with fixed
 * types has no prototype in C: it gets the type of the first call.
 */
static LLVMTypeRef
function_type(const struct rewrite *rewrite, LLVMValueRef function)
{
	LLVMTypeRef type = LLVMGlobalGetValueType(function);
	LLVMTypeRef called = NULL;

	if (!LLVMIsDeclaration(function) || LLVMCountParamTypes(type) > 0)
		return fixed_type(rewrite, type);
	for (LLVMUseRef use = LLVMGetFirstUse(function); use != NULL;
		use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);

		if (LLVMIsAInstruction(user) != NULL &&
			module_called_function(user) == function)
			called = LLVMGetCalledFunctionType(user);
	}
	return called != NULL ? called
			      : LLVMFunctionType(LLVMGetReturnType(type), NULL, 0, false);
}

/* Give a variadic function its new type: there is a new function, with the old one's body. */
static int
rewrite_function(const struct rewrite *rewrite, LLVMValueRef old)
{
	unsigned fixed = LLVMCountParamTypes(LLVMGlobalGetValueType(old));
	LLVMValueRef new =
		LLVMAddFunction(rewrite->module->module, "", function_type(rewrite, old));
	const char *name = arena_string(rewrite->arena, module_value_name(old));
	LLVMBasicBlockRef block;

	copy_function_head(rewrite->arena, old, new, fixed);
	if (LLVMCountParamTypes(LLVMGlobalGetValueType(new)) == fixed + 1)
		LLVMAddAttributeAtIndex(new, LLVMAttributeFunctionIndex,
			LLVMCreateStringAttribute(rewrite->module->context, MODULE_VARIADIC,
				strlen(MODULE_VARIADIC), "", 0));
	while ((block = LLVMGetFirstBasicBlock(old)) != NULL) {
		LLVMRemoveBasicBlockFromParent(block);
		LLVMAppendExistingBasicBlock(new, block);
	}
	if (!LLVMIsDeclaration(new))
		for (unsigned i = 0; i < fixed; i++)
			LLVMReplaceAllUsesWith(LLVMGetParam(old, i), LLVMGetParam(new, i));
	LLVMReplaceAllUsesWith(old, new);
	LLVMDeleteFunction(old);
	LLVMSetValueName2(new, name, strlen(name));
	if (LLVMIsDeclaration(new))
		return 0;
	return rewrite_va_list(rewrite, new, LLVMGetParam(new, fixed));
}

static int
rewrite_all(const struct rewrite *rewrite)
{
	LLVMModuleRef module = rewrite->module->module;
	value_vec variadic = { 0 };

	EACH_FUNCTION (function, module) {
		TRY(rewrite_calls(rewrite, function));
		if (module_is_intrinsic(function))
			continue;
		if (LLVMIsFunctionVarArg(LLVMGlobalGetValueType(function)))
			vec_push(rewrite->arena, &variadic, function);
		else
			TRY(rewrite_va_list(rewrite, function, NULL));
	}
	/* From here on no call is variadic, but the functions that they name still are. */
	VEC_EACH (LLVMValueRef, function, &variadic)
		TRY(rewrite_function(rewrite, *function));
	for (LLVMValueRef function = LLVMGetFirstFunction(module), next; function != NULL;
		function = next) {
		next = LLVMGetNextFunction(function);
		if (strncmp(module_value_name(function), "llvm.va_", 8) == 0 &&
			LLVMGetFirstUse(function) == NULL)
			LLVMDeleteFunction(function);
	}
	return 0;
}

int
module_rewrite_variadics(struct neutral *module)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct rewrite rewrite = {
		.arena = arena,
		.module = module,
		.builder = LLVMCreateBuilderInContext(module->context),
		.types = make_types(module->context),
	};
	int ret = rewrite_all(&rewrite);

	LLVMDisposeBuilder(rewrite.builder);
	return ret;
}

bool
neutral_is_variadic(const struct neutral *module, const char *name)
{
	LLVMValueRef function = LLVMGetNamedFunction(module->module, name);

	if (function != NULL &&
		LLVMGetStringAttributeAtIndex(function, LLVMAttributeFunctionIndex,
			MODULE_VARIADIC, strlen(MODULE_VARIADIC)) != NULL)
		return true;
	/* What only machine code names is libc's, unless the module has one of its own. */
	for (size_t i = 0; function == NULL && i < sizeof well_known / sizeof well_known[0];
		i++)
		if (strcmp(name, well_known[i].name) == 0)
			return true;
	return false;
}
