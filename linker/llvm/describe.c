/* SPDX-License-Identifier: MIT */
/*
 * describe: what a module offers and needs, read off its symbols.
 *
 * Types are written out structurally, without the names of structs: those
 * depend on what else was merged, and the texts are compared between versions.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"
#include "base/vec.h"

#include <llvm-c/Target.h>
#include <stdlib.h>
#include <string.h>

typedef VEC(struct neutral_symbol) symbol_vec;
typedef VEC(const char *) name_vec;

struct described {
	struct arena *arena;
	const struct neutral *module;
	symbol_vec exports, undefined;
	name_vec tls_exports;
	uint64_t tls_size; /* bytes */
};

static void
write_members(struct strbuf *text, LLVMTypeRef *types, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		strbuf_add_string(text, i > 0 ? ", " : "");
		module_write_type(text, types[i]);
	}
}

static void
write_struct(struct strbuf *text, LLVMTypeRef type)
{
	unsigned count = LLVMCountStructElementTypes(type);
	bool packed = LLVMIsPackedStruct(type);

	strbuf_add_string(text, packed ? "<{" : "{");
	for (unsigned i = 0; i < count; i++) {
		strbuf_add_string(text, i > 0 ? ", " : "");
		module_write_type(text, LLVMStructGetTypeAtIndex(type, i));
	}
	strbuf_add_string(text, packed ? "}>" : "}");
}

static void
write_function(struct strbuf *text, LLVMTypeRef type)
{
	LLVMTypeRef types[256];
	unsigned count = LLVMCountParamTypes(type);

	module_write_type(text, LLVMGetReturnType(type));
	strbuf_add_string(text, " (");
	if (count <= 256) {
		LLVMGetParamTypes(type, types);
		write_members(text, types, count);
	} else {
		strbuf_printf(text, "%u parameters", count);
	}
	strbuf_add_char(text, ')');
}

void
module_write_type(struct strbuf *text, LLVMTypeRef type)
{
	char *simple;

	switch (LLVMGetTypeKind(type)) {
	case LLVMFunctionTypeKind:
		write_function(text, type);
		return;
	case LLVMStructTypeKind:
		write_struct(text, type);
		return;
	case LLVMArrayTypeKind:
		strbuf_printf(text, "[%llu x ", (unsigned long long)LLVMGetArrayLength2(type));
		module_write_type(text, LLVMGetElementType(type));
		strbuf_add_char(text, ']');
		return;
	default:
		simple = LLVMPrintTypeToString(type);
		strbuf_add_string(text, simple);
		LLVMDisposeMessage(simple);
	}
}

/*
 * What a symbol is. An alias says of itself what its target was before it was normalized, so the
 * target is asked.
 */
static LLVMTypeRef
symbol_type(LLVMValueRef global)
{
	LLVMValueRef target = global;

	while (LLVMIsAGlobalAlias(target) != NULL)
		target = LLVMAliasGetAliasee(target);
	return LLVMGlobalGetValueType(LLVMIsAGlobalObject(target) != NULL ? target : global);
}

/* Whether a use of a global's name is more than its own recursion, an alias, or a list of LLVM's. */
static bool
is_use_by_name(LLVMValueRef user, LLVMValueRef global)
{
	if (LLVMIsAInstruction(user) != NULL)
		return LLVMGetBasicBlockParent(LLVMGetInstructionParent(user)) != global;
	if (LLVMIsAGlobalAlias(user) != NULL)
		return false;
	if (LLVMIsAGlobalVariable(user) != NULL)
		return !str_has_prefix(module_value_name(user), "llvm.");
	/* A constant: a list of functions, an address with an offset. */
	for (LLVMUseRef use = LLVMGetFirstUse(user); use != NULL; use = LLVMGetNextUse(use))
		if (is_use_by_name(LLVMGetUser(use), global))
			return true;
	return false;
}

/*
 * Whether code of this module would call another definition of that name, if there were one:
 * what is protected calls itself.
 */
static bool
is_used_by_name(LLVMValueRef global)
{
	if (LLVMIsDeclaration(global) || LLVMGetVisibility(global) != LLVMDefaultVisibility)
		return false;
	for (LLVMUseRef use = LLVMGetFirstUse(global); use != NULL; use = LLVMGetNextUse(use))
		if (is_use_by_name(LLVMGetUser(use), global))
			return true;
	return false;
}

/* The contents of one global value as a symbol. */
static struct neutral_symbol
make_symbol(const struct described *described, LLVMValueRef global)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	LLVMLinkage linkage = LLVMGetLinkage(global);
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(described->module->module);
	LLVMTypeRef type = symbol_type(global);
	bool is_function = LLVMGetTypeKind(type) == LLVMFunctionTypeKind;

	module_write_type(&text, type);
	return (struct neutral_symbol){
		.name = arena_string(described->arena, module_value_name(global)),
		.is_function = is_function,
		.is_weak = linkage != LLVMExternalLinkage &&
			   linkage != LLVMAvailableExternallyLinkage,
		.is_thread_local =
			LLVMIsAGlobalVariable(global) != NULL && LLVMIsThreadLocal(global),
		.is_used = is_used_by_name(global),
		.size = is_function || LLVMIsDeclaration(global) || !LLVMTypeIsSized(type)
				? 0
				: LLVMABISizeOfType(layout, type),
		.type = arena_string(described->arena, strbuf_string(&text)),
	};
}

static void
add_tls(struct described *described, LLVMValueRef global)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(described->module->module);
	LLVMTypeRef type = LLVMGlobalGetValueType(global);
	uint64_t align = LLVMGetAlignment(global);

	if (align == 0)
		align = LLVMABIAlignmentOfType(layout, type);
	described->tls_size = (described->tls_size + align - 1) / align * align;
	described->tls_size += LLVMABISizeOfType(layout, type);
}

static void
add_global(struct described *described, LLVMValueRef global)
{
	const char *name = module_value_name(global);
	LLVMLinkage linkage = LLVMGetLinkage(global);
	struct neutral_symbol symbol;

	if (str_has_prefix(name, "llvm."))
		return;
	if (LLVMIsDeclaration(global) || linkage == LLVMAvailableExternallyLinkage) {
		if (LLVMGetFirstUse(global) != NULL)
			vec_push(described->arena, &described->undefined,
				make_symbol(described, global));
		return;
	}
	if (LLVMIsAGlobalVariable(global) != NULL && LLVMIsThreadLocal(global))
		add_tls(described, global);
	if (linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage ||
		LLVMGetVisibility(global) == LLVMHiddenVisibility)
		return;
	symbol = make_symbol(described, global);
	vec_push(described->arena, &described->exports, symbol);
	if (symbol.is_thread_local)
		vec_push(described->arena, &described->tls_exports, symbol.name);
}

static int
compare_symbols(const void *a, const void *b)
{
	return strcmp(((const struct neutral_symbol *)a)->name,
		((const struct neutral_symbol *)b)->name);
}

struct hook { /* one constructor or destructor */
	uint64_t priority;
	size_t index; /* in the module's list */
	const char *name;
};

static int
compare_hooks(const void *a, const void *b)
{
	const struct hook *left = a, *right = b;

	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* The functions of llvm.global_ctors or llvm.global_dtors, lowest priority number first. */
static name_vec
list_hooks(struct arena *arena, const struct neutral *module, const char *list)
{
	LLVMValueRef global = LLVMGetNamedGlobal(module->module, list);
	LLVMValueRef array = global == NULL ? NULL : LLVMGetInitializer(global);
	VEC(struct hook) hooks = { 0 };
	name_vec names = { 0 };

	if (array == NULL || LLVMIsAConstantArray(array) == NULL)
		return names;
	for (int i = 0; i < LLVMGetNumOperands(array); i++) {
		LLVMValueRef entry = LLVMGetOperand(array, (unsigned)i);
		LLVMValueRef function;

		if (LLVMIsAConstantStruct(entry) == NULL)
			continue;
		function = LLVMIsAFunction(LLVMGetOperand(entry, 1));
		if (function == NULL)
			continue;
		vec_push(arena, &hooks,
			(struct hook){ LLVMConstIntGetZExtValue(LLVMGetOperand(entry, 0)),
				(size_t)i, arena_string(arena, module_value_name(function)) });
	}
	if (hooks.len > 0)
		qsort(hooks.at, hooks.len, sizeof *hooks.at, compare_hooks);
	VEC_EACH (struct hook, hook, &hooks)
		vec_push(arena, &names, hook->name);
	return names;
}

static void
reverse(name_vec *names)
{
	for (size_t i = 0; i < names->len / 2; i++) {
		const char *first = names->at[i];

		names->at[i] = names->at[names->len - 1 - i];
		names->at[names->len - 1 - i] = first;
	}
}

int
neutral_describe(
	struct arena *arena, const struct neutral *module, struct neutral_info *ret_info)
{
	struct described described = { .arena = arena, .module = module };
	name_vec constructors, destructors;

	EACH_FUNCTION (function, module->module)
		add_global(&described, function);
	EACH_GLOBAL (global, module->module)
		add_global(&described, global);
	EACH_ALIAS (alias, module->module)
		add_global(&described, alias);
	if (described.exports.len > 0)
		qsort(described.exports.at, described.exports.len, sizeof *described.exports.at,
			compare_symbols);
	if (described.undefined.len > 0)
		qsort(described.undefined.at, described.undefined.len,
			sizeof *described.undefined.at, compare_symbols);
	if (described.tls_exports.len > 0)
		qsort(described.tls_exports.at, described.tls_exports.len,
			sizeof *described.tls_exports.at, str_compare);
	constructors = list_hooks(arena, module, "llvm.global_ctors");
	destructors = list_hooks(arena, module, "llvm.global_dtors");
	reverse(&destructors);
	*ret_info = (struct neutral_info){
		.exports = described.exports.at,
		.export_count = described.exports.len,
		.undefined = described.undefined.at,
		.undefined_count = described.undefined.len,
		.constructors = constructors.at,
		.constructor_count = constructors.len,
		.destructors = destructors.at,
		.destructor_count = destructors.len,
		.tls_size = described.tls_size,
		.tls_exports = described.tls_exports.at,
		.tls_export_count = described.tls_exports.len,
	};
	return 0;
}
