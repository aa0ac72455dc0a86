/* SPDX-License-Identifier: MIT */
/*
 * Writing a disk: plan where things stand, write each into a file without a name, the partition
 * table last, and give the file its name. Adding is the same with a copy of the old disk.
 *
 * What is written depends on the inputs alone: holes are left where there are zeros, the tools see
 * the given date, identities are made of the first generation's root digest.
 */
#include "kernel-iface/boot_disk.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/esp.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot/menu.h"
#include "kernel-iface/boot/read.h"
#include "kernel-iface/boot/source.h"
#include "kernel-iface/boot/span.h"
#include "kernel-iface/boot/tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EFI_FILE "EFI/BOOT/BOOTX64.EFI"
#define STATE_FEATURES                                                                    \
	"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg," \
	"sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum"

char *
boot_command_line(
	struct arena *arena, const struct boot_generation *generation, const char *more)
{
	char hex[DIGEST_HEX_SIZE];
	const char *store = "";

	if (generation->block_count > 0)
		store = arena_printf(arena, " weld.store=%s,%" PRIu64,
			digest_hex(&generation->root_digest, hex), generation->block_count);
	return arena_printf(arena,
		"weld.generation=%" PRIu64
		"%s panic=10 console=tty0 console=ttyS0,115200 quiet%s%s",
		generation->number, store, more == NULL || *more == '\0' ? "" : " ",
		more == NULL ? "" : more);
}

/* A file of this size, without a name, where `path` will be. */
static int
begin(struct arena *arena, const char *path, int *ret_dir, int *ret_fd)
{
	const char *slash = strrchr(path, '/');
	const char *parent = slash == NULL ? "."
			     : slash == path
				     ? "/"
				     : arena_printf(arena, "%.*s", (int)(slash - path), path);

	TRY(file_open_dir(AT_FDCWD, parent, ret_dir));
	return file_unnamed(*ret_dir, ret_fd);
}

static int
finish(int fd, int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	mode_t mask = umask(022);

	umask(mask);
	return file_publish(fd, dir, slash == NULL ? path : slash + 1, 0644 & ~mask);
}

static struct gpt_partition
place(const struct gpt_guid *type, const char *name, const struct digest *identity,
	uint64_t start, uint64_t size)
{
	struct gpt_partition partition = { .type = *type,
		.id = gpt_make_guid(identity, name),
		.first = start / BOOT_SECTOR_SIZE,
		.last = (start + size) / BOOT_SECTOR_SIZE - 1 };

	snprintf(partition.name, sizeof partition.name, "%s", name);
	return partition;
}

/* Append the partition of a store at a place. */
static void
place_store(struct gpt *gpt, const struct source *source, uint64_t start)
{
	char name[GPT_NAME_MAX + 1];
	struct gpt_partition *partition = &gpt->partitions[gpt->count++];

	*partition = place(&gpt_linux_data, layout_store_name(&source->entry.root_digest, name),
		&source->entry.root_digest, start, source->store_size);
	partition->attributes = GPT_READ_ONLY;
}

static int
plan(uint64_t size, const struct source *source, struct gpt *ret_gpt)
{
	const struct digest *identity = &source->entry.root_digest;
	uint64_t state_start = LAYOUT_ALIGN + LAYOUT_BOOT_SIZE;
	uint64_t other = state_start + layout_align(source->store_size) + LAYOUT_ALIGN;
	uint64_t state_size = LAYOUT_STATE_SIZE;

	if (size % LAYOUT_ALIGN != 0)
		return err_set(ERR_RANGE, "size %" PRIu64 ": not a multiple of 1 MiB", size);
	if (size > 0 && (size < other || size - other < LAYOUT_STATE_MIN))
		return err_set(ERR_NO_SPACE,
			"size %" PRIu64 " MiB: too small, at least %" PRIu64 " MiB are needed",
			size >> 20, (other + LAYOUT_STATE_MIN) >> 20);
	if (size > 0)
		state_size = size - other;
	memset(ret_gpt, 0, sizeof *ret_gpt);
	ret_gpt->id = gpt_make_guid(identity, "disk");
	ret_gpt->sectors = (other + state_size) / BOOT_SECTOR_SIZE;
	ret_gpt->count = LAYOUT_FIRST_GENERATION;
	ret_gpt->partitions[LAYOUT_CORE] = place(&gpt_bios_boot, LAYOUT_CORE_NAME, identity,
		LAYOUT_CORE_START, LAYOUT_ALIGN - LAYOUT_CORE_START);
	ret_gpt->partitions[LAYOUT_BOOT] = place(
		&gpt_efi_system, LAYOUT_BOOT_NAME, identity, LAYOUT_ALIGN, LAYOUT_BOOT_SIZE);
	ret_gpt->partitions[LAYOUT_STATE] =
		place(&gpt_linux_data, LAYOUT_STATE_NAME, identity, state_start, state_size);
	place_store(ret_gpt, source, state_start + state_size);
	return 0;
}

static int
write_state(struct arena *arena, int fd, const struct gpt *gpt, const struct digest *identity,
	int64_t source_date)
{
	const struct gpt_partition *state = &gpt->partitions[LAYOUT_STATE];
	struct gpt_guid guid = gpt_make_guid(identity, "state file system");
	char id[37];

	gpt_guid_text(&guid, id);
	return tool_run(arena,
		&(struct tool){ .package = "e2fsprogs",
			.argv = (const char *const[]){ "mke2fs", "-q", "-F", "-t", "ext4", "-b",
				"4096", "-I", "256", "-m", "0", "-O", STATE_FEATURES, "-L",
				LAYOUT_STATE_NAME, "-U", id, "-E",
				arena_printf(arena,
					"offset=%" PRIu64 ",hash_seed=%s,assume_storage_"
					"prezeroed=1,root_owner=0:0",
					layout_start(state), id),
				tool_fd_path(arena, fd),
				arena_printf(arena, "%" PRIu64, layout_size(state) / 4096),
				NULL },
			.source_date = source_date,
			.fds = { fd } });
}

/* Put kernel and initrd of the newest there, unless the same ones are there already; then the
 * menu and the list, and the whole back onto the disk. */
static int
write_boot(struct arena *arena, int disk, const struct gpt *gpt, const struct esp *esp,
	struct menu_list *list, const struct source *source)
{
	const struct gpt_partition *boot = &gpt->partitions[LAYOUT_BOOT];
	struct strbuf menu AUTO(strbuf_free) = { 0 };
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const char *kernel = menu_kernel_name(arena, &source->entry.kernel);
	const char *initrd = menu_initrd_name(arena, &source->entry.initrd);

	menu_write(list->entries, list->count, &menu);
	list->menu = hash_bytes(menu.at, menu.len);
	menu_write_list(list, &text);
	if (!esp_has(arena, esp, kernel))
		TRY(esp_write_file(arena, esp, kernel, source->kernel));
	if (!esp_has(arena, esp, initrd))
		TRY(esp_write_file(arena, esp, initrd, source->initrd));
	TRY(esp_write(arena, esp, MENU_FILE, strbuf_str(&menu)));
	TRY(esp_write(arena, esp, MENU_LIST_FILE, strbuf_str(&text)));
	return span_copy(esp->fd, 0, disk, layout_start(boot), layout_size(boot));
}

static int
write_store(int fd, const struct gpt *gpt, const struct source *source)
{
	return span_copy(source->store, 0, fd, layout_start(&gpt->partitions[gpt->count - 1]),
		source->store_size);
}

static int
write_new_boot(struct arena *arena, int fd, const struct gpt *gpt, struct source_loader *loader,
	const struct source *source, struct boot_entry *entry)
{
	char memory[MENU_MEMORY_SIZE];
	struct menu_list list = { .entries = entry, .count = 1 };
	struct esp esp AUTO(esp_close) = { 0 };

	TRY(layout_hash_core(fd, gpt, loader->boot_code, &list.bios_core));
	TRY(hash_file(loader->efi, &list.efi));
	TRY(esp_create(arena, LAYOUT_BOOT_SIZE, &entry->root_digest, entry->source_date, &esp));
	TRY(esp_write_file(arena, &esp, EFI_FILE, loader->efi));
	menu_empty_memory(memory);
	TRY(esp_write(arena, &esp, MENU_MEMORY_FILE, (struct str){ memory, sizeof memory }));
	return write_boot(arena, fd, gpt, &esp, &list, source);
}

static int
write_disk(struct arena *arena, int fd, const struct gpt *gpt, struct source_loader *loader,
	struct source *source)
{
	struct boot_entry *entry = &source->entry;

	if (ftruncate(fd, (off_t)(gpt->sectors * BOOT_SECTOR_SIZE)) < 0)
		return err_errno(
			"disk of %" PRIu64 " MiB", gpt->sectors * BOOT_SECTOR_SIZE >> 20);
	TRY(span_write(fd, LAYOUT_CORE_START, loader->core.at, loader->core.len));
	TRY(write_new_boot(arena, fd, gpt, loader, source, entry));
	TRY(write_state(arena, fd, gpt, &entry->root_digest, entry->source_date));
	TRY(write_store(fd, gpt, source));
	return gpt_write(fd, gpt, loader->boot_code);
}

int
boot_disk_create(const char *path, uint64_t size, const struct boot_loader *loader,
	const struct boot_generation *generation, int64_t source_date)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct source source AUTO(source_close) = { 0 };
	struct source_loader opened AUTO(source_close_loader) = { 0 };
	struct gpt gpt;
	int dir AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	TRY(source_open(generation, source_date, &source));
	TRY(source_open_loader(arena, loader, LAYOUT_CORE_START / BOOT_SECTOR_SIZE, &opened));
	TRY(plan(size, &source, &gpt));
	TRY(err_context(begin(arena, path, &dir, &fd), "%s", path));
	TRY(err_context(write_disk(arena, fd, &gpt, &opened, &source), "%s", path));
	return err_context(finish(fd, dir, path), "%s", path);
}

/* Where a further store goes, and how large the disk becomes. */
static int
plan_addition(struct gpt *gpt, uint64_t size, const struct source *source)
{
	const struct gpt_partition *last = &gpt->partitions[gpt->count - 1];
	uint64_t start = layout_align(layout_start(last) + layout_size(last));
	uint64_t needed = start + layout_align(source->store_size) + LAYOUT_ALIGN;
	uint64_t now = gpt->sectors * BOOT_SECTOR_SIZE;

	if (size % LAYOUT_ALIGN != 0)
		return err_set(ERR_RANGE, "size %" PRIu64 ": not a multiple of 1 MiB", size);
	if (size > 0 && (size < needed || size < now))
		return err_set(ERR_NO_SPACE,
			"size %" PRIu64 " MiB: too small, at least %" PRIu64 " MiB are needed",
			size >> 20, (needed > now ? needed : now) >> 20);
	if (gpt->count == GPT_PARTITIONS_MAX)
		return err_set(
			ERR_LIMIT, "%u partitions, all there can be", GPT_PARTITIONS_MAX);
	now = needed > now ? needed : now;
	gpt->sectors = (size > now ? size : now) / BOOT_SECTOR_SIZE;
	place_store(gpt, source, start);
	return 0;
}

static int
check_addition(const struct menu_list *list, const struct boot_entry *entry)
{
	if (list->count == BOOT_GENERATIONS_MAX)
		return err_set(
			ERR_LIMIT, "%u generations, all there can be", BOOT_GENERATIONS_MAX);
	if (entry->number <= list->entries[0].number)
		return err_set(ERR_EXISTS,
			"generation %" PRIu64 " is not newer than %" PRIu64 ", which is there",
			entry->number, list->entries[0].number);
	for (size_t i = 0; i < list->count; i++)
		if (digest_equal(&entry->root_digest, &list->entries[i].root_digest))
			return err_set(ERR_EXISTS,
				"generation %" PRIu64
				" has the same contents as generation %" PRIu64
				", which is there",
				entry->number, list->entries[i].number);
	return 0;
}

static int
write_addition(struct arena *arena, int fd, const struct read_disk *old, const struct gpt *gpt,
	const struct source *source)
{
	const struct gpt_partition *boot = &gpt->partitions[LAYOUT_BOOT];
	uint64_t old_size = old->gpt.sectors * BOOT_SECTOR_SIZE;
	uint64_t table = (uint64_t)GPT_TABLE_SECTORS * BOOT_SECTOR_SIZE;
	struct menu_list list = old->list;
	struct esp esp AUTO(esp_close) = { 0 };

	list.entries = arena_array(arena, list.count + 1, sizeof *list.entries);
	list.entries[0] = source->entry;
	memcpy(list.entries + 1, old->list.entries, list.count * sizeof *list.entries);
	list.count++;
	if (ftruncate(fd, (off_t)(gpt->sectors * BOOT_SECTOR_SIZE)) < 0)
		return err_errno(
			"disk of %" PRIu64 " MiB", gpt->sectors * BOOT_SECTOR_SIZE >> 20);
	/* The table at the old end is not copied: the new store may come to stand there. */
	TRY(span_copy(old->fd, 0, fd, 0, layout_start(boot)));
	TRY(span_copy(old->fd, layout_start(boot) + layout_size(boot), fd,
		layout_start(boot) + layout_size(boot),
		old_size - table - layout_start(boot) - layout_size(boot)));
	TRY(esp_open(old->fd, layout_start(boot), layout_size(boot), source->entry.source_date,
		&esp));
	TRY(write_boot(arena, fd, gpt, &esp, &list, source));
	TRY(write_store(fd, gpt, source));
	return gpt_write(fd, gpt, old->boot_code);
}

int
boot_disk_add(const char *path, const char *old, uint64_t size,
	const struct boot_generation *generation, int64_t source_date)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct source source AUTO(source_close) = { 0 };
	struct read_disk disk AUTO(read_close) = { 0 };
	struct gpt gpt;
	int dir AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	TRY(source_open(generation, source_date, &source));
	TRY(read_open(arena, old, &disk));
	TRY(err_context(check_addition(&disk.list, &source.entry), "%s", old));
	gpt = disk.gpt;
	TRY(err_context(plan_addition(&gpt, size, &source), "%s", old));
	TRY(err_context(begin(arena, path, &dir, &fd), "%s", path));
	TRY(err_context(write_addition(arena, fd, &disk, &gpt, &source), "%s", path));
	return err_context(finish(fd, dir, path), "%s", path);
}
