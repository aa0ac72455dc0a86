/* SPDX-License-Identifier: MIT */
/*
 * Two tables say all: what is moved out of the root, and what stands around it.
 */
#include "kernel-iface/boot/boot_tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot_image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WELD "weld"
#define DEFAULTS WELD "/defaults"
#define STATE WELD "/state"
#define GENERATION WELD "/current/"

static const struct {
	const char *in_root;
	const char *in_tree;
} moves[] = {
	{ "store", WELD "/store" },
	{ "generations", WELD "/generations" },
	{ "current", WELD "/current" },
	{ "db", WELD "/db" },
	{ "path", WELD "/path" },
	{ "state", DEFAULTS },
};

static const struct {
	const char *path;
	mode_t mode;
} directories[] = {
	{ "dev", 0755 },
	{ "proc", 0555 },
	{ "sys", 0555 },
	{ "run", 0755 },
	{ "tmp", 01777 },
	{ STATE, 0755 },
	{ DEFAULTS "/root", 0700 },
	{ DEFAULTS "/home", 0755 },
};

static const struct {
	const char *path;
	const char *target;
} links[] = {
	{ "bin", GENERATION "bin" },
	{ "sbin", GENERATION "sbin" },
	{ "lib", GENERATION "lib" },
	{ "usr", WELD "/current" },
	{ "etc", GENERATION "etc" },
	{ "var", GENERATION "var" },
	{ "root", STATE "/root" },
	{ "home", STATE "/home" },
};

/* A directory of an older image is there already. */
static int
make_directory(int dir, const char *path, mode_t mode)
{
	if (mkdirat(dir, path, mode) < 0 && errno != EEXIST)
		return err_errno("%s: create directory", path);
	if (fchmodat(dir, path, mode, 0) < 0)
		return err_errno("%s: set mode", path);
	return 0;
}

/* What the generation has nothing for is an empty directory: a link to nowhere cannot be mounted on. */
static int
make_link(int tree, const char *path, const char *target)
{
	if (str_has_prefix(target, GENERATION) && !file_exists(tree, target))
		return make_directory(tree, path, 0755);
	return file_make_link(tree, path, target);
}

static int
fill_tree(int root, int tree)
{
	TRY(make_directory(tree, WELD, 0755));
	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
		TRY(file_rename(root, moves[i].in_root, tree, moves[i].in_tree));
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		TRY(make_directory(tree, directories[i].path, directories[i].mode));
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		TRY(make_link(tree, links[i].path, links[i].target));
	return 0;
}

int
boot_tree_make(const char *root, const char *directory)
{
	int from AUTO(file_close) = -1;
	int to AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, root, &from));
	if (mkdir(directory, 0755) < 0)
		return err_errno("%s: create directory", directory);
	TRY(file_open_dir(AT_FDCWD, directory, &to));
	return err_context(fill_tree(from, to), "%s", directory);
}

static int copy_tree(struct arena *arena, int from, int to);

static int
copy_entry(struct arena *arena, int from, int to, const char *name)
{
	int source AUTO(file_close) = -1;
	int target AUTO(file_close) = -1;
	struct stat info;
	char *link;

	if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno("%s", name);
	if (S_ISLNK(info.st_mode)) {
		TRY(file_read_link(arena, from, name, &link));
		return file_make_link(to, name, link);
	}
	if (S_ISDIR(info.st_mode)) {
		TRY(make_directory(to, name, info.st_mode & 07777));
		TRY(file_open_dir(from, name, &source));
		TRY(file_open_dir(to, name, &target));
		return copy_tree(arena, source, target);
	}
	TRY(file_open(from, name, &source));
	target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, info.st_mode & 0777);
	if (target < 0)
		return err_errno("%s: create", name);
	return file_copy(source, target);
}

static int
copy_tree(struct arena *arena, int from, int to)
{
	char **names;
	size_t count;

	TRY(file_list(arena, from, &names, &count));
	for (size_t i = 0; i < count; i++)
		TRY(copy_entry(arena, from, to, names[i]));
	return 0;
}

int
boot_tree_fill_state(struct arena *arena, const char *directory)
{
	int from AUTO(file_close) = -1;
	int to AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, arena_printf(arena, "%s/" DEFAULTS, directory), &from));
	TRY(file_open_dir(AT_FDCWD, arena_printf(arena, "%s/" STATE, directory), &to));
	return err_context(copy_tree(arena, from, to), "%s/" STATE, directory);
}

/* Whether a name below weld/ is one that a tree has. */
static bool
is_known(const char *name)
{
	for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
		if (strcmp(moves[i].in_tree + sizeof WELD, name) == 0)
			return true;
	return strcmp(name, "state") == 0;
}

/* Whether there is nothing but plain files in a directory. */
static int
check_plain(int dir, const char *const *names, size_t count)
{
	struct stat info;

	for (size_t i = 0; i < count; i++)
		if (fstatat(dir, names[i], &info, AT_SYMLINK_NOFOLLOW) < 0 ||
			!S_ISREG(info.st_mode))
			return err_set(ERR_FORMAT, WELD "/db/%s: is no file", names[i]);
	return 0;
}

/*
 * An image is somebody else's: no link in it may lead what works on its root to another one.
 */
static int
check_tree(struct arena *arena, int dir)
{
	static const char *const real[] = { DEFAULTS, STATE, WELD "/store", WELD "/generations",
		WELD "/db" };
	char **names;
	size_t count;

	for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
		int fd AUTO(file_close) = -1;

		if (file_open_beneath(dir, real[i], O_RDONLY | O_DIRECTORY, 0, &fd) < 0)
			return err_set(ERR_FORMAT, "%s: is no directory of the image", real[i]);
		TRY(file_list(arena, fd, &names, &count));
		if (strcmp(real[i], WELD "/db") == 0)
			TRY(check_plain(fd, (const char *const *)names, count));
	}
	return 0;
}

/* What a root makes by itself must not be there as something else. */
static int
check_names(struct arena *arena, int dir)
{
	int weld AUTO(file_close) = -1;
	char **names;
	size_t count;

	TRY(file_open_beneath(dir, WELD, O_RDONLY | O_DIRECTORY, 0, &weld));
	TRY(file_list(arena, weld, &names, &count));
	for (size_t i = 0; i < count; i++)
		if (!is_known(names[i]))
			return err_set(ERR_FORMAT, WELD "/%s: does not belong there", names[i]);
	return 0;
}

int
boot_tree_restore_root(struct arena *arena, const char *directory)
{
	int dir AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	TRY(check_tree(arena, dir));
	TRY(check_names(arena, dir));
	TRY(file_remove_tree(dir, STATE));
	TRY(file_rename(dir, DEFAULTS, dir, STATE));
	return make_directory(dir, WELD "/cache", 0755);
}

char *
boot_tree_path(struct arena *arena, const char *directory, const char *relative)
{
	return arena_printf(arena, "%s/" WELD "/current/%s", directory, relative);
}
