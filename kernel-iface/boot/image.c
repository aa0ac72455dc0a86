/* SPDX-License-Identifier: MIT */
/*
 * The steps from a root to an image: the tree, root's passphrase, what the format wants, the name.
 * All is made in the scratch directory, on the output's file system.
 */
#include "kernel-iface/boot_image.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/boot_tree.h"
#include "kernel-iface/boot/initrd.h"
#include "kernel-iface/boot/login.h"
#include "kernel-iface/boot/output.h"
#include "kernel-iface/boot/store_partition.h"
#include "kernel-iface/boot_disk.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KERNEL_PATH "boot/vmlinuz"
#define DEFAULT_CONFIG "weld/defaults/config"
#define SHADOW_PATH DEFAULT_CONFIG "/etc/shadow"
#define SEED_PATH "weld/defaults/seed"
#define TEXT_MAX ((size_t)1 << 20) /* bytes */

struct image { /* one image in the making */
	struct arena *arena;
	const struct boot_request *request;
	const char *tree; /* the file system as a directory */
	const char *made; /* what becomes the output */
	struct boot_result result;
};

static const char *const format_names[BOOT_FORMAT_COUNT] = {
	[BOOT_DISK] = "disk",
	[BOOT_INITRD] = "kernel+initrd",
	[BOOT_DIRECTORY] = "dir",
};

const char *
boot_format_name(enum boot_format format)
{
	return format_names[format];
}

int
boot_format_parse(const char *name, enum boot_format *ret_format)
{
	for (unsigned i = 0; i < BOOT_FORMAT_COUNT; i++)
		if (strcmp(name, format_names[i]) == 0) {
			*ret_format = (enum boot_format)i;
			return 0;
		}
	return err_set(ERR_USAGE, "format %s: not one of disk, kernel+initrd, dir", name);
}

static char *
scratch_path(const struct image *image, const char *name)
{
	return arena_printf(image->arena, "%s/%s", image->request->scratch, name);
}

static int
read_seed(const struct image *image, int tree, struct digest *ret_seed)
{
	struct str text;
	struct str line;

	TRY(file_read(image->arena, tree, SEED_PATH, TEXT_MAX, &text));
	(void)str_cut(&text, '\n', &line);
	return digest_parse(str_copy(image->arena, line), ret_seed);
}

static int
set_passphrase(const struct image *image, int tree, struct str shadow)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct digest seed;

	TRY(read_seed(image, tree, &seed));
	TRY(login_set_passphrase(shadow, image->request->passphrase, &seed, &text));
	return file_replace(tree, SHADOW_PATH, text.at, text.len, 0600);
}

/* Put the passphrase in place, and find out who can log in. */
static int
settle_login(struct image *image)
{
	int tree AUTO(file_close) = -1;
	struct str shadow = { 0 };
	int ret;

	TRY(file_open_dir(AT_FDCWD, image->tree, &tree));
	ret = file_read(image->arena, tree, SHADOW_PATH, TEXT_MAX, &shadow);
	if (ret == ERR_NOT_FOUND && image->request->passphrase != NULL)
		return err_set(ERR_NOT_FOUND, "etc/shadow: no package of the image has it, so "
					      "there is nobody to give "
					      "a passphrase to (add package system)");
	if (ret != ERR_NOT_FOUND)
		TRY(ret);
	if (image->request->passphrase != NULL) {
		TRY(set_passphrase(image, tree, shadow));
		TRY(file_read(image->arena, tree, SHADOW_PATH, TEXT_MAX, &shadow));
	}
	login_read(shadow, &image->result.has_login, &image->result.has_passphrase);
	return 0;
}

static int
copy_to(const char *from, const char *to)
{
	int source AUTO(file_close) = -1;
	int target AUTO(file_close) = -1;

	TRY(file_open(AT_FDCWD, from, &source));
	target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (target < 0)
		return err_errno("%s: create", to);
	return err_context(file_copy(source, target), "%s", to);
}

/* The path of a file that a package has to bring. */
static int
find_part(const struct image *image, const char *relative, const char *package,
	const char **ret_path)
{
	const char *path = boot_tree_path(image->arena, image->tree, relative);

	if (access(path, R_OK) < 0)
		return err_set(ERR_NOT_FOUND,
			"%s: no package of the image has it (add package %s)", relative,
			package);
	*ret_path = path;
	return 0;
}

static int
make_directory(struct image *image)
{
	TRY(boot_tree_fill_state(image->arena, image->tree));
	image->made = image->tree;
	return 0;
}

/* A directory with three files. */
static int
make_initrd(struct image *image)
{
	const struct boot_generation generation = { .number = image->request->generation };
	const char *line = arena_printf(
		image->arena, "%s\n", boot_command_line(image->arena, &generation, NULL));
	const char *kernel = NULL;
	int dir AUTO(file_close) = -1;

	image->made = scratch_path(image, "initrd");
	if (mkdir(image->made, 0755) < 0)
		return err_errno("%s: create directory", image->made);
	TRY(find_part(image, KERNEL_PATH, "linux", &kernel));
	TRY(initrd_make_whole(image->arena, image->tree,
		arena_printf(image->arena, "%s/" BOOT_INITRD_FILE, image->made),
		image->request->source_date));
	TRY(copy_to(kernel, arena_printf(image->arena, "%s/" BOOT_KERNEL_FILE, image->made)));
	TRY(file_open_dir(AT_FDCWD, image->made, &dir));
	return file_create(dir, BOOT_COMMAND_LINE_FILE, line, strlen(line), 0644);
}

/* What a generation on a disk consists of. */
static int
make_generation(struct image *image, struct boot_generation *generation)
{
	const struct boot_request *request = image->request;
	struct store_partition partition;

	*generation = (struct boot_generation){ .number = request->generation,
		.title = request->title,
		.initrd = scratch_path(image, "initrd"),
		.store = scratch_path(image, "store") };
	TRY(find_part(image, KERNEL_PATH, "linux", &generation->kernel));
	TRY(initrd_make(image->arena, image->tree, generation->initrd, request->source_date));
	TRY(store_partition_make(image->arena, image->tree, generation->store,
		request->source_date, &partition));
	generation->root_digest = image->result.root_digest = partition.root_digest;
	generation->block_count = partition.block_count;
	generation->command_line = boot_command_line(image->arena, generation, NULL);
	image->result.store_size = partition.size;
	return 0;
}

static int
make_disk(struct image *image)
{
	const struct boot_request *request = image->request;
	struct boot_generation generation;
	struct boot_loader loader = { 0 };

	image->made = scratch_path(image, "disk");
	TRY(make_generation(image, &generation));
	if (request->onto != NULL)
		return boot_disk_add(image->made, request->onto, request->size, &generation,
			request->source_date);
	TRY(find_part(image, "boot/grub/bios-boot.img", "grub", &loader.bios_boot));
	TRY(find_part(image, "boot/grub/bios-core.img", "grub", &loader.bios_core));
	TRY(find_part(image, "boot/grub/bootx64.efi", "grub", &loader.efi));
	return boot_disk_create(
		image->made, request->size, &loader, &generation, request->source_date);
}

/* Whether the hash of a passphrase can be read out of the image. */
static bool
holds_secret(const struct boot_request *request)
{
	struct stat old;

	if (request->passphrase != NULL)
		return true;
	return request->onto != NULL && stat(request->onto, &old) == 0 &&
	       (old.st_mode & 077) == 0;
}

/* A directory of the format `dir` needs no more: its shadow file is its owner's already. */
static int
hide_secret(const struct image *image)
{
	static const mode_t modes[BOOT_FORMAT_COUNT] = {
		[BOOT_DISK] = 0600, [BOOT_INITRD] = 0700, [BOOT_DIRECTORY] = 0755
	};

	if (holds_secret(image->request) &&
		chmod(image->made, modes[image->request->format]) < 0)
		return err_errno("%s: change mode", image->made);
	return 0;
}

int
boot_image_make(
	struct arena *arena, const struct boot_request *request, struct boot_result *ret_result)
{
	static int (*const makers[BOOT_FORMAT_COUNT])(struct image * image) = {
		[BOOT_DISK] = make_disk,
		[BOOT_INITRD] = make_initrd,
		[BOOT_DIRECTORY] = make_directory,
	};
	struct image image = { .arena = arena, .request = request };

	image.tree = scratch_path(&image, "tree");
	TRY(boot_tree_make(request->root, image.tree));
	TRY(settle_login(&image));
	TRY(makers[request->format](&image));
	TRY(hide_secret(&image));
	/* From here on the image is whole; only its name is missing. */
	TRY(output_measure(arena, image.made, &image.result.size));
	TRY(output_publish(arena, request, image.made));
	*ret_result = image.result;
	return 0;
}

int
boot_image_unpack(struct arena *arena, const char *disk, const char *directory, char **ret_root)
{
	TRY(boot_disk_extract(disk, 0, directory));
	TRY(boot_tree_restore_root(arena, directory));
	*ret_root = arena_printf(arena, "%s" BOOT_STANDING, directory);
	return 0;
}
