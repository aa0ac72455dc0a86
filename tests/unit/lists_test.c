/* SPDX-License-Identifier: MIT */
/* What generations share: lists of files, and the rows of what is installed; released formats; damage. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/generation/farm.h"
#include "store/generation/files.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/store.h"
#include "tests/lib/installation.h"
#include "tests/lib/tap.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The text of a generation as its manifest has it: what rows say must be that, to the letter. */
static const char *
text_of(struct fixture *it, const struct generation *generation)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	generation_write_manifest(generation, &text);
	return arena_string(it->arena, strbuf_string(&text));
}

static void
rows_are_right(struct fixture *it, struct store *store, const char *when)
{
	struct generation whole;
	struct generation rows;
	struct tree tree;
	struct tree made;
	uint64_t current;

	if (store_current(store, &current) < 0 ||
		generation_read(it->arena, store, current, &whole) < 0 ||
		generation_read_current(it->arena, store, &rows) < 0 ||
		farm_make(it->arena, store, &whole, NULL, &made) < 0 ||
		tree_read_current(it->arena, store, &tree) < 0)
		tap_bail("%s", err_message());
	tap_is_string(text_of(it, &rows), text_of(it, &whole),
		"%s, rows say what the manifest says", when);
	tap_is_number((long)tree.count, (long)made.count, "%s, and know all places", when);
	for (size_t i = 0; i < made.count; i++)
		if (strcmp(tree.entries[i]->path, made.entries[i]->path) != 0 ||
			tree.entries[i]->kind != made.entries[i]->kind)
			tap_ok(false, "but not %s", made.entries[i]->path);
}

static void
test_rows(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct generation rows;
	uint64_t number;

	tap_is_number(generation_read_current(it.arena, store, &rows), 0, "an empty root");
	tap_is_number((long)rows.package_count, 0, "has no packages");
	transact(store, 1, &number);
	rows_are_right(&it, store, "after the first generation");
	transact(store, 2, &number);
	rows_are_right(&it, store, "after a second");
	generation_activate(store, 1, "weld rollback", NULL);
	rows_are_right(&it, store, "after going back");
	/* As after a crash between the database's commit and the rename. */
	if (file_replace_link(store_root_dir(store), "current", "generations/2") < 0)
		tap_bail("%s", err_message());
	tap_is_number(
		generation_read_current(it.arena, store, &rows), 0, "rows of another one");
	tap_is_number((long)rows.number, 2, "are not believed");
	tap_is_number(repair_database(store), 0, "make the database anew");
	rows_are_right(&it, store, "from then on");
	store_close(&store);
	fixture_free(&it);
}

/* A file of the root is as its format was released. */
static void
is_golden(struct fixture *it, const char *path, const char *golden)
{
	struct str expected = { 0 };
	struct str text = { 0 };

	file_read(it->arena, AT_FDCWD, arena_printf(it->arena, GOLDEN "/%s", golden), 1 << 20,
		&expected);
	file_read(it->arena, AT_FDCWD, arena_printf(it->arena, "%s/%s", it->root, path),
		1 << 20, &text);
	if (!tap_ok(str_equal(expected, text), "today's bytes are those of %s", golden))
		tap_note(STR_FMT, STR_ARG(text));
}

static void
test_golden(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct generation generation;
	struct generation read;
	const struct generation_file *files;
	uint64_t number;
	size_t count;

	if (make_state(it.arena, store, 1, &generation) < 0)
		tap_bail("%s", err_message());
	generation.time = 1700000000;
	/* The text's digest would hold the root's path. */
	((struct generation_file *)generation.packages[0].files)[1].has_prefix = false;
	tap_is_number(generation_create(store, &generation, &number), 0, "create");
	is_golden(&it, "generations/1/manifest.json", "generation-3.json");
	tap_is_number(generation_read(it.arena, store, 1, &read), 0, "it can be read");
	tap_is_number((long long)read.time, 1700000000, "the time");
	tap_ok(read.packages[1].files == NULL, "files are not among it");
	tap_is_number(generation_files(it.arena, store, &read.packages[1], &files, &count), 0,
		"but they can be read, too");
	is_golden(&it,
		arena_printf(it.arena, "store/%s/files.json",
			files_store_name(it.arena, &read.packages[1])),
		"files-1.json");
	tap_is_number((long)count, 7, "all of them");
	tap_is_number(files[2].mode, 0644, "a file's mode");
	tap_is_string(files[0].target, "tool", "a link's target");
	store_close(&store);
	fixture_free(&it);
}

/* What weld 1 wrote: files stand in the manifest itself. */
static void
test_golden_old(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct generation read;
	struct str text = { 0 };

	file_read(arena, AT_FDCWD, GOLDEN "/generation-1.json", 1 << 20, &text);
	tap_is_number(generation_read_manifest(arena, text, &read), 0, "the first format: %s",
		err_message());
	tap_is_number((long)read.packages[1].file_count, 7, "has the files inside");
	tap_is_number(read.packages[1].files[2].mode, 0644, "with their modes");
	tap_is_number((long)read.packages[1].files_size, 0, "and sizes");
	tap_ok(!files_has_list(&read.packages[1]), "and no lists");
}

/* A package's list is damaged, and the database is gone, too. */
static void
test_damaged_list(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct repair_finding *findings;
	struct query_owner *owners;
	struct generation read;
	char **damaged;
	char *directory, *list;
	size_t count;
	uint64_t number;

	transact(store, 1, &number);
	generation_read_current(it.arena, store, &read);
	directory = arena_printf(
		it.arena, "store/%s", files_store_name(it.arena, &read.packages[1]));
	list = arena_printf(it.arena, "%s/files.json", directory);
	chmod(arena_printf(it.arena, "%s/%s", it.root, directory), 0755);
	write_text(&it, list, "{}");
	chmod(arena_printf(it.arena, "%s/%s", it.root, list), 0444);
	tap_is_number(repair_verify(it.arena, store, 1, NULL, &findings, &count), 0, "verify");
	tap_ok(count == 1 && strcmp(findings[0].path, list) == 0, "a damaged list is found");
	tap_is_number(transact(store, 2, &number), 0, "what replaces it needs it not: %s",
		err_message());
	tap_is_number(generation_activate(store, 1, "weld rollback", NULL), ERR_DIGEST,
		"going back does: %s", err_message());
	tap_is_number(generation_remove(store, 1), 0, "forget it");
	tap_is_number(transact(store, 1, &number), 0, "the same list comes again");
	store_close(&store);
	unlink(arena_printf(it.arena, "%s/db/weld.db", it.root));
	tap_is_number(store_open(it.root, STORE_REPAIR, &store), 0, "opened for repair");
	tap_is_number(store_lock(store, "weld repair", 0), 0, "locked");
	tap_is_number(repair_database(store), 0, "a new database: %s", err_message());
	tap_is_number(repair_expect_new(it.arena, store, &damaged, &count), 0, "expect it new");
	tap_is_number((long)count, 1, "one directory is damaged");
	tap_is_number(transact(store, 1, &number), 0, "it comes anew: %s", err_message());
	rows_are_right(&it, store, "after that");
	query_owners(it.arena, store, number, "share/tool/data", &owners, &count);
	tap_is_number((long)count, 1, "owners are known again");
	repair_verify(it.arena, store, 0, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "all is well again");
	store_close(&store);
	fixture_free(&it);
}

int
main(void)
{
	test_rows();
	test_golden();
	test_golden_old();
	test_damaged_list();
	return tap_done();
}
