/* SPDX-License-Identifier: MIT */
/* The index keeps what resolving needs, in one order, and refuses what is out of line. */
#include "repo/index.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <string.h>

static struct index_package
make_entry(struct arena *arena, int dir, const char *name, const char *version)
{
	struct manifest *manifest = sample_manifest(arena, dir, name, version);
	struct digest digest = hash_bytes(version, strlen(version));
	struct index_package package;

	index_from_manifest(arena, manifest, &digest, 4711, &package);
	return package;
}

static void
test_refused(struct arena *arena, struct str text, const char *find, const char *replace)
{
	char *copy = arena_copy(arena, text.at, text.len);
	char *at = strstr(copy, find);
	struct index index;

	if (at == NULL || strlen(find) != strlen(replace))
		tap_bail("no %s in the index", find);
	memcpy(at, replace, strlen(replace));
	tap_ok(index_read(arena, str_from(copy), &index) == ERR_FORMAT, "%s is refused: %s",
		replace, err_message());
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *directory = sample_directory(arena);
	int dir AUTO(file_close) = -1;
	struct index_package packages[3];
	struct index index = { .packages = packages, .len = 3 };
	struct index again = { 0 };
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct strbuf second AUTO(strbuf_free) = { 0 };
	const struct index_package *first;

	if (file_open_dir(AT_FDCWD, directory, &dir) < 0)
		tap_bail("%s", err_message());
	packages[0] = make_entry(arena, dir, "zoo", "1.0");
	packages[1] = make_entry(arena, dir, "frob", "1.1");
	packages[2] = make_entry(arena, dir, "frob", "1.0");
	index_write(&index, &text);
	tap_ok(index_read(arena, strbuf_str(&text), &again) == 0, "an index can be read back");
	index_write(&again, &second);
	tap_ok(str_equal(strbuf_str(&text), strbuf_str(&second)),
		"and is the same bytes again");
	first = &again.packages[0];
	tap_is_string(first->file, "frob-1.0-1.weld", "packages are sorted");
	tap_is_string(again.packages[2].name, "zoo", "to the last");
	tap_is_number((long long)first->files.len, 5, "files, links and programs are listed");
	tap_is_string(first->files.at[0], "bin/frob", "sorted");
	tap_is_string(first->libraries[0].exports.at[1], "frob_version", "with the exports");
	tap_is_string(
		first->libraries[0].undefined.at[1], "free", "and what the library needs");
	tap_is_string(first->programs[0].undefined.at[0], "frob", "and the program");
	tap_is_string(first->provides.at[0], "lib:frob = 1.0-1", "and what it provides");
	tap_is_number((long long)first->download_size, 4711, "and its size");
	test_refused(arena, strbuf_str(&text), "\"format\":1", "\"format\":2");
	test_refused(
		arena, strbuf_str(&text), "\"name\":\"zoo\",\"prog", "\"name\":\"foo\",\"prog");
	test_refused(
		arena, strbuf_str(&text), "\"name\":\"zoo\",\"prog", "\"name\":\"../\",\"prog");
	test_refused(arena, strbuf_str(&text), "\"version\":\"1.1\"", "\"version\":\"1.0\"");
	test_refused(arena, strbuf_str(&text), "\"bin/script\"", "\"../scripts\"");
	test_refused(arena, strbuf_str(&text), "\"lib:c\"", "\"lib c\"");
	test_refused(arena, strbuf_str(&text), "4711", "-711");
	index.len = 0;
	strbuf_free(&text);
	index_write(&index, &text);
	tap_ok(index_read(arena, strbuf_str(&text), &again) == 0 && again.len == 0,
		"an empty index is one, too");
	sample_remove(directory);
	return tap_done();
}
