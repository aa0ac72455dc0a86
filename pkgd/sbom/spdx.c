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
#include "pkgd/sbom/json_text.h"

#include <inttypes.h>
#include <string.h>

#define NOTHING_SAID "NOASSERTION"

struct writing {
	const struct sbom *sbom;
	struct map ids; /* taken ones */
	const char **by_element;
	const char ***archives; /* of sources: an id for each file */
	struct json_text *text;
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

/* Ids of all elements and archives, in order. */
static void
make_ids(struct writing *writing)
{
	const struct sbom *sbom = writing->sbom;
	size_t count = sbom->elements.len;

	writing->by_element = arena_array(sbom->arena, count, sizeof(char *));
	writing->archives = arena_array(sbom->arena, count, sizeof(char **));
	map_set(sbom->arena, &writing->ids, "SPDXRef-DOCUMENT", NULL);
	for (size_t i = 0; i < count; i++)
		writing->by_element[i] = make_id(writing, sbom->elements.at[i].reference);
	for (size_t i = 0; i < count; i++) {
		const struct manifest *manifest = sbom->elements.at[i].manifest;

		if (sbom->elements.at[i].kind != SBOM_SOURCE)
			continue;
		writing->archives[i] =
			arena_array(sbom->arena, manifest->source_file_count, sizeof(char *));
		for (size_t k = 0; k < manifest->source_file_count; k++)
			writing->archives[i][k] =
				make_id(writing, arena_printf(sbom->arena, "archive:%s",
							 manifest->source_files[k].name));
	}
}

/* A package is begun; the members that all have are in it. */
static void
begin_package(struct json_text *text, const char *id, const char *name, const char *version)
{
	json_text_object(text, NULL);
	json_text_string(text, "SPDXID", id);
	json_text_string(text, "name", name);
	json_text_optional(text, "versionInfo", version);
	json_text_string(text, "supplier", NOTHING_SAID);
	json_text_string(text, "downloadLocation", NOTHING_SAID);
	json_text_bool(text, "filesAnalyzed", false);
	json_text_string(text, "copyrightText", NOTHING_SAID);
}

static void
write_file(struct json_text *text, const char *name, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	json_text_string(text, "packageFileName", name);
	json_text_array(text, "checksums");
	json_text_object(text, NULL);
	json_text_string(text, "algorithm", "SHA256");
	json_text_string(text, "checksumValue", digest_hex(digest, hex));
	json_text_end_object(text);
	json_text_end_array(text);
}

/* A package's licence was declared; that of an image follows from what is linked into it. */
static void
write_licence(struct json_text *text, const struct sbom_element *element)
{
	const char *expression = element->licence.expression;
	bool is_declared = element->kind == SBOM_PACKAGE || element->kind == SBOM_LIBRARY;

	if (expression == NULL)
		expression = NOTHING_SAID;
	json_text_string(text, "licenseConcluded", is_declared ? NOTHING_SAID : expression);
	json_text_string(text, "licenseDeclared", is_declared ? expression : NOTHING_SAID);
}

/* Properties have no place of their own in SPDX: one a line in the comment. */
static void
write_comment(struct json_text *text, const struct sbom_element *element)
{
	struct strbuf lines AUTO(strbuf_free) = { 0 };

	VEC_EACH (struct sbom_property, property, &element->properties)
		strbuf_printf(&lines, "%s%s=%s", lines.len == 0 ? "" : "\n", property->name,
			property->value);
	json_text_optional(text, "comment", strbuf_string(&lines));
}

static void
write_purl(struct json_text *text, const char *purl)
{
	json_text_array(text, "externalRefs");
	json_text_object(text, NULL);
	json_text_string(text, "referenceCategory", "PACKAGE-MANAGER");
	json_text_string(text, "referenceType", "purl");
	json_text_string(text, "referenceLocator", purl);
	json_text_end_object(text);
	json_text_end_array(text);
}

static void
write_element(struct writing *writing, size_t index)
{
	const struct sbom_element *element = &writing->sbom->elements.at[index];
	struct json_text *text = writing->text;

	begin_package(text, writing->by_element[index], element->name, element->version);
	json_text_optional(text, "summary", element->summary);
	json_text_optional(text, "homepage", element->homepage);
	json_text_string(text, "primaryPackagePurpose", purpose_of(element));
	if (element->file != NULL)
		write_file(text, element->file, &element->digest);
	write_licence(text, element);
	if (element->purl != NULL)
		write_purl(text, element->purl);
	write_comment(text, element);
	json_text_end_object(text);
}

static void
write_archives(struct writing *writing, size_t index)
{
	const struct sbom_element *source = &writing->sbom->elements.at[index];

	for (size_t i = 0; i < source->manifest->source_file_count; i++) {
		const struct manifest_source_file *file = &source->manifest->source_files[i];

		begin_package(writing->text, writing->archives[index][i], file->name,
			source->version);
		json_text_string(writing->text, "primaryPackagePurpose", "SOURCE");
		write_file(writing->text, file->name, &file->sha256);
		json_text_string(writing->text, "licenseConcluded", NOTHING_SAID);
		json_text_string(writing->text, "licenseDeclared", NOTHING_SAID);
		json_text_end_object(writing->text);
	}
}

static void
relate(struct writing *writing, const char *from, const char *type, const char *to,
	const char *comment)
{
	json_text_object(writing->text, NULL);
	json_text_string(writing->text, "spdxElementId", from);
	json_text_string(writing->text, "relationshipType", type);
	json_text_string(writing->text, "relatedSpdxElement", to);
	json_text_optional(writing->text, "comment", comment);
	json_text_end_object(writing->text);
}

static void
write_edge(struct writing *writing, const struct sbom_edge *edge)
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
write_relationships(struct writing *writing)
{
	const struct sbom *sbom = writing->sbom;

	json_text_array(writing->text, "relationships");
	relate(writing, "SPDXRef-DOCUMENT", "DESCRIBES", writing->by_element[0], NULL);
	VEC_EACH (struct sbom_edge, edge, &sbom->edges)
		write_edge(writing, edge);
	for (size_t i = 0; i < sbom->elements.len; i++)
		for (size_t k = 0; sbom->elements.at[i].kind == SBOM_SOURCE &&
				   k < sbom->elements.at[i].manifest->source_file_count;
			k++)
			relate(writing, writing->by_element[i], "CONTAINS",
				writing->archives[i][k], NULL);
	json_text_end_array(writing->text);
}

static void
write_packages(struct writing *writing)
{
	json_text_array(writing->text, "packages");
	for (size_t i = 0; i < writing->sbom->elements.len; i++) {
		write_element(writing, i);
		if (writing->sbom->elements.at[i].kind == SBOM_SOURCE)
			write_archives(writing, i);
	}
	json_text_end_array(writing->text);
}

static void
write_licences(const struct writing *writing)
{
	const struct sbom *sbom = writing->sbom;
	struct json_text *text = writing->text;

	if (sbom->licences.len == 0)
		return;
	json_text_array(text, "hasExtractedLicensingInfos");
	VEC_EACH (struct sbom_licence, licence, &sbom->licences) {
		json_text_object(text, NULL);
		json_text_string(text, "licenseId", licence->reference.id);
		json_text_string(text, "name", licence->reference.name);
		json_text_string(text, "extractedText",
			licence->text[0] != '\0'
				? licence->text
				: "The package names this licence and has no text of it.");
		json_text_end_object(text);
	}
	json_text_end_array(text);
}

/* SPDX wants a time in every document: the beginning of time stands for none. */
static void
write_creation(const struct writing *writing)
{
	int64_t time = writing->sbom->time < 0 ? 0 : writing->sbom->time;
	char text[SBOM_TIME_SIZE];

	json_text_object(writing->text, "creationInfo");
	json_text_string(writing->text, "created", sbom_time(time, text));
	json_text_array(writing->text, "creators");
	json_text_string(writing->text, NULL, "Tool: weld-" WELD_VERSION);
	json_text_end_array(writing->text);
	json_text_string(writing->text, "licenseListVersion", LICENCE_LIST_VERSION);
	json_text_end_object(writing->text);
}

void
sbom_spdx(const struct sbom *sbom, struct strbuf *ret_text)
{
	const struct sbom_element *subject = &sbom->elements.at[0];
	struct json_text text = { 0 };
	struct writing writing = { .sbom = sbom, .text = &text };
	const char *name = arena_printf(sbom->arena, "%s-%s", subject->name, subject->version);
	char uuid[SBOM_UUID_SIZE];

	make_ids(&writing);
	json_text_object(&text, NULL);
	json_text_string(&text, "spdxVersion", "SPDX-2.3");
	json_text_string(&text, "dataLicense", "CC0-1.0");
	json_text_string(&text, "SPDXID", "SPDXRef-DOCUMENT");
	json_text_string(&text, "name", name);
	json_text_string(&text, "documentNamespace",
		arena_printf(sbom->arena, "http://spdx.org/spdxdocs/%s-%s",
			sbom_escape(sbom->arena, name, ""), sbom_uuid(sbom, "spdx 2.3", uuid)));
	write_creation(&writing);
	write_packages(&writing);
	write_relationships(&writing);
	write_licences(&writing);
	json_text_end_object(&text);
	*ret_text = text.out;
}
