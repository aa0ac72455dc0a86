/* SPDX-License-Identifier: MIT */
/*
 * first_program: what recipes/boot reads and copies: the kernel command line, GRUB's environment
 * block, partitions by name, the state's first contents.
 */
#include "base/err.h"
#include "base/file.h"
#include "recipes/boot/src/defaults.h"
#include "recipes/boot/src/grubenv.h"
#include "recipes/boot/src/modules.h"
#include "recipes/boot/src/parameters.h"
#include "recipes/boot/src/partition.h"
#include "recipes/boot/src/verity.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
	const char *line;
	const char *problem; /* a part of it; NULL: none */
	uint64_t generation;
	uint64_t blocks; /* 0: no store */
} lines[] = {
	{ "", NULL, 0, 0 },
	{ "console=ttyS0 quiet\n", NULL, 0, 0 },
	{ "weld.generation=12 weld.store=" DIGEST ",345 panic=10\n", NULL, 12, 345 },
	{ "weld.store=" DIGEST ",1 weld.store=" DIGEST ",2", NULL, 0, 2 },
	{ "notweld.store=x", NULL, 0, 0 },
	{ "weld.generation=", "generation", 0, 0 },
	{ "weld.generation=1x", "generation", 0, 0 },
	{ "weld.generation=99999999999999999999", "generation", 0, 0 },
	{ "weld.store=" DIGEST, "hex digits", 0, 0 },
	{ "weld.store=" DIGEST ",", "blocks", 0, 0 },
	{ "weld.store=" DIGEST ",0", "blocks", 0, 0 },
	{ "weld.store=" DIGEST ",1k", "blocks", 0, 0 },
	{ "weld.store=00AA,1", "hex digits", 0, 0 },
};

static void
test_lines(void)
{
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct parameters parameters = { 0 };
		const char *problem = parameters_read(lines[i].line, &parameters);

		if (lines[i].problem != NULL) {
			tap_ok(problem != NULL && strstr(problem, lines[i].problem) != NULL,
				"\"%s\" is refused", lines[i].line);
			continue;
		}
		tap_ok(problem == NULL && parameters.generation == lines[i].generation &&
				parameters.has_store == (lines[i].blocks > 0) &&
				parameters.blocks == lines[i].blocks,
			"line %zu is read", i);
	}
}

static void
test_table(void)
{
	struct parameters parameters = { .has_store = true, .digest = DIGEST, .blocks = 7 };
	char table[256];

	tap_ok(verity_table("vda3", &parameters, table, sizeof table), "a table");
	tap_is_string(table, "1 /dev/vda3 /dev/vda3 4096 4096 7 7 sha256 " DIGEST " -",
		"its parameters: the hash tree follows the data");
	tap_ok(!verity_table("vda3", &parameters, table, 40), "no room for it");
}

static void
test_features(void)
{
	static const char text[] =
		"processor\t: 0\nflags\t\t: fpu sse4_1 ssse3\nbugs\t\t: avx\n";

	tap_ok(modules_has_feature(text, "ssse3"), "a CPU's last flag");
	tap_ok(modules_has_feature(text, "fpu"), "its first");
	tap_ok(!modules_has_feature(text, "sse"), "no part of a flag is one");
	tap_ok(!modules_has_feature(text, "avx"), "nor what stands elsewhere");
	tap_ok(!modules_has_feature("", "fpu"), "no text, no flags");
}

static void
make_block(char block[GRUBENV_SIZE], const char *lines_of_it)
{
	memset(block, '#', GRUBENV_SIZE);
	memcpy(block, "# GRUB Environment Block\n", 25);
	memcpy(block + 25, lines_of_it, strlen(lines_of_it));
}

static void
test_grubenv(void)
{
	char block[GRUBENV_SIZE];
	char before[GRUBENV_SIZE];
	char value[16];
	char large[GRUBENV_SIZE];

	make_block(block, "weld_good=1\nother=a\\\\b\n");
	tap_ok(grubenv_is_valid(block), "a block");
	tap_ok(grubenv_get(block, "weld_good", value, sizeof value) && strcmp(value, "1") == 0,
		"its first value");
	tap_ok(grubenv_get(block, "other", value, sizeof value) && strcmp(value, "a\\b") == 0,
		"a value with an escape");
	tap_ok(!grubenv_get(block, "weld", value, sizeof value), "no part of a name is one");
	tap_ok(grubenv_set(block, "weld_good", "27") &&
			grubenv_set(block, "weld_trying", "27") && grubenv_is_valid(block),
		"set, one old and one new");
	tap_ok(grubenv_get(block, "weld_good", value, sizeof value) && strcmp(value, "27") == 0,
		"the new value");
	tap_ok(grubenv_set(block, "weld_trying", NULL) && grubenv_set(block, "none", NULL) &&
			!grubenv_get(block, "weld_trying", value, sizeof value),
		"taken away");
	make_block(before, "other=a\\\\b\nweld_good=27\n");
	tap_ok(grubenv_is_valid(block) && grubenv_get(block, "other", value, sizeof value),
		"what else was there stays");
	memset(large, 'x', sizeof large - 1);
	large[sizeof large - 1] = '\0';
	memcpy(before, block, sizeof block);
	tap_ok(!grubenv_set(block, "large", large) && memcmp(before, block, sizeof block) == 0,
		"what does not fit changes nothing");
	block[GRUBENV_SIZE - 1] = '\0';
	tap_ok(!grubenv_is_valid(block), "a NUL is refused");
	memset(block, '#', sizeof block);
	tap_ok(!grubenv_is_valid(block), "no signature is refused");
}

/* What is noted when generation 2 came up, by what was noted before. */
static const struct {
	const char *before;
	int changed;
	const char *good;
	const char *trying; /* NULL: none */
} notes[] = {
	{ "", 1, "2", NULL },
	{ "weld_trying=2\n", 1, "2", NULL },
	{ "weld_good=1\nweld_trying=2\n", 1, "2", NULL },
	{ "weld_good=2\n", 0, "2", NULL },
	{ "weld_good=2\nweld_trying=3\n", 0, "2", "3" },
	{ "weld_good=1\nweld_trying=3\n", 1, "2", "3" },
};

static void
test_notes(void)
{
	for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
		char block[GRUBENV_SIZE];
		char good[16] = "";
		char trying[16] = "";
		bool is_trying;

		make_block(block, notes[i].before);
		tap_is_number(grubenv_note_good(block, "2"), notes[i].changed, "note %zu", i);
		is_trying = grubenv_get(block, "weld_trying", trying, sizeof trying);
		tap_ok(grubenv_is_valid(block) &&
				grubenv_get(block, "weld_good", good, sizeof good) &&
				strcmp(good, notes[i].good) == 0 &&
				is_trying == (notes[i].trying != NULL) &&
				(!is_trying || strcmp(trying, notes[i].trying) == 0),
			"good %s, and trying %s", good, is_trying ? trying : "none");
	}
}

static void
write_text(const char *path, const char *text)
{
	if (file_replace(AT_FDCWD, path, text, strlen(text), 0644) < 0)
		tap_bail("%s", path);
}

/* A device as /sys shows it. */
static void
add_device(const char *disk, const char *device, const char *name)
{
	char path[256];
	char target[256];
	char text[256];

	snprintf(path, sizeof path, "devices/%s/%s", disk, device);
	if (file_make_dirs(AT_FDCWD, path, 0755) < 0)
		tap_bail("%s", path);
	snprintf(text, sizeof text, "MAJOR=254\nDEVNAME=%s\nDEVTYPE=partition\nPARTNAME=%s\n",
		device, name);
	snprintf(path, sizeof path, "devices/%s/%s/uevent", disk, device);
	write_text(path, text);
	snprintf(target, sizeof target, "../devices/%s/%s", disk, device);
	snprintf(path, sizeof path, "class/%s", device);
	if (symlink(target, path) < 0)
		tap_bail("%s", path);
}

static void
test_partitions(void)
{
	struct partition found;

	if (mkdir("class", 0755) < 0)
		tap_bail("class");
	add_device("vdb", "vdb2", "weld-state");
	add_device("vda", "vda3", "weld-state");
	add_device("vda", "vda4", "weld-state-2");
	tap_ok(partition_find("class", "weld-state", NULL, &found), "a partition by name");
	tap_is_string(found.device, "vda3", "the first of two");
	tap_ok(partition_find("class", "weld-state", "vdb", &found), "on a disk");
	tap_is_string(found.device, "vdb2", "the one of this disk");
	tap_is_string(found.disk, "vdb", "which is told");
	tap_ok(!partition_find("class", "weld", NULL, &found), "no part of a name is one");
	tap_ok(!partition_find("none", "weld-state", NULL, &found), "no devices at all");
}

static bool
is_text(const char *path, const char *text)
{
	char found[64] = "";
	int fd AUTO(file_close) = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 && read(fd, found, sizeof found - 1) >= 0 && strcmp(found, text) == 0;
}

static void
test_defaults(void)
{
	char path[256];
	struct stat info;

	if (file_make_dirs(AT_FDCWD, "from/config/etc", 0755) < 0 ||
		file_make_dirs(AT_FDCWD, "to/config/.weld-boot.new", 0755) < 0 ||
		mkdir("from/private", 0700) < 0 || symlink("config", "from/link") < 0)
		tap_bail("directories");
	write_text("from/config/etc/hosts", "new\n");
	write_text("from/config/etc/shadow", "secret\n");
	chmod("from/config/etc/shadow", 0600);
	write_text("from/config/changed", "package's\n");
	write_text("to/config/changed", "person's\n");
	write_text("to/config/kept", "person's\n");
	tap_is_number(
		defaults_copy("from", "to", path, sizeof path), 5, "what lacks is copied");
	tap_ok(is_text("to/config/etc/hosts", "new\n"), "a file");
	tap_ok(stat("to/config/etc/shadow", &info) == 0 && (info.st_mode & 07777) == 0600,
		"with its mode");
	tap_ok(stat("to/private", &info) == 0 && (info.st_mode & 07777) == 0700, "a directory");
	tap_ok(is_text("to/link/changed", "person's\n"), "a link; nothing is overwritten");
	tap_ok(is_text("to/config/kept", "person's\n"), "nothing is taken away");
	tap_ok(access("to/config/.weld-boot.new", F_OK) < 0, "what a cut left is gone");
	tap_is_number(
		defaults_copy("from", "to", path, sizeof path), 0, "again: nothing to do");
	unlink("to/link");
	write_text("to/private/mine", "x");
	tap_is_number(defaults_copy("from", "to", path, sizeof path), 1, "only what lacks");
	tap_is_number(defaults_copy("from", "missing", path, sizeof path), -1, "no target");
	tap_is_string(path, "missing", "which is named");
}

int
main(void)
{
	char directory[] = "/tmp/first-program-XXXXXX";

	if (mkdtemp(directory) == NULL || chdir(directory) < 0)
		tap_bail("%s", directory);
	test_lines();
	test_table();
	test_features();
	test_grubenv();
	test_notes();
	test_partitions();
	test_defaults();
	file_remove_tree(AT_FDCWD, directory);
	return tap_done();
}
