/* SPDX-License-Identifier: MIT */
/*
 * Disks of made-up parts: that they are the same each time, hold what was put there, leave old
 * partitions alone, and that damage of any kind is noticed.
 */
#include "kernel-iface/boot_disk.h"
#include "kernel-iface/boot_image.h"
#include "kernel-iface/boot_run.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot/span.h"
#include "kernel-iface/boot/tool.h"
#include "tests/lib/tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATE 1700000000
#define STORE_BLOCKS 300u /* a hash tree of two levels */

static struct arena *arena;

static void
put(const char *name, const void *bytes, size_t length)
{
	if (file_replace(AT_FDCWD, name, bytes, length, 0644) < 0)
		tap_bail("%s", err_message());
}

/* Bytes that differ from block to block and from file to file. */
static uint8_t *
filler(size_t length, uint32_t seed)
{
	uint8_t *bytes = arena_alloc(arena, length);

	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(seed >> 24);
	}
	return bytes;
}

static void
put_loader(void)
{
	uint8_t *code = filler(512, 1);
	uint8_t *core = filler(5000, 2);
	uint8_t *efi = filler(3000, 3);

	span_put_u16(code + 510, 0xaa55);
	put("boot.img", code, 512);
	span_put_u16(core + 510, 0x820);
	put("core.img", core, 5000);
	memcpy(efi, "MZ", 2);
	put("grub.efi", efi, 3000);
}

static void
put_kernel(const char *name, size_t length, uint32_t seed)
{
	uint8_t *kernel = filler(length, seed);

	span_put_u16(kernel + 0x1fe, 0xaa55);
	memcpy(kernel + 0x202, "HdrS", 4);
	put(name, kernel, length);
}

/* A store: blocks that begin as erofs does, and their hash tree. */
static struct digest
put_store(const char *name, uint32_t seed)
{
	uint8_t *store;
	struct layout_tree tree;
	struct digest digest = { { 0 } };
	uint64_t from = 0;
	uint64_t count = STORE_BLOCKS;

	if (layout_tree(STORE_BLOCKS, &tree) < 0)
		tap_bail("%s", err_message());
	store = arena_alloc(arena, tree.end * BOOT_BLOCK_SIZE);
	memcpy(store, filler(STORE_BLOCKS * BOOT_BLOCK_SIZE, seed),
		STORE_BLOCKS * BOOT_BLOCK_SIZE);
	span_put_u32(store + 1024, 0xe0f5e1e2);
	for (size_t level = 0; level <= tree.levels; level++) {
		for (uint64_t i = 0; i < count; i++) {
			digest = hash_bytes(
				store + (from + i) * BOOT_BLOCK_SIZE, BOOT_BLOCK_SIZE);
			if (level < tree.levels)
				memcpy(store + tree.starts[level] * BOOT_BLOCK_SIZE +
						i * DIGEST_SIZE,
					digest.bytes, DIGEST_SIZE);
		}
		from = level < tree.levels ? tree.starts[level] : 0;
		count = level < tree.levels ? tree.counts[level] : 0;
	}
	put(name, store, tree.end * BOOT_BLOCK_SIZE);
	return digest;
}

static const struct boot_loader loader = { "boot.img", "core.img", "grub.efi" };

static struct boot_generation
generation(uint64_t number)
{
	struct boot_generation made = { .number = number,
		.title = arena_printf(arena, "weld generation %" PRIu64, number),
		.kernel = "vmlinuz",
		.initrd = "initrd",
		.store = arena_printf(arena, "store%" PRIu64, number),
		.block_count = STORE_BLOCKS };

	made.root_digest = put_store(made.store, 100 + (uint32_t)number);
	made.command_line = boot_command_line(arena, &made, "more words");
	return made;
}

static bool
is_same(const char *a, const char *b, uint64_t offset, uint64_t length)
{
	int fd_a AUTO(file_close) = -1;
	int fd_b AUTO(file_close) = -1;
	uint8_t block_a[4096];
	uint8_t block_b[4096];

	if (file_open(AT_FDCWD, a, &fd_a) < 0 || file_open(AT_FDCWD, b, &fd_b) < 0)
		return false;
	for (uint64_t at = 0; at < length; at += sizeof block_a)
		if (span_read(fd_a, offset + at, block_a, sizeof block_a) < 0 ||
			span_read(fd_b, offset + at, block_b, sizeof block_b) < 0 ||
			memcmp(block_a, block_b, sizeof block_a) != 0)
			return false;
	return true;
}

static void
must(int ret, const char *what)
{
	if (!tap_ok(ret >= 0, "%s", what))
		tap_note("%s", err_message());
}

static void
refused(int ret, int code, const char *pattern, const char *what)
{
	tap_ok(ret == code && strstr(err_message(), pattern) != NULL, "%s", what);
	if (ret != code || strstr(err_message(), pattern) == NULL)
		tap_note("%s: %s", ret < 0 ? err_name(ret) : "no failure",
			ret < 0 ? err_message() : "");
}

static void
test_create(const struct boot_generation *first)
{
	struct boot_disk disk = { 0 };
	struct stat info = { 0 };
	char *command_line;
	char hex[DIGEST_HEX_SIZE];

	must(boot_disk_create("one.img", 0, &loader, first, DATE), "make a disk");
	must(boot_disk_create("two.img", 0, &loader, first, DATE), "make it again");
	stat("one.img", &info);
	tap_ok(is_same("one.img", "two.img", 0, (uint64_t)info.st_size), "the same inputs give "
									 "the same bytes");
	tap_ok(info.st_blocks * 512 < info.st_size / 8, "most of it is holes");
	must(boot_disk_read(arena, "one.img", &disk), "read it");
	tap_is_number((long long)disk.size, info.st_size, "it is as large as the file");
	tap_is_number((long long)disk.partition_count, 4, "four partitions");
	tap_is_number((long long)disk.generation_count, 1, "one generation");
	tap_is_string(disk.generations[0].title, "weld generation 1", "its title");
	tap_is_string(disk.generations[0].file_system, "erofs", "its file system");
	command_line = arena_printf(arena,
		"weld.generation=1 weld.store=%s,%u panic=10 console=tty0 console=ttyS0,115200 "
		"quiet "
		"more words",
		digest_hex(&first->root_digest, hex), STORE_BLOCKS);
	tap_is_string(disk.generations[0].command_line, command_line, "its command line");
	tap_is_string(disk.partitions[3].name, arena_printf(arena, "weld-%.16s", hex),
		"its partition is named after the root digest");
	tap_ok(disk.good == 0 && disk.trying == 0, "nothing was tried yet");
	must(boot_disk_verify("one.img"), "its store is whole");
	must(boot_disk_create("large.img", UINT64_C(1) << 40, &loader, first, DATE),
		"a disk may be large");
	must(boot_disk_read(arena, "large.img", &disk), "and is read");
	stat("large.img", &info);
	tap_ok(disk.size == UINT64_C(1) << 40 && info.st_blocks * 512 < (long long)64 << 20,
		"its room is holes");
	unlink("large.img");
}

static void
test_add(const struct boot_generation *second)
{
	struct boot_disk old = { 0 };
	struct boot_disk disk = { 0 };

	must(boot_disk_add("added.img", "one.img", 0, second, DATE + 1), "add a generation");
	must(boot_disk_read(arena, "one.img", &old), "read the old disk");
	must(boot_disk_read(arena, "added.img", &disk), "read the new disk");
	tap_is_number((long long)disk.generation_count, 2, "two generations");
	tap_ok(disk.generations[0].number == 2 && disk.generations[1].number == 1,
		"the newest comes first");
	tap_ok(is_same("one.img", "added.img", 32768, 1015808), "the boot loader is the same");
	for (size_t i = 2; i < old.partition_count; i++)
		tap_ok(is_same("one.img", "added.img", old.partitions[i].start,
			       old.partitions[i].size) &&
				disk.partitions[i].start == old.partitions[i].start,
			"%s is the same and where it was", old.partitions[i].name);
	must(boot_disk_verify("added.img"), "all stores are whole");
	must(boot_disk_add("again.img", "one.img", 0, second, DATE + 1), "add it again");
	tap_ok(is_same("added.img", "again.img", 0, disk.size), "the same inputs give the same "
								"bytes");
	must(boot_disk_add("again.img", "again.img", UINT64_C(512) << 20,
		     &(struct boot_generation){ .number = 3,
			     .title = "third",
			     .kernel = "vmlinuz",
			     .initrd = "initrd",
			     .store = "store3",
			     .root_digest = generation(3).root_digest,
			     .block_count = STORE_BLOCKS,
			     .command_line = generation(3).command_line },
		     DATE),
		"in place, with room");
	must(boot_disk_read(arena, "again.img", &disk), "read it");
	tap_is_number((long long)disk.size, 512 << 20, "it has the size that was asked for");
}

/* How a change of the first generation is refused. */
static void
test_refusals(const struct boot_generation *first, const struct boot_generation *second)
{
	struct boot_generation bad = *first;

	refused(boot_disk_create("no.img", 1 << 20, &loader, first, DATE), ERR_NO_SPACE,
		"at least", "a disk that is too small says what is needed");
	refused(boot_disk_create("no.img", 12345, &loader, first, DATE), ERR_RANGE, "1 MiB",
		"an odd size");
	bad.root_digest.bytes[0] ^= 1;
	bad.command_line = boot_command_line(arena, &bad, NULL);
	refused(boot_disk_create("no.img", 0, &loader, &bad, DATE), ERR_DIGEST, "store1",
		"another root digest");
	bad = *first;
	bad.command_line = "weld.generation=2 panic=10";
	refused(boot_disk_create("no.img", 0, &loader, &bad, DATE), ERR_RANGE, "begin with",
		"a command line for another store");
	bad = *first;
	bad.title = "it's";
	refused(boot_disk_create("no.img", 0, &loader, &bad, DATE), ERR_RANGE, "title",
		"a title that cannot be quoted");
	bad = *first;
	bad.kernel = "initrd";
	refused(boot_disk_create("no.img", 0, &loader, &bad, DATE), ERR_FORMAT, "bzImage",
		"a kernel that is none");
	bad = *first;
	bad.kernel = "missing";
	refused(boot_disk_create("no.img", 0, &loader, &bad, DATE), ERR_NOT_FOUND, "missing",
		"a kernel that is not there");
	refused(boot_disk_create("no.img", 0,
			&(struct boot_loader){ "initrd", "core.img", "grub.efi" }, first, DATE),
		ERR_LIMIT, "initrd", "boot code that is too long");
	refused(boot_disk_add("no.img", "one.img", 0, first, DATE), ERR_EXISTS, "not newer",
		"a generation that is there");
	bad = *second;
	bad.number = 1;
	bad.command_line = boot_command_line(arena, &bad, NULL);
	refused(boot_disk_add("no.img", "one.img", 0, &bad, DATE), ERR_EXISTS, "not newer",
		"a number that is there");
	bad = *first;
	bad.number = 2;
	bad.command_line = boot_command_line(arena, &bad, NULL);
	refused(boot_disk_add("no.img", "one.img", 0, &bad, DATE), ERR_EXISTS, "same contents",
		"the same store under another number");
	put_kernel("huge", (size_t)63 << 20, 9);
	bad = *second;
	bad.kernel = "huge";
	refused(boot_disk_add("no.img", "one.img", 0, &bad, DATE), ERR_NO_SPACE,
		"weld-boot is full", "a kernel for which weld-boot has no room");
	tap_ok(access("no.img", F_OK) < 0, "no file was left");
	refused(boot_disk_read(arena, "store1", &(struct boot_disk){ 0 }), ERR_FORMAT, "store1",
		"what is no disk");
}

/* Places to damage, and what must notice. */
static const struct {
	const char *what;
	int64_t offset; /* from the end when negative */
	uint64_t step; /* between flipped bytes */
	unsigned count;
} damages[] = {
	{ "boot code", 0, 37, 11 },
	{ "partition table's header", 512, 7, 13 },
	{ "partition table's entries", 1024, 41, 12 },
	{ "partition table at the end", -512, 7, 13 },
	{ "entries at the end", -33 * 512, 41, 12 },
	{ "core image", 32768, 997, 20 },
};

static void
flip(const char *path, uint64_t offset, uint8_t bits)
{
	int fd AUTO(file_close) = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte = 0;

	if (fd < 0 || span_read(fd, offset, &byte, 1) < 0)
		tap_bail("%s: %s", path, err_message());
	byte ^= bits;
	if (span_write(fd, offset, &byte, 1) < 0)
		tap_bail("%s", err_message());
}

/* Whether one changed byte makes reading fail, with a message that names the file. */
static bool
is_noticed(const char *path, uint64_t offset)
{
	struct boot_disk disk;
	int ret;

	flip(path, offset, 0x10);
	ret = boot_disk_read(arena, path, &disk);
	flip(path, offset, 0x10);
	return ret < 0 && strstr(err_message(), path) != NULL;
}

static void
test_damage(void)
{
	struct boot_disk disk = { 0 };
	struct stat info = { 0 };
	unsigned noticed;

	stat("two.img", &info);
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		uint64_t start = (uint64_t)(damages[i].offset < 0 ? info.st_size : 0) +
				 (uint64_t)damages[i].offset;

		noticed = 0;
		for (unsigned j = 0; j < damages[i].count; j++)
			noticed += is_noticed("two.img", start + j * damages[i].step);
		tap_is_number(noticed, damages[i].count, "damage to the %s is noticed",
			damages[i].what);
	}
	must(boot_disk_read(arena, "two.img", &disk), "undone, it is whole");
	/* Of the file system some bytes mean nothing: there it must only not harm. */
	noticed = 0;
	for (unsigned j = 0; j < 60; j++)
		noticed +=
			is_noticed("two.img", disk.partitions[1].start + j * UINT64_C(24001));
	tap_ok(noticed > 10, "damage to weld-boot is noticed: %u of 60", noticed);
	tap_ok(is_noticed("two.img", disk.partitions[2].start + 1080),
		"and to the state's magic");
	tap_ok(is_noticed("two.img", disk.partitions[3].start + 1024), "and to the store's");
	tap_ok(is_noticed("two.img",
		       disk.partitions[3].start + (uint64_t)STORE_BLOCKS * BOOT_BLOCK_SIZE + 1),
		"and to the top of the hash tree");
	flip("two.img", disk.partitions[3].start + UINT64_C(123) * BOOT_BLOCK_SIZE + 5, 1);
	refused(boot_disk_verify("two.img"), ERR_DIGEST, "generation 1: block 123 ",
		"one bit of the store is found by block");
	refused(boot_disk_extract("two.img", 0, "tree"), ERR_DIGEST,
		"two.img: generation 1: block 123 ", "such a store is not extracted");
	if (truncate("two.img", info.st_size - 1048576) < 0)
		tap_bail("truncate");
	refused(boot_disk_read(arena, "two.img", &disk), ERR_FORMAT, "two.img",
		"a file cut short");
}

/* What is replaced when that is allowed. */
static void
test_output(void)
{
	put("diary", filler(3000000, 9), 3000000);
	refused(boot_check_output("diary", BOOT_DISK, true), ERR_EXISTS,
		"diary: is there already, "
		"and is no image",
		"a file that is no disk is never replaced");
	refused(boot_check_output("one.img", BOOT_DISK, false), ERR_EXISTS, "--force",
		"a disk is replaced when it is asked for");
	must(boot_check_output("one.img", BOOT_DISK, true), "and then it is");
	must(boot_check_output("new.img", BOOT_DISK, false), "a new name is free");
}

/* QEMU reads "PROTOCOL:" and ',' in the names of files. */
static void
test_run_names(void)
{
	struct boot_run run = { .path = "a:b,c.img", .memory = 64, .cpus = 1, .accel = "tcg" };
	char **argv = NULL;
	const char *drive = "";
	char *qemu;

	if (tool_find(arena, "qemu-system-x86_64", "qemu-system-x86", &qemu) < 0) {
		tap_skip("%s", err_message());
		return;
	}
	if (mkdir("plain", 0755) < 0)
		tap_bail("mkdir");
	run.path = "plain";
	refused(boot_run_command(arena, &run, &argv), ERR_FORMAT, "format kernel+initrd",
		"a directory that is not for starting");
	run.path = "a:b,c.img";
	if (link("one.img", run.path) < 0)
		tap_bail("link");
	must(boot_run_command(arena, &run, &argv), "a disk with an odd name");
	for (size_t i = 0; argv != NULL && argv[i] != NULL; i++)
		if (strcmp(argv[i], "-drive") == 0)
			drive = argv[i + 1];
	tap_is_string(drive, "file=./a:b,,c.img,format=raw,if=virtio,snapshot=off",
		"is a file for QEMU, too");
}

static void
test_missing_tool(const struct boot_generation *first)
{
	char *path;

	refused(tool_find(arena, "mkfs.nothing", "nothing-tools", &path), ERR_NOT_FOUND,
		"install Debian's package nothing-tools", "a missing tool names its package");
	refused(boot_disk_extract("one.img", 7, "tree"), ERR_NOT_FOUND, "no generation 7",
		"a generation that is not there is not extracted");
	refused(boot_disk_extract("one.img", first->number, "tree"), ERR_FORMAT, "fsck.erofs",
		"a file system that is none is not extracted");
	tap_ok(access("tree", F_OK) < 0, "no directory was left");
}

int
main(void)
{
	struct boot_generation first;
	struct boot_generation second;
	char *path = NULL;
	char *tool;

	arena = arena_new();
	if (tool_find(arena, "mkfs.vfat", "dosfstools", &tool) < 0 ||
		tool_find(arena, "mcopy", "mtools", &tool) < 0 ||
		tool_find(arena, "mke2fs", "e2fsprogs", &tool) < 0 ||
		tool_find(arena, "fsck.erofs", "erofs-utils", &tool) < 0) {
		tap_skip("%s", err_message());
		return tap_done();
	}
	if (file_temp_dir(arena, ".", &path) < 0 || chdir(path) < 0)
		tap_bail("%s", err_message());
	put_loader();
	put_kernel("vmlinuz", 300000, 4);
	put("initrd", filler(20000, 5), 20000);
	first = generation(1);
	second = generation(2);
	test_create(&first);
	test_add(&second);
	test_refusals(&first, &second);
	test_output();
	test_run_names();
	test_damage();
	test_missing_tool(&first);
	if (chdir("..") < 0)
		tap_bail("chdir");
	tap_is_number(file_remove_tree(AT_FDCWD, path), 0, "clean up");
	arena_free(&arena);
	return tap_done();
}
