/* SPDX-License-Identifier: MIT */
/*
 * Reading a disk and checking everything that it needs to boot, from the partition table inwards.
 * Whatever starts a machine is compared with a digest in generations.json, and that with the root
 * digests which name the partitions.
 */
#include "kernel-iface/boot/read.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/esp.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot/span.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define EFI_FILE "EFI/BOOT/BOOTX64.EFI"
#define TEXT_MAX ((size_t)1 << 20) /* bytes of a list or menu */
#define EXT4_MAGIC_OFFSET (1024 + 56)

void
read_close(struct read_disk *disk)
{
	if (disk->fd > 0)
		file_close(&disk->fd);
	disk->fd = 0;
}

static int
check_partitions(const struct gpt *gpt)
{
	static const struct {
		const struct gpt_guid *type;
		const char *name;
	} wanted[LAYOUT_FIRST_GENERATION] = {
		[LAYOUT_CORE] = { &gpt_bios_boot, LAYOUT_CORE_NAME },
		[LAYOUT_BOOT] = { &gpt_efi_system, LAYOUT_BOOT_NAME },
		[LAYOUT_STATE] = { &gpt_linux_data, LAYOUT_STATE_NAME },
	};

	if (gpt->count <= LAYOUT_FIRST_GENERATION)
		return err_set(ERR_FORMAT, "%zu partitions: not a disk of weld", gpt->count);
	for (size_t i = 0; i < LAYOUT_FIRST_GENERATION; i++)
		if (!gpt_guid_equal(&gpt->partitions[i].type, wanted[i].type) ||
			strcmp(gpt->partitions[i].name, wanted[i].name) != 0)
			return err_set(ERR_FORMAT,
				"partition %zu is not %s: not a disk of weld", i + 1,
				wanted[i].name);
	if (layout_size(&gpt->partitions[LAYOUT_BOOT]) != LAYOUT_BOOT_SIZE)
		return err_set(
			ERR_FORMAT, LAYOUT_BOOT_NAME " has another size than it must have");
	return 0;
}

static int
check_state(const struct read_disk *disk)
{
	const struct gpt_partition *state = &disk->gpt.partitions[LAYOUT_STATE];
	uint8_t magic[2];

	TRY(span_read(disk->fd, layout_start(state) + EXT4_MAGIC_OFFSET, magic, sizeof magic));
	if (span_u16(magic) != 0xef53)
		return err_set(ERR_FORMAT, LAYOUT_STATE_NAME " is not an ext4 file system");
	return 0;
}

static int
find_store(const struct read_disk *disk, struct boot_entry *entry)
{
	char name[GPT_NAME_MAX + 1];

	layout_store_name(&entry->root_digest, name);
	for (size_t i = LAYOUT_FIRST_GENERATION; i < disk->gpt.count; i++)
		if (strcmp(disk->gpt.partitions[i].name, name) == 0) {
			entry->partition = i;
			return 0;
		}
	return err_set(ERR_FORMAT, "its partition %s is not there", name);
}

static int
check_file(struct arena *arena, const struct esp *esp, const char *name,
	const struct digest *digest)
{
	struct str contents;
	struct digest got;

	TRY(esp_read(arena, esp, name, LAYOUT_BOOT_SIZE, &contents));
	got = hash_bytes(contents.at, contents.len);
	if (!digest_equal(&got, digest))
		return err_set(
			ERR_DIGEST, LAYOUT_BOOT_NAME ": %s was changed or is damaged", name);
	return 0;
}

static int
check_entry(struct arena *arena, const struct read_disk *disk, const struct esp *esp,
	struct boot_entry *entry)
{
	const struct gpt_partition *partition;
	/* A kernel is as large as all else: its memory is not kept. */
	struct arena *scratch AUTO(arena_free) = arena_new();

	TRY(menu_check_command_line(entry));
	TRY(find_store(disk, entry));
	partition = &disk->gpt.partitions[entry->partition];
	TRY(layout_check_store(disk->fd, layout_start(partition), layout_size(partition),
		entry->block_count, &entry->root_digest, &entry->file_system));
	TRY(check_file(scratch, esp, menu_kernel_name(arena, &entry->kernel), &entry->kernel));
	return check_file(
		scratch, esp, menu_initrd_name(arena, &entry->initrd), &entry->initrd);
}

static int
check_loader(struct arena *arena, const struct read_disk *disk, const struct esp *esp)
{
	struct digest core;

	TRY(layout_hash_core(disk->fd, &disk->gpt, disk->boot_code, &core));
	if (!digest_equal(&core, &disk->list.bios_core))
		return err_set(ERR_DIGEST, "the boot code for BIOS was changed or is damaged");
	TRY(check_file(arena, esp, EFI_FILE, &disk->list.efi));
	return check_file(arena, esp, MENU_FILE, &disk->list.menu);
}

static int
read_boot(struct arena *arena, struct read_disk *disk)
{
	const struct gpt_partition *boot = &disk->gpt.partitions[LAYOUT_BOOT];
	struct arena *scratch AUTO(arena_free) = arena_new();
	struct esp esp AUTO(esp_close) = { 0 };
	struct str text;

	TRY(esp_open(disk->fd, layout_start(boot), layout_size(boot), 0, &esp));
	TRY(esp_read(scratch, &esp, MENU_LIST_FILE, TEXT_MAX, &text));
	TRY(err_context(menu_read_list(arena, text, &disk->list), "%s", MENU_LIST_FILE));
	TRY(esp_read(scratch, &esp, MENU_MEMORY_FILE, TEXT_MAX, &text));
	TRY(err_context(
		menu_read_memory(text, &disk->good, &disk->trying), "%s", MENU_MEMORY_FILE));
	TRY(check_loader(scratch, disk, &esp));
	for (size_t i = 0; i < disk->list.count; i++)
		TRY(err_context(check_entry(arena, disk, &esp, &disk->list.entries[i]),
			"generation %" PRIu64, disk->list.entries[i].number));
	return 0;
}

static int
read_all(struct arena *arena, struct read_disk *disk)
{
	struct stat info;

	if (fstat(disk->fd, &info) < 0)
		return err_errno("look at it");
	if (!S_ISREG(info.st_mode))
		return err_set(ERR_FORMAT, "not a file");
	TRY(gpt_read(disk->fd, &disk->gpt, disk->boot_code));
	TRY(check_partitions(&disk->gpt));
	TRY(read_boot(arena, disk));
	return check_state(disk);
}

int
read_open(struct arena *arena, const char *path, struct read_disk *ret_disk)
{
	struct read_disk disk AUTO(read_close) = { 0 };

	TRY(file_open(AT_FDCWD, path, &disk.fd));
	TRY(err_context(read_all(arena, &disk), "%s", path));
	*ret_disk = disk;
	disk.fd = 0;
	return 0;
}

static const char *
kind_of(const struct gpt *gpt, const struct menu_list *list, size_t index)
{
	static const char *const fixed[LAYOUT_FIRST_GENERATION] = {
		[LAYOUT_CORE] = "bios-boot",
		[LAYOUT_BOOT] = "efi-system",
		[LAYOUT_STATE] = "state",
	};

	if (index < LAYOUT_FIRST_GENERATION)
		return fixed[index];
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].partition == index)
			return "generation";
	return "other";
}

int
boot_disk_read(struct arena *arena, const char *path, struct boot_disk *ret_disk)
{
	struct read_disk disk AUTO(read_close) = { 0 };
	struct boot_partition *partitions;

	TRY(read_open(arena, path, &disk));
	partitions = arena_array(arena, disk.gpt.count, sizeof *partitions);
	for (size_t i = 0; i < disk.gpt.count; i++) {
		const struct gpt_partition *from = &disk.gpt.partitions[i];

		memcpy(partitions[i].name, from->name, sizeof from->name);
		partitions[i].kind = kind_of(&disk.gpt, &disk.list, i);
		partitions[i].start = layout_start(from);
		partitions[i].size = layout_size(from);
	}
	*ret_disk = (struct boot_disk){ .size = disk.gpt.sectors * BOOT_SECTOR_SIZE,
		.partitions = partitions,
		.partition_count = disk.gpt.count,
		.generations = disk.list.entries,
		.generation_count = disk.list.count,
		.good = disk.good,
		.trying = disk.trying };
	return 0;
}
