/* SPDX-License-Identifier: MIT */
/*
 * contents: follow what the inliner does.
 *
 * LLVM tells of each call that it inlined, when it did, with the names that the two
 * functions have then. The caller then contains the callee and
 * all that the callee contains by then. Other passes copy no code from one function to
 * another, but for whole copies of a function, which keep its
 * metadata and so its identity.
 *
 * A call may also go because its result is known, or where it stood is never
 * reached. So each function's calls before and after are compared: what was
 * called, by it or by what it contains, and is neither called nor contained
 * now, was folded.
 */
#include "linker/llvm/contents.h"

#include "base/arena.h"
#include "base/vec.h"
#include "linker/llvm/identity.h"

#include <llvm-c/Support.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct node { /* one function, by the name that it has in the module */
	struct contents_function function;
	struct map callees; /* at the beginning: names of functions that are defined here */
	struct map inlined; /* names of functions that were inlined since, to struct node */
};

struct contents {
	struct arena *arena;
	struct neutral *module;
	struct map identities; /* by all that they consist of */
	struct map nodes; /* by name */
};

/* LLVM makes remarks only when its command line asks for them, and reads that only once. */
static void
ask_for_remarks(void)
{
	static const char *const arguments[] = { "weld", "-pass-remarks=^inline$" };

	LLVMParseCommandLineOptions(2, arguments, NULL);
}

static const struct contents_identity *
intern(struct contents *contents, const struct contents_identity *wanted)
{
	struct arena *arena = contents->arena;
	char *key = arena_printf(arena, "%s\n%s\n%s\n%s", wanted->name, wanted->source,
		wanted->digest, wanted->unit);
	struct contents_identity *known = map_get(&contents->identities, key);

	if (known != NULL)
		return known;
	known = ARENA_NEW(arena, struct contents_identity);
	*known = *wanted;
	map_set(arena, &contents->identities, key, known);
	return known;
}

/* A key for maps of copies: identities are unique, so their names' addresses are, too. */
static const char *
key_of(struct contents *contents, const struct contents_identity *identity)
{
	return arena_printf(contents->arena, "%p", (const void *)identity);
}

static void
add_copy(struct contents *contents, struct node *host, const struct contents_identity *what,
	bool is_folded)
{
	const char *key;
	struct contents_copy *copy;

	if (what == host->function.identity)
		return;
	key = key_of(contents, what);
	copy = map_get(&host->function.copies, key);
	if (copy == NULL) {
		copy = ARENA_NEW(contents->arena, struct contents_copy);
		*copy = (struct contents_copy){ what, is_folded };
		map_set(contents->arena, &host->function.copies, key, copy);
	}
	copy->is_folded = copy->is_folded && is_folded;
}

static void
add_copies(
	struct contents *contents, struct node *host, const struct node *what, bool is_folded)
{
	add_copy(contents, host, what->function.identity, is_folded);
	for (size_t i = 0; i < what->function.copies.len; i++) {
		const struct contents_copy *copy = what->function.copies.entries[i].value;

		add_copy(contents, host, copy->what, is_folded || copy->is_folded);
	}
}

/* A function that is a copy of others contains what those do. */
static void
inherit(struct contents *contents, struct node *node)
{
	for (size_t i = 0; i < contents->nodes.len; i++) {
		struct node *other = contents->nodes.entries[i].value;

		if (other->function.identity != node->function.identity)
			continue;
		add_copies(contents, node, other, false);
		for (size_t n = 0; n < other->inlined.len; n++)
			map_set(contents->arena, &node->inlined, other->inlined.entries[n].key,
				other->inlined.entries[n].value);
	}
}

static struct node *
add_node(struct contents *contents, LLVMValueRef function)
{
	struct node *node = ARENA_NEW(contents->arena, struct node);
	struct identity_record record;

	identity_read(contents->arena, contents->module, function, &record);
	node->function.identity = intern(contents, &record.identity);
	for (size_t i = 0; i < record.copy_count; i++)
		add_copy(contents, node, intern(contents, &record.copies[i].identity),
			record.copies[i].is_folded);
	map_set(contents->arena, &contents->nodes,
		arena_string(contents->arena, module_value_name(function)), node);
	return node;
}

/* The node of a function; one that passes made gets its own. NULL when there is none. */
static struct node *
find_node(struct contents *contents, const char *name)
{
	struct node *node = map_get(&contents->nodes, name);
	LLVMValueRef function;

	if (node != NULL)
		return node;
	function = LLVMGetNamedFunction(contents->module->module, name);
	if (function == NULL || LLVMIsDeclaration(function))
		return NULL;
	node = add_node(contents, function);
	inherit(contents, node);
	return node;
}

/* The names of all functions defined here that a function calls directly. */
static void
list_callees(struct arena *arena, LLVMValueRef function, struct map *callees)
{
	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (instruction, block) {
			LLVMValueRef callee = module_called_function(instruction);

			if (callee == NULL || LLVMIsDeclaration(callee) ||
				map_has(callees, module_value_name(callee)))
				continue;
			map_set(arena, callees, arena_string(arena, module_value_name(callee)),
				NULL);
		}
}

void
contents_begin(struct arena *arena, struct neutral *module)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct contents *contents = ARENA_NEW(arena, struct contents);

	(void)pthread_once(&once, ask_for_remarks);
	contents->arena = arena;
	contents->module = module;
	EACH_FUNCTION (function, module->module) {
		struct node *node;

		if (LLVMIsDeclaration(function))
			continue;
		node = add_node(contents, function);
		list_callees(arena, function, &node->callees);
	}
	module->contents = contents;
}

/* Split "...: 'CALLEE' inlined into 'CALLER' with ..."; false for other remarks. */
static bool
parse_remark(struct arena *arena, const char *remark, char **ret_callee, char **ret_caller)
{
	static const char middle[] = "' inlined into '", end[] = "' with (cost=";
	const char *callee = strstr(remark, ": '");
	const char *into = strstr(remark, middle);
	const char *caller, *last = NULL;

	if (callee == NULL || into == NULL || into < callee + 3)
		return false;
	caller = into + sizeof middle - 1;
	for (const char *at = caller; (at = strstr(at, end)) != NULL; at++)
		last = at;
	if (last == NULL)
		return false;
	callee += 3;
	*ret_callee = str_copy(arena, (struct str){ callee, (size_t)(into - callee) });
	*ret_caller = str_copy(arena, (struct str){ caller, (size_t)(last - caller) });
	return true;
}

void
contents_note(struct contents *contents, const char *remark)
{
	struct node *callee, *caller;
	char *callee_name, *caller_name;

	if (!parse_remark(contents->arena, remark, &callee_name, &caller_name))
		return;
	callee = find_node(contents, callee_name);
	caller = find_node(contents, caller_name);
	if (callee == NULL || caller == NULL || callee == caller)
		return;
	add_copies(contents, caller, callee, false);
	map_set(contents->arena, &caller->inlined, callee_name, callee);
	for (size_t i = 0; i < callee->inlined.len; i++)
		map_set(contents->arena, &caller->inlined, callee->inlined.entries[i].key,
			callee->inlined.entries[i].value);
}

/* Add to a function, as folded, what one of its makings called and what is nowhere now. */
static void
fold(struct contents *contents, struct node *host, const struct node *making,
	const struct map *called)
{
	for (size_t i = 0; i < making->callees.len; i++) {
		struct node *callee = map_get(&contents->nodes, making->callees.entries[i].key);
		const char *key;

		if (callee == NULL || callee == host)
			continue;
		key = key_of(contents, callee->function.identity);
		if (!map_has(called, key) && !map_has(&host->function.copies, key))
			add_copies(contents, host, callee, true);
	}
}

static void
compare_calls(struct contents *contents, LLVMValueRef function)
{
	struct node *node = find_node(contents, module_value_name(function));
	struct map names = { 0 }, called = { 0 };

	list_callees(contents->arena, function, &names);
	for (size_t i = 0; i < names.len; i++) {
		const struct node *callee = find_node(contents, names.entries[i].key);

		if (callee != NULL)
			map_set(contents->arena, &called,
				key_of(contents, callee->function.identity), NULL);
	}
	fold(contents, node, node, &called);
	for (size_t i = 0; i < node->inlined.len; i++)
		fold(contents, node, node->inlined.entries[i].value, &called);
}

struct contents *
contents_end(struct neutral *module)
{
	struct contents *contents = module->contents;

	module->contents = NULL;
	EACH_FUNCTION (function, module->module)
		if (!LLVMIsDeclaration(function))
			compare_calls(contents, function);
	return contents;
}

const struct contents_function *
contents_of(struct contents *contents, LLVMValueRef function)
{
	return &find_node(contents, module_value_name(function))->function;
}

void
contents_store(struct neutral *module, struct contents *contents)
{
	EACH_FUNCTION (function, module->module) {
		const struct contents_function *found;

		if (LLVMIsDeclaration(function))
			continue;
		found = contents_of(contents, function);
		identity_write(module, function, found->identity, &found->copies);
	}
}
