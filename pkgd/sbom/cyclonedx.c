/* SPDX-License-Identifier: MIT */
/*
 * CycloneDX: what a package contains (libraries, programs, slots) is nested in
 * its component, its source is its pedigree, the tools stand in the
 * formulation. "dependencies" says who needs whom; how, a property says:
 * weld:link is "static REFERENCE" or "slot REFERENCE".
 */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"
#include "pkgd/sbom/json_text.h"

#include <string.h>

struct writing {
	const struct sbom *sbom;
	struct json_text *text;
	const struct sbom_edge **first; /* by element: its first edge; one more at the end */
};

/* The edges of an element, in order. */
#define EACH_EDGE(edge, writing, element)                              \
	for (const struct sbom_edge *edge = (writing)->first[element]; \
		edge != (writing)->first[(element) + 1]; edge++)

static void
index_edges(struct writing *writing)
{
	const struct sbom *sbom = writing->sbom;
	const struct sbom_edge *edge = sbom->edges.at;

	writing->first = arena_array(
		sbom->arena, sbom->elements.len + 1, sizeof(const struct sbom_edge *));
	for (size_t i = 0; i <= sbom->elements.len; i++) {
		while (edge != sbom->edges.at + sbom->edges.len && edge->from < i)
			edge++;
		writing->first[i] = edge;
	}
}

static const char *
type_of(const struct sbom_element *element)
{
	switch (element->kind) {
	case SBOM_ROOT:
		return "platform";
	case SBOM_LIBRARY:
	case SBOM_SLOT:
		return "library";
	case SBOM_PROGRAM:
	case SBOM_TOOL:
		return "application";
	case SBOM_SOURCE:
		return "file";
	case SBOM_PACKAGE:
		break;
	}
	if (element->manifest->program_count > 0 || element->manifest->kind == MANIFEST_NATIVE)
		return "application";
	return element->manifest->library_count > 0 ? "library" : "data";
}

static void
write_hashes(struct json_text *text, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	json_text_array(text, "hashes");
	json_text_object(text, NULL);
	json_text_string(text, "alg", "SHA-256");
	json_text_string(text, "content", digest_hex(digest, hex));
	json_text_end_object(text);
	json_text_end_array(text);
}

static const struct sbom_licence *
find_licence(const struct sbom *sbom, const char *id)
{
	VEC_EACH (struct sbom_licence, licence, &sbom->licences) {
		if (strcmp(licence->reference.id, id) == 0)
			return licence;
	}
	return NULL;
}

/* A licence that the list does not have, by its name and with its text. */
static void
write_own_licence(struct json_text *text, const struct sbom_licence *licence)
{
	json_text_string(text, "name", licence->reference.name);
	if (licence->text[0] == '\0')
		return;
	json_text_object(text, "text");
	json_text_string(text, "contentType", "text/plain");
	json_text_string(text, "content", licence->text);
	json_text_end_object(text);
}

/* One licence by id, or by name with its text; several as an expression. */
static void
write_licences(const struct writing *writing, const struct licence *licence)
{
	struct json_text *text = writing->text;
	const struct sbom_licence *own = NULL;

	if (licence->expression == NULL)
		return;
	if (licence->reference_count == 1 &&
		strcmp(licence->references[0].id, licence->expression) == 0)
		own = find_licence(writing->sbom, licence->expression);
	json_text_array(text, "licenses");
	json_text_object(text, NULL);
	if (own != NULL || licence->is_simple) {
		json_text_object(text, "license");
		if (own != NULL)
			write_own_licence(text, own);
		else
			json_text_string(text, "id", licence->expression);
		json_text_end_object(text);
	} else {
		json_text_string(text, "expression", licence->expression);
	}
	json_text_end_object(text);
	json_text_end_array(text);
}

static void
write_property(struct json_text *text, const char *name, const char *value)
{
	json_text_object(text, NULL);
	json_text_string(text, "name", name);
	json_text_string(text, "value", value);
	json_text_end_object(text);
}

static bool
is_link(const struct sbom_edge *edge)
{
	return edge->relation == SBOM_LINKS_PRIVATELY || edge->relation == SBOM_BINDS;
}

static bool
has_properties(const struct writing *writing, size_t index)
{
	EACH_EDGE(edge, writing, index)
	if (is_link(edge) || edge->relation == SBOM_REQUIRES)
		return true;
	return writing->sbom->elements.at[index].properties.len > 0;
}

static void
write_properties(const struct writing *writing, size_t index)
{
	const struct sbom *sbom = writing->sbom;
	struct json_text *text = writing->text;

	if (!has_properties(writing, index))
		return;
	json_text_array(text, "properties");
	VEC_EACH (struct sbom_property, property, &sbom->elements.at[index].properties)
		write_property(text, property->name, property->value);
	EACH_EDGE(edge, writing, index)
	{
		if (is_link(edge))
			write_property(text, "weld:link",
				arena_printf(sbom->arena, "%s %s",
					edge->relation == SBOM_BINDS ? "slot" : "static",
					sbom->elements.at[edge->to].reference));
		if (edge->relation == SBOM_REQUIRES)
			write_property(text, "weld:requires", edge->text);
	}
	json_text_end_array(text);
}

/* What upstream published; file names are all that a manifest keeps of addresses. */
static void
write_source(const struct writing *writing, const struct sbom_element *source)
{
	const struct manifest *manifest = source->manifest;
	struct json_text *text = writing->text;

	json_text_object(text, NULL);
	json_text_string(text, "type", "file");
	json_text_string(text, "name", source->name);
	json_text_optional(text, "version", source->version);
	json_text_optional(text, "purl", source->purl);
	json_text_array(text, "externalReferences");
	for (size_t i = 0; i < manifest->source_file_count; i++) {
		json_text_object(text, NULL);
		json_text_string(text, "type", "distribution");
		json_text_string(text, "url",
			sbom_escape(writing->sbom->arena, manifest->source_files[i].name, ""));
		write_hashes(text, &manifest->source_files[i].sha256);
		json_text_end_object(text);
	}
	json_text_end_array(text);
	json_text_end_object(text);
}

static void
write_pedigree(const struct writing *writing, size_t index)
{
	struct json_text *text = writing->text;
	bool is_begun = false;

	EACH_EDGE(edge, writing, index)
	{
		const struct sbom_element *source = &writing->sbom->elements.at[edge->to];

		if (edge->relation != SBOM_MADE_FROM || source->kind != SBOM_SOURCE)
			continue;
		if (!is_begun) {
			json_text_object(text, "pedigree");
			json_text_array(text, "ancestors");
		}
		is_begun = true;
		write_source(writing, source);
	}
	if (is_begun) {
		json_text_end_array(text);
		json_text_end_object(text);
	}
}

static void write_component(const struct writing *writing, const char *key, size_t index);

/* What a package contains. */
static void
write_parts(const struct writing *writing, size_t index)
{
	bool is_begun = false;

	if (writing->sbom->elements.at[index].kind == SBOM_ROOT)
		return;
	EACH_EDGE(edge, writing, index)
	{
		if (edge->relation != SBOM_CONTAINS)
			continue;
		if (!is_begun)
			json_text_array(writing->text, "components");
		is_begun = true;
		write_component(writing, NULL, edge->to);
	}
	if (is_begun)
		json_text_end_array(writing->text);
}

static void
write_homepage(const struct writing *writing, const char *homepage)
{
	if (homepage[0] == '\0')
		return;
	json_text_array(writing->text, "externalReferences");
	json_text_object(writing->text, NULL);
	json_text_string(writing->text, "type", "website");
	json_text_string(writing->text, "url",
		sbom_escape(writing->sbom->arena, homepage, ":/?#[]@!$&'()*+,;=%"));
	json_text_end_object(writing->text);
	json_text_end_array(writing->text);
}

static void
write_component(const struct writing *writing, const char *key, size_t index)
{
	const struct sbom_element *element = &writing->sbom->elements.at[index];
	struct json_text *text = writing->text;

	json_text_object(text, key);
	json_text_string(text, "type", type_of(element));
	json_text_string(text, "bom-ref", element->reference);
	json_text_string(text, "name", element->name);
	json_text_optional(text, "version", element->version);
	json_text_optional(text, "description", element->summary);
	if (element->file != NULL)
		write_hashes(text, &element->digest);
	write_licences(writing, &element->licence);
	json_text_optional(text, "purl", element->purl);
	write_pedigree(writing, index);
	write_homepage(writing, element->homepage);
	write_properties(writing, index);
	write_parts(writing, index);
	json_text_end_object(text);
}

/* Everything that an element cannot be without. */
static void
write_dependency(const struct writing *writing, size_t index)
{
	const struct sbom *sbom = writing->sbom;
	bool is_root = sbom->elements.at[index].kind == SBOM_ROOT;
	struct json_text *text = writing->text;

	json_text_object(text, NULL);
	json_text_string(text, "ref", sbom->elements.at[index].reference);
	json_text_array(text, "dependsOn");
	EACH_EDGE(edge, writing, index)
	{
		const struct sbom_element *other = &sbom->elements.at[edge->to];

		if (edge->relation == SBOM_REQUIRES || is_link(edge) ||
			(edge->relation == SBOM_CONTAINS && is_root) ||
			(edge->relation == SBOM_MADE_FROM && other->kind == SBOM_LIBRARY))
			json_text_string(text, NULL, other->reference);
	}
	json_text_end_array(text);
	json_text_end_object(text);
}

static void
write_metadata(const struct writing *writing)
{
	struct json_text *text = writing->text;
	char time[SBOM_TIME_SIZE];

	json_text_object(text, "metadata");
	if (writing->sbom->time >= 0)
		json_text_string(text, "timestamp", sbom_time(writing->sbom->time, time));
	json_text_object(text, "tools");
	json_text_array(text, "components");
	json_text_object(text, NULL);
	json_text_string(text, "type", "application");
	json_text_string(text, "name", "weld");
	json_text_string(text, "version", WELD_VERSION);
	json_text_end_object(text);
	json_text_end_array(text);
	json_text_end_object(text);
	write_component(writing, "component", 0);
	json_text_end_object(text);
}

/* What packages were built with. */
static void
write_formulation(const struct writing *writing)
{
	const struct sbom *sbom = writing->sbom;
	bool is_begun = false;

	for (size_t i = 0; i < sbom->elements.len; i++) {
		if (sbom->elements.at[i].kind != SBOM_TOOL)
			continue;
		if (!is_begun) {
			json_text_array(writing->text, "formulation");
			json_text_object(writing->text, NULL);
			json_text_array(writing->text, "components");
		}
		is_begun = true;
		write_component(writing, NULL, i);
	}
	if (is_begun) {
		json_text_end_array(writing->text);
		json_text_end_object(writing->text);
		json_text_end_array(writing->text);
	}
}

void
sbom_cyclonedx(const struct sbom *sbom, struct strbuf *ret_text)
{
	struct json_text text = { 0 };
	struct writing writing = { .sbom = sbom, .text = &text };
	char uuid[SBOM_UUID_SIZE];

	index_edges(&writing);
	json_text_object(&text, NULL);
	json_text_string(&text, "$schema", "http://cyclonedx.org/schema/bom-1.5.schema.json");
	json_text_string(&text, "bomFormat", "CycloneDX");
	json_text_string(&text, "specVersion", "1.5");
	json_text_string(&text, "serialNumber",
		arena_printf(
			sbom->arena, "urn:uuid:%s", sbom_uuid(sbom, "cyclonedx 1.5", uuid)));
	json_text_number(&text, "version", 1);
	write_metadata(&writing);
	json_text_array(&text, "components");
	for (size_t i = 1; i < sbom->elements.len; i++)
		if (sbom->elements.at[i].kind == SBOM_PACKAGE)
			write_component(&writing, NULL, i);
	json_text_end_array(&text);
	json_text_array(&text, "dependencies");
	for (size_t i = 0; i < sbom->elements.len; i++)
		if (sbom->elements.at[i].kind != SBOM_SOURCE &&
			sbom->elements.at[i].kind != SBOM_TOOL)
			write_dependency(&writing, i);
	json_text_end_array(&text);
	write_formulation(&writing);
	json_text_end_object(&text);
	*ret_text = text.out;
}
