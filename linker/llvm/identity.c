/* SPDX-License-Identifier: MIT */
/*
 * identity: names, sources and digests of functions and data, as metadata.
 *
 * A digest is of a function's IR as text, without what depends on the rest of the
 * module: numbers of attributes, of metadata, and of symbols that were
 * renamed because their name was taken.
 *
 * Metadata come from outside with the unit: any shape is borne, and what is not
 * of the known one says nothing.
 */
#include "linker/llvm/identity.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"
#include "linker/facts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CONTENTS "weld.contents"
#define UNIT "weld-unit" /* function attribute, of a job only */
#define OPERANDS_MAX 65536 /* of a node */

static unsigned
contents_kind(const struct neutral *module)
{
	return LLVMGetMDKindIDInContext(module->context, CONTENTS, sizeof CONTENTS - 1);
}

static LLVMMetadataRef
md_text(const struct neutral *module, const char *text)
{
	return LLVMMDStringInContext2(module->context, text, strlen(text));
}

/* A node's text at a place; "" when there is none. */
static const char *
text_of(struct arena *arena, LLVMValueRef operand)
{
	unsigned length;
	const char *text;

	if (operand == NULL || LLVMIsAMDString(operand) == NULL)
		return "";
	text = LLVMGetMDString(operand, &length);
	return str_copy(arena, (struct str){ text, length });
}

/* The operands of a node; none when it is no node. */
static LLVMValueRef *
operands_of(struct arena *arena, LLVMValueRef node, unsigned *ret_count)
{
	LLVMValueRef *operands;

	*ret_count = 0;
	if (node == NULL || LLVMIsAMDNode(node) == NULL)
		return NULL;
	*ret_count = (unsigned)LLVMGetMDNodeNumOperands(node);
	if (*ret_count > OPERANDS_MAX)
		*ret_count = 0;
	operands = arena_array(arena, *ret_count, sizeof *operands);
	if (*ret_count > 0)
		LLVMGetMDNodeOperands(node, operands);
	return operands;
}

/* The function's node; NULL when it has none. */
static LLVMValueRef
find_contents(const struct neutral *module, LLVMValueRef function)
{
	unsigned kind = contents_kind(module);
	LLVMValueRef found = NULL;
	size_t count;
	LLVMValueMetadataEntry *entries = LLVMGlobalCopyAllMetadata(function, &count);

	for (unsigned i = 0; i < count; i++)
		if (LLVMValueMetadataEntriesGetKind(entries, i) == kind)
			found = LLVMMetadataAsValue(module->context,
				LLVMValueMetadataEntriesGetMetadata(entries, i));
	LLVMDisposeValueMetadataEntries(entries);
	return found;
}

static const char *
attribute_of(struct arena *arena, LLVMValueRef function, const char *name)
{
	LLVMAttributeRef attribute = LLVMGetStringAttributeAtIndex(
		function, LLVMAttributeFunctionIndex, name, (unsigned)strlen(name));
	const char *text;
	unsigned length;

	if (attribute == NULL)
		return "";
	text = LLVMGetStringAttributeValue(attribute, &length);
	return str_copy(arena, (struct str){ text, length });
}

/* A symbol's name without the number that it got because the name was taken. */
static size_t
length_without_number(const char *name, size_t length)
{
	/* Merging what was merged may add one more number. */
	for (;;) {
		size_t end = length;

		while (end > 0 && isdigit((unsigned char)name[end - 1]))
			end--;
		if (end < 2 || end == length || name[end - 1] != '.')
			return length;
		length = end - 1;
	}
}

char *
contents_plain_name(struct arena *arena, const char *name)
{
	const char *cut = strstr(name, MODULE_LOCAL);
	size_t length;

	if (cut == NULL)
		cut = strstr(name, MODULE_HIDDEN);
	length = cut == NULL ? strlen(name) : (size_t)(cut - name);

	return str_copy(arena, (struct str){ name, length_without_number(name, length) });
}

void
identity_read(struct arena *arena, const struct neutral *module, LLVMValueRef function,
	struct identity_record *ret_record)
{
	struct identity_record record = { .identity = { "", "", "", "" } };
	const char *name = module_value_name(function);
	LLVMValueRef *operands;
	unsigned count;

	record.identity.source = attribute_of(arena, function, MODULE_SOURCE);
	record.identity.unit = attribute_of(arena, function, UNIT);
	operands = operands_of(arena, find_contents(module, function), &count);
	if (count >= 2) {
		record.identity.name = text_of(arena, operands[0]);
		record.identity.digest = text_of(arena, operands[1]);
	}
	if (record.identity.name[0] == '\0')
		record.identity.name = contents_plain_name(arena, name);
	record.copies = arena_array(arena, count, sizeof *record.copies);
	for (unsigned i = 2; i < count; i++) {
		struct identity_copy *copy = &record.copies[record.copy_count];
		unsigned parts;
		LLVMValueRef *texts = operands_of(arena, operands[i], &parts);

		if (parts < 3)
			continue;
		copy->identity = (struct contents_identity){ text_of(arena, texts[0]),
			text_of(arena, texts[1]), text_of(arena, texts[2]),
			record.identity.unit };
		copy->is_folded = parts > 3;
		record.copy_count++;
	}
	*ret_record = record;
}

static LLVMMetadataRef
copy_node(const struct neutral *module, const struct contents_copy *copy)
{
	LLVMMetadataRef texts[] = { md_text(module, copy->what->name),
		md_text(module, copy->what->source), md_text(module, copy->what->digest),
		md_text(module, "folded") };

	return LLVMMDNodeInContext2(module->context, texts, copy->is_folded ? 4 : 3);
}

void
identity_write(const struct neutral *module, LLVMValueRef function,
	const struct contents_identity *identity, const struct map *copies)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	bool is_renamed = strcmp(identity->name, module_value_name(function)) != 0;
	LLVMLinkage linkage = LLVMGetLinkage(function);
	size_t count = 2;
	LLVMMetadataRef *operands;

	if (linkage == LLVMInternalLinkage || linkage == LLVMPrivateLinkage)
		is_renamed = true; /* or will be: a merged unit has one symbol table */
	operands = arena_array(arena, count + copies->len, sizeof *operands);
	operands[0] = md_text(module, is_renamed ? identity->name : "");
	operands[1] = md_text(module, identity->digest);
	for (size_t i = 0; i < copies->len && count < OPERANDS_MAX; i++)
		operands[count++] = copy_node(module, copies->entries[i].value);
	LLVMGlobalSetMetadata(function, contents_kind(module),
		LLVMMDNodeInContext2(module->context, operands, count));
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '$' || c == '-';
}

/* Add text to a hash without the numbers that depend on the rest of the module. */
static void
hash_text(struct hash *hash, struct str text)
{
	size_t from = 0, at = 0;

	while (at < text.len) {
		char c = text.at[at++];
		size_t end = at;

		if (c == '"') {
			while (at < text.len && text.at[at] != '"')
				at++;
			at += at < text.len;
			continue;
		}
		if (c != '#' && c != '!' && c != '@')
			continue;
		while (end < text.len && (c == '@' ? is_name_char(text.at[end])
						   : isdigit((unsigned char)text.at[end])))
			end++;
		if (c == '@')
			at += length_without_number(text.at + at, end - at);
		hash_add(hash, text.at + from, at - from);
		from = at = end;
	}
	hash_add(hash, text.at + from, text.len - from);
}

/* The name in a line "define ... @NAME(", or @"NAME", as LLVM writes it. */
static struct str
defined_name(struct str line)
{
	const char *at = memchr(line.at, '@', line.len);
	const char *end = line.at + line.len, *from;

	if (at == NULL)
		return (struct str){ 0 };
	from = ++at;
	if (at < end && *at == '"') {
		from = ++at;
		while (at < end && *at != '"')
			at++;
	} else {
		while (at < end && is_name_char(*at))
			at++;
	}
	return (struct str){ from, (size_t)(at - from) };
}

/* The digests of all functions of a module, as hex, by name. */
static void
digest_functions(struct arena *arena, const struct neutral *module, struct map *digests)
{
	char *printed = LLVMPrintModuleToString(module->module);
	struct str rest = str_from(printed), line, name = { 0 };
	struct hash hash;

	while (str_cut(&rest, '\n', &line)) {
		if (line.len > 7 && memcmp(line.at, "define ", 7) == 0) {
			name = defined_name(line);
			hash_init(&hash);
		}
		if (name.len == 0)
			continue;
		hash_text(&hash, line);
		if (str_is(line, "}")) {
			struct digest digest = hash_end(&hash);
			char hex[DIGEST_HEX_SIZE];

			(void)digest_hex(&digest, hex);
			hex[(size_t)2 * FACTS_BODY_DIGEST] = '\0';
			map_set(arena, digests, str_copy(arena, name),
				arena_string(arena, hex));
			name.len = 0;
		}
	}
	LLVMDisposeMessage(printed);
}

static bool
lacks_identity(const struct neutral *module, LLVMValueRef function)
{
	return !LLVMIsDeclaration(function) && find_contents(module, function) == NULL;
}

static void
identify_functions(struct neutral *module)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct map digests = { 0 };
	const struct map nothing = { 0 };

	EACH_FUNCTION (function, module->module) {
		struct identity_record record;
		const char *digest;

		if (!lacks_identity(module, function))
			continue;
		if (digests.len == 0)
			digest_functions(arena, module, &digests);
		identity_read(arena, module, function, &record);
		digest = map_get(&digests, module_value_name(function));
		record.identity.digest = digest != NULL ? digest : "";
		identity_write(module, function, &record.identity, &nothing);
	}
}

/* The name of a source without its directories: those are the builder's. */
static struct str
source_name(const struct neutral *module)
{
	struct str name;

	name.at = LLVMGetSourceFileName(module->module, &name.len);
	for (size_t i = name.len; i > 0; i--)
		if (name.at[i - 1] == '/')
			return (struct str){ name.at + i, name.len - i };
	return name;
}

/*
 * Write into each function which file it comes from: a merged unit has no file name of its
 * own, and `init` in one file is not `init` in another.
 */
static void
keep_sources(struct neutral *module, struct str source)
{
	LLVMAttributeRef attribute;

	if (source.len == 0)
		return;
	attribute = LLVMCreateStringAttribute(module->context, MODULE_SOURCE,
		strlen(MODULE_SOURCE), source.at, (unsigned)source.len);
	EACH_FUNCTION (function, module->module)
		if (!LLVMIsDeclaration(function) &&
			LLVMGetStringAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				MODULE_SOURCE, strlen(MODULE_SOURCE)) == NULL)
			LLVMAddAttributeAtIndex(
				function, LLVMAttributeFunctionIndex, attribute);
}

/* Data cannot have attributes, and metadata of their own would keep equal ones from being merged. */
static void
list_data(struct neutral *module, struct str source)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	VEC(LLVMMetadataRef) operands = { 0 };
	LLVMMetadataRef node;

	if (source.len == 0 ||
		LLVMGetNamedMetadataNumOperands(module->module, IDENTITY_DATA) > 0)
		return;
	vec_push(arena, &operands,
		LLVMMDStringInContext2(module->context, source.at, source.len));
	EACH_GLOBAL (global, module->module)
		if (!LLVMIsDeclaration(global) &&
			LLVMGetLinkage(global) != LLVMPrivateLinkage &&
			!str_has_prefix(module_value_name(global), "llvm."))
			vec_push(arena, &operands, LLVMValueAsMetadata(global));
	if (operands.len < 2)
		return;
	node = LLVMMDNodeInContext2(module->context, operands.at, operands.len);
	LLVMAddNamedMetadataOperand(
		module->module, IDENTITY_DATA, LLVMMetadataAsValue(module->context, node));
}

void
contents_identify(struct neutral *module)
{
	struct str source = source_name(module);

	keep_sources(module, source);
	list_data(module, source);
	identify_functions(module);
}

static LLVMValueRef *
data_nodes(struct arena *arena, LLVMModuleRef module, unsigned *ret_count)
{
	LLVMValueRef *nodes;

	*ret_count = LLVMGetNamedMetadataNumOperands(module, IDENTITY_DATA);
	nodes = arena_array(arena, *ret_count, sizeof *nodes);
	if (*ret_count > 0)
		LLVMGetNamedMetadataOperands(module, IDENTITY_DATA, nodes);
	return nodes;
}

void
contents_set_unit(struct neutral *owner, LLVMModuleRef part, size_t unit)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *text = arena_printf(arena, "%zu", unit);
	LLVMAttributeRef attribute = LLVMCreateStringAttribute(
		owner->context, UNIT, strlen(UNIT), text, (unsigned)strlen(text));
	struct neutral view = { .context = owner->context, .module = part };
	const struct map nothing = { 0 };
	unsigned count;
	LLVMValueRef *nodes = data_nodes(arena, part, &count);

	EACH_FUNCTION (function, part) {
		struct identity_record record;

		if (LLVMIsDeclaration(function))
			continue;
		/* Before names clash: what a unit hides may be renamed now. */
		identity_read(arena, &view, function, &record);
		if (find_contents(&view, function) == NULL)
			identity_write(&view, function, &record.identity, &nothing);
		LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, attribute);
	}
	for (unsigned i = 0; i < count; i++) {
		unsigned operand_count;
		LLVMValueRef *operands = operands_of(arena, nodes[i], &operand_count);

		if (operand_count > 0)
			LLVMReplaceMDNodeOperandWith(nodes[i], 0,
				md_text(owner, arena_printf(arena, "%s/%s", text,
						       text_of(arena, operands[0]))));
	}
}

void
contents_list_data(struct arena *arena, const struct neutral *module, struct map *ret_sources)
{
	unsigned count;
	LLVMValueRef *nodes = data_nodes(arena, module->module, &count);

	for (unsigned i = 0; i < count; i++) {
		unsigned operand_count;
		LLVMValueRef *operands = operands_of(arena, nodes[i], &operand_count);
		const char *source = operand_count > 0 ? text_of(arena, operands[0]) : "";

		for (unsigned n = 1; n < operand_count; n++)
			if (operands[n] != NULL && LLVMIsAGlobalVariable(operands[n]) != NULL)
				map_set(arena, ret_sources,
					arena_string(arena, module_value_name(operands[n])),
					(void *)source);
	}
}
