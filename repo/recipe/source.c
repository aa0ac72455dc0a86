/* SPDX-License-Identifier: MIT */
/*
 * Fetching: whatever the cache lacks arrives in a temporary directory beside
 * it, is hashed, and only then gets its name in the cache. So a name in the
 * cache stands for verified contents; they are hashed again when used.
 */
#include "repo/recipe/source.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/process.h"
#include "repo/fetch.h"
#include "repo/recipe/apt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SOURCE_SIZE_MAX (UINT64_C(2) << 30) /* bytes of one archive */

char *
source_path(struct arena *arena, const char *cache_dir, const struct recipe_file *file)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "%s/sources/%s.%s", cache_dir,
		digest_hex(&file->digest, hex), file->name);
}

/* Hash a file and compare with what the recipe says. */
static int
check(const char *path, const struct recipe_file *file)
{
	int fd AUTO(file_close) = -1;
	char hex[DIGEST_HEX_SIZE];
	char expected[DIGEST_HEX_SIZE];
	struct digest digest;

	TRY(file_open(AT_FDCWD, path, &fd));
	TRY(hash_file(fd, &digest));
	if (!digest_equal(&digest, &file->digest))
		return err_set(ERR_DIGEST, "%s: sha256 is %s, the recipe says %s", file->name,
			digest_hex(&digest, hex), digest_hex(&file->digest, expected));
	return 0;
}

/* Whether all of a source's files are there and right; a damaged one is removed. */
static bool
is_cached(struct arena *arena, const char *cache_dir, const struct recipe_source *source)
{
	bool is_complete = true;

	for (size_t i = 0; i < source->file_count; i++) {
		char *path = source_path(arena, cache_dir, &source->files[i]);

		if (!file_exists(AT_FDCWD, path)) {
			is_complete = false;
		} else if (check(path, &source->files[i]) < 0) {
			unlink(path);
			is_complete = false;
		}
	}
	return is_complete;
}

static int
fetch_url(struct arena *arena, const struct recipe_source *source, const char *directory)
{
	int fd AUTO(file_close) = -1;
	const char *path = arena_printf(arena, "%s/%s", directory, source->files[0].name);
	struct fetch_options options = { 0 };
	struct fetch_item item = { .url = source->url, .limit = SOURCE_SIZE_MAX };

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s: create", path);
	item.fd = fd;
	return fetch_files(&options, &item, 1);
}

static int
keep_files(struct arena *arena, const char *cache_dir, const struct recipe_source *source,
	const char *directory)
{
	for (size_t i = 0; i < source->file_count; i++) {
		const struct recipe_file *file = &source->files[i];
		char *path = arena_printf(arena, "%s/%s", directory, file->name);

		if (!file_exists(AT_FDCWD, path))
			return err_set(
				ERR_FETCH, "%s: is not among the files that came", file->name);
		TRY(check(path, file));
		TRY(file_rename(AT_FDCWD, path, AT_FDCWD, source_path(arena, cache_dir, file)));
	}
	return 0;
}

static int
fetch_source(struct arena *arena, const char *cache_dir, const struct recipe_source *source)
{
	const char *sources = arena_printf(arena, "%s/sources", cache_dir);
	char *directory;
	int ret;

	TRY(file_make_dirs(AT_FDCWD, sources, 0755));
	TRY(file_temp_dir(arena, sources, &directory));
	ret = source->kind == RECIPE_SOURCE_URL
		      ? fetch_url(arena, source, directory)
		      : apt_download(arena, cache_dir, source, directory);
	if (ret >= 0)
		ret = keep_files(arena, cache_dir, source, directory);
	file_remove_tree(AT_FDCWD, directory);
	return ret;
}

int
source_fetch(struct arena *arena, const char *cache_dir, const struct recipe *recipe,
	bool is_offline)
{
	for (size_t i = 0; i < recipe->source_count; i++) {
		const struct recipe_source *source = &recipe->sources[i];

		if (is_cached(arena, cache_dir, source))
			continue;
		if (is_offline)
			return err_set(ERR_FETCH,
				"%s: the source is not in the cache (build once without "
				"--offline)",
				source->files[0].name);
		TRY(fetch_source(arena, cache_dir, source));
	}
	return 0;
}

/* Run a tool of the host; its last words become the message. */
static int
run(struct arena *arena, const char *const *argv, const char *directory)
{
	static const char *const envp[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", NULL };
	struct process process = { .argv = argv, .envp = envp, .directory = directory };
	struct str output;
	struct str line;
	struct str last = str_from("no message");
	int status;

	TRY(process_capture(arena, &process, &status, &output));
	while (str_cut(&output, '\n', &line))
		if (line.len > 0)
			last = line;
	return status == 0 ? 0 : err_set(ERR_BUILD, "%s: " STR_FMT, argv[0], STR_ARG(last));
}

/* Give the cached files their own names in top/files, as dpkg-source wants them. */
static int
link_files(struct arena *arena, const char *cache_dir, const struct recipe_source *source,
	const char *directory)
{
	TRY(file_make_dirs(AT_FDCWD, directory, 0755));
	for (size_t i = 0; i < source->file_count; i++) {
		const struct recipe_file *file = &source->files[i];
		char *path = source_path(arena, cache_dir, file);

		TRY(check(path, file));
		if (symlink(path, arena_printf(arena, "%s/%s", directory, file->name)) < 0)
			return err_errno("%s/%s: link", directory, file->name);
	}
	return 0;
}

/* Unpack the chosen members of an archive, without its top directory. */
static int
unpack_members(struct arena *arena, const char *archive, const struct manifest_list *only,
	const char *target)
{
	const char **argv = arena_array(arena, only->len + 16, sizeof *argv);
	size_t n = 0;

	TRY(file_make_dirs(AT_FDCWD, target, 0755));
	argv[n++] = "tar";
	argv[n++] = "-x";
	argv[n++] = "--no-same-owner";
	argv[n++] = "--no-same-permissions";
	argv[n++] = "--strip-components=1";
	argv[n++] = "--wildcards";
	argv[n++] = "--no-wildcards-match-slash";
	argv[n++] = "-C";
	argv[n++] = target;
	argv[n++] = "-f";
	argv[n++] = archive;
	argv[n++] = "--";
	for (size_t i = 0; i < only->len; i++) {
		char *pattern = arena_printf(arena, "*/%s", only->at[i]);
		char *tail = strstr(pattern, "/**");

		/* tar takes what is below a matching directory by itself. */
		if (tail != NULL)
			*tail = '\0';
		argv[n++] = pattern;
	}
	return run(arena, argv, NULL);
}

/* Unpack a whole archive; if all stands in one directory, that becomes the target. */
static int
unpack_tar(struct arena *arena, const char *archive, const char *target)
{
	const char *fresh = arena_printf(arena, "%s.unpacked", target);
	const char *const argv[] = { "tar", "-x", "--no-same-owner", "--no-same-permissions",
		"-C", fresh, "-f", archive, NULL };
	int dir AUTO(file_close) = -1;
	struct stat info;
	char **names;
	size_t count;

	TRY(file_make_dirs(AT_FDCWD, fresh, 0755));
	TRY(run(arena, argv, NULL));
	TRY(file_open_dir(AT_FDCWD, fresh, &dir));
	TRY(file_list(arena, dir, &names, &count));
	if (count != 1 || fstatat(dir, names[0], &info, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISDIR(info.st_mode))
		return file_rename(AT_FDCWD, fresh, AT_FDCWD, target);
	TRY(file_rename(dir, names[0], AT_FDCWD, target));
	return file_remove_tree(AT_FDCWD, fresh);
}

static bool
is_original(const char *name)
{
	return strstr(name, ".tar.") != NULL && strstr(name, ".debian.tar.") == NULL &&
	       !str_has_suffix(name, ".asc");
}

/* Debian's original archives without Debian's changes; parts go to their own directories. */
static int
unpack_originals(struct arena *arena, const struct recipe_source *source, const char *files,
	const char *target)
{
	for (size_t i = 0; i < source->file_count; i++) {
		const char *name = source->files[i].name;
		const char *part = strstr(name, ".orig-");
		const char *into = target;

		if (!is_original(name))
			continue;
		if (part != NULL)
			into = arena_printf(arena, "%s/%.*s", target,
				(int)strcspn(part + 6, "."), part + 6);
		TRY(unpack_members(
			arena, arena_printf(arena, "%s/%s", files, name), &source->only, into));
	}
	return 0;
}

static int
unpack_debian(struct arena *arena, const struct recipe_source *source, const char *files,
	const char *target)
{
	const char *dsc = NULL;

	if (source->only.len > 0)
		return unpack_originals(arena, source, files, target);
	for (size_t i = 0; i < source->file_count; i++)
		if (str_has_suffix(source->files[i].name, ".dsc"))
			dsc = arena_printf(arena, "%s/%s", files, source->files[i].name);
	if (dsc == NULL)
		return err_set(ERR_BUILD, "%s: no .dsc is among its files", source->name);

	const char *const argv[] = { "dpkg-source", "--no-check", "--no-copy", "-x", dsc,
		target, NULL };

	return run(arena, argv, NULL);
}

/* A copy: builds write into their source tree. */
static int
copy_folder(struct arena *arena, const char *folder, const char *target)
{
	const char *const argv[] = { "cp", "-R", "--", arena_printf(arena, "%s/.", folder),
		target, NULL };

	TRY(file_make_dirs(AT_FDCWD, target, 0755));
	return run(arena, argv, NULL);
}

static int
unpack_source(struct arena *arena, const char *cache_dir, const struct recipe *recipe,
	const char *top, size_t number)
{
	const struct recipe_source *source = &recipe->sources[number];
	const char *files = arena_printf(arena, "%s/files/%zu", top, number);
	const char *target = source->into == NULL
				     ? arena_printf(arena, "%s/src", top)
				     : arena_printf(arena, "%s/src/%s", top, source->into);
	const char *first;

	if (source->kind == RECIPE_SOURCE_FOLDER)
		return copy_folder(arena,
			arena_printf(arena, "%s/%s", recipe->directory, source->name), target);
	first = arena_printf(arena, "%s/%s", files, source->files[0].name);
	TRY(link_files(arena, cache_dir, source, files));
	if (source->kind == RECIPE_SOURCE_DEBIAN)
		return unpack_debian(arena, source, files, target);
	if (source->kind == RECIPE_SOURCE_URL)
		return source->only.len > 0
			       ? unpack_members(arena, first, &source->only, target)
			       : unpack_tar(arena, first, target);

	const char *const argv[] = { "dpkg-deb", "-x", first, target, NULL };

	TRY(file_make_dirs(AT_FDCWD, target, 0755));
	return run(arena, argv, NULL);
}

/* The time of the newest file in a tree. */
static int
newest(struct arena *arena, int dir, int64_t *seconds)
{
	char **names;
	size_t count;

	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		int inner AUTO(file_close) = -1;
		struct stat info;

		if (fstatat(dir, names[i], &info, AT_SYMLINK_NOFOLLOW) < 0)
			return err_errno("%s", names[i]);
		if (S_ISREG(info.st_mode) && info.st_mtime > *seconds)
			*seconds = info.st_mtime;
		if (S_ISDIR(info.st_mode)) {
			TRY(file_open_dir(dir, names[i], &inner));
			TRY(newest(arena, inner, seconds));
		}
	}
	return 0;
}

/* The date behind " -- Name <address>  " of the first entry. */
static bool
changelog_date(struct str text, int64_t *ret_seconds)
{
	struct str line;

	while (str_cut(&text, '\n', &line)) {
		char date[64];
		struct tm when = { 0 };
		const char *at = memmem(line.at, line.len, ">  ", 3);
		long zone;

		if (line.len < 4 || memcmp(line.at, " -- ", 4) != 0 || at == NULL)
			continue;
		snprintf(date, sizeof date, "%.*s", (int)(line.at + line.len - at - 3), at + 3);
		if (strptime(date, "%a, %d %b %Y %T %z", &when) == NULL)
			return false;
		zone = when.tm_gmtoff;
		*ret_seconds = timegm(&when) - zone;
		return true;
	}
	return false;
}

static bool
has_archives(const struct recipe *recipe)
{
	for (size_t i = 0; i < recipe->source_count; i++)
		if (recipe->sources[i].kind != RECIPE_SOURCE_FOLDER)
			return true;
	return false;
}

/* Times of a checkout mean nothing: what comes from the recipe's folder alone has no date. */
static int
find_epoch(
	struct arena *arena, const struct recipe *recipe, const char *top, int64_t *ret_seconds)
{
	int src AUTO(file_close) = -1;
	struct str text;

	*ret_seconds = 0;
	if (!has_archives(recipe))
		return 0;
	TRY(file_open_dir(AT_FDCWD, arena_printf(arena, "%s/src", top), &src));
	if (file_exists(src, "debian/changelog")) {
		TRY(file_read(arena, src, "debian/changelog", (size_t)16 << 20, &text));
		if (changelog_date(text, ret_seconds))
			return 0;
	}
	return newest(arena, src, ret_seconds);
}

static int
apply_patches(struct arena *arena, const struct recipe *recipe, const char *top)
{
	const char *src = arena_printf(arena, "%s/src", top);

	for (size_t i = 0; i < recipe->patches.len; i++) {
		const char *const argv[] = { "patch", "-p1", "-N", "-s",
			"--no-backup-if-mismatch", "-i", recipe->patches.at[i], NULL };

		TRY(err_context(run(arena, argv, src), "%s", recipe->patches.at[i]));
	}
	return 0;
}

int
source_unpack(struct arena *arena, const char *cache_dir, const struct recipe *recipe,
	const char *top, int64_t *ret_epoch)
{
	for (size_t i = 0; i < recipe->source_count; i++)
		TRY(unpack_source(arena, cache_dir, recipe, top, i));
	TRY(find_epoch(arena, recipe, top, ret_epoch));
	return apply_patches(arena, recipe, top);
}
