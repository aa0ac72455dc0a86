/* SPDX-License-Identifier: MIT */
/*
 * An output that exists is replaced only if it was asked for, and only if it is an image: a
 * mistyped -o must not cost anybody a directory.
 */
#include "kernel-iface/boot/output.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot_disk.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Whether a directory holds these files. */
static bool
has_files(int dir, const char *const *files)
{
	for (; *files != NULL; files++)
		if (!file_exists(dir, *files))
			return false;
	return true;
}

/* Whether a file has the partitions of a disk of weld; what is in them does not matter. */
static bool
is_disk(const char *path)
{
	uint8_t boot_code[GPT_BOOT_CODE_SIZE];
	struct gpt gpt;
	int fd AUTO(file_close) = -1;

	return file_open(AT_FDCWD, path, &fd) >= 0 && gpt_read(fd, &gpt, boot_code) >= 0 &&
	       gpt.count > LAYOUT_FIRST_GENERATION &&
	       strcmp(gpt.partitions[LAYOUT_BOOT].name, LAYOUT_BOOT_NAME) == 0;
}

static bool
is_image(const char *path, const struct stat *info, enum boot_format format)
{
	static const char *const initrd[] = { BOOT_KERNEL_FILE, BOOT_INITRD_FILE,
		BOOT_COMMAND_LINE_FILE, NULL };
	static const char *const directory[] = { "weld/path", "weld/current", "dev", NULL };
	int dir AUTO(file_close) = -1;

	if (format == BOOT_DISK)
		return S_ISREG(info->st_mode) && is_disk(path);
	return S_ISDIR(info->st_mode) && file_open_dir(AT_FDCWD, path, &dir) == 0 &&
	       has_files(dir, format == BOOT_INITRD ? initrd : directory);
}

int
boot_check_output(const char *output, enum boot_format format, bool may_replace)
{
	struct stat info;

	if (lstat(output, &info) < 0)
		return errno == ENOENT ? 0 : err_errno("%s", output);
	if (!may_replace)
		return err_set(
			ERR_EXISTS, "%s: is there already (--force replaces it)", output);
	if (!is_image(output, &info, format))
		return err_set(ERR_EXISTS,
			"%s: is there already, and is no image of the format %s (remove it "
			"yourself, or choose another name)",
			output, boot_format_name(format));
	return 0;
}

/* A directory is synced with its whole file system: one call instead of one for each file. */
static int
sync_made(const char *path)
{
	int fd AUTO(file_close) = -1;
	struct stat info;

	TRY(file_open(AT_FDCWD, path, &fd));
	if (fstat(fd, &info) < 0)
		return err_errno("state");
	return S_ISDIR(info.st_mode) ? file_sync_all(fd) : file_sync(fd);
}

static int
sync_parent(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	int dir AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD,
		slash == NULL
			? "."
			: str_copy(arena, (struct str){ path, (size_t)(slash - path + 1) }),
		&dir));
	return file_sync_dir(dir);
}

int
output_publish(struct arena *arena, const struct boot_request *request, const char *made)
{
	TRY(err_context(sync_made(made), "%s", request->output));
	TRY(boot_check_output(request->output, request->format, request->may_replace));
	if (file_exists(AT_FDCWD, request->output))
		TRY(err_context(
			file_exchange(AT_FDCWD, made, request->output), "%s", request->output));
	else
		TRY(file_rename(AT_FDCWD, made, AT_FDCWD, request->output));
	return sync_parent(arena, request->output);
}

int
output_measure(struct arena *arena, const char *path, uint64_t *ret_size)
{
	int dir AUTO(file_close) = -1;
	struct stat info;
	uint64_t total = 0;
	char **names;
	size_t count;

	if (lstat(path, &info) < 0)
		return err_errno("%s", path);
	*ret_size = S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
	if (!S_ISDIR(info.st_mode))
		return 0;
	TRY(file_open_dir(AT_FDCWD, path, &dir));
	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t size;

		TRY(output_measure(arena, arena_printf(arena, "%s/%s", path, names[i]), &size));
		total += size;
	}
	*ret_size = total;
	return 0;
}
