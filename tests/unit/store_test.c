/* SPDX-License-Identifier: MIT */
/*
 * store: roots, the lock, objects, generations, queries, repair; and that a failure or a kill
 * at every durable step leaves the old state or the new one, never anything else.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "store/generation.h"
#include "store/objects.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/store.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	struct arena *arena;
	char *scratch; /* absolute */
	char *root;
};

/* ---- helpers: one package with a library's slot, one with a program and files ---- */

static struct digest
digest_of(const char *text)
{
	return hash_bytes(text, strlen(text));
}

static const char text_file[] = "#!/bin/sh\ncat " WELD_PREFIX "/share/tool/data\n";

static int
add_one(struct store *store, const char *name, const char *path, const char *contents,
	bool is_executable)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;

	TRY(objects_begin(store, name, &new));
	TRY(objects_add_bytes(new, path, contents, strlen(contents), is_executable));
	if (strcmp(path, "manifest.json") == 0 && strstr(name, "tool") != NULL) {
		char hex[DIGEST_HEX_SIZE];
		char object[100];
		static const char *const texts[] = { "data of tool 1\n", "data of tool 2\n",
			text_file, "setting = 1\n", "setting = 2\n" };

		for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
			struct digest digest = digest_of(texts[i]);

			snprintf(object, sizeof object, "objects/%s", digest_hex(&digest, hex));
			TRY(objects_add_bytes(new, object, texts[i], strlen(texts[i]),
				texts[i] == text_file));
		}
	}
	return objects_finish(&new);
}

/* Describe a state with `lib` and `tool`, at a version, and bring its contents to the store. */
static int
make_state(struct arena *arena, struct store *store, int version, struct generation *ret)
{
	struct generation_package *packages = arena_array(arena, 2, sizeof *packages);
	struct generation_file *files = arena_array(arena, 7, sizeof *files);
	struct generation_image *images = arena_array(arena, 2, sizeof *images);
	const char **slots = arena_array(arena, 1, sizeof *slots);
	char *manifest = arena_printf(arena, "{\"version\":%d}", version);
	char *image = arena_printf(arena, "program %d\n", version);

	slots[0] = "lib";
	packages[0] = (struct generation_package){ .name = "tool",
		.version = arena_printf(arena, "%d.0", version),
		.release = 1,
		.kind = "ir",
		.digest = digest_of(arena_printf(arena, "tool %d", version)),
		.manifest = digest_of(manifest),
		.is_manual = true,
		.requires = (const char *const *)slots,
		.require_count = 1,
		.files = files,
		.file_count = 7 };
	packages[1] = (struct generation_package){ .name = "lib",
		.version = "1.0",
		.release = 1,
		.kind = "ir",
		.digest = digest_of("lib"),
		.manifest = digest_of("{}") };
	packages[0].store_name = objects_name(
		arena, &packages[0].digest, generation_package_label(arena, &packages[0]));
	packages[1].store_name = objects_name(arena, &packages[1].digest, "lib-1.0-1");
	files[0] = (struct generation_file){ .path = "share/tool/data",
		.mode = 0644,
		.size = 15,
		.digest = digest_of(version == 1 ? "data of tool 1\n" : "data of tool 2\n") };
	files[1] = (struct generation_file){ .path = "bin/script",
		.mode = 0755,
		.size = strlen(text_file),
		.digest = digest_of(text_file),
		.has_prefix = true };
	files[2] = (struct generation_file){
		.kind = GENERATION_LINK, .path = "bin/alias", .target = "tool"
	};
	files[3] = (struct generation_file){ .path = "etc/tool.conf",
		.mode = 0644,
		.size = 12,
		.digest = digest_of(version == 1 ? "setting = 1\n" : "setting = 2\n"),
		.is_config = true };
	files[4] = (struct generation_file){
		.kind = GENERATION_DIRECTORY, .path = "var/lib/tool", .mode = 0750
	};
	files[5] = (struct generation_file){
		.kind = GENERATION_DIRECTORY, .path = "share/tool/empty", .mode = 0755
	};
	files[6] = (struct generation_file){
		.path = "share/tool-data", .mode = 0644, .digest = digest_of("data of tool 1\n")
	};
	images[0] = (struct generation_image){ .name = "bin/tool",
		.package = generation_package_label(arena, &packages[0]),
		.key = digest_of(arena_printf(arena, "key %d", version)),
		.digest = digest_of(image),
		.file_size = strlen(image),
		.store_file = "tool",
		.slots = (const char *const *)slots,
		.slot_count = 1 };
	images[0].store_name = objects_name(arena, &images[0].digest, images[0].package);
	images[1] = (struct generation_image){ .is_slot = true,
		.name = "lib",
		.package = "lib-1.0-1",
		.key = digest_of("slot key"),
		.digest = digest_of("slot\n"),
		.file_size = 5,
		.store_file = "lib.slot",
		.layout_id = digest_of("layout"),
		.base = 0x10000000,
		.size = 0x200000 };
	images[1].store_name = objects_name(arena, &images[1].digest, "lib-1.0-1");
	*ret = (struct generation){ .command = arena_printf(
					    arena, "weld install tool %d", version),
		.packages = packages,
		.package_count = 2,
		.images = images,
		.image_count = 2 };
	if (store == NULL)
		return 0;
	TRY(add_one(store, packages[0].store_name, "manifest.json", manifest, false));
	TRY(add_one(store, packages[1].store_name, "manifest.json", "{}", false));
	TRY(add_one(store, images[0].store_name, "tool", image, true));
	return add_one(store, images[1].store_name, "lib.slot", "slot\n", true);
}

static int
transact(struct store *store, int version, uint64_t *ret_number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct generation generation;

	TRY(make_state(arena, store, version, &generation));
	TRY(generation_create(store, &generation, ret_number));
	return generation_activate(store, *ret_number, generation.command);
}

/* The contents of a path of the current generation; "" without one. */
static const char *
current_text(struct fixture *it, const char *path)
{
	struct str text;

	if (file_read(it->arena, AT_FDCWD,
		    arena_printf(it->arena, "%s/current/%s", it->root, path), 1 << 20,
		    &text) < 0)
		return "";
	return text.at;
}

static void
write_text(struct fixture *it, const char *path, const char *text)
{
	if (file_replace(AT_FDCWD, arena_printf(it->arena, "%s/%s", it->root, path), text,
		    strlen(text), 0644) < 0)
		tap_bail("%s", err_message());
}

static struct store *
open_locked(struct fixture *it)
{
	struct store *store = NULL;

	if (store_open(it->root, STORE_CREATE, &store) < 0 ||
		store_lock(store, "test", 5000) < 0)
		tap_bail("%s", err_message());
	return store;
}

static struct fixture
fixture_new(void)
{
	struct fixture it = { .arena = arena_new() };
	char *real;

	/* In memory, where syncs cost nothing: hundreds of roots are made. */
	if (file_temp_dir(it.arena, "/dev/shm", &it.scratch) < 0 &&
		file_temp_dir(it.arena, ".", &it.scratch) < 0)
		tap_bail("%s", err_message());
	real = realpath(it.scratch, NULL);
	it.scratch = arena_string(it.arena, real);
	free(real);
	it.root = arena_printf(it.arena, "%s/root", it.scratch);
	return it;
}

static void
fixture_free(struct fixture *it)
{
	file_remove_tree(AT_FDCWD, it->scratch);
	arena_free(&it->arena);
}

/* ---- the promises ---- */

static void
test_paths(void)
{
	static const struct {
		const char *path;
		int result;
	} rows[] = {
		{ "/weld", 0 },
		{ "/home/a.b-c_d/x", 0 },
		{ "weld", ERR_RANGE },
		{ "", ERR_RANGE },
		{ "/", ERR_RANGE },
		{ "/weld/", ERR_RANGE },
		{ "/a//b", ERR_RANGE },
		{ "/a/../b", ERR_RANGE },
		{ "/a/.", ERR_RANGE },
		{ "/a b", ERR_RANGE },
		{ "/a\nb", ERR_RANGE },
		{ "/a$b", ERR_RANGE },
	};
	char path[200];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		tap_is_number(store_check_root(rows[i].path), rows[i].result, "root '%s'",
			rows[i].path);
	memset(path, 'a', sizeof path);
	path[0] = '/';
	path[PREFIX_LENGTH - strlen("/current")] = '\0';
	tap_is_number(store_check_root(path), 0, "the longest root");
	path[PREFIX_LENGTH - strlen("/current")] = 'a';
	path[PREFIX_LENGTH - strlen("/current") + 1] = '\0';
	tap_is_number(store_check_root(path), ERR_RANGE, "one byte too long");
}

static void
test_root(void)
{
	struct fixture it = fixture_new();
	struct store *store = NULL;
	struct digest first;
	struct digest second;
	struct stat info;
	uint64_t number = 7;

	tap_is_number(store_open(it.root, 0, &store), ERR_NOT_FOUND, "no root yet");
	tap_is_number(store_open(it.root, STORE_CREATE, &store), 0, "made: %s", err_message());
	tap_is_number(store_current(store, &number), 0, "current");
	tap_is_number((long long)number, 0, "no generation is current");
	tap_is_number(store_seed(store, &first), 0, "seed");
	tap_is_number(store_reseed(store), ERR_USAGE, "a new seed needs the lock");
	tap_is_number(store_lock(store, "test", 0), 0, "lock");
	tap_is_number(store_reseed(store), 0, "a new seed");
	store_close(&store);
	tap_is_number(store_open(it.root, 0, &store), 0, "opened again");
	tap_is_number(store_seed(store, &second), 0, "seed again");
	tap_ok(!digest_equal(&first, &second), "the seed is another one");
	stat(arena_printf(it.arena, "%s/state/seed", it.root), &info);
	tap_is_number(info.st_mode & 07777, 0600, "only the owner reads the seed");
	store_close(&store);
	store_close(&store);
	fixture_free(&it);
}

static void
test_lock(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct store *other = NULL;
	char expected[80];

	snprintf(expected, sizeof expected, "locked by process %ld (test)", (long)getpid());
	tap_is_number(store_open(it.root, 0, &other), 0, "a second one opens");
	tap_is_number(store_lock(other, "other", 30), ERR_LOCKED, "but does not get the lock");
	tap_ok(strstr(err_message(), expected) != NULL, "the holder is named: %s",
		err_message());
	tap_is_number(store_lock(store, "test", 0), ERR_USAGE, "not locked twice");
	store_unlock(store);
	tap_is_number(store_lock(other, "other", 0), 0, "free again");
	tap_ok(store_is_locked(other) && !store_is_locked(store), "who holds it");
	store_close(&other);
	store_close(&store);
	fixture_free(&it);
}

static void
test_objects(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct objects_new *new = NULL;
	struct digest digest = digest_of("x");
	const char *name = objects_name(it.arena, &digest, "x-1-1");
	char *path = arena_printf(it.arena, "%s/store/%s/a/b", it.root, name);
	struct stat info;
	int fd;

	tap_is_number(objects_begin(store, "../x", &new), ERR_FORMAT, "a name with a path");
	tap_is_number(objects_begin(store, name, &new), 0, "begin");
	tap_is_number(objects_add_bytes(new, "a/b", "12", 2, true), 0, "add bytes");
	tap_is_number(
		objects_add_bytes(new, "a/b", "12", 2, true), ERR_EXISTS, "a second time");
	tap_is_number(objects_add_bytes(new, "../c", "12", 2, true), ERR_IO, "outside");
	file_memory("m", &fd);
	file_write_fd(fd, "x", 1);
	tap_is_number(objects_add_file(new, "f", fd, &digest, false), 0, "add a file");
	file_write_fd(fd, "y", 1);
	tap_is_number(
		objects_add_file(new, "g", fd, &digest, false), ERR_DIGEST, "wrong contents");
	close(fd);
	objects_abandon(&new);
	tap_is_number(objects_begin(store, name, &new), 0, "begin again");
	objects_add_bytes(new, "a/b", "12", 2, true);
	chmod(arena_printf(it.arena, "%s/a/b", objects_staging_path(new)), 06777);
	tap_is_number(objects_finish(&new), 0, "finish");
	tap_ok(!objects_has(store, name), "it has no name yet");
	tap_is_number(objects_settle(store), 0, "settle");
	tap_ok(objects_has(store, name), "now it has");
	stat(path, &info);
	tap_is_number(info.st_mode & 07777, 0555, "read-only, no set-id bits");
	objects_begin(store, name, &new);
	objects_add_bytes(new, "other", "3", 1, false);
	objects_finish(&new);
	tap_is_number(objects_settle(store), 0, "the same name again");
	tap_ok(access(path, F_OK) == 0, "the first one is kept");
	objects_begin(store, objects_name(it.arena, &digest, "y-1-1"), &new);
	objects_add_bytes(new,
		"objects/0000000000000000000000000000000000000000000000000000000000000000", "z",
		1, false);
	tap_is_number(objects_finish(&new), ERR_DIGEST, "an object with another digest");
	objects_begin(store, objects_name(it.arena, &digest, "z-1-1"), &new);
	if (symlink("/etc/passwd",
		    arena_printf(it.arena, "%s/link", objects_staging_path(new))) < 0)
		tap_bail("symlink");
	tap_is_number(objects_finish(&new), ERR_FORMAT, "a link");
	tap_is_number(objects_drop(store, name), 0, "drop");
	tap_ok(!objects_has(store, name), "it is gone");
	store_close(&store);
	fixture_free(&it);
}

static void
test_story(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct generation read;
	struct query_owner *owners;
	struct query_event *events;
	struct query_slot *slots;
	struct query_image *images;
	uint64_t number;
	size_t count;
	struct digest layout = digest_of("layout");
	char hex[DIGEST_HEX_SIZE];
	char *slot = arena_printf(it.arena, "slots/lib-%.16s", digest_hex(&layout, hex));
	char *script =
		arena_printf(it.arena, "#!/bin/sh\ncat %s/current/share/tool/data\n", it.root);

	tap_is_number(transact(store, 1, &number), 0, "install: %s", err_message());
	tap_is_number((long long)number, 1, "generation 1");
	tap_is_string(current_text(&it, "bin/tool"), "program 1\n", "the program");
	tap_is_string(current_text(&it, "bin/alias"), "program 1\n", "the link");
	tap_is_string(current_text(&it, "share/tool/data"), "data of tool 1\n", "the data");
	tap_is_string(current_text(&it, "bin/script"), script, "the prefix is filled in");
	tap_is_string(current_text(&it, "etc/tool.conf"), "setting = 1\n", "the config file");
	tap_ok(access(arena_printf(it.arena, "%s/current/var/lib/tool", it.root), W_OK) == 0,
		"the directory below var");
	tap_is_string(current_text(&it, slot), "slot\n", "the slot");
	tap_is_number(transact(store, 2, &number), 0, "upgrade: %s", err_message());
	tap_is_number((long long)number, 2, "generation 2");
	tap_is_string(current_text(&it, "bin/tool"), "program 2\n", "the new program");
	tap_is_string(current_text(&it, "etc/tool.conf"), "setting = 2\n",
		"an unchanged config file follows");
	tap_is_number(generation_read_current(it.arena, store, &read), 0, "read it");
	tap_is_number((long long)read.parent, 1, "its parent");
	tap_is_string(read.command, "weld install tool 2", "its command");
	tap_is_string(read.packages[1].name, "tool", "packages are sorted");
	tap_is_string(read.packages[1].version, "2.0", "version");
	tap_ok(read.packages[1].is_manual && !read.packages[0].is_manual, "marks");
	tap_is_string(read.images[1].slots[0], "lib", "the program's slots");
	tap_is_number((long long)read.images[0].base, 0x10000000, "the slot's address");
	query_owners(it.arena, store, 2, "share/tool/data", &owners, &count);
	tap_is_number((long long)count, 1, "one owner");
	tap_is_string(count == 1 ? owners[0].label : NULL, "tool-2.0-1", "the owner");
	query_owners(it.arena, store, 1, "bin/tool", &owners, &count);
	tap_is_string(count == 1 ? owners[0].label : NULL, "tool-1.0-1", "a program's owner");
	tap_is_number(query_files(it.arena, store, 2, "tool", &owners, &count), 0, "files");
	tap_is_number((long long)count, 8, "seven files and a program");
	tap_is_number(query_files(it.arena, store, 2, "nix", &owners, &count), ERR_NOT_FOUND,
		"files of nothing");
	tap_is_number(query_slots(it.arena, store, &slots, &count), 0, "slots");
	tap_is_number((long long)count, 1, "one slot in two generations");
	tap_ok(count == 1 && slots[0].is_current && slots[0].size == 0x200000, "is current");
	tap_is_number(query_images(it.arena, store, &images, &count), 0, "images");
	tap_is_number((long long)count, 3, "two programs and a slot");
	tap_is_number(generation_activate(store, 2, "x"), ERR_NOTHING, "it is current");
	tap_is_number(generation_activate(store, 9, "x"), ERR_NOT_FOUND, "there is no 9");
	tap_is_number(generation_activate(store, 1, "weld rollback"), 0, "roll back");
	tap_is_string(current_text(&it, "bin/tool"), "program 1\n", "the old program");
	tap_is_string(current_text(&it, "etc/tool.conf"), "setting = 1\n", "the old config");
	query_history(it.arena, store, &events, &count);
	tap_is_number((long long)count, 3, "three events");
	tap_ok(count == 3 && events[2].result == QUERY_DONE && events[2].before == 2 &&
			events[2].after == 1,
		"the last one");
	tap_is_number(generation_remove(store, 1), ERR_USAGE, "the current one stays");
	tap_is_number(generation_remove(store, 2), 0, "forget 2");
	query_slots(it.arena, store, &slots, &count);
	tap_is_number((long long)count, 1, "the slot is still needed");
	tap_is_number(transact(store, 2, &number), 0, "upgrade again");
	tap_is_number((long long)number, 3, "a number is never given twice");
	store_close(&store);
	fixture_free(&it);
}

static void
test_config(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	uint64_t number;

	transact(store, 1, &number);
	write_text(&it, "state/config/etc/tool.conf", "setting = mine\n");
	transact(store, 2, &number);
	tap_is_string(current_text(&it, "etc/tool.conf"), "setting = mine\n",
		"a changed config file is kept");
	tap_ok(access(arena_printf(it.arena, "%s/state/config/etc/tool.conf.weld-new", it.root),
		       F_OK) == 0,
		"the new one lies beside it");
	store_close(&store);
	fixture_free(&it);
}

/* States that cannot be: each changes one thing of a good one. */
static void
spoil_same_path(struct generation_package *packages, struct generation_file *extra)
{
	*extra =
		(struct generation_file){ .path = "share/tool/data", .digest = digest_of("x") };
	packages[1].files = extra;
	packages[1].file_count = 1;
}

static void
spoil_program(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->path = "bin/tool";
}

static void
spoil_below_file(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->path = "share/tool/data/x";
}

static void
spoil_below_link(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->path = "bin/alias/x";
}

static void
spoil_up(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->path = "share/../../x";
}

static void
spoil_reserved(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->path = "slots/x";
}

static void
spoil_link(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->kind = GENERATION_LINK;
	extra->path = "share/x";
	extra->target = "../../state/seed";
}

static void
spoil_name(struct generation_package *packages, struct generation_file *extra)
{
	packages[1].name = "../lib";
}

static void
spoil_twice(struct generation_package *packages, struct generation_file *extra)
{
	packages[1].name = "tool";
}

static void
spoil_missing(struct generation_package *packages, struct generation_file *extra)
{
	spoil_same_path(packages, extra);
	extra->path = "share/new";
}

static void
test_refusals(void)
{
	static const struct {
		const char *name;
		void (*spoil)(
			struct generation_package *packages, struct generation_file *extra);
		int result;
		const char *message;
	} rows[] = {
		{ "one path in two packages", spoil_same_path, ERR_EXISTS,
			"lib-1.0-1 and tool-1.0-1 both have share/tool/data" },
		{ "a file where a program is", spoil_program, ERR_EXISTS, "bin/tool" },
		{ "a file below a file", spoil_below_file, ERR_EXISTS, "share/tool/data/x" },
		{ "a file below a link", spoil_below_link, ERR_EXISTS, "bin/alias/x" },
		{ "a path that leaves", spoil_up, ERR_RANGE, "not plain" },
		{ "a reserved path", spoil_reserved, ERR_RANGE, "reserved" },
		{ "a link that leaves", spoil_link, ERR_RANGE, "leaves the installation" },
		{ "a name with a path", spoil_name, ERR_FORMAT, "not a package name" },
		{ "a package twice", spoil_twice, ERR_EXISTS, "twice" },
		{ "an object that is not there", spoil_missing, ERR_NOT_FOUND, "share/new" },
	};
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct generation generation;
		struct generation_file extra;
		uint64_t number;

		if (make_state(it.arena, store, 1, &generation) < 0)
			tap_bail("%s", err_message());
		rows[i].spoil((struct generation_package *)generation.packages, &extra);
		tap_is_number(generation_create(store, &generation, &number), rows[i].result,
			"%s", rows[i].name);
		tap_ok(strstr(err_message(), rows[i].message) != NULL, "%s: %s", rows[i].name,
			err_message());
	}
	store_close(&store);
	fixture_free(&it);
}

/* What a reader and the next writer see: version 1 or 2, whole, and nothing left over. */
static bool
is_sound(struct fixture *it, const char **ret_version)
{
	struct store *store AUTO(store_close) = NULL;
	struct repair_finding *findings;
	struct query_event *events;
	struct query_generation *generations;
	size_t count;
	size_t known;
	uint64_t current;

	*ret_version = current_text(it, "bin/tool");
	if (store_open(it->root, 0, &store) < 0 || store_lock(store, "check", 1000) < 0) {
		tap_note("%s", err_message());
		return false;
	}
	if (strcmp(current_text(it, "bin/tool"), *ret_version) != 0)
		return false;
	if (store_current(store, &current) < 0 ||
		repair_verify(it->arena, store, 0, NULL, &findings, &count) < 0 || count != 0 ||
		query_history(it->arena, store, &events, &count) < 0) {
		tap_note("%s", err_message());
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (events[i].result == QUERY_PENDING)
			return false;
	if (query_generations(it->arena, store, &generations, &known) < 0)
		return false;
	return known == current; /* 1, or 1 and 2 */
}

/* Upgrade in a child process with a fault; returns its exit status, or -1 when it was killed. */
static int
upgrade_with_fault(struct fixture *it, unsigned long nth, int number)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct store *store = NULL;
		uint64_t generation;
		int ret = 0;

		if (store_open(it->root, 0, &store) < 0 || store_lock(store, "fault", 0) < 0)
			_exit(9);
		file_inject_fault(nth, number);
		ret = transact(store, 2, &generation);
		store_close(&store);
		_exit(ret < 0 ? 1 : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		tap_bail("fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
install_first(struct fixture *it)
{
	struct store *store = open_locked(it);
	uint64_t number;

	if (transact(store, 1, &number) < 0)
		tap_bail("%s", err_message());
	store_close(&store);
}

static void
test_faults(const char *name, int number)
{
	bool was_old = false;
	int status = 1;
	unsigned long nth = 0;

	while (status != 0 || !was_old) {
		struct fixture it = fixture_new();
		const char *version = "";
		bool is_fine;

		install_first(&it);
		status = upgrade_with_fault(&it, ++nth, number);
		is_fine = is_sound(&it, &version);
		was_old = was_old || strcmp(version, "program 1\n") == 0;
		if (number != FILE_FAULT_KILL)
			is_fine = is_fine &&
				  (status == 0) == (strcmp(version, "program 2\n") == 0);
		else
			is_fine = is_fine && (strcmp(version, "program 1\n") == 0 ||
						     strcmp(version, "program 2\n") == 0);
		if (!is_fine)
			tap_ok(false, "%s at step %lu: status %d, %s", name, nth, status,
				version);
		fixture_free(&it);
		if (nth > 500)
			tap_bail("%s: no end", name);
	}
	tap_ok(nth > 20, "%s at each of %lu steps leaves the old state or the new one", name,
		nth - 1);
}

static void
test_interrupted(void)
{
	struct fixture it = fixture_new();
	struct store *store = NULL;
	unsigned long nth = 0;
	bool said_done = false;
	bool said_not = false;

	/* Find the kills between database commit and rename, and after the rename. */
	while (!said_done || !said_not) {
		fixture_free(&it);
		it = fixture_new();
		install_first(&it);
		if (upgrade_with_fault(&it, ++nth, FILE_FAULT_KILL) == 0)
			break;
		store = open_locked(&it);
		if (store_notice(store) != NULL) {
			said_not = said_not ||
				   strcmp(store_notice(store),
					   "interrupted 'weld install tool 2' was not done; "
					   "generation 1 is current") == 0;
			said_done = said_done ||
				    strcmp(store_notice(store),
					    "interrupted 'weld install tool 2' was done; "
					    "generation 2 is current") == 0;
		}
		store_close(&store);
	}
	tap_ok(said_not, "an interrupted command that was not done is named");
	tap_ok(said_done, "an interrupted command that was done is named");
	fixture_free(&it);
}

static void
test_repair(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct repair_finding *findings;
	struct query_event *events;
	struct query_owner *owners;
	struct generation read;
	char **dropped;
	char *image;
	size_t count;
	uint64_t number;

	transact(store, 1, &number);
	transact(store, 2, &number);
	tap_is_number(repair_verify(it.arena, store, 0, NULL, &findings, &count), 0, "verify");
	tap_is_number((long long)count, 0, "all is well");
	generation_read_current(it.arena, store, &read);
	image = arena_printf(it.arena, "%s/store/%s/tool", it.root, read.images[1].store_name);
	chmod(image, 0755);
	if (truncate(image, 3) < 0)
		tap_bail("truncate");
	chmod(image, 0555);
	repair_verify(it.arena, store, 2, NULL, &findings, &count);
	tap_is_number((long long)count, 1, "one finding");
	tap_is_string(count == 1 ? findings[0].problem : NULL, "changed", "it was changed");
	tap_is_string(count == 1 ? findings[0].package : NULL, "tool-2.0-1", "its package");
	repair_verify(it.arena, store, 1, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "the other generation is well");
	repair_verify(it.arena, store, 2, "lib", &findings, &count);
	tap_is_number((long long)count, 0, "the other package is well");
	tap_is_number(repair_verify(it.arena, store, 2, "nix", &findings, &count),
		ERR_NOT_FOUND, "no such package");
	tap_is_number(repair_drop_damaged(it.arena, store, &dropped, &count), 0, "drop it");
	tap_is_number((long long)count, 1, "one directory is dropped");
	tap_is_number(generation_activate(store, 1, "weld rollback"), 0, "roll back");
	store_close(&store);
	write_text(&it, "db/weld.db", "this is not a database");
	tap_is_number(store_open(it.root, 0, &store), ERR_FORMAT, "a damaged database");
	tap_ok(strstr(err_message(), "weld repair") != NULL, "%s", err_message());
	unlink(arena_printf(it.arena, "%s/db/weld.db", it.root));
	tap_is_number(store_open(it.root, STORE_CREATE, &store), ERR_FORMAT,
		"a missing database is not made anew: %s", err_message());
	tap_is_number(store_open(it.root, STORE_REPAIR, &store), 0, "opened for repair");
	tap_is_number(store_lock(store, "weld repair", 0), 0, "locked");
	tap_is_number(repair_database(store), 0, "a new database: %s", err_message());
	query_owners(it.arena, store, 2, "share/tool/data", &owners, &count);
	tap_is_string(count == 1 ? owners[0].label : NULL, "tool-2.0-1", "it answers");
	query_history(it.arena, store, &events, &count);
	tap_is_number((long long)count, 2, "history from the generations");
	tap_is_number(transact(store, 2, &number), 0, "and a transaction: %s", err_message());
	tap_is_number((long long)number, 3, "goes on counting");
	store_close(&store);
	fixture_free(&it);
}

static void
test_garbage(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct repair_garbage *garbage;
	struct repair_finding *findings;
	size_t count;
	uint64_t number;

	transact(store, 1, &number);
	transact(store, 2, &number);
	write_text(&it, "cache/object", "lowered");
	tap_is_number(repair_collect(it.arena, store, false, false, &garbage, &count), 0, "gc");
	tap_is_number((long long)count, 0, "everything is needed");
	generation_remove(store, 1);
	repair_collect(it.arena, store, true, true, &garbage, &count);
	tap_is_number((long long)count, 4, "a package, its text, an image, a cached object");
	repair_collect(it.arena, store, true, false, &garbage, &count);
	tap_is_number((long long)count, 4, "the dry run told the truth");
	repair_collect(it.arena, store, true, false, &garbage, &count);
	tap_is_number((long long)count, 0, "nothing is left");
	repair_verify(it.arena, store, 0, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "what is needed is there");
	transact(store, 1, &number);
	write_text(&it, "generations/2/manifest.json", "{}");
	tap_is_number(repair_collect(it.arena, store, false, false, &garbage, &count),
		ERR_FORMAT, "a manifest that cannot be read stops it");
	store_close(&store);
	fixture_free(&it);
}

int
main(void)
{
	test_paths();
	test_root();
	test_lock();
	test_objects();
	test_story();
	test_config();
	test_refusals();
	test_faults("EIO", EIO);
	test_faults("ENOSPC", ENOSPC);
	test_faults("a kill", FILE_FAULT_KILL);
	test_interrupted();
	test_repair();
	test_garbage();
	return tap_done();
}
