/* SPDX-License-Identifier: MIT */
/*
 * The facts of an object that only its IR has: of each function and datum the unit
 * and the source, of functions the type, what was copied into them, and through which types
 * of pointers they call. What they call by name is read off the object itself later.
 *
 * An origin's unit is the number of the unit in the job: what it belongs to is
 * not known here. Of a datum that a pass made, the unit is the first.
 */
#include "linker/llvm/object_facts.h"

#include "base/arena.h"
#include "base/vec.h"
#include "linker/facts.h"
#include "linker/llvm/contents.h"

#include <llvm-c/Target.h>
#include <stdlib.h>
#include <string.h>

struct collection {
	struct arena *arena;
	struct neutral *module;
	struct map origins, types, bodies; /* by all that they consist of, to their index + 1 */
	VEC(struct facts_origin) origin_list;
	VEC(const char *) type_list;
	VEC(struct facts_body) body_list;
	VEC(struct facts_entity) entities;
	VEC(struct facts_copy) copies;
	VEC(struct facts_indirect) indirects;
};

/* The index that a key has in one of the maps; `count` and a new row when it is not there. */
static uint32_t
index_of(struct collection *collection, struct map *map, const char *key, size_t count)
{
	uintptr_t known = (uintptr_t)map_get(map, key);

	if (known > 0)
		return (uint32_t)(known - 1);
	map_set(collection->arena, map, key, (void *)(uintptr_t)(count + 1));
	return (uint32_t)count;
}

static uint32_t
add_origin(struct collection *collection, const char *unit, const char *source)
{
	const char *key = arena_printf(collection->arena, "%s/%s", unit, source);
	uint32_t index =
		index_of(collection, &collection->origins, key, collection->origin_list.len);
	struct facts_origin origin = { .package = "", .unit = unit, .source = source };

	if (index == collection->origin_list.len)
		vec_push(collection->arena, &collection->origin_list, origin);
	return index;
}

static uint32_t
add_type(struct collection *collection, LLVMTypeRef type)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const char *key;
	uint32_t index;

	module_write_type(&text, type);
	key = arena_string(collection->arena, strbuf_string(&text));
	index = index_of(collection, &collection->types, key, collection->type_list.len);
	if (index == collection->type_list.len)
		vec_push(collection->arena, &collection->type_list, key);
	return index;
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What comes from a unit's metadata may be anything: then the digest is zero. */
static void
read_digest(const char *hex, uint8_t digest[FACTS_BODY_DIGEST])
{
	memset(digest, 0, FACTS_BODY_DIGEST);
	if (strlen(hex) != (size_t)2 * FACTS_BODY_DIGEST)
		return;
	for (size_t i = 0; i < FACTS_BODY_DIGEST; i++) {
		int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);

		if (high >= 0 && low >= 0)
			digest[i] = (uint8_t)(high << 4 | low);
	}
}

static const char *
unit_of(const struct contents_identity *identity)
{
	return identity->unit[0] == '\0' ? "0" : identity->unit;
}

static uint32_t
add_body(struct collection *collection, const struct contents_identity *identity)
{
	const char *key = arena_printf(collection->arena, "%s\n%s\n%s\n%s", unit_of(identity),
		identity->source, identity->name, identity->digest);
	uint32_t index =
		index_of(collection, &collection->bodies, key, collection->body_list.len);
	struct facts_body body = { .name = identity->name };

	if (index < collection->body_list.len)
		return index;
	body.origin = add_origin(collection, unit_of(identity), identity->source);
	read_digest(identity->digest, body.digest);
	vec_push(collection->arena, &collection->body_list, body);
	return index;
}

static void
add_indirect_calls(struct collection *collection, LLVMValueRef function, uint32_t entity)
{
	EACH_BLOCK (block, function)
		EACH_INSTRUCTION (call, block) {
			LLVMOpcode opcode = LLVMGetInstructionOpcode(call);
			LLVMValueRef callee;
			struct facts_indirect indirect = { .from = entity };

			if (opcode != LLVMCall && opcode != LLVMInvoke && opcode != LLVMCallBr)
				continue;
			callee = LLVMGetCalledValue(call);
			if (LLVMIsAFunction(callee) != NULL ||
				LLVMIsAGlobalAlias(callee) != NULL ||
				LLVMIsAInlineAsm(callee) != NULL)
				continue;
			indirect.type = add_type(collection, LLVMGetCalledFunctionType(call));
			vec_push(collection->arena, &collection->indirects, indirect);
		}
}

static void
add_function(struct collection *collection, LLVMValueRef function,
	const struct contents_function *made)
{
	uint32_t index = (uint32_t)collection->entities.len;
	struct facts_entity entity = {
		.name = arena_string(collection->arena, module_value_name(function)),
		.source_name = made->identity->name,
		.origin =
			add_origin(collection, unit_of(made->identity), made->identity->source),
		.type = add_type(collection, LLVMGlobalGetValueType(function)),
		.flags = FACTS_FUNCTION,
	};

	vec_push(collection->arena, &collection->entities, entity);
	for (size_t i = 0; i < made->copies.len; i++) {
		const struct contents_copy *copy = made->copies.entries[i].value;
		struct facts_copy row = { index, add_body(collection, copy->what),
			copy->is_folded };

		vec_push(collection->arena, &collection->copies, row);
	}
	add_indirect_calls(collection, function, index);
}

static void
add_datum(struct collection *collection, LLVMValueRef global, const struct map *sources)
{
	const char *name = arena_string(collection->arena, module_value_name(global));
	const char *plain = contents_plain_name(collection->arena, name);
	const char *source = map_get(sources, name);
	LLVMTargetDataRef layout = LLVMGetModuleDataLayout(collection->module->module);
	struct facts_entity entity = { .name = name,
		.source_name = plain,
		.type = FACTS_NONE,
		.size = LLVMABISizeOfType(layout, LLVMGlobalGetValueType(global)) };
	struct str rest, unit;

	if (source == NULL)
		source = map_get(sources, plain);
	rest = str_from(source == NULL ? "0/" : source);
	if (!str_cut(&rest, '/', &unit))
		unit = str_from("0");
	entity.origin = add_origin(collection, str_copy(collection->arena, unit),
		str_copy(collection->arena, rest));
	vec_push(collection->arena, &collection->entities, entity);
}

/* An alias is the function or datum itself under another name. */
static void
add_alias(struct collection *collection, LLVMValueRef alias)
{
	LLVMValueRef target = LLVMAliasGetAliasee(alias);
	const char *target_name;

	while (LLVMIsAGlobalAlias(target) != NULL)
		target = LLVMAliasGetAliasee(target);
	if (LLVMIsAGlobalObject(target) == NULL)
		return;
	target_name = module_value_name(target);
	for (size_t i = 0; i < collection->entities.len; i++) {
		struct facts_entity entity = collection->entities.at[i];

		if (strcmp(entity.name, target_name) != 0)
			continue;
		entity.name = arena_string(collection->arena, module_value_name(alias));
		entity.source_name = entity.name;
		vec_push(collection->arena, &collection->entities, entity);
		return;
	}
}

static bool
is_in_object(LLVMValueRef global)
{
	LLVMLinkage linkage = LLVMGetLinkage(global);

	return !LLVMIsDeclaration(global) && linkage != LLVMAvailableExternallyLinkage &&
	       linkage != LLVMPrivateLinkage && linkage != LLVMAppendingLinkage &&
	       !str_has_prefix(module_value_name(global), "llvm.");
}

int
module_write_facts(struct neutral *module, struct contents *contents, struct strbuf *ret_facts)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct collection collection = { .arena = arena, .module = module };
	struct map sources = { 0 };
	struct facts_contents facts = { .image = { .kind = FACTS_OBJECT } };

	contents_list_data(arena, module, &sources);
	EACH_FUNCTION (function, module->module)
		if (is_in_object(function))
			add_function(&collection, function, contents_of(contents, function));
	EACH_GLOBAL (global, module->module)
		if (is_in_object(global))
			add_datum(&collection, global, &sources);
	EACH_ALIAS (alias, module->module)
		if (is_in_object(alias))
			add_alias(&collection, alias);
	facts.origins = collection.origin_list.at;
	facts.origin_count = collection.origin_list.len;
	facts.types = collection.type_list.at;
	facts.type_count = collection.type_list.len;
	facts.entities = collection.entities.at;
	facts.entity_count = collection.entities.len;
	facts.bodies = collection.body_list.at;
	facts.body_count = collection.body_list.len;
	facts.copies = collection.copies.at;
	facts.copy_count = collection.copies.len;
	facts.indirects = collection.indirects.at;
	facts.indirect_count = collection.indirects.len;
	return facts_write(&facts, ret_facts);
}
