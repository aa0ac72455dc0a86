/* SPDX-License-Identifier: MIT */
/*
 * Facts as text: one line a thing, entities by name. Control characters and
 * backslashes in names are written as \xNN.
 */
#include "linker/facts.h"

#include <inttypes.h>

static void
print_name(struct strbuf *text, const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f || *name == '\\')
			strbuf_printf(text, "\\x%02x", (unsigned char)*name);
		else
			strbuf_add_char(text, *name);
}

static void
print_origin(const struct facts *facts, uint32_t index, struct strbuf *text)
{
	struct facts_origin origin = facts_origin(facts, index);

	strbuf_add_char(text, ' ');
	print_name(text, origin.package);
	strbuf_add_char(text, ' ');
	print_name(text, origin.unit);
	strbuf_add_char(text, ':');
	print_name(text, origin.source);
}

static void
print_flags(uint32_t flags, struct strbuf *text)
{
	static const char *const names[] = { "function", "exported", "address-taken", "entry",
		"constructor", "destructor", "native", "anonymous" };

	strbuf_add_string(text, (flags & FACTS_FUNCTION) != 0 ? "function" : "data");
	for (size_t i = 1; i < sizeof names / sizeof names[0]; i++)
		if ((flags & 1U << i) != 0)
			strbuf_printf(text, " %s", names[i]);
	strbuf_add_char(text, ' ');
}

static void
print_type(const struct facts *facts, uint32_t type, struct strbuf *text)
{
	print_name(text, type == FACTS_NONE ? "any" : facts_type(facts, type));
}

static void
print_copies(const struct facts *facts, uint32_t entity, struct strbuf *text)
{
	struct facts_range range = facts_copies_of(facts, entity);

	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_copy copy = facts_copy(facts, i);
		struct facts_body body = facts_body(facts, copy.body);

		strbuf_add_string(text, copy.is_folded ? "\tfolds " : "\tcontains ");
		print_name(text, body.name);
		print_origin(facts, body.origin, text);
		strbuf_add_char(text, ' ');
		for (size_t n = 0; n < sizeof body.digest; n++)
			strbuf_printf(text, "%02x", body.digest[n]);
		strbuf_add_char(text, '\n');
	}
}

static void
print_edges(const struct facts *facts, uint32_t entity, struct strbuf *text)
{
	static const char *const kinds[] = { "calls", "uses", "is" };
	struct facts_range range = facts_edges_of(facts, entity);

	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_edge edge = facts_edge(facts, i);

		strbuf_printf(text, "\t%s ", kinds[edge.kind]);
		if (edge.is_binding) {
			struct facts_binding binding = facts_binding(facts, edge.to);

			print_name(text, facts_slot(facts, binding.slot).name);
			strbuf_add_char(text, ':');
			print_name(text, binding.symbol);
		} else {
			print_name(text, facts_entity(facts, edge.to).name);
		}
		strbuf_add_char(text, '\n');
	}
	range = facts_indirects_of(facts, entity);
	for (uint32_t i = range.first; i < range.end; i++) {
		strbuf_add_string(text, "\tcalls through a pointer: ");
		print_type(facts, facts_indirect(facts, i).type, text);
		strbuf_add_char(text, '\n');
	}
}

static void
print_entity(const struct facts *facts, uint32_t index, struct strbuf *text)
{
	struct facts_entity entity = facts_entity(facts, index);

	print_name(text, entity.name);
	strbuf_add_string(text, " = ");
	print_name(text, entity.source_name);
	print_origin(facts, entity.origin, text);
	strbuf_printf(text, " 0x%" PRIx64 "+%" PRIu64 " ", entity.address, entity.size);
	print_flags(entity.flags, text);
	if (entity.type != FACTS_NONE)
		print_type(facts, entity.type, text);
	strbuf_add_char(text, '\n');
	print_copies(facts, index, text);
	print_edges(facts, index, text);
}

void
facts_print(const struct facts *facts, struct strbuf *ret_text)
{
	static const char *const kinds[] = { "object", "program", "slot", "plugin" };
	struct facts_image image = facts_image(facts);
	struct strbuf text = { 0 };
	char hex[DIGEST_HEX_SIZE];

	strbuf_printf(&text, "%s ", kinds[image.kind]);
	print_name(&text, image.name);
	strbuf_add_char(&text, ' ');
	print_name(&text, image.package);
	strbuf_printf(&text, " %s\n", digest_hex(&image.digest, hex));
	for (uint32_t i = 0; i < facts->slot_count; i++) {
		struct facts_slot slot = facts_slot(facts, i);

		strbuf_add_string(&text, "slot ");
		print_name(&text, slot.name);
		strbuf_printf(&text, " %s\n", digest_hex(&slot.layout_id, hex));
	}
	for (uint32_t i = 0; i < facts->entity_count; i++)
		print_entity(facts, facts_at(facts, FACTS_BY_NAME, i), &text);
	*ret_text = text;
}
