/* SPDX-License-Identifier: MIT */
/*
 * SPDX: every element is a package, images too: SPDX files need SHA-1 digests,
 * and a package that lists some of its files must list them all. Each archive
 * of a source is a package of its own, since a package has one digest.
 */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

#include <inttypes.h>
#include <string.h>

#define NOTHING_SAID "NOASSERTION"

struct writing {
	const struct sbom *sbom;
	struct map ids; /* taken ones */
	const char **by_element;
	json_t *packages;
	json_t *relationships;
};

/*
 * "SPDXRef-" and what of the text may stand in an id; when that is taken, a number behind it.
 *
 * Numbers follow the order of the elements, so they are always the same.
 */
static const char *
make_id(struct writing *writing, const char *text)
{
	struct arena *arena = writing->sbom->arena;
	char *base = arena_printf(arena, "SPDXRef-%s", text);
	const char *id = base;

	for (char *c = base; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			    (*c >= '0' && *c <= '9') || *c == '.'))
			*c = '-';
	for (unsigned n = 2; map_has(&writing->ids, id); n++)
		id = arena_printf(arena, "%s-%u", base, n);
	map_set(arena, &writing->ids, id, NULL);
	return id;
}

static const char *
purpose_of(const struct sbom_element *element)
{
	switch (element->kind) {
	case SBOM_ROOT:
		return "OTHER";
	case SBOM_LIBRARY:
	case SBOM_SLOT:
		return "LIBRARY";
	case SBOM_PROGRAM:
	case SBOM_TOOL:
		return "APPLICATION";
	case SBOM_SOURCE:
		return "SOURCE";
	case SBOM_PACKAGE:
		break;
	}
	if (element->manifest->program_count > 0 || element->manifest->kind == MANIFEST_NATIVE)
		return "APPLICATION";
	return element->manifest->library_count > 0 ? "LIBRARY" : "OTHER";
}

static void
set_text(json_t *object, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_object_set_new(object, key, json_string(value));
}

static json_t *
new_package(const char *id, const char *name, const char *version)
{
	json_t *package = json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s}", "SPDXID", id,
		"name", name, "downloadLocation", NOTHING_SAID, "filesAnalyzed", false,
		"copyrightText", NOTHING_SAID, "licenseConcluded", NOTHING_SAID,
		"licenseDeclared", NOTHING_SAID, "supplier", NOTHING_SAID);

	set_text(package, "versionInfo", version);
	return package;
}

static void
set_file(json_t *package, const char *name, const struct digest *digest)
{
	set_text(package, "packageFileName", name);
	json_object_set_new(package, "checksums",
		json_pack("[{s:s, s:o}]", "algorithm", "SHA256", "checksumValue",
			json_from_digest(digest)));
}

static void
relate(struct writing *writing, const char *from, const char *type, const char *to,
	const char *comment)
{
	json_t *relation = json_pack("{s:s, s:s, s:s}", "spdxElementId", from,
		"relationshipType", type, "relatedSpdxElement", to);

	set_text(relation, "comment", comment);
	json_array_append_new(writing->relationships, relation);
}

/* Properties have no place of their own in SPDX: one a line in the comment. */
static void
set_comment(json_t *package, const struct sbom_element *element)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	VEC_EACH (struct sbom_property, property, &element->properties)
		strbuf_printf(&text, "%s%s=%s", text.len == 0 ? "" : "\n", property->name,
			property->value);
	set_text(package, "comment", strbuf_string(&text));
}

/* A package's licence was declared; that of an image follows from what is linked into it. */
static void
set_licence(json_t *package, const struct sbom_element *element)
{
	const char *expression = element->licence.expression;

	if (expression == NULL)
		return;
	if (element->kind == SBOM_PACKAGE || element->kind == SBOM_LIBRARY)
		set_text(package, "licenseDeclared", expression);
	else
		set_text(package, "licenseConcluded", expression);
}

/* The archives of a source. */
static void
add_archives(struct writing *writing, const struct sbom_element *source, const char *id)
{
	for (size_t i = 0; i < source->manifest->source_file_count; i++) {
		const struct manifest_source_file *file = &source->manifest->source_files[i];
		const char *own = make_id(
			writing, arena_printf(writing->sbom->arena, "archive:%s", file->name));
		json_t *package = new_package(own, file->name, source->version);

		set_file(package, file->name, &file->sha256);
		set_text(package, "primaryPackagePurpose", "SOURCE");
		json_array_append_new(writing->packages, package);
		relate(writing, id, "CONTAINS", own, NULL);
	}
}

static void
add_element(struct writing *writing, size_t index)
{
	const struct sbom_element *element = &writing->sbom->elements.at[index];
	const char *id = writing->by_element[index];
	json_t *package = new_package(id, element->name, element->version);

	set_text(package, "summary", element->summary);
	set_text(package, "homepage", element->homepage);
	set_text(package, "primaryPackagePurpose", purpose_of(element));
	if (element->file != NULL)
		set_file(package, element->file, &element->digest);
	if (element->purl != NULL)
		json_object_set_new(package, "externalRefs",
			json_pack("[{s:s, s:s, s:s}]", "referenceCategory", "PACKAGE-MANAGER",
				"referenceType", "purl", "referenceLocator", element->purl));
	set_licence(package, element);
	set_comment(package, element);
	json_array_append_new(writing->packages, package);
	if (element->kind == SBOM_SOURCE)
		add_archives(writing, element, id);
}

static void
add_edge(struct writing *writing, const struct sbom_edge *edge)
{
	const char *from = writing->by_element[edge->from];
	const char *to = writing->by_element[edge->to];

	switch (edge->relation) {
	case SBOM_CONTAINS:
		relate(writing, from, "CONTAINS", to, edge->text);
		break;
	case SBOM_REQUIRES:
		relate(writing, from, "DEPENDS_ON", to, edge->text);
		break;
	case SBOM_LINKS_PRIVATELY:
		relate(writing, from, "STATIC_LINK", to, edge->text);
		break;
	case SBOM_BINDS:
		relate(writing, from, "DYNAMIC_LINK", to,
			"bound to the slot's fixed addresses");
		break;
	case SBOM_MADE_FROM:
		relate(writing, from, "GENERATED_FROM", to, edge->text);
		break;
	case SBOM_BUILT_BY:
		relate(writing, to, "BUILD_TOOL_OF", from, edge->text);
		break;
	}
}

static void
set_licences(const struct sbom *sbom, json_t *document)
{
	json_t *list = json_array();

	VEC_EACH (struct sbom_licence, licence, &sbom->licences)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "licenseId", licence->reference.id, "name",
				licence->reference.name, "extractedText",
				licence->text[0] != '\0'
					? licence->text
					: "The package names this licence and has no text "
					  "of it."));
	if (json_array_size(list) > 0)
		json_object_set(document, "hasExtractedLicensingInfos", list);
	json_decref(list);
}

json_t *
sbom_spdx(const struct sbom *sbom)
{
	const struct sbom_element *subject = &sbom->elements.at[0];
	struct writing writing = { .sbom = sbom,
		.by_element = arena_array(sbom->arena, sbom->elements.len, sizeof(char *)),
		.packages = json_array(),
		.relationships = json_array() };
	const char *name = arena_printf(sbom->arena, "%s-%s", subject->name, subject->version);
	char time[SBOM_TIME_SIZE];
	char uuid[SBOM_UUID_SIZE];
	json_t *document;

	map_set(sbom->arena, &writing.ids, "SPDXRef-DOCUMENT", NULL);
	for (size_t i = 0; i < sbom->elements.len; i++)
		writing.by_element[i] = make_id(&writing, sbom->elements.at[i].reference);
	relate(&writing, "SPDXRef-DOCUMENT", "DESCRIBES", writing.by_element[0], NULL);
	for (size_t i = 0; i < sbom->elements.len; i++)
		add_element(&writing, i);
	VEC_EACH (struct sbom_edge, edge, &sbom->edges)
		add_edge(&writing, edge);
	document = json_pack("{s:s, s:s, s:s, s:s, s:{s:[s], s:s}, s:o, s:o}", "spdxVersion",
		"SPDX-2.3", "SPDXID", "SPDXRef-DOCUMENT", "dataLicense", "CC0-1.0", "name",
		name, "creationInfo", "creators", "Tool: weld-" WELD_VERSION,
		"licenseListVersion", LICENCE_LIST_VERSION, "packages", writing.packages,
		"relationships", writing.relationships);
	set_licences(sbom, document);
	json_object_set_new(document, "documentNamespace",
		json_string(arena_printf(sbom->arena, "http://spdx.org/spdxdocs/%s-%s",
			sbom_escape(sbom->arena, name, ""),
			sbom_uuid(sbom, "spdx 2.3", uuid))));
	/* SPDX wants a time in every document: the beginning of time stands for none. */
	json_object_set_new(json_object_get(document, "creationInfo"), "created",
		json_string(sbom_time(sbom->time < 0 ? 0 : sbom->time, time)));
	return document;
}
