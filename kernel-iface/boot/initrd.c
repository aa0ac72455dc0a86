/* SPDX-License-Identifier: MIT */
/*
 * The archive is written beside the result, then compressed: zstd unpacks fastest of what kernels
 * have at a size like this (CONFIG_RD_ZSTD).
 *
 * The whole system goes without the kernel's own file and the boot loader, which nobody reads once it
 * runs: memory is dear.
 *
 * Both kinds have /init and /modules with the file `order`. In the small one these are files;
 * in the whole one they are links into the system, which is there anyway.
 */
#include "kernel-iface/boot/initrd.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/boot_tree.h"
#include "kernel-iface/boot/cpio.h"
#include "kernel-iface/boot/modules.h"
#include "kernel-iface/boot/tool.h"
#include "kernel-iface/boot_image.h"
#include "kernel-iface/image_note.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_PROGRAM "sbin/weld-boot"
#define BOOT_MODULES "share/weld-boot/modules"
#define KERNEL_MODULES "lib/modules"
#define SLOTS_PATH BOOT_STANDING "/current/slots/"
#define SKIPPED 4 /* files at most */
#define TEXT_MAX ((size_t)16 << 20) /* bytes, of modules.dep */
#define IMAGE_MAX ((size_t)256 << 20) /* bytes, of weld-boot */

struct initrd {
	struct arena *arena;
	const char *tree;
	struct cpio cpio;
	const char *version; /* of the kernel: the name below lib/modules */
	struct module_list modules;
};

/* Read a file of the generation that a package has to bring. */
static int
read_text(
	struct initrd *initrd, const char *relative, const char *package, struct str *ret_text)
{
	int ret = file_read(initrd->arena, AT_FDCWD,
		boot_tree_path(initrd->arena, initrd->tree, relative), TEXT_MAX, ret_text);

	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_NOT_FOUND,
			"%s: no package of the image has it (add package %s)", relative,
			package);
	return err_context(ret, "%s", relative);
}

/* The one directory in lib/modules. */
static int
find_kernel(struct initrd *initrd)
{
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	if (file_open_dir(AT_FDCWD, boot_tree_path(initrd->arena, initrd->tree, KERNEL_MODULES),
		    &dir) < 0)
		return err_set(ERR_NOT_FOUND,
			KERNEL_MODULES ": no package of the image has it (add package linux)");
	TRY(file_list(initrd->arena, dir, &names, &count));
	if (count != 1)
		return err_set(ERR_FORMAT,
			KERNEL_MODULES ": has modules of %zu kernels, not of one", count);
	initrd->version = names[0];
	return 0;
}

static char *
module_path(struct initrd *initrd, const char *file)
{
	return arena_printf(initrd->arena, KERNEL_MODULES "/%s/%s", initrd->version, file);
}

static int
find_modules(struct initrd *initrd)
{
	struct str wanted;
	struct str dep;
	struct str builtin;

	TRY(find_kernel(initrd));
	TRY(read_text(initrd, BOOT_MODULES, "boot", &wanted));
	TRY(read_text(initrd, module_path(initrd, "modules.dep"), "linux", &dep));
	TRY(read_text(initrd, module_path(initrd, "modules.builtin"), "linux", &builtin));
	return modules_find(initrd->arena, wanted, dep, builtin,
		arena_printf(initrd->arena, "kernel %s (package linux)", initrd->version),
		&initrd->modules);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
add_module_order(struct initrd *initrd)
{
	struct strbuf order AUTO(strbuf_free) = { 0 };

	VEC_EACH (const char *, file, &initrd->modules.files)
		strbuf_printf(&order, "%s\n", base_name(*file));
	TRY(cpio_add_directory(&initrd->cpio, "modules", 0755));
	return cpio_add_bytes(&initrd->cpio, "modules/order", strbuf_str(&order), 0644);
}

static int
add_modules(struct initrd *initrd)
{
	TRY(add_module_order(initrd));
	VEC_EACH (const char *, file, &initrd->modules.files)
		TRY(cpio_add_file(&initrd->cpio,
			arena_printf(initrd->arena, "modules/%s", base_name(*file)),
			boot_tree_path(initrd->arena, initrd->tree, module_path(initrd, *file)),
			0644));
	return 0;
}

static int
add_module_links(struct initrd *initrd)
{
	TRY(add_module_order(initrd));
	VEC_EACH (const char *, file, &initrd->modules.files)
		TRY(cpio_add_link(&initrd->cpio,
			arena_printf(initrd->arena, "modules/%s", base_name(*file)),
			arena_printf(initrd->arena, BOOT_STANDING "/current/%s",
				module_path(initrd, *file))));
	return 0;
}

/* The slots that a program maps when it starts, where it looks for them. */
static int
add_slots(struct initrd *initrd, struct str image)
{
	struct image_note note;
	struct str bytes;

	TRY(image_note_find(image, &bytes));
	TRY(image_note_unpack(initrd->arena, bytes, &note));
	for (size_t i = 0; i < note.slot_count; i++) {
		const char *path = note.slots[i].path;

		if (!str_has_prefix(path, SLOTS_PATH))
			return err_set(ERR_FORMAT, "slot %s: is not below " SLOTS_PATH, path);
		TRY(cpio_add_file(&initrd->cpio, path + 1,
			arena_printf(initrd->arena, "%s%s", initrd->tree, path), 0555));
	}
	return 0;
}

static int
add_init(struct initrd *initrd)
{
	static const char *const directories[] = { "weld", "weld/current",
		"weld/current/slots" };
	struct str image;
	int ret = file_read(initrd->arena, AT_FDCWD,
		boot_tree_path(initrd->arena, initrd->tree, BOOT_PROGRAM), IMAGE_MAX, &image);

	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_NOT_FOUND,
			BOOT_PROGRAM ": no package of the image has it (add package boot)");
	TRY(err_context(ret, BOOT_PROGRAM));
	TRY(cpio_add_bytes(&initrd->cpio, "init", image, 0755));
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		TRY(cpio_add_directory(&initrd->cpio, directories[i], 0755));
	return err_context(add_slots(initrd, image), BOOT_PROGRAM);
}

static int
add_small(struct initrd *initrd)
{
	TRY(cpio_add_directory(&initrd->cpio, "dev", 0755));
	TRY(cpio_add_console(&initrd->cpio, "dev/console"));
	TRY(add_init(initrd));
	TRY(add_modules(initrd));
	return cpio_end(&initrd->cpio);
}

/* The files of the boot loader and the kernel, by what their links point to. */
static void
find_skipped(struct initrd *initrd, ino_t *skipped)
{
	static const char *const paths[SKIPPED] = { "boot/vmlinuz", "boot/grub/bios-boot.img",
		"boot/grub/bios-core.img", "boot/grub/bootx64.efi" };

	for (size_t i = 0; i < SKIPPED; i++) {
		struct stat info;

		if (stat(boot_tree_path(initrd->arena, initrd->tree, paths[i]), &info) == 0)
			skipped[initrd->cpio.skip_count++] = info.st_ino;
	}
	initrd->cpio.skipped = skipped;
}

static int
add_whole(struct initrd *initrd)
{
	ino_t skipped[SKIPPED];
	int dir AUTO(file_close) = -1;

	if (!file_exists(AT_FDCWD, boot_tree_path(initrd->arena, initrd->tree, BOOT_PROGRAM)))
		return err_set(ERR_NOT_FOUND,
			BOOT_PROGRAM ": no package of the image has it (add package boot)");
	TRY(file_open_dir(AT_FDCWD, initrd->tree, &dir));
	find_skipped(initrd, skipped);
	TRY(cpio_add_tree(&initrd->cpio, dir));
	TRY(cpio_add_console(&initrd->cpio, "dev/console"));
	TRY(cpio_add_link(&initrd->cpio, "init", BOOT_STANDING "/current/" BOOT_PROGRAM));
	TRY(add_module_links(initrd));
	return cpio_end(&initrd->cpio);
}

static int
compress(struct arena *arena, int archive, const char *path, int64_t source_date)
{
	static const char *const argv[] = { "zstd", "-q", "-12", "-c", NULL };
	int fd AUTO(file_close) = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s: create", path);
	if (lseek(archive, 0, SEEK_SET) < 0)
		return err_errno("rewind archive");
	return tool_run(arena, &(struct tool){ .package = "zstd",
				       .argv = argv,
				       .source_date = source_date,
				       .target = path,
				       .stdin_fd = archive,
				       .stdout_fd = fd });
}

static int
make(struct arena *arena, const char *tree, const char *path, int64_t source_date,
	int (*add_all)(struct initrd *initrd))
{
	struct initrd initrd = { .arena = arena, .tree = tree };
	const char *archive = arena_printf(arena, "%s.cpio", path);
	int fd AUTO(file_close) = -1;

	TRY(find_modules(&initrd));
	fd = open(archive, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno("%s: create", archive);
	unlink(archive);
	initrd.cpio = cpio_begin(fd, source_date);
	TRY(add_all(&initrd));
	return compress(arena, fd, path, source_date);
}

int
initrd_make(struct arena *arena, const char *tree, const char *path, int64_t source_date)
{
	return make(arena, tree, path, source_date, add_small);
}

int
initrd_make_whole(struct arena *arena, const char *tree, const char *path, int64_t source_date)
{
	return make(arena, tree, path, source_date, add_whole);
}
