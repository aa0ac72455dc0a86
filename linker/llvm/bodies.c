/* SPDX-License-Identifier: MIT */
/*
 * Packing makes a module of each function that is offered: of a copy of the unit everything else becomes
 * internal and, as nothing refers to it, goes; the rest is split.
 *
 * Lowering links such modules as definitions that are available for inlining only. They stand for what a
 * slot defines: an address, and each call that was not inlined, is the slot's. What the
 * merged units define themselves goes before.
 */
#include "linker/llvm/bodies.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "linker/bodies.h"
#include "linker/llvm/contents.h"
#include "linker/llvm/identity.h"
#include "linker/llvm/module.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Comdat.h>
#include <llvm-c/IRReader.h>
#include <stdlib.h>
#include <string.h>

#define INSTRUCTIONS_MAX 16 /* of a function that is offered: about what its call costs */

/* Whether a constant is made of nothing that has an address. */
static bool
is_plain_constant(LLVMValueRef constant)
{
	int count;

	if (LLVMIsAGlobalValue(constant) != NULL || LLVMIsABlockAddress(constant) != NULL)
		return false;
	count = LLVMGetNumOperands(constant);
	for (int i = 0; i < count; i++)
		if (!is_plain_constant(LLVMGetOperand(constant, (unsigned)i)))
			return false;
	return true;
}

/* Whether an instruction uses its function's own values, constants and LLVM's functions only. */
static bool
is_plain_instruction(LLVMValueRef instruction)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);
	LLVMValueRef callee = module_called_function(instruction);
	int count = LLVMGetNumOperands(instruction);

	switch (opcode) {
	case LLVMCall:
		if (callee == NULL || !module_is_intrinsic(callee))
			return false;
		count--; /* the callee is the last one */
		break;
	case LLVMInvoke:
	case LLVMCallBr:
	case LLVMAlloca:
		return false;
	default:
		break;
	}
	for (int i = 0; i < count; i++) {
		LLVMValueRef operand = LLVMGetOperand(instruction, (unsigned)i);

		if (LLVMIsConstant(operand) && !is_plain_constant(operand))
			return false;
	}
	return true;
}

static bool
has_attribute(LLVMValueRef function, const char *name)
{
	return LLVMGetEnumAttributeAtIndex(
		       function, LLVMAttributeFunctionIndex, module_attribute(name)) != NULL;
}

static bool
is_small_and_plain(LLVMValueRef function)
{
	size_t size = 0;

	if (LLVMCountBasicBlocks(function) != 1)
		return false;
	EACH_INSTRUCTION (instruction, LLVMGetEntryBasicBlock(function))
		if (++size > INSTRUCTIONS_MAX || !is_plain_instruction(instruction))
			return false;
	return true;
}

static bool
is_offered(LLVMValueRef function)
{
	static const char *const kept_whole[] = { "naked", "noinline", "optnone",
		"returns_twice", "strictfp" };
	const char *name = module_value_name(function);
	const char *section = LLVMGetSection(function);

	if (LLVMIsDeclaration(function) || LLVMGetLinkage(function) != LLVMExternalLinkage ||
		LLVMGetVisibility(function) == LLVMHiddenVisibility ||
		str_has_prefix(name, "__") || LLVMGetComdat(function) != NULL ||
		LLVMGetGC(function) != NULL || LLVMHasPersonalityFn(function) ||
		LLVMHasPrefixData(function) || LLVMHasPrologueData(function) ||
		(section != NULL && section[0] != '\0') || module_is_runtime_function(name) ||
		strlen(name) > BODIES_NAME_MAX)
		return false;
	for (size_t i = 0; i < sizeof kept_whole / sizeof kept_whole[0]; i++)
		if (has_attribute(function, kept_whole[i]))
			return false;
	return is_small_and_plain(function);
}

static int
compare_offers(const void *a, const void *b)
{
	const struct body_module *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* Make internal what is not offered; false when nothing is. */
static bool
hide_others(struct neutral *view)
{
	bool has_offers = false;

	EACH_FUNCTION (function, view->module) {
		if (is_offered(function))
			has_offers = true;
		else if (!LLVMIsDeclaration(function))
			LLVMSetLinkage(function, LLVMInternalLinkage);
		if (LLVMGetLinkage(function) == LLVMInternalLinkage)
			LLVMSetVisibility(function, LLVMDefaultVisibility);
	}
	return has_offers;
}

static void
drop_data(struct neutral *view)
{
	LLVMValueRef next;

	EACH_ALIAS (alias, view->module) {
		LLVMSetVisibility(alias, LLVMDefaultVisibility);
		LLVMSetLinkage(alias, LLVMInternalLinkage);
	}
	for (LLVMValueRef global = LLVMGetFirstGlobal(view->module); global != NULL;
		global = next) {
		next = LLVMGetNextGlobal(global);
		if (str_has_prefix(module_value_name(global), "llvm.")) {
			LLVMDeleteGlobal(global);
		} else if (!LLVMIsDeclaration(global)) {
			LLVMSetVisibility(global, LLVMDefaultVisibility);
			LLVMSetLinkage(global, LLVMInternalLinkage);
		}
	}
}

/*
 * Read the copy's text again without the list of the unit's data, which would change with each of them: the C
 * interface has nothing that takes a named list out.
 */
static int
drop_data_list(struct neutral *view)
{
	static const char list[] = "\n!" IDENTITY_DATA " = ";
	char *text = LLVMPrintModuleToString(view->module), *message = NULL;
	char *line = strstr(text, list);
	LLVMMemoryBufferRef buffer;
	LLVMModuleRef parsed;
	int ret = 0;

	if (line != NULL) {
		char *end = strchr(line + 1, '\n');

		memmove(line, end, strlen(end) + 1);
	}
	buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "");
	LLVMDisposeMessage(text);
	/* The reader of text insists, although no value has a name. */
	LLVMContextSetDiscardValueNames(view->context, false);
	if (LLVMParseIRInContext2(view->context, buffer, &parsed, &message)) {
		ret = err_set(ERR_FORMAT, "%s: %s", view->name, message);
		LLVMDisposeMessage(message);
	} else {
		LLVMDisposeModule(view->module);
		view->module = parsed;
	}
	LLVMDisposeMemoryBuffer(buffer);
	LLVMContextSetDiscardValueNames(view->context, true);
	return ret;
}

/* Leave of the view one function; nothing in it refers to another. */
static int
write_offer(struct arena *arena, const struct neutral *view, const char *name,
	struct str *ret_module)
{
	struct neutral alone = { .context = view->context, .name = view->name };
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	LLVMValueRef next;
	int ret;

	alone.module = LLVMCloneModule(view->module);
	for (LLVMValueRef function = LLVMGetFirstFunction(alone.module); function != NULL;
		function = next) {
		next = LLVMGetNextFunction(function);
		if (!LLVMIsDeclaration(function) &&
			strcmp(module_value_name(function), name) != 0)
			LLVMDeleteFunction(function);
	}
	/* Names of types have numbers that depend on the whole unit. */
	ret = module_run_passes(&alone, "strip-dead-prototypes,strip", NULL, false);
	if (ret >= 0)
		neutral_write(&alone, &bitcode);
	LLVMDisposeModule(alone.module);
	TRY(ret);
	*ret_module = (struct str){ arena_copy(arena, bitcode.at, bitcode.len), bitcode.len };
	return 0;
}

static int
split(struct arena *arena, struct neutral *view, struct body_module **ret_offers,
	size_t *ret_count)
{
	VEC(struct body_module) offers = { 0 };

	TRY(module_run_passes(view, "globaldce,strip-dead-prototypes", NULL, false));
	TRY(drop_data_list(view));
	EACH_FUNCTION (function, view->module) {
		struct body_module offer = { .name = module_value_name(function) };

		if (LLVMIsDeclaration(function) || offers.len == BODIES_MAX)
			continue;
		offer.name = arena_string(arena, offer.name);
		TRY(write_offer(arena, view, offer.name, &offer.module));
		if (offer.module.len <= BODIES_SIZE_MAX)
			vec_push(arena, &offers, offer);
	}
	if (offers.len > 0)
		qsort(offers.at, offers.len, sizeof *offers.at, compare_offers);
	*ret_offers = offers.at;
	*ret_count = offers.len;
	return 0;
}

static int
list_offers(struct arena *arena, const struct neutral *module, struct body_module **ret_offers,
	size_t *ret_count)
{
	struct neutral view = { .context = module->context, .name = module->name };
	int ret = 0;

	*ret_count = 0;
	view.module = LLVMCloneModule(module->module);
	if (hide_others(&view)) {
		drop_data(&view);
		ret = split(arena, &view, ret_offers, ret_count);
	}
	LLVMDisposeModule(view.module);
	return ret;
}

static void
list_calls(struct arena *arena, const struct neutral *module, const char ***ret_names,
	size_t *ret_count)
{
	VEC(const char *) names = { 0 };
	struct map seen = { 0 };

	EACH_FUNCTION (function, module->module)
		EACH_BLOCK (block, function)
			EACH_INSTRUCTION (call, block) {
				LLVMValueRef callee = module_called_function(call);
				const char *name;

				if (callee == NULL || !LLVMIsDeclaration(callee) ||
					LLVMGetLinkage(callee) != LLVMExternalLinkage ||
					module_is_intrinsic(callee))
					continue;
				name = module_value_name(callee);
				if (map_has(&seen, name) || strlen(name) > BODIES_NAME_MAX ||
					names.len == BODIES_CALLS_MAX)
					continue;
				name = arena_string(arena, name);
				map_set(arena, &seen, name, NULL);
				vec_push(arena, &names, name);
			}
	if (names.len > 0)
		qsort(names.at, names.len, sizeof *names.at, str_compare);
	*ret_names = names.at;
	*ret_count = names.len;
}

int
neutral_write_bodies(const struct neutral *module, bool is_library, struct strbuf *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct body_module *offers = NULL;
	size_t offer_count = 0, call_count;
	const char **calls;

	if (is_library)
		TRY(list_offers(arena, module, &offers, &offer_count));
	list_calls(arena, module, &calls, &call_count);
	bodies_write(offers, offer_count, calls, call_count, file);
	return 0;
}

/* Whether a job says that a unit of bodies has this one. */
static bool
is_named(const struct lower_bodies *bodies, const char *name)
{
	for (size_t i = 0; i < bodies->count; i++)
		if (strcmp(bodies->names[i], name) == 0)
			return true;
	return false;
}

/* Whether the merged module calls what the body is of, and does not define it. */
static bool
is_wanted(const struct neutral *merged, LLVMValueRef body)
{
	LLVMValueRef known = LLVMGetNamedFunction(merged->module, module_value_name(body));

	return known != NULL && LLVMIsDeclaration(known) &&
	       LLVMGetLinkage(known) == LLVMExternalLinkage &&
	       LLVMGlobalGetValueType(known) == LLVMGlobalGetValueType(body);
}

/* A unit of bodies has nothing but what it is said to have. */
static int
check_bodies(const struct neutral *part, const struct lower_bodies *bodies)
{
	size_t length;

	(void)LLVMGetModuleInlineAsm(part->module, &length);
	if (length > 0 || LLVMGetFirstGlobal(part->module) != NULL ||
		LLVMGetFirstGlobalAlias(part->module) != NULL ||
		LLVMGetFirstGlobalIFunc(part->module) != NULL)
		return module_error(
			part, NULL, ERR_PROFILE, "is for inlining and has more than functions");
	EACH_FUNCTION (function, part->module) {
		if (LLVMIsDeclaration(function) && module_is_intrinsic(function))
			continue;
		if (!is_offered(function) || !is_named(bodies, module_value_name(function)))
			return module_error(
				part, function, ERR_PROFILE, "is not one that may be inlined");
	}
	return 0;
}

int
module_take_bodies(struct neutral *merged, const char *name, LLVMModuleRef unit,
	const struct lower_bodies *bodies)
{
	struct neutral part = {
		.context = merged->context, .module = unit, .name = (char *)name
	};
	LLVMValueRef next;
	int ret = check_bodies(&part, bodies);

	if (ret < 0) {
		LLVMDisposeModule(unit);
		return ret;
	}
	for (LLVMValueRef function = LLVMGetFirstFunction(unit); function != NULL;
		function = next) {
		next = LLVMGetNextFunction(function);
		if (LLVMIsDeclaration(function))
			continue;
		if (is_wanted(merged, function))
			LLVMSetLinkage(function, LLVMAvailableExternallyLinkage);
		else
			LLVMDeleteFunction(function);
	}
	return module_link(merged, name, unit);
}

int
module_drop_bodies(struct neutral *merged)
{
	return module_run_passes(
		merged, "elim-avail-extern,globaldce,strip-dead-prototypes", NULL, false);
}
