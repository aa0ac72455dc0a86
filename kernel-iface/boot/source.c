/* SPDX-License-Identifier: MIT */
/*
 * GRUB's boot.img and core.img come with blanks that its installer fills in: boot.img has the
 * sector of the core image, and the core image, at the end of its first sector, the list of the
 * other sectors. Here that is always one run.
 */
#include "kernel-iface/boot/source.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot/menu.h"
#include "kernel-iface/boot/span.h"

#include <inttypes.h>
#include <string.h>

#define CORE_MAX ((size_t)(LAYOUT_ALIGN - LAYOUT_CORE_START))
#define CORE_SEGMENT 0x820u /* where GRUB's first sector loads the rest */

enum code_offset {
	CODE_DRIVE_CHECK = 0x66, /* a jump over the check of the BIOS's drive number */
	CODE_SIGNATURE = 0x1fe,
	CORE_LIST = 0x1f4, /* the only entry: sector, count, segment */
	KERNEL_SIGNATURE = 0x202,
};

static void
close_one(int *fd)
{
	if (*fd > 0)
		file_close(fd);
	*fd = 0;
}

void
source_close(struct source *source)
{
	close_one(&source->kernel);
	close_one(&source->initrd);
	close_one(&source->store);
}

void
source_close_loader(struct source_loader *loader)
{
	close_one(&loader->efi);
}

static int
check_kernel(int fd)
{
	uint8_t head[1024];

	TRY(span_read(fd, 0, head, sizeof head));
	if (span_u16(head + CODE_SIGNATURE) != 0xaa55 ||
		memcmp(head + KERNEL_SIGNATURE, "HdrS", 4) != 0)
		return err_set(ERR_FORMAT, "not a Linux kernel for x86 (bzImage)");
	return 0;
}

int
source_check_kernel(const char *path)
{
	int fd AUTO(file_close) = -1;

	TRY(file_open(AT_FDCWD, path, &fd));
	return err_context(check_kernel(fd), "%s", path);
}

static int
open_boot_files(const struct boot_generation *generation, struct source *source)
{
	TRY(file_open(AT_FDCWD, generation->kernel, &source->kernel));
	TRY(err_context(check_kernel(source->kernel), "%s", generation->kernel));
	TRY(hash_file(source->kernel, &source->entry.kernel));
	TRY(file_open(AT_FDCWD, generation->initrd, &source->initrd));
	return hash_file(source->initrd, &source->entry.initrd);
}

static int
open_store(const struct boot_generation *generation, struct source *source)
{
	TRY(file_open(AT_FDCWD, generation->store, &source->store));
	TRY(file_size(source->store, &source->store_size));
	return err_context(layout_check_store(source->store, 0, source->store_size,
				   generation->block_count, &generation->root_digest,
				   &source->entry.file_system),
		"%s", generation->store);
}

int
source_open(const struct boot_generation *generation, int64_t source_date,
	struct source *ret_source)
{
	struct source source AUTO(
		source_close) = { .entry = { .number = generation->number,
					  .title = generation->title,
					  .command_line = generation->command_line,
					  .root_digest = generation->root_digest,
					  .block_count = generation->block_count,
					  .source_date = source_date } };

	if (generation->number == 0 || generation->number > INT64_MAX)
		return err_set(ERR_RANGE,
			"generation %" PRIu64 ": not a number that one can have",
			generation->number);
	TRY(menu_check_text(generation->title, generation->command_line));
	TRY(menu_check_command_line(&source.entry));
	TRY(open_boot_files(generation, &source));
	TRY(open_store(generation, &source));
	*ret_source = source;
	source = (struct source){ 0 };
	return 0;
}

/* As GRUB's own installer does for a hard disk: it trusts the drive number that the BIOS gives
 * unless that is no hard disk's. */
static int
fill_boot_code(struct str image, uint64_t core_sector, uint8_t ret_code[BOOT_SECTOR_SIZE])
{
	if (image.len != BOOT_SECTOR_SIZE ||
		span_u16((const uint8_t *)image.at + CODE_SIGNATURE) != 0xaa55)
		return err_set(ERR_FORMAT, "not GRUB's boot.img");
	memcpy(ret_code, image.at, BOOT_SECTOR_SIZE);
	span_put_u64(ret_code + LAYOUT_CODE_CORE, core_sector);
	span_put_u16(ret_code + CODE_DRIVE_CHECK, 0x9090);
	return 0;
}

static int
fill_core(struct arena *arena, struct str image, uint64_t core_sector, struct str *ret_core)
{
	size_t sectors = (image.len + BOOT_SECTOR_SIZE - 1) / BOOT_SECTOR_SIZE;
	uint8_t *core;

	if (sectors < 2 || span_u16((const uint8_t *)image.at + CORE_LIST + 10) != CORE_SEGMENT)
		return err_set(ERR_FORMAT, "not GRUB's core image for i386-pc");
	core = arena_array(arena, sectors, BOOT_SECTOR_SIZE);
	memcpy(core, image.at, image.len);
	span_put_u64(core + CORE_LIST, core_sector + 1);
	span_put_u16(core + CORE_LIST + 8, (uint16_t)(sectors - 1));
	*ret_core = (struct str){ (const char *)core, sectors * BOOT_SECTOR_SIZE };
	return 0;
}

int
source_open_loader(struct arena *arena, const struct boot_loader *loader, uint64_t core_sector,
	struct source_loader *ret_loader)
{
	struct source_loader opened AUTO(source_close_loader) = { 0 };
	struct str image;
	uint8_t head[2];

	TRY(file_read(arena, AT_FDCWD, loader->bios_boot, BOOT_SECTOR_SIZE, &image));
	TRY(err_context(
		fill_boot_code(image, core_sector, opened.boot_code), "%s", loader->bios_boot));
	TRY(file_read(arena, AT_FDCWD, loader->bios_core, CORE_MAX, &image));
	TRY(err_context(
		fill_core(arena, image, core_sector, &opened.core), "%s", loader->bios_core));
	TRY(file_open(AT_FDCWD, loader->efi, &opened.efi));
	TRY(err_context(span_read(opened.efi, 0, head, sizeof head), "%s", loader->efi));
	if (memcmp(head, "MZ", 2) != 0)
		return err_set(ERR_FORMAT, "%s: not an EFI program", loader->efi);
	*ret_loader = opened;
	opened.efi = 0;
	return 0;
}
