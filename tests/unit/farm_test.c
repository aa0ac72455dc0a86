/* SPDX-License-Identifier: MIT */
/* How packages fit together to a tree: what is one link, what meets what, and that history does not matter. */
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "store/generation/farm.h"
#include "tests/lib/tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of a package from a word: PATH, PATH>TARGET, PATH! (a config file), PATH/ (a directory). */
static struct generation_file
file_of(struct arena *arena, struct str word)
{
	char *path = str_copy(arena, word);
	char *target = strchr(path, '>');
	struct generation_file file = { .path = path, .mode = 0644 };
	size_t length;

	if (target != NULL) {
		*target = '\0';
		file.kind = GENERATION_LINK;
		file.target = target + 1;
	}
	length = strlen(path);
	if (path[length - 1] == '!') {
		path[length - 1] = '\0';
		file.is_config = true;
	} else if (path[length - 1] == '/') {
		path[length - 1] = '\0';
		file.kind = GENERATION_DIRECTORY;
		file.mode = 0755;
	}
	file.digest = hash_bytes(path, strlen(path));
	return file;
}

/* A generation from words: "a: PATH PATH b: PATH" are packages, "+PATH" is an output of the last one. */
struct described {
	struct generation generation;
	struct generation_package packages[16];
	struct generation_file files[256];
	struct generation_output outputs[64];
	size_t file_count;
};

static void
add_word(struct arena *arena, struct described *it, struct str word)
{
	struct generation *generation = &it->generation;
	struct generation_package *package = &it->packages[generation->package_count];
	char *text = str_copy(arena, word);

	if (text[word.len - 1] == ':') {
		text[word.len - 1] = '\0';
		*package = (struct generation_package){ .name = text,
			.version = "1",
			.release = 1,
			.store_name = arena_printf(arena, "store-of-%s", text),
			.list = hash_bytes(text, word.len),
			.files = &it->files[it->file_count] };
		generation->package_count++;
		return;
	}
	package--;
	if (text[0] == '+') {
		it->outputs[generation->output_count++] = (struct generation_output){
			.path = text + 1,
			.package = generation_package_label(arena, package),
			.store_name = "store-of-output",
		};
		return;
	}
	it->files[it->file_count++] = file_of(arena, word);
	package->file_count++;
}

static struct generation *
describe(struct arena *arena, const char *words)
{
	struct described *it = ARENA_NEW(arena, struct described);
	struct generation *copy = ARENA_NEW(arena, struct generation);
	struct str rest = str_from(words);
	struct str word;

	memset(it, 0, sizeof *it);
	it->generation.packages = it->packages;
	it->generation.outputs = it->outputs;
	while (str_cut(&rest, ' ', &word))
		if (word.len > 0)
			add_word(arena, it, word);
	generation_copy(arena, &it->generation, copy);
	return copy;
}

static const char *
tree_text(struct arena *arena, const struct tree *tree)
{
	static const char *const marks[] = { "", "*", ">", "/", "!" };
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < tree->count; i++)
		strbuf_printf(&text, "%s%.*s:%s%s", i == 0 ? "" : " ",
			(int)strcspn(tree->entries[i]->package, "-"), tree->entries[i]->package,
			tree->entries[i]->path, marks[tree->entries[i]->kind]);
	return arena_string(arena, strbuf_string(&text));
}

static void
test_trees(struct arena *arena)
{
	static const struct {
		const char *name;
		const char *words;
		const char *tree; /* or what the message has in it */
		int result;
	} rows[] = {
		{ "a directory of its own is one link", "a: share/a/x share/a/y/z",
			"a:share/a*", 0 },
		{ "one at the top is not", "a: share/x bin/y", "a:bin/y a:share/x", 0 },
		{ "two packages share one", "a: share/s/x b: share/s/y",
			"a:share/s/x b:share/s/y", 0 },
		{ "and have others in it", "a: share/s/p/x share/s/q/x b: share/s/q/y",
			"a:share/s/p* a:share/s/q/x b:share/s/q/y", 0 },
		{ "a neighbour's name is no part", "a: share/a/x b: share/a-b/x c: share/a.c",
			"a:share/a* b:share/a-b* c:share/a.c", 0 },
		{ "a link that stays", "a: share/a/x share/a/d/l>../x", "a:share/a*", 0 },
		{ "a link that leaves", "a: share/a/x share/a/l>../b share/a/d/x",
			"a:share/a/d* a:share/a/l> a:share/a/x", 0 },
		{ "a config file", "a: etc/a/x! etc/a/d/y", "a:etc/a/d* a:etc/a/x!", 0 },
		{ "what is the user's", "a: var/a/x var/b/", "a:var/a/x! a:var/b!", 0 },
		{ "an empty directory", "a: share/a/", "a:share/a/", 0 },
		{ "of two packages", "a: share/d/ b: share/d/", "a:share/d/ b:share/d/", 0 },
		{ "one that another has something in", "a: share/d/ b: share/d/x",
			"a:share/d/ b:share/d/x", 0 },
		{ "and has something in itself", "a: share/d/ share/d/y b: share/d/x",
			"a:share/d/ b:share/d/x a:share/d/y", 0 },
		{ "an output among files", "a: share/a/x share/a/d/y +share/a/z",
			"a:share/a/d* a:share/a/x a:share/a/z", 0 },
		{ "one path twice", "a: share/d/x b: share/d/x",
			"a-1-1 and b-1-1 both have share/d/x", ERR_EXISTS },
		{ "a file below a file", "a: share/d/x b: share/d/x/y/z",
			"b-1-1 has share/d/x/y/z, which lies below share/d/x of a-1-1",
			ERR_EXISTS },
		{ "the other way round", "a: share/d/x/y/z b: share/d/x",
			"a-1-1 has share/d/x/y/z, which lies below share/d/x of b-1-1",
			ERR_EXISTS },
		{ "a file and a directory", "a: share/d/x/ b: share/d/x",
			"a-1-1 and b-1-1 both have share/d/x", ERR_EXISTS },
		{ "at the top", "a: share b: share/x",
			"b-1-1 has share/x, which lies below share of a-1-1", ERR_EXISTS },
		{ "an output in the place of a file", "a: share/a/x b: bin/b +share/a/x",
			"a-1-1 and b-1-1 both have share/a/x", ERR_EXISTS },
	};
	struct tree tree;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int ret = farm_make(arena, NULL, describe(arena, rows[i].words), NULL, &tree);

		tap_is_number(ret, rows[i].result, "%s", rows[i].name);
		if (ret == 0)
			tap_is_string(tree_text(arena, &tree), rows[i].tree, "its tree");
		else
			tap_ok(strstr(err_message(), rows[i].tree) != NULL, "it says: %s",
				err_message());
	}
}

/* The next of a row of numbers that look random and are always the same. */
static unsigned
next_random(uint64_t *seed, unsigned limit)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33) % limit;
}

/* A package that has some of few paths, so that many meet. */
static void
add_random_package(struct strbuf *words, uint64_t *seed, unsigned name)
{
	static const char *const directories[] = { "share", "share/s", "share/s/d", "share/t",
		"share/t/u/v", "lib/m", "etc/c" };
	unsigned count = 1 + next_random(seed, 4);

	strbuf_printf(words, "%c: ", (char)('a' + name));
	for (unsigned i = 0; i < count; i++) {
		const char *directory = directories[next_random(seed, 7)];

		switch (next_random(seed, 12)) {
		case 0:
			strbuf_printf(words, "%s/shared/ ", directory);
			break;
		case 1:
			strbuf_printf(words, "%s/%c%u>../x ", directory, (char)('a' + name), i);
			break;
		case 2:
			strbuf_printf(words, "%s/%c%u! ", directory, (char)('a' + name), i);
			break;
		case 3:
			strbuf_printf(words, "+%s/%c%u ", directory, (char)('a' + name), i);
			break;
		case 4:
			strbuf_printf(words, "%s/s ", directory);
			break;
		default:
			strbuf_printf(words, "%s/%c%u ", directory, (char)('a' + name), i);
		}
	}
}

/* Twelve packages, of which some come and go, each in one of many versions. */
static struct generation *
random_generation(struct arena *arena, uint64_t *seed)
{
	struct strbuf words AUTO(strbuf_free) = { 0 };

	for (unsigned name = 0; name < 12; name++) {
		uint64_t version = name * 64 + next_random(seed, 40);

		if (next_random(seed, 3) > 0)
			add_random_package(&words, &version, name);
	}
	return describe(arena, strbuf_string(&words));
}

/* The list of a package says what it has: another version's is another one. What can be no package goes. */
static void
give_lists(struct generation *generation)
{
	struct generation_package *packages = (struct generation_package *)generation->packages;
	size_t count = generation->package_count;

	generation->package_count = 0;
	for (size_t i = 0; i < count; i++)
		if (tree_check_files(&packages[i]) >= 0)
			packages[generation->package_count++] = packages[i];
	for (size_t i = 0; i < generation->package_count; i++) {
		struct strbuf text AUTO(strbuf_free) = { 0 };

		for (size_t k = 0; k < packages[i].file_count; k++)
			strbuf_printf(&text, "%s %d %d ", packages[i].files[k].path,
				packages[i].files[k].kind, packages[i].files[k].is_config);
		packages[i].list = hash_bytes(text.at, text.len);
	}
}

static void
make_base(struct arena *arena, const struct generation *generation, const struct tree *tree,
	struct farm_base *base)
{
	*base = (struct farm_base){ .tree = *tree };
	for (size_t i = 0; i < tree->count; i++)
		tree->entries[i]->has_row = true;
	for (size_t i = 0; i < generation->package_count; i++)
		map_set(arena, &base->lists,
			generation_package_label(arena, &generation->packages[i]),
			(void *)&generation->packages[i].list);
}

/* Rows that a tree leaves and takes make the next one's: what the database does. */
static size_t
count_rows(const struct farm_base *base, const struct tree *tree)
{
	size_t count = base->tree.count;

	for (size_t i = 0; i < base->tree.count; i++)
		count -= base->tree.entries[i]->is_gone;
	for (size_t i = 0; i < tree->count; i++)
		count += !tree->entries[i]->has_row;
	return count;
}

static void
test_history(struct arena *arena)
{
	struct farm_base base = { 0 };
	uint64_t seed = 7;
	size_t made = 0;
	size_t refused = 0;
	bool is_same = true;
	bool are_rows_right = true;

	for (unsigned i = 0; i < 3000 && is_same && are_rows_right; i++) {
		struct generation *generation = random_generation(arena, &seed);
		struct tree tree;
		struct tree fresh;
		int expected;

		give_lists(generation);
		expected = farm_make(arena, NULL, generation, NULL, &fresh);
		if (farm_make(arena, NULL, generation, &base, &tree) != expected) {
			tap_note("round %u: %d expected: %s", i, expected, err_message());
			is_same = false;
		}
		refused += expected != 0;
		if (expected != 0 || !is_same)
			continue;
		made++;
		is_same = strcmp(tree_text(arena, &tree), tree_text(arena, &fresh)) == 0;
		if (!is_same)
			tap_note("round %u:\n%s\n%s", i, tree_text(arena, &tree),
				tree_text(arena, &fresh));
		are_rows_right = count_rows(&base, &tree) == tree.count;
		make_base(arena, generation, &tree, &base);
	}
	tap_ok(is_same, "a tree is the same from any other as from nothing");
	tap_ok(are_rows_right, "and what is left and taken on the way is it");
	tap_ok(made > 100 && refused > 100, "%zu were made, %zu refused", made, refused);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	test_trees(arena);
	test_history(arena);
	return tap_done();
}
