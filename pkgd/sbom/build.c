/* SPDX-License-Identifier: MIT */
/*
 * Putting a bill together. Elements keep the order in which they are added;
 * edges and licences are sorted at the end.
 */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

size_t
sbom_add(struct sbom *sbom, enum sbom_kind kind, const char *reference, const char *name,
	const char *version)
{
	vec_push(sbom->arena, &sbom->elements,
		(struct sbom_element){ .kind = kind,
			.reference = reference,
			.name = name,
			.version = version,
			.summary = "",
			.homepage = "" });
	map_set(sbom->arena, &sbom->references, reference,
		(void *)(uintptr_t)sbom->elements.len);
	return sbom->elements.len - 1;
}

size_t
sbom_find(const struct sbom *sbom, const char *reference)
{
	return (size_t)(uintptr_t)map_get(&sbom->references, reference) - 1;
}

void
sbom_set_property(struct sbom *sbom, size_t element, const char *name, const char *value)
{
	if (value[0] != '\0')
		vec_push(sbom->arena, &sbom->elements.at[element].properties,
			(struct sbom_property){ name, value });
}

void
sbom_relate(struct sbom *sbom, size_t from, enum sbom_relation relation, size_t to,
	const char *text)
{
	vec_push(sbom->arena, &sbom->edges, (struct sbom_edge){ from, to, relation, text });
}

static bool
has_licence(const struct sbom *sbom, const char *id)
{
	VEC_EACH (struct sbom_licence, licence, &sbom->licences) {
		if (strcmp(licence->reference.id, id) == 0)
			return true;
	}
	return false;
}

void
sbom_set_licence(struct sbom *sbom, size_t element, const char *text)
{
	struct licence *licence = &sbom->elements.at[element].licence;

	licence_read(sbom->arena, text, licence);
	for (size_t i = 0; i < licence->reference_count; i++)
		if (!has_licence(sbom, licence->references[i].id))
			vec_push(sbom->arena, &sbom->licences,
				(struct sbom_licence){ .reference = licence->references[i] });
}

/* Licences joined by AND, each once. */
struct conclusion {
	struct arena *arena;
	VEC(const char *) parts;
	const char *text;
};

static void
conclude(struct conclusion *conclusion, const char *text)
{
	struct licence licence;

	VEC_EACH (const char *, part, &conclusion->parts) {
		if (strcmp(*part, text) == 0)
			return;
	}
	vec_push(conclusion->arena, &conclusion->parts, text);
	licence_read(conclusion->arena, text, &licence);
	conclusion->text = arena_printf(conclusion->arena,
		licence.has_or ? "%s%s(%s)" : "%s%s%s", conclusion->text,
		conclusion->text[0] == '\0' ? "" : " AND ", licence.expression);
}

void
sbom_conclude_licence(
	struct sbom *sbom, size_t image, const char *own, const char *const *more, size_t count)
{
	struct conclusion conclusion = { .arena = sbom->arena, .text = "" };

	conclude(&conclusion, own);
	for (size_t i = 0; i < count; i++)
		conclude(&conclusion, more[i]);
	sbom_set_licence(sbom, image, conclusion.text);
}

/* "weld 0.1.0, clang 22.1.8": each word pair is a tool. */
static void
add_tools(struct sbom *sbom, size_t package, const char *producer)
{
	struct str rest = str_from(producer);
	struct str part;

	while (str_cut(&rest, ',', &part)) {
		const char *text = str_copy(sbom->arena, part);
		const char *name = text + strspn(text, " ");
		const char *space = strrchr(name, ' ');
		const char *reference = arena_printf(sbom->arena, "tool:%s", name);
		size_t tool = sbom_find(sbom, reference);

		if (*name == '\0')
			continue;
		if (tool == SIZE_MAX)
			tool = sbom_add(sbom, SBOM_TOOL, reference,
				space == NULL ? name
					      : arena_printf(sbom->arena, "%.*s",
							(int)(space - name), name),
				space == NULL ? "" : space + 1);
		sbom_relate(sbom, package, SBOM_BUILT_BY, tool, NULL);
	}
}

/* What Debian calls a source or binary package of which these are the files; NULL otherwise. */
static const char *
debian_purl(struct arena *arena, const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->source_file_count; i++) {
		const char *name = manifest->source_files[i].name;
		const char *arch = strrchr(name, '_');

		if (str_has_suffix(name, ".dsc"))
			arch = "_source.dsc";
		else if (arch == NULL || !str_has_suffix(name, ".deb"))
			continue;
		return arena_printf(arena, "pkg:deb/debian/%s@%s?arch=%.*s",
			sbom_escape(arena, manifest->source_name, ""),
			sbom_escape(arena, manifest->source_version, ":"),
			(int)strlen(arch) - 5, arch + 1);
	}
	return NULL;
}

/* What upstream published, once for all packages that were made from it. */
static void
add_source(struct sbom *sbom, size_t package, const struct manifest *manifest)
{
	struct arena *arena = sbom->arena;
	char hex[DIGEST_HEX_SIZE];
	const char *reference;
	size_t source;

	if (manifest->source_file_count == 0)
		return;
	reference = arena_printf(arena, "source:%s@%s#%.16s", manifest->source_name,
		manifest->source_version, digest_hex(&manifest->source_files[0].sha256, hex));
	source = sbom_find(sbom, reference);
	if (source == SIZE_MAX) {
		source = sbom_add(sbom, SBOM_SOURCE, reference, manifest->source_name,
			manifest->source_version);
		sbom->elements.at[source].manifest = manifest;
		sbom->elements.at[source].purl = debian_purl(arena, manifest);
		sbom->elements.at[source].homepage = manifest->homepage;
	}
	sbom_relate(sbom, package, SBOM_MADE_FROM, source, NULL);
}

static void
add_library(struct sbom *sbom, size_t package, const struct manifest *manifest,
	const struct manifest_library *library)
{
	char hex[DIGEST_HEX_SIZE];
	const char *version = sbom->elements.at[package].version;
	const char *reference = arena_printf(sbom->arena, "library:%s", library->name);
	size_t element;

	/* Nothing forbids that two packages bring a library of one name. */
	if (sbom_find(sbom, reference) != SIZE_MAX)
		reference = arena_printf(sbom->arena, "%s@%s", reference, manifest->name);
	element = sbom_add(sbom, SBOM_LIBRARY, reference,
		arena_printf(sbom->arena, "lib%s", library->name), version);
	sbom->elements.at[element].file =
		arena_printf(sbom->arena, "objects/%s", digest_hex(&library->code.unit, hex));
	sbom->elements.at[element].digest = library->code.unit;
	sbom_set_licence(sbom, element, manifest->licence);
	sbom_relate(sbom, package, SBOM_CONTAINS, element, NULL);
}

static void
set_package_properties(struct sbom *sbom, size_t package, const struct manifest *manifest)
{
	static const char *const kinds[] = {
		[MANIFEST_IR] = "ir", [MANIFEST_NATIVE] = "native", [MANIFEST_FILES] = "files"
	};
	char hex[DIGEST_HEX_SIZE];

	sbom_set_property(sbom, package, "weld:kind", kinds[manifest->kind]);
	sbom_set_property(sbom, package, "weld:producer", manifest->producer);
	sbom_set_property(sbom, package, "weld:recipe",
		arena_string(sbom->arena, digest_hex(&manifest->recipe, hex)));
	if (manifest->check_passed)
		sbom_set_property(sbom, package, "weld:check",
			arena_printf(sbom->arena, "passed%s%s",
				manifest->check_summary[0] == '\0' ? "" : ": ",
				manifest->check_summary));
}

/*
 * A type of our own would be more to the point, but readers refuse unknown ones. They look for
 * the plain name: a series is a qualifier.
 */
static const char *
package_purl(struct arena *arena, const struct manifest *manifest, const char *version,
	const struct digest *digest)
{
	const char *series = relation_series(manifest->name);
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "pkg:generic/%s@%s?checksum=sha256:%s%s%s",
		sbom_escape(arena, relation_plain_name(arena, manifest->name), ""),
		sbom_escape(arena, version, ":"), digest_hex(digest, hex),
		*series == '\0' ? "" : "&series=", sbom_escape(arena, series, ""));
}

size_t
sbom_add_package(
	struct sbom *sbom, const struct manifest *manifest, const struct digest *digest)
{
	struct arena *arena = sbom->arena;
	const char *version = state_version(arena, manifest->version, manifest->release);
	size_t package = sbom_add(sbom, SBOM_PACKAGE,
		arena_printf(arena, "package:%s", manifest->name), manifest->name, version);
	struct sbom_element *element = &sbom->elements.at[package];

	element->summary = manifest->summary;
	element->homepage = manifest->homepage;
	element->purl = package_purl(arena, manifest, version, digest);
	element->file = manifest_file_name(arena, manifest);
	element->digest = *digest;
	element->manifest = manifest;
	sbom_set_licence(sbom, package, manifest->licence);
	set_package_properties(sbom, package, manifest);
	for (size_t i = 0; i < manifest->library_count; i++)
		add_library(sbom, package, manifest, &manifest->libraries[i]);
	add_source(sbom, package, manifest);
	add_tools(sbom, package, manifest->producer);
	return package;
}

static int
compare_edges(const void *a, const void *b)
{
	const struct sbom_edge *left = a;
	const struct sbom_edge *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->relation != right->relation)
		return left->relation < right->relation ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	return strcmp(
		left->text == NULL ? "" : left->text, right->text == NULL ? "" : right->text);
}

static int
compare_licences(const void *a, const void *b)
{
	return strcmp(((const struct sbom_licence *)a)->reference.id,
		((const struct sbom_licence *)b)->reference.id);
}

void
sbom_finish(struct sbom *sbom)
{
	size_t kept = 0;

	if (sbom->edges.len > 0)
		qsort(sbom->edges.at, sbom->edges.len, sizeof *sbom->edges.at, compare_edges);
	/* One package may require another one in several ways: that is one relation. */
	VEC_EACH (struct sbom_edge, edge, &sbom->edges) {
		struct sbom_edge *last = kept == 0 ? NULL : &sbom->edges.at[kept - 1];

		if (last == NULL || last->from != edge->from ||
			last->relation != edge->relation || last->to != edge->to)
			sbom->edges.at[kept++] = *edge;
		else if (edge->text != NULL && strcmp(last->text, edge->text) != 0)
			last->text =
				arena_printf(sbom->arena, "%s, %s", last->text, edge->text);
	}
	sbom->edges.len = kept;
	if (sbom->licences.len > 0)
		qsort(sbom->licences.at, sbom->licences.len, sizeof *sbom->licences.at,
			compare_licences);
}
