/* SPDX-License-Identifier: MIT */
/*
 * CycloneDX: what a package contains (libraries, programs, slots) is nested in
 * its component, its source is its pedigree, the tools stand in the
 * formulation. "dependencies" says who needs whom; how, a property says:
 * weld:link is "static REFERENCE" or "slot REFERENCE".
 */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"

#include <string.h>

struct writing {
	const struct sbom *sbom;
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

static json_t *
hashes(const struct digest *digest)
{
	return json_pack("[{s:s, s:o}]", "alg", "SHA-256", "content", json_from_digest(digest));
}

static void
set_text(json_t *object, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_object_set_new(object, key, json_string(value));
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

/* One licence by id, or by name with its text; several as an expression. */
static void
set_licences(const struct sbom *sbom, json_t *component, const struct licence *licence)
{
	const struct sbom_licence *own = NULL;
	json_t *entry = json_object();

	if (licence->expression == NULL) {
		json_decref(entry);
		return;
	}
	if (licence->reference_count == 1 &&
		strcmp(licence->references[0].id, licence->expression) == 0)
		own = find_licence(sbom, licence->expression);
	if (own != NULL) {
		json_t *text = json_object();

		set_text(text, "name", own->reference.name);
		if (own->text[0] != '\0')
			json_object_set_new(text, "text",
				json_pack("{s:s, s:s}", "contentType", "text/plain", "content",
					own->text));
		json_object_set_new(entry, "license", text);
	} else if (licence->is_simple) {
		json_object_set_new(
			entry, "license", json_pack("{s:s}", "id", licence->expression));
	} else {
		set_text(entry, "expression", licence->expression);
	}
	json_object_set_new(component, "licenses", json_pack("[o]", entry));
}

static void
add_property(json_t *properties, const char *name, const char *value)
{
	json_array_append_new(
		properties, json_pack("{s:s, s:s}", "name", name, "value", value));
}

static void
set_properties(const struct writing *writing, json_t *component, size_t index)
{
	const struct sbom *sbom = writing->sbom;
	const struct sbom_element *element = &sbom->elements.at[index];
	json_t *properties = json_array();

	VEC_EACH (struct sbom_property, property, &element->properties)
		add_property(properties, property->name, property->value);
	EACH_EDGE(edge, writing, index)
	{
		const char *reference = sbom->elements.at[edge->to].reference;

		if (edge->relation == SBOM_LINKS_PRIVATELY || edge->relation == SBOM_BINDS)
			add_property(properties, "weld:link",
				arena_printf(sbom->arena, "%s %s",
					edge->relation == SBOM_BINDS ? "slot" : "static",
					reference));
		if (edge->relation == SBOM_REQUIRES)
			add_property(properties, "weld:requires", edge->text);
	}
	if (json_array_size(properties) > 0)
		json_object_set(component, "properties", properties);
	json_decref(properties);
}

/* The files of a source; their names are all that a recipe's manifest keeps of their addresses. */
static json_t *
source_files(const struct sbom *sbom, const struct manifest *manifest)
{
	json_t *files = json_array();

	for (size_t i = 0; i < manifest->source_file_count; i++) {
		const struct manifest_source_file *file = &manifest->source_files[i];

		json_array_append_new(
			files, json_pack("{s:s, s:s, s:o}", "type", "distribution", "url",
				       sbom_escape(sbom->arena, file->name, ""), "hashes",
				       hashes(&file->sha256)));
	}
	return files;
}

static json_t *
source(const struct sbom *sbom, const struct sbom_element *element)
{
	json_t *component = json_pack("{s:s, s:s, s:s, s:o}", "type", "file", "name",
		element->name, "version", element->version, "externalReferences",
		source_files(sbom, element->manifest));

	set_text(component, "purl", element->purl);
	return component;
}

static json_t *component(const struct writing *writing, size_t index);

/* What an element contains, and what it was made from. */
static void
set_parts(const struct writing *writing, json_t *parent, size_t index)
{
	const struct sbom *sbom = writing->sbom;
	json_t *parts = json_array();
	json_t *ancestors = json_array();

	EACH_EDGE(edge, writing, index)
	{
		const struct sbom_element *other = &sbom->elements.at[edge->to];

		if (edge->relation == SBOM_CONTAINS &&
			sbom->elements.at[index].kind != SBOM_ROOT)
			json_array_append_new(parts, component(writing, edge->to));
		if (edge->relation == SBOM_MADE_FROM && other->kind == SBOM_SOURCE)
			json_array_append_new(ancestors, source(sbom, other));
	}
	if (json_array_size(parts) > 0)
		json_object_set(parent, "components", parts);
	if (json_array_size(ancestors) > 0)
		json_object_set_new(
			parent, "pedigree", json_pack("{s:O}", "ancestors", ancestors));
	json_decref(parts);
	json_decref(ancestors);
}

static json_t *
component(const struct writing *writing, size_t index)
{
	const struct sbom *sbom = writing->sbom;
	const struct sbom_element *element = &sbom->elements.at[index];
	json_t *value = json_pack("{s:s, s:s, s:s}", "type", type_of(element), "bom-ref",
		element->reference, "name", element->name);

	set_text(value, "version", element->version);
	set_text(value, "description", element->summary);
	set_text(value, "purl", element->purl);
	if (element->file != NULL)
		json_object_set_new(value, "hashes", hashes(&element->digest));
	set_licences(sbom, value, &element->licence);
	if (element->homepage[0] != '\0')
		json_object_set_new(value, "externalReferences",
			json_pack("[{s:s, s:s}]", "type", "website", "url",
				sbom_escape(sbom->arena, element->homepage,
					":/?#[]@!$&'()*+,;=%")));
	set_properties(writing, value, index);
	set_parts(writing, value, index);
	return value;
}

/* Everything that an element cannot be without. */
static json_t *
dependency(const struct writing *writing, size_t index)
{
	const struct sbom *sbom = writing->sbom;
	bool is_root = sbom->elements.at[index].kind == SBOM_ROOT;
	json_t *needed = json_array();

	EACH_EDGE(edge, writing, index)
	{
		const struct sbom_element *other = &sbom->elements.at[edge->to];

		if (edge->relation == SBOM_REQUIRES || edge->relation == SBOM_LINKS_PRIVATELY ||
			edge->relation == SBOM_BINDS ||
			(edge->relation == SBOM_CONTAINS && is_root) ||
			(edge->relation == SBOM_MADE_FROM && other->kind == SBOM_LIBRARY))
			json_array_append_new(needed, json_string(other->reference));
	}
	return json_pack(
		"{s:s, s:o}", "ref", sbom->elements.at[index].reference, "dependsOn", needed);
}

static json_t *
metadata(const struct writing *writing)
{
	return json_pack("{s:{s:[{s:s, s:s, s:s}]}, s:o}", "tools", "components", "type",
		"application", "name", "weld", "version", WELD_VERSION, "component",
		component(writing, 0));
}

/* What packages were built with. */
static void
set_formulation(const struct writing *writing, json_t *document)
{
	const struct sbom *sbom = writing->sbom;
	json_t *tools = json_array();

	for (size_t i = 0; i < sbom->elements.len; i++)
		if (sbom->elements.at[i].kind == SBOM_TOOL)
			json_array_append_new(tools, component(writing, i));
	if (json_array_size(tools) > 0)
		json_object_set_new(
			document, "formulation", json_pack("[{s:O}]", "components", tools));
	json_decref(tools);
}

json_t *
sbom_cyclonedx(const struct sbom *sbom)
{
	struct writing writing = { .sbom = sbom };
	char time[SBOM_TIME_SIZE];
	char uuid[SBOM_UUID_SIZE];
	json_t *components = json_array();
	json_t *dependencies = json_array();
	json_t *document;

	index_edges(&writing);
	for (size_t i = 0; i < sbom->elements.len; i++) {
		enum sbom_kind kind = sbom->elements.at[i].kind;

		if (kind == SBOM_PACKAGE && i > 0)
			json_array_append_new(components, component(&writing, i));
		if (kind != SBOM_SOURCE && kind != SBOM_TOOL)
			json_array_append_new(dependencies, dependency(&writing, i));
	}
	document = json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o}", "$schema",
		"http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat", "CycloneDX",
		"specVersion", "1.5", "version", 1, "metadata", metadata(&writing),
		"components", components, "dependencies", dependencies);
	set_formulation(&writing, document);
	json_object_set_new(document, "serialNumber",
		json_string(arena_printf(
			sbom->arena, "urn:uuid:%s", sbom_uuid(sbom, "cyclonedx 1.5", uuid))));
	if (sbom->time >= 0)
		json_object_set_new(json_object_get(document, "metadata"), "timestamp",
			json_string(sbom_time(sbom->time, time)));
	return document;
}
