/* SPDX-License-Identifier: MIT */
/* What an image is put together from: load order of modules, archives, shadow files, trees. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/boot_tree.h"
#include "kernel-iface/boot/cpio.h"
#include "kernel-iface/boot/login.h"
#include "kernel-iface/boot/modules.h"
#include "tests/lib/tap.h"

#include <crypt.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char dep[] = "kernel/a-b.ko:\n"
			  "kernel/c.ko.xz: kernel/d.ko kernel/a-b.ko\n"
			  "kernel/d.ko: kernel/a-b.ko\n"
			  "kernel/e.ko: kernel/c.ko.xz kernel/d.ko kernel/a-b.ko\n";

static void
test_modules(void)
{
	static const struct {
		const char *wanted;
		const char *dep;
		int result;
		const char *files; /* with a space behind each */
	} rows[] = {
		{ "", dep, 0, "" },
		{ "a_b\n", dep, 0, "kernel/a-b.ko " },
		{ "a-b", dep, 0, "kernel/a-b.ko " },
		{ "# nothing\n\n  e  # last\na-b\n", dep, 0,
			"kernel/a-b.ko kernel/d.ko kernel/c.ko.xz kernel/e.ko " },
		{ "built-in\n", dep, 0, "" },
		{ "missing\n", dep, ERR_NOT_FOUND, NULL },
		{ "a-b\n", "kernel/a-b.ko\n", ERR_FORMAT, NULL },
	};
	static const char builtin[] = "kernel/built-in.ko\n";

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena AUTO(arena_free) = arena_new();
		struct strbuf files AUTO(strbuf_free) = { 0 };
		struct module_list list = { 0 };

		tap_is_number(
			modules_find(arena, str_from(rows[i].wanted), str_from(rows[i].dep),
				str_from(builtin), "kernel", &list),
			rows[i].result, "modules '%s'", rows[i].wanted);
		VEC_EACH (const char *, file, &list.files)
			strbuf_printf(&files, "%s ", *file);
		if (rows[i].files != NULL)
			tap_is_string(strbuf_string(&files), rows[i].files, "their order '%s'",
				rows[i].wanted);
	}
}

/* What the kernel's description of the format says, a line a header. */
/* clang-format off */
static const char archive[] =
	"070701" "00000001" "000041ED" "00000000" "00000000" "00000002" "00000007"
	"00000000" "00000000" "00000000" "00000000" "00000000" "00000002" "00000000"
	"d\0"
	"070701" "00000002" "000081A4" "00000000" "00000000" "00000001" "00000007"
	"00000003" "00000000" "00000000" "00000000" "00000000" "00000004" "00000000"
	"d/f\0" "\0\0" "abc\0"
	"070701" "00000003" "0000A1FF" "00000000" "00000000" "00000001" "00000007"
	"00000001" "00000000" "00000000" "00000000" "00000000" "00000004" "00000000"
	"d/l\0" "\0\0" "f\0\0\0"
	"070701" "00000004" "00002180" "00000000" "00000000" "00000001" "00000007"
	"00000000" "00000000" "00000000" "00000005" "00000001" "00000004" "00000000"
	"d/c\0" "\0\0"
	"070701" "00000005" "00000000" "00000000" "00000000" "00000001" "00000007"
	"00000000" "00000000" "00000000" "00000000" "00000000" "0000000B" "00000000"
	"TRAILER!!!\0" "\0\0\0";
/* clang-format on */

static void
test_cpio(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str bytes = { 0 };
	struct cpio cpio;
	int fd AUTO(file_close) = -1;

	if (file_memory("cpio", &fd) < 0)
		tap_bail("%s", err_message());
	cpio = cpio_begin(fd, 7);
	tap_is_number(cpio_add_directory(&cpio, "d", 0755), 0, "a directory");
	tap_is_number(
		cpio_add_bytes(&cpio, "d/f", (struct str){ "abc", 3 }, 0644), 0, "a file");
	tap_is_number(cpio_add_link(&cpio, "d/l", "f"), 0, "a link");
	tap_is_number(cpio_add_console(&cpio, "d/c"), 0, "a device");
	tap_is_number(cpio_end(&cpio), 0, "the end");
	file_read_fd(arena, fd, 4096, &bytes);
	tap_is_number((long long)bytes.len, (long long)sizeof archive - 1, "the size");
	tap_ok(bytes.len == sizeof archive - 1 && memcmp(bytes.at, archive, bytes.len) == 0,
		"the bytes");
}

static void
test_login(void)
{
	static const struct {
		const char *shadow;
		bool has_login;
		bool has_passphrase;
	} rows[] = {
		{ "", false, false },
		{ "rooty:x:::\n", false, false },
		{ "a:x:::\nroot::0:\n", true, false },
		{ "root:$6$x:0:\na::\n", true, true },
	};
	static const char shadow[] = "daemon:*:0:\nroot::0:0:99999:7:::\nother::1:\n";
	struct digest seed = { { 1 } };
	struct strbuf once AUTO(strbuf_free) = { 0 };
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct strbuf none AUTO(strbuf_free) = { 0 };
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str rest;
	struct str line = { 0 };
	struct str hashed = { 0 };
	char *hash;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool has_login;
		bool has_passphrase;

		login_read(str_from(rows[i].shadow), &has_login, &has_passphrase);
		tap_ok(has_login == rows[i].has_login &&
				has_passphrase == rows[i].has_passphrase,
			"shadow %zu", i);
	}
	tap_is_number(login_set_passphrase(str_from(shadow), "secret", &seed, &once), 0,
		"set a passphrase");
	(void)login_set_passphrase(str_from(shadow), "secret", &seed, &again);
	tap_is_string(strbuf_string(&once), strbuf_string(&again), "the same salt again");
	rest = strbuf_str(&once);
	(void)str_cut(&rest, '\n', &line);
	tap_ok(str_is(line, "daemon:*:0:"), "other accounts stay");
	(void)str_cut(&rest, '\n', &line);
	tap_ok(str_is(rest, "other::1:\n"), "also behind it");
	(void)str_cut(&line, ':', &hashed);
	(void)str_cut(&line, ':', &hashed);
	tap_ok(str_is(line, "0:0:99999:7:::"), "and the other fields");
	hash = str_copy(arena, hashed);
	tap_is_string(crypt("secret", hash), hash, "crypt(3) takes it");
	tap_ok(strcmp(crypt("other", hash), hash) != 0, "and no other");
	tap_is_number(login_set_passphrase(str_from(""), "secret", &seed, &none), ERR_NOT_FOUND,
		"no account root");
	tap_is_number(login_set_passphrase(str_from(shadow), "", &seed, &none), ERR_RANGE,
		"an empty passphrase");
}

static void
put(struct arena *arena, const char *directory, const char *path, const char *text)
{
	const char *file = arena_printf(arena, "%s/%s", directory, path);
	const char *slash = strrchr(file, '/');

	if (file_make_dirs(AT_FDCWD,
		    str_copy(arena, (struct str){ file, (size_t)(slash - file) }), 0755) < 0 ||
		file_replace(AT_FDCWD, file, text, strlen(text), 0600) < 0)
		tap_bail("%s", err_message());
}

static const char *
get(struct arena *arena, const char *directory, const char *path)
{
	struct str text;

	if (file_read(arena, AT_FDCWD, arena_printf(arena, "%s/%s", directory, path), 4096,
		    &text) < 0)
		return "";
	return text.at;
}

static void
test_tree(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct stat info = { 0 };
	char *scratch;
	char *root;
	char *tree;
	char *link;

	if (file_temp_dir(arena, "/tmp", &scratch) < 0)
		tap_bail("%s", err_message());
	root = arena_printf(arena, "%s/root", scratch);
	tree = arena_printf(arena, "%s/tree", scratch);
	tap_is_number(boot_tree_make(root, tree), ERR_NOT_FOUND, "of no root");
	put(arena, root, "store/x/objects/o", "object");
	put(arena, root, "generations/1/bin/sh", "shell");
	put(arena, root, "db/weld.db", "database");
	put(arena, root, "path", "/weld\n");
	put(arena, root, "state/config/etc/hosts", "hosts");
	put(arena, root, "cache/secret", "of this machine");
	put(arena, root, "lock", "of this machine");
	if (symlink("generations/1", arena_printf(arena, "%s/current", root)) < 0)
		tap_bail("symlink");
	tap_is_number(boot_tree_make(root, tree), 0, "made: %s", err_message());
	tap_is_string(get(arena, tree, "bin/sh"), "shell", "programs are found");
	tap_is_string(get(arena, tree, "usr/bin/sh"), "shell", "also below /usr");
	tap_is_string(boot_tree_path(arena, tree, "bin/sh"),
		arena_printf(arena, "%s/weld/current/bin/sh", tree), "a path in it");
	tap_is_string(get(arena, tree, "weld/store/x/objects/o"), "object", "the store");
	tap_is_string(
		get(arena, tree, "weld/defaults/config/etc/hosts"), "hosts", "the defaults");
	tap_ok(!file_exists(AT_FDCWD, arena_printf(arena, "%s/weld/cache", tree)) &&
			!file_exists(AT_FDCWD, arena_printf(arena, "%s/weld/lock", tree)),
		"nothing else");
	lstat(arena_printf(arena, "%s/bin", tree), &info);
	tap_ok(S_ISLNK(info.st_mode), "what the generation has is a link");
	lstat(arena_printf(arena, "%s/etc", tree), &info);
	tap_ok(S_ISDIR(info.st_mode), "what it has not is an empty directory");
	stat(arena_printf(arena, "%s/tmp", tree), &info);
	tap_is_number(info.st_mode & 07777, 01777, "everybody may use /tmp");
	tap_ok(file_read_link(arena, AT_FDCWD, arena_printf(arena, "%s/root", tree), &link) ==
				0 &&
			strcmp(link, "weld/state/root") == 0,
		"root's home is state");
	tap_is_number(boot_tree_fill_state(arena, tree), 0, "fill the state");
	tap_is_string(
		get(arena, tree, "weld/state/config/etc/hosts"), "hosts", "as the defaults");
	stat(arena_printf(arena, "%s/root", tree), &info);
	tap_is_number(info.st_mode & 07777, 0700, "root's home is root's");
	tap_is_number(boot_tree_restore_root(arena, tree), 0, "back to a root");
	tap_is_string(get(arena, tree, "weld/state/config/etc/hosts"), "hosts", "its state");
	tap_ok(file_exists(AT_FDCWD, arena_printf(arena, "%s/weld/cache", tree)), "its cache");
	file_remove_tree(AT_FDCWD, scratch);
}

/* What somebody may have put into an image in the place of a part, as a link to a root of ours. */
static const char *const lures[] = { "weld", "weld/state", "weld/defaults", "weld/store",
	"weld/generations", "weld/db", "weld/db/weld.db", "weld/cache", "weld/lock" };

static void
test_lures(void)
{
	static const char *const parts[] = { "state/config/x", "defaults/config/x", "store/x",
		"generations/1/x", "db/weld.db" };
	struct arena *arena = arena_new();
	char *scratch = NULL;

	if (file_temp_dir(arena, "/tmp", &scratch) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < sizeof lures / sizeof lures[0]; i++) {
		char *victim = arena_printf(arena, "%s/victim%zu", scratch, i);
		char *tree = arena_printf(arena, "%s/tree%zu", scratch, i);
		char *lure = arena_printf(arena, "%s/%s", tree, lures[i]);

		for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
			put(arena, victim, parts[k], "mine");
			put(arena, arena_printf(arena, "%s/weld", tree), parts[k], "theirs");
		}
		file_remove_tree(AT_FDCWD, lure);
		if (symlink(arena_printf(arena, "%s%s", victim, lures[i] + strlen("weld")),
			    lure) < 0)
			tap_bail("symlink");
		tap_is_number(boot_tree_restore_root(arena, tree), ERR_FORMAT,
			"a link at %s is refused: %s", lures[i], err_message());
		for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
			if (strcmp(get(arena, victim, parts[k]), "mine") != 0)
				tap_ok(false, "%s of the victim is untouched", parts[k]);
	}
	file_remove_tree(AT_FDCWD, scratch);
	arena_free(&arena);
}

int
main(void)
{
	test_modules();
	test_cpio();
	test_login();
	test_tree();
	test_lures();
	return tap_done();
}
