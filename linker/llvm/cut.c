/* SPDX-License-Identifier: MIT */
/*
 * cut: a large unit as pieces that are lowered each by itself, and stay the same where the source does.
 *
 * A piece has some of the unit's definitions and declares the others. What was internal becomes
 * hidden, under a name of its own in any program: NAME.weld.SOURCE.UNIT. All of it, so that a piece does not
 * change when another begins to use something of it. Strings and the like, which have no identity,
 * go into each piece that uses them.
 *
 * Where to cut is decided by contents: definitions stand in the order of their sources, as they were linked, and names,
 * and a piece ends behind one whose name has a certain digest, so that what was added or
 * grew moves no later end. Merged again, the pieces are the unit.
 */
#include "linker/llvm/cut.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "linker/llvm/contents.h"
#include "linker/llvm/module.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Comdat.h>
#include <llvm-c/Target.h>
#include <stdlib.h>
#include <string.h>

/* Sizes are instructions; a word of data counts as one. */
#define PIECE_MIN 16384
#define PIECE_MAX 65536
#define END_EVERY 128 /* definitions, on the average, behind the least size */
#define WORD 8 /* bytes */
#define REDUCE "elim-avail-extern,globaldce,strip-dead-prototypes" /* passes */

struct item { /* a definition */
	const char *source;
	size_t rank; /* of its source among them: the order in which they were linked */
	const char *plain; /* its name in there */
	const char *name; /* in the module, of now */
	const char
		*with; /* name of the function whose labels it has: it goes with that; NULL */
	size_t size;
	size_t piece;
};

struct cut {
	struct arena *arena;
	struct neutral *module;
	const char *unit;
	VEC(struct item) items;
	struct map pieces; /* name to its piece + 1 */
	struct map counts; /* of names that were given */
	struct map ranks; /* of sources */
	size_t piece_count;
};

static bool
is_local(LLVMValueRef global)
{
	LLVMLinkage linkage = LLVMGetLinkage(global);

	return linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage;
}

/* The function that a datum has places inside of, such as a table of labels; NULL for none. */
static LLVMValueRef
find_labels(LLVMValueRef constant)
{
	int count;

	if (LLVMIsABlockAddress(constant) != NULL)
		return LLVMGetBlockAddressFunction(constant);
	if (LLVMIsAGlobalValue(constant) != NULL || LLVMIsConstant(constant) == 0)
		return NULL;
	count = LLVMGetNumOperands(constant);
	for (int i = 0; i < count; i++) {
		LLVMValueRef found = find_labels(LLVMGetOperand(constant, (unsigned)i));

		if (found != NULL)
			return found;
	}
	return NULL;
}

/* What may stand in several pieces: equal constants are one. */
static bool
is_copied(LLVMValueRef global)
{
	return LLVMGetLinkage(global) == LLVMPrivateLinkage && LLVMIsGlobalConstant(global) &&
	       LLVMGetUnnamedAddress(global) == LLVMGlobalUnnamedAddr &&
	       find_labels(LLVMGetInitializer(global)) == NULL;
}

static bool
is_item(LLVMValueRef global)
{
	LLVMLinkage linkage = LLVMGetLinkage(global);

	return !LLVMIsDeclaration(global) && linkage != LLVMAppendingLinkage &&
	       linkage != LLVMAvailableExternallyLinkage &&
	       !str_has_prefix(module_value_name(global), "llvm.");
}

/* What no C compiler makes of common sources stays whole. */
static bool
can_be_cut(const struct neutral *module)
{
	size_t length;

	(void)LLVMGetModuleInlineAsm(module->module, &length);
	if (length > 0 || LLVMGetFirstGlobalIFunc(module->module) != NULL ||
		LLVMGetNamedGlobal(module->module, "llvm.used") != NULL ||
		LLVMGetNamedGlobal(module->module, "llvm.compiler.used") != NULL)
		return false;
	EACH_FUNCTION (function, module->module)
		if (LLVMGetComdat(function) != NULL)
			return false;
	EACH_GLOBAL (global, module->module)
		if (LLVMGetComdat(global) != NULL)
			return false;
	return true;
}

static size_t
count_instructions(LLVMValueRef function)
{
	size_t count = 1;

	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (instruction, block)
			count += instruction != NULL;
	return count;
}

static size_t
rank_of(struct cut *cut, const char *source)
{
	if (!map_has(&cut->ranks, source))
		map_set(cut->arena, &cut->ranks, source, (void *)cut->ranks.len);
	return (uintptr_t)map_get(&cut->ranks, source);
}

static void
add_item(struct cut *cut, LLVMValueRef global, const char *source, size_t size)
{
	const char *name = arena_string(cut->arena, module_value_name(global));
	LLVMValueRef with = LLVMIsAFunction(global) != NULL
				    ? NULL
				    : find_labels(LLVMGetInitializer(global));

	vec_push(cut->arena, &cut->items,
		(struct item){ .source = source,
			.rank = rank_of(cut, source),
			.plain = contents_plain_name(cut->arena, name),
			.name = name,
			.with = with == NULL
					? NULL
					: arena_string(cut->arena, module_value_name(with)),
			.size = size });
}

static const char *
source_of(struct cut *cut, LLVMValueRef function)
{
	LLVMAttributeRef attribute = LLVMGetStringAttributeAtIndex(
		function, LLVMAttributeFunctionIndex, MODULE_SOURCE, strlen(MODULE_SOURCE));
	struct str text = { 0 };
	unsigned length;

	if (attribute == NULL)
		return "";
	text.at = LLVMGetStringAttributeValue(attribute, &length);
	text.len = length;
	return str_copy(cut->arena, text);
}

static void
list_items(struct cut *cut)
{
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(cut->module->module);
	struct map sources = { 0 };

	contents_list_data(cut->arena, cut->module, &sources);
	EACH_FUNCTION (function, cut->module->module)
		if (is_item(function))
			add_item(cut, function, source_of(cut, function),
				count_instructions(function));
	EACH_GLOBAL (global, cut->module->module) {
		const char *source = map_get(&sources, module_value_name(global));

		if (is_item(global) && !is_copied(global))
			add_item(cut, global, source == NULL ? "" : source,
				1 + LLVMABISizeOfType(layout, LLVMGlobalGetValueType(global)) /
						WORD);
	}
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	int order;

	/* What a package puts first stays first: it may be what runs first. */
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	order = strcmp(left->plain, right->plain);
	return order != 0 ? order : strcmp(left->name, right->name);
}

static bool
ends_piece(const struct item *item)
{
	struct digest digest = hash_bytes(item->plain, strlen(item->plain));

	return (digest.bytes[0] | digest.bytes[1] << 8) % END_EVERY == 0;
}

static void
choose_pieces(struct cut *cut)
{
	size_t size = 0;

	qsort(cut->items.at, cut->items.len, sizeof *cut->items.at, compare_items);
	cut->piece_count = 1;
	for (size_t i = 0; i < cut->items.len; i++) {
		struct item *item = &cut->items.at[i];

		item->piece = cut->piece_count - 1;
		size += item->size;
		if (i + 1 < cut->items.len &&
			((size >= PIECE_MIN && ends_piece(item)) || size >= PIECE_MAX)) {
			cut->piece_count++;
			size = 0;
		}
	}
}

/* A label can be named in its function's module only. */
static void
follow_labels(struct cut *cut)
{
	VEC_EACH (struct item, item, &cut->items)
		for (size_t i = 0; item->with != NULL && i < cut->items.len; i++)
			if (strcmp(cut->items.at[i].name, item->with) == 0)
				item->piece = cut->items.at[i].piece;
}

static LLVMValueRef
find(LLVMModuleRef module, const char *name)
{
	LLVMValueRef found = LLVMGetNamedFunction(module, name);

	if (found == NULL)
		found = LLVMGetNamedGlobal(module, name);
	return found != NULL ? found : LLVMGetNamedGlobalAlias(module, name, strlen(name));
}

/* Give what the unit does not show a name of its own in any image; the name of others stays. */
static const char *
promote(struct cut *cut, LLVMValueRef global, const char *plain, const char *source)
{
	const char *marker = is_local(global) ? MODULE_LOCAL : MODULE_HIDDEN;
	const char *name;
	uintptr_t count;

	if (!is_local(global) && LLVMGetVisibility(global) != LLVMHiddenVisibility)
		return arena_string(cut->arena, module_value_name(global));
	name = arena_printf(cut->arena, "%s%s%s.%s", plain, marker, source, cut->unit);
	count = (uintptr_t)map_get(&cut->counts, name);
	map_set(cut->arena, &cut->counts, name, (void *)(count + 1));
	if (count > 0)
		name = arena_printf(cut->arena, "%s.%zu", name, (size_t)count);
	LLVMSetValueName2(global, name, strlen(name));
	if (is_local(global))
		LLVMSetLinkage(global, LLVMExternalLinkage);
	LLVMSetVisibility(global, LLVMHiddenVisibility);
	return name;
}

/* Make what is internal hidden, and note which piece each name is in. */
static void
promote_items(struct cut *cut)
{
	for (size_t i = 0; i < cut->items.len; i++) {
		struct item *item = &cut->items.at[i];

		item->name = promote(
			cut, find(cut->module->module, item->name), item->plain, item->source);
		map_set(cut->arena, &cut->pieces, item->name, (void *)(item->piece + 1));
	}
	EACH_ALIAS (alias, cut->module->module) {
		const char *name = arena_string(cut->arena, module_value_name(alias));

		(void)promote(cut, alias, name, "alias");
	}
}

static bool
is_in(const struct cut *cut, const char *name, size_t piece)
{
	return (uintptr_t)map_get(&cut->pieces, name) == piece + 1;
}

/* The definition that an alias is another name of. */
static LLVMValueRef
target_of(LLVMValueRef alias)
{
	LLVMValueRef target = LLVMAliasGetAliasee(alias);

	while (LLVMIsAGlobalAlias(target) != NULL)
		target = LLVMAliasGetAliasee(target);
	return LLVMIsAGlobalObject(target);
}

/* Put a declaration in the place of an alias; what is left of that is dropped as unused. */
static void
declare_alias(struct cut *cut, LLVMModuleRef module, LLVMValueRef alias)
{
	const char *name = arena_string(cut->arena, module_value_name(alias));
	LLVMTypeRef type = LLVMGlobalGetValueType(alias);
	LLVMValueRef declaration;

	LLVMSetValueName2(alias, "", 0);
	declaration = LLVMGetTypeKind(type) == LLVMFunctionTypeKind
			      ? LLVMAddFunction(module, name, type)
			      : LLVMAddGlobal(module, type, name);
	LLVMSetVisibility(declaration, LLVMGetVisibility(alias));
	LLVMReplaceAllUsesWith(alias, declaration);
	LLVMSetVisibility(alias, LLVMDefaultVisibility);
	LLVMSetLinkage(alias, LLVMInternalLinkage);
}

static int
declare_aliases(struct cut *cut, struct neutral *view, size_t piece)
{
	VEC(LLVMValueRef) others = { 0 };

	EACH_ALIAS (alias, view->module) {
		LLVMValueRef target = target_of(alias);

		if (target == NULL || !is_in(cut, module_value_name(target), piece))
			vec_push(cut->arena, &others, alias);
	}
	for (size_t i = 0; i < others.len; i++)
		declare_alias(cut, view->module, others.at[i]);
	return others.len == 0 ? 0 : module_run_passes(view, "globaldce", NULL, false);
}

/* A definition of another piece: first as if it were there for inlining only. */
static void
leave_out(LLVMValueRef global)
{
	LLVMGlobalClearMetadata(global);
	LLVMSetLinkage(global, LLVMAvailableExternallyLinkage);
}

/* The hooks of a unit run in one order: the first piece has all of them. */
static void
drop_hooks(LLVMModuleRef module)
{
	static const char *const names[] = { "llvm.global_ctors", "llvm.global_dtors" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		LLVMValueRef list = LLVMGetNamedGlobal(module, names[i]);

		if (list != NULL)
			LLVMDeleteGlobal(list);
	}
}

static int
reduce(struct cut *cut, struct neutral *view, size_t piece)
{
	if (piece > 0)
		drop_hooks(view->module);
	TRY(declare_aliases(cut, view, piece));
	EACH_FUNCTION (function, view->module)
		if (is_item(function) && !is_in(cut, module_value_name(function), piece))
			leave_out(function);
	EACH_GLOBAL (global, view->module)
		if (is_item(global) && !is_copied(global) &&
			!is_in(cut, module_value_name(global), piece))
			leave_out(global);
	/*
	 * Names of types and strings have numbers that depend on the whole unit. A variable of another
	 * piece would be one without a place here, and hide the real one from debuggers.
	 */
	return module_run_passes(view,
		view->keeps_debug ? REDUCE ",strip-dead-debug-info,strip-nondebug"
				  : REDUCE ",strip",
		NULL, false);
}

static int
write_piece(struct cut *cut, size_t piece, struct strbuf *ret_bitcode)
{
	struct neutral view = { .context = cut->module->context,
		.name = cut->module->name,
		.keeps_debug = cut->module->keeps_debug };
	char *message = NULL;
	int ret;

	view.module = LLVMCloneModule(cut->module->module);
	ret = reduce(cut, &view, piece);
	if (ret >= 0 && LLVMVerifyModule(view.module, LLVMReturnStatusAction, &message))
		ret = err_set(ERR_FORMAT, "%s: piece %zu: %s", view.name, piece + 1, message);
	LLVMDisposeMessage(message);
	if (ret >= 0)
		neutral_write(&view, ret_bitcode);
	LLVMDisposeModule(view.module);
	return ret;
}

int
neutral_cut(struct arena *arena, struct neutral *module, const char *unit,
	struct strbuf **ret_pieces, size_t *ret_count)
{
	struct cut cut = { .arena = arena, .module = module, .unit = unit };
	struct strbuf *pieces;

	list_items(&cut);
	choose_pieces(&cut);
	follow_labels(&cut);
	if (!can_be_cut(module))
		cut.piece_count = 1;
	pieces = arena_array(arena, cut.piece_count, sizeof *pieces);
	memset(pieces, 0, cut.piece_count * sizeof *pieces);
	*ret_pieces = pieces;
	*ret_count = cut.piece_count;
	if (cut.piece_count == 1) {
		neutral_write(module, &pieces[0]);
		return 0;
	}
	promote_items(&cut);
	for (size_t i = 0; i < cut.piece_count; i++)
		TRY(write_piece(&cut, i, &pieces[i]));
	return 0;
}

/* The length of a name without what cutting added; 0 when it added nothing. */
static size_t
own_length(const char *name, const char *marker)
{
	const char *found = strstr(name, marker);

	return found == NULL ? 0 : (size_t)(found - name);
}

static void
take_back(LLVMValueRef global)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *name = arena_string(arena, module_value_name(global));
	size_t local = own_length(name, MODULE_LOCAL);
	size_t hidden = own_length(name, MODULE_HIDDEN);

	if (local + hidden == 0 || LLVMIsDeclaration(global) ||
		LLVMGetVisibility(global) != LLVMHiddenVisibility)
		return;
	/* LLVM makes it another one by a number where it is taken. */
	LLVMSetValueName2(global, name, local + hidden);
	if (local == 0)
		return;
	LLVMSetVisibility(global, LLVMDefaultVisibility);
	LLVMSetLinkage(global, LLVMInternalLinkage);
}

void
module_take_back_names(LLVMModuleRef unit)
{
	EACH_FUNCTION (function, unit)
		take_back(function);
	EACH_GLOBAL (global, unit)
		take_back(global);
	EACH_ALIAS (alias, unit)
		take_back(alias);
}
