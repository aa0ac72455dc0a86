/* SPDX-License-Identifier: MIT */
/*
 * Files of a root that others may have damaged: the first line says which one the rest is. A manifest of a
 * generation that is taken is one that can be written, and read as the same.
 */
#include "pkgd/pace.h"
#include "pkgd/policy.h"
#include "store/generation/files.h"
#include "store/generation/tree.h"
#include "store/store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/fuzz_root.h"

static void
try_generation(struct arena *arena, struct str text)
{
	struct strbuf first AUTO(strbuf_free) = { 0 };
	struct strbuf second AUTO(strbuf_free) = { 0 };
	struct generation generation;
	struct generation again;

	if (generation_read_manifest(arena, text, &generation) < 0)
		return;
	generation_write_manifest(&generation, &first);
	if (generation_read_manifest(arena, strbuf_str(&first), &again) < 0)
		abort();
	generation_write_manifest(&again, &second);
	if (!str_equal(strbuf_str(&first), strbuf_str(&second)))
		abort();
	(void)generation_check(&generation);
}

/* A list of files that is taken is one that can be written, too. */
static void
try_list(struct arena *arena, struct str text)
{
	struct strbuf first AUTO(strbuf_free) = { 0 };
	struct strbuf second AUTO(strbuf_free) = { 0 };
	struct generation_package package = { .name = "list", .version = "1" };
	struct generation generation = { .packages = &package, .package_count = 1 };
	struct generation_file *files;

	if (files_read(arena, text, &files, &package.file_count) < 0)
		return;
	files_write(files, package.file_count, &first);
	if (files_read(arena, strbuf_str(&first), &files, &package.file_count) < 0)
		abort();
	files_write(files, package.file_count, &second);
	if (!str_equal(strbuf_str(&first), strbuf_str(&second)))
		abort();
	package.files = files;
	(void)generation_check(&generation);
}

static void
try_file(struct arena *arena, const char *path, struct str text)
{
	struct store *store AUTO(store_close) = NULL;
	struct policy policy;
	struct digest seed;

	fuzz_root_write(path, text);
	/* The file that says where the root will stand is read when it is opened. */
	if (store_open(fuzz_root_path(), 0, &store) >= 0) {
		(void)policy_read(arena, store, &policy);
		(void)store_seed(store, &seed);
		(void)pace_expect(arena, store, LOWER_FULL, 1 << 20);
	}
	fuzz_root_remove(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const char *const files[] = { "state/policy.json", "state/pace.json",
		"state/seed", "path" };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str kind;
	struct str rest;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	if (str_is(kind, "generation"))
		try_generation(arena, rest);
	if (str_is(kind, "files"))
		try_list(arena, rest);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (str_is(kind, files[i]))
			try_file(arena, files[i], rest);
	return 0;
}
