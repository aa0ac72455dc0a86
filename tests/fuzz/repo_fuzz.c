/* SPDX-License-Identifier: MIT */
/*
 * Texts that come from outside: the first line says what the rest is. What is
 * taken must survive writing and reading.
 */
#include "repo/index.h"
#include "repo/licence.h"
#include "repo/lowered.h"
#include "repo/relation.h"
#include "repo/trust/tuf.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
try_manifest(struct arena *arena, struct str text)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct manifest *manifest;

	if (manifest_read(arena, text, &manifest) < 0)
		return;
	if (manifest_write(manifest, &again) < 0 || !str_equal(strbuf_str(&again), text))
		abort();
}

static void
try_index(struct arena *arena, struct str text)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct index index;

	if (index_read(arena, text, &index) < 0)
		return;
	index_write(&index, &again);
	if (index_read(arena, strbuf_str(&again), &index) < 0)
		abort();
}

static void
try_catalogue(struct arena *arena, struct str text)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct strbuf third AUTO(strbuf_free) = { 0 };
	struct lowered_catalogue catalogue;

	if (lowered_read(arena, text, &catalogue) < 0)
		return;
	lowered_write(&catalogue, &again);
	if (lowered_read(arena, strbuf_str(&again), &catalogue) < 0)
		abort();
	lowered_write(&catalogue, &third);
	if (!str_equal(strbuf_str(&again), strbuf_str(&third)))
		abort();
}

static void
try_document(struct arena *arena, struct str text, enum tuf_role role)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	struct tuf_delegation *delegations;
	struct tuf_root root;
	struct tuf_file file;
	size_t count;

	if (tuf_read(text, role, &document) < 0)
		return;
	(void)tuf_find_meta(&document, "snapshot.json", &file);
	(void)tuf_find_target(&document, TUF_INDEX, &file);
	(void)tuf_list_delegations(arena, &document, &delegations, &count);
	if (tuf_read_root(arena, &document, &root) >= 0)
		(void)tuf_verify(&document, &root.roles[TUF_ROOT]);
}

static void
try_relation(struct arena *arena, struct str text)
{
	const char *copy = str_copy(arena, text);
	struct relation relation;
	char *name;
	char *version;
	uint64_t release;

	(void)relation_parse(arena, copy, &relation);
	(void)relation_parse_file_name(arena, copy, &name, &version, &release);
	(void)manifest_is_path(copy);
}

/* Every text has an expression, which needs no second reading. */
static void
try_licence(struct arena *arena, struct str text)
{
	struct licence licence;
	struct licence again;

	licence_read(arena, str_copy(arena, text), &licence);
	licence_read(arena, licence.expression, &again);
	if (again.problem != NULL || strcmp(again.expression, licence.expression) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str kind;
	struct str rest;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	if (str_is(kind, "manifest"))
		try_manifest(arena, rest);
	else if (str_is(kind, "index"))
		try_index(arena, rest);
	else if (str_is(kind, "catalogue"))
		try_catalogue(arena, rest);
	else if (str_is(kind, "relation"))
		try_relation(arena, rest);
	else if (str_is(kind, "licence"))
		try_licence(arena, rest);
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++)
		if (str_is(kind, tuf_role_names[i]))
			try_document(arena, rest, (enum tuf_role)i);
	return 0;
}
