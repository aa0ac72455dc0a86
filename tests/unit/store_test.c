/* SPDX-License-Identifier: MIT */
/* store: roots, the lock, objects, generations, config files, refusals, repair and garbage. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "store/generation.h"
#include "store/generation/tree.h"
#include "store/objects.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/store.h"
#include "tests/lib/installation.h"
#include "tests/lib/tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
	struct digest drawn;
	struct stat info;
	uint64_t number = 7;

	tap_is_number(store_open(it.root, 0, &store), ERR_NOT_FOUND, "no root yet");
	tap_is_number(store_open(it.root, STORE_CREATE, &store), 0, "made: %s", err_message());
	tap_is_number(store_current(store, &number), 0, "current");
	tap_is_number((long long)number, 0, "no generation is current");
	tap_is_number(store_seed(store, &first), 0, "seed");
	store_draw_seed(&drawn);
	tap_is_number(
		store_keep_seed(store, &drawn), ERR_USAGE, "to keep a new seed needs the lock");
	tap_is_number(store_keep_generation_seed(store, 1, &drawn), ERR_USAGE,
		"so does to keep that of a generation");
	tap_is_number(store_lock(store, "test", 0), 0, "lock");
	tap_is_number(store_keep_seed(store, &drawn), 0, "keep a new seed");
	store_close(&store);
	tap_is_number(store_open(it.root, 0, &store), 0, "opened again");
	tap_is_number(store_seed(store, &second), 0, "seed again");
	tap_ok(!digest_equal(&first, &second) && digest_equal(&drawn, &second),
		"the seed is the new one");
	stat(arena_printf(it.arena, "%s/state/seed", it.root), &info);
	tap_is_number(info.st_mode & 07777, 0600, "only the owner reads the seed");
	tap_is_number(store_lock(store, "test", 0), 0, "lock again");
	store_draw_seed(&drawn);
	tap_is_number(
		store_keep_generation_seed(store, 7, &drawn), 0, "keep a generation's seed");
	tap_ok(store_seed(store, &first) == 0 && digest_equal(&first, &second),
		"it counts for nothing while the generation is not current");
	stat(arena_printf(it.arena, "%s/state/seeds/7", it.root), &info);
	tap_is_number(info.st_mode & 07777, 0600, "only the owner reads a generation's seed");
	tap_is_number(store_keep_generation_seed(store, 0, &drawn), 0,
		"keep the seed of what is current");
	tap_ok(store_seed(store, &first) == 0 && digest_equal(&first, &drawn),
		"then it counts");
	tap_is_number(store_keep_generation_seed(store, 0, &second), 0,
		"keep the machine's for a generation");
	tap_ok(store_seed(store, &first) == 0 && digest_equal(&first, &second) &&
			stat(arena_printf(it.arena, "%s/state/seeds/0", it.root), &info) < 0,
		"then the other is gone");
	file_remove_tree(store_root_dir(store), "state/seeds");
	file_replace_link(store_root_dir(store), "state/seeds", "seeds");
	tap_is_number(store_seed(store, &first), ERR_IO, "no seed where that cannot be known");
	store_close(&store);
	store_close(&store);
	fixture_free(&it);
}

/* A root that will stand elsewhere: what is written in it says where. */
static void
test_standing(void)
{
	struct fixture it = fixture_new();
	struct store *store = NULL;
	struct digest seed = digest_of("seed");
	struct digest kept;
	struct generation read;
	struct query_event *events;
	uint64_t number;
	size_t count;
	char *path;

	tap_is_number(store_make(it.root, "weld", &seed), ERR_RANGE, "a path that is no root");
	tap_is_number(store_make(it.root, "/weld", &seed), 0, "made: %s", err_message());
	tap_is_number(store_make(it.root, "/weld", &seed), ERR_EXISTS, "only once");
	tap_is_number(store_check_place("/a b"), ERR_RANGE, "a place for a root");
	path = arena_printf(it.arena, "%s/a place with blanks, %0150d", it.scratch, 0);
	tap_is_number(store_make(path, "/weld", &seed), 0, "one that stands elsewhere: %s",
		err_message());
	tap_is_number(store_check_place(path), 0, "may be where no other one may");
	tap_is_number(store_make(arena_printf(it.arena, "%s/a;b", it.scratch), "/weld", &seed),
		ERR_RANGE, "but for what cannot be quoted");
	store = open_locked(&it);
	tap_is_string(store_root(store), it.root, "the directory");
	tap_is_string(store_standing(store), "/weld", "where it will stand");
	tap_ok(store_seed(store, &kept) == 0 && digest_equal(&kept, &seed), "the seed");
	store_fix_time(store, 7);
	tap_is_number(transact(store, 1, &number), 0, "install: %s", err_message());
	tap_is_string(current_text(&it, "bin/script"),
		"#!/bin/sh\ncat /weld/current/share/tool/data\n", "texts say /weld");
	tap_is_string(current_text(&it, "etc/tool.conf"), "setting = 1\n", "the config file");
	generation_read_current(it.arena, store, &read);
	query_history(it.arena, store, &events, &count);
	tap_ok(count == 1 && events[0].time == 7, "the history has the fixed time");
	tap_is_number((long long)store_now(store), 7, "and so has what is described now");
	store_close(&store);
	tap_is_number(store_open(it.root, 0, &store), 0, "opened again");
	tap_is_string(store_standing(store), "/weld", "it still says so");
	store_close(&store);
	write_text(&it, "path", "/we ld\n");
	tap_is_number(store_open(it.root, 0, &store), ERR_RANGE, "a path with white space");
	write_text(&it, "path", "/weld\n/other\n");
	tap_is_number(store_open(it.root, 0, &store), ERR_FORMAT, "two lines");
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
	tap_is_number(
		objects_add_bytes(new, "../c", "12", 2, true), ERR_IO, "bug class 1: outside");
	file_memory("m", &fd);
	file_write_fd(fd, "x", 1);
	tap_is_number(objects_add_file(new, "f", fd, &digest, false), 0, "add a file");
	file_write_fd(fd, "y", 1);
	tap_is_number(objects_add_file(new, "g", fd, &digest, false), ERR_DIGEST,
		"bug class 15: contents that changed on the way");
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
	tap_is_number(info.st_mode & 07777, 0555, "bug class 27: read-only, no set-id bits");
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
	tap_is_number(objects_finish(&new), ERR_FORMAT, "bug class 2: a link");
	objects_begin(store, objects_name(it.arena, &digest, "z-1-1"), &new);
	objects_add_bytes(new, "file", "z", 1, false);
	if (link(arena_printf(it.arena, "%s/file", objects_staging_path(new)),
		    arena_printf(it.arena, "%s/kept", it.scratch)) < 0)
		tap_bail("link");
	tap_is_number(objects_finish(&new), ERR_FORMAT,
		"bug class 5: a file that has another name: %s", err_message());
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
	struct stat info;
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
	lstat(arena_printf(it.arena, "%s/current/bin/alias", it.root), &info);
	tap_is_number(
		(long long)info.st_nlink, 2, "a link that stays is shared by generations");
	lstat(arena_printf(it.arena, "%s/current/bin/tool", it.root), &info);
	tap_is_number((long long)info.st_nlink, 1, "one that changes is not");
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
	tap_is_number(generation_activate(store, 2, "x", NULL), ERR_NOTHING, "it is current");
	tap_is_number(generation_activate(store, 9, "x", NULL), ERR_NOT_FOUND, "there is no 9");
	tap_is_number(generation_activate(store, 1, "weld rollback", NULL), 0, "roll back");
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
	tap_ok(store_notice(store) != NULL &&
			strstr(store_notice(store),
				"etc/tool.conf was changed here and is kept; the version of "
				"tool-2.0-1 lies beside it as /") == store_notice(store),
		"and that is said: %s", store_notice(store));
	generation_activate(store, 1, "weld rollback", NULL);
	tap_is_string(store_notice(store), NULL, "once");
	store_close(&store);
	fixture_free(&it);
}

/* What a user makes of a config file must not keep weld from ever writing again. */
static void
test_odd_config(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	char *path = arena_printf(it.arena, "%s/state/config/etc/tool.conf", it.root);
	uint64_t number;

	transact(store, 1, &number);
	unlink(path);
	symlink("/nowhere/tool.conf", path);
	transact(store, 2, &number);
	tap_ok(store_notice(store) != NULL && strstr(store_notice(store), "left alone") != NULL,
		"a config file that leads nowhere is left alone, and that is said: %s",
		store_notice(store));
	unlink(path);
	mkdir(path, 0755);
	generation_activate(store, 1, "weld rollback", NULL);
	store_close(&store);
	tap_is_number(store_open(it.root, 0, &store), 0, "open");
	tap_is_number(store_lock(store, "test", 0), 0, "a directory in its place: lock: %s",
		err_message());
	tap_is_string(store_notice(store), NULL, "and nothing was interrupted");
	store_close(&store);
	fixture_free(&it);
}

/* The facts beside an image are verified like the image. */
static void
test_facts(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct repair_finding *findings;
	struct generation generation, read;
	struct generation_image *image;
	uint64_t number;
	size_t count;
	char *path;

	if (make_state(it.arena, store, 1, &generation) < 0)
		tap_bail("%s", err_message());
	image = (struct generation_image *)&generation.images[0];
	image->has_facts = true;
	image->facts = hash_bytes("facts", 5);
	if (generation_create(store, &generation, &number) < 0 ||
		generation_read(it.arena, store, number, &read) < 0)
		tap_bail("%s", err_message());
	/* Slots come first in what was written. */
	tap_ok(!read.images[0].has_facts && read.images[1].has_facts &&
			digest_equal(&read.images[1].facts, &image->facts),
		"a generation says which facts belong to an image, and that there are none");
	repair_verify(it.arena, store, number, NULL, &findings, &count);
	tap_ok(count == 1 && strcmp(findings[0].problem, "missing") == 0 &&
			str_has_suffix(findings[0].path, "/facts"),
		"missing facts are found");
	path = arena_printf(it.arena, "%s/store/%s", it.root, image->store_name);
	chmod(path, 0755);
	path = arena_printf(it.arena, "%s/facts", path);
	file_replace(AT_FDCWD, path, "facts", 5, 0444);
	repair_verify(it.arena, store, number, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "those that were recorded are well");
	file_replace(AT_FDCWD, path, "facta", 5, 0444);
	repair_verify(it.arena, store, number, NULL, &findings, &count);
	tap_ok(count == 1 && strcmp(findings[0].problem, "changed") == 0,
		"changed ones are not");
	store_close(&store);
	fixture_free(&it);
}

/* The description of a generation is read by every later weld. */
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

static void
test_repair(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct repair_finding *findings;
	struct query_event *events;
	struct query_owner *owners;
	struct generation read;
	struct query_image *images;
	struct str bytes = { 0 };
	char *database = arena_printf(it.arena, "%s/db/weld.db", it.root);
	char **damaged;
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
	tap_is_number(repair_expect_new(it.arena, store, &damaged, &count), 0, "expect it new");
	tap_is_number((long long)count, 1, "one directory is damaged");
	tap_ok(count == 1 && !objects_has(store, damaged[0]), "it counts as missing");
	tap_ok(access(image, F_OK) == 0, "bug class 18: but is still there");
	query_images(it.arena, store, &images, &count);
	tap_is_number((long long)count, 2, "its image is not used again");
	make_state(it.arena, store, 2, &read);
	tap_is_number(objects_settle(store), 0, "it comes anew");
	tap_ok(objects_has(store, damaged[0]), "it counts again");
	repair_verify(it.arena, store, 0, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "all is well again");
	tap_is_number(generation_activate(store, 1, "weld rollback", NULL), 0, "roll back");
	store_close(&store);
	tap_is_number(store_open(it.root, 0, &store), 0, "opened");
	tap_is_number(repair_check_database(store), 0, "the database is sound");
	store_close(&store);
	file_read(it.arena, AT_FDCWD, database, 1 << 20, &bytes);
	memset((char *)bytes.at + 4096, 0xa5, 20000);
	file_replace(AT_FDCWD, database, bytes.at, bytes.len, 0644);
	tap_is_number(store_open(it.root, 0, &store), 0, "damage inside is not met at once");
	tap_is_number(repair_check_database(store), ERR_FORMAT, "but found: %s", err_message());
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
	static const struct repair_scope store_only;
	static const struct repair_scope all = { .with_cache = true };
	static const struct repair_scope dry = { .with_cache = true, .is_dry_run = true };
	static const uint64_t first = 1;
	const struct repair_scope dry_without_first = {
		.is_dry_run = true, .gone = &first, .gone_count = 1
	};
	struct generation old;
	char *image;
	void *mapped;
	int fd AUTO(file_close) = -1;
	size_t count;
	uint64_t number;

	transact(store, 1, &number);
	transact(store, 2, &number);
	write_text(&it, "cache/object", "lowered");
	tap_is_number(repair_collect(it.arena, store, &store_only, &garbage, &count), 0, "gc");
	tap_is_number((long long)count, 0, "everything is needed");
	file_make_dirs(store_root_dir(store), "cache/" STORE_SCRATCH "/weld.x", 0755);
	repair_collect(it.arena, store, &store_only, &garbage, &count);
	tap_ok(count == 1 && !file_exists(store_root_dir(store), "cache/" STORE_SCRATCH),
		"but not what a killed command left");
	repair_collect(it.arena, store, &dry_without_first, &garbage, &count);
	tap_is_number((long long)count, 4, "a dry run without the first generation");
	generation_read(it.arena, store, 1, &old);
	image = arena_printf(it.arena, "store/%s/tool", old.images[1].store_name);
	file_open(store_root_dir(store), image, &fd);
	mapped = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	file_close(&fd);
	generation_remove(store, 1);
	repair_collect(it.arena, store, &dry, &garbage, &count);
	tap_is_number((long long)count, 4, "what a process has mapped stays");
	munmap(mapped, 4096);
	repair_collect(it.arena, store, &dry, &garbage, &count);
	tap_is_number(
		(long long)count, 5, "a package, its list and text, an image, a cached object");
	repair_collect(it.arena, store, &all, &garbage, &count);
	tap_is_number((long long)count, 5, "the dry run told the truth");
	repair_collect(it.arena, store, &all, &garbage, &count);
	tap_is_number((long long)count, 0, "nothing is left");
	repair_verify(it.arena, store, 0, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "what is needed is there");
	transact(store, 1, &number);
	write_text(&it, "generations/2/manifest.json", "{}");
	tap_is_number(generation_read(it.arena, store, 2, &old), 0,
		"a damaged description is read from its copy");
	tap_is_string(old.command, "weld install tool 2", "the command in it");
	repair_verify(it.arena, store, 2, NULL, &findings, &count);
	tap_is_string(count == 1 ? findings[0].path : NULL, "generations/2/manifest.json",
		"but reported");
	transact(store, 2, &number);
	tap_is_number(generation_read(it.arena, store, 2, &old), ERR_FORMAT,
		"two generations later there is no copy: %s", err_message());
	tap_is_number(generation_remove(store, 2), 0, "and it can be forgotten");
	file_make_dirs(store_root_dir(store), "generations/77", 0755);
	write_text(&it, "generations/77/manifest.json", "{}");
	tap_is_number(repair_collect(it.arena, store, &store_only, &garbage, &count),
		ERR_FORMAT, "a description that nobody can read stops it");
	store_close(&store);
	fixture_free(&it);
}

int
main(void)
{
	test_paths();
	test_root();
	test_standing();
	test_lock();
	test_objects();
	test_story();
	test_config();
	test_odd_config();
	test_facts();
	test_refusals();
	test_repair();
	test_garbage();
	return tap_done();
}
