/* SPDX-License-Identifier: MIT */
/*
 * In three passes over what was installed: collect every name; decide about
 * links (those between names of one library go, the others become relative);
 * then turn code into units and everything else into objects.
 *
 * Kinds follow from contents, not from names: only the name of a library is
 * taken from the file, or from the link that a linker would have found it by.
 */
#include "repo/recipe/scan.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "repo/recipe/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 30) /* bytes of an installed file */
#define LINK_DEPTH_MAX 8

static const char native_directory[] = "lib/weld/native/";
static const char unit_directory[] = "lib/weld/unit/";

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static char *
installed_path(const struct job *job, const char *path)
{
	return arena_printf(job->arena, "%s%s/%s", job_path(job, "dest"), WELD_PREFIX, path);
}

/* What nobody misses: libtool's files, and the index that every package would own. */
static bool
is_unwanted(const char *path)
{
	return str_has_suffix(path, ".la") || strcmp(path, "share/info/dir") == 0;
}

/* "lib/libz.so.1" is the library "z"; NULL for what is not named like one. */
static const char *
library_name(struct arena *arena, const char *path)
{
	const char *base = base_name(path);
	const char *end = strstr(base, ".so");

	if (end == NULL && str_has_suffix(base, ".a"))
		end = base + strlen(base) - 2;
	if (!str_has_prefix(base, "lib") || end == NULL || end <= base + 3)
		return NULL;
	return arena_printf(arena, "%.*s", (int)(end - base - 3), base + 3);
}

static int
collect(const struct job *job, int dir, const char *path, struct entries *entries)
{
	struct arena *arena = job->arena;
	char **names;
	size_t count;

	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		int inner AUTO(file_close) = -1;
		struct entry entry = { .path = arena_printf(arena, "%s%s", path, names[i]) };
		char *target = NULL;
		struct stat info;

		if (fstatat(dir, names[i], &info, AT_SYMLINK_NOFOLLOW) < 0)
			return err_errno("%s", entry.path);
		entry.mode = (info.st_mode & 0100) != 0 ? 0755 : 0644;
		/* What only its owner may read stays so. */
		if (S_ISREG(info.st_mode) && (info.st_mode & 0077) == 0)
			entry.mode &= 0700;
		entry.size = (uint64_t)info.st_size;
		if (S_ISDIR(info.st_mode)) {
			size_t before = entries->all.len;

			TRY(file_open_dir(dir, names[i], &inner));
			TRY(collect(
				job, inner, arena_printf(arena, "%s/", entry.path), entries));
			if (entries->all.len > before)
				continue;
			entry.kind = ENTRY_DIRECTORY;
		} else if (S_ISLNK(info.st_mode)) {
			TRY(file_read_link(arena, dir, names[i], &target));
			entry.kind = ENTRY_LINK;
			entry.target = target;
		} else if (!S_ISREG(info.st_mode)) {
			return err_set(
				ERR_BUILD, "%s: is no file, directory or link", entry.path);
		}
		if (is_unwanted(entry.path))
			entry.kind = ENTRY_DROPPED;
		vec_push(arena, &entries->all, entry);
	}
	return 0;
}

/* Refuse what was installed somewhere else than below the prefix. */
static int
check_outside(const struct job *job)
{
	struct entries entries = { 0 };
	int dest AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, job_path(job, "dest"), &dest));
	TRY(collect(job, dest, "", &entries));
	VEC_EACH (struct entry, entry, &entries.all) {
		if (!str_has_prefix(entry->path, &WELD_PREFIX[1]))
			return err_set(ERR_BUILD,
				"/%s: is installed outside the prefix (see DESTDIR and PREFIX "
				"in "
				"recipe(5))",
				entry->path);
	}
	return 0;
}

static struct entry *
find(const struct entries *entries, const char *path)
{
	VEC_EACH (struct entry, entry, &entries->all) {
		if (strcmp(entry->path, path) == 0)
			return entry;
	}
	return NULL;
}

/* Give an absolute link into the prefix its relative form. */
static int
make_relative(struct arena *arena, struct entry *entry)
{
	const char *rest;
	char *up = arena_string(arena, "");

	if (*entry->target != '/')
		return 0;
	if (!str_has_prefix(entry->target, WELD_PREFIX "/"))
		return err_set(ERR_BUILD, "%s: links to %s, outside the prefix", entry->path,
			entry->target);
	rest = entry->target + PREFIX_LENGTH + 1;
	for (const char *at = entry->path; (at = strchr(at, '/')) != NULL; at++)
		up = arena_printf(arena, "%s../", up);
	entry->target = arena_printf(arena, "%s%s", up, rest);
	return 0;
}

/* The path below the prefix that a relative link leads to; NULL when it leads out. */
static const char *
follow(struct arena *arena, const struct entry *link)
{
	const char *slash = strrchr(link->path, '/');
	char *path = arena_printf(
		arena, "%.*s", slash == NULL ? 0 : (int)(slash - link->path), link->path);
	struct str rest = str_from(link->target);
	struct str part;

	while (str_cut(&rest, '/', &part)) {
		char *end = strrchr(path, '/');

		if (part.len == 0 || str_is(part, "."))
			continue;
		if (str_is(part, "..")) {
			if (*path == '\0')
				return NULL;
			*(end == NULL ? path : end) = '\0';
		} else {
			path = arena_printf(arena, "%s%s" STR_FMT, path,
				*path == '\0' ? "" : "/", STR_ARG(part));
		}
	}
	return path;
}

static struct entry *
follow_all(struct arena *arena, const struct entries *entries, struct entry *link)
{
	for (int depth = 0; link != NULL && link->kind == ENTRY_LINK; depth++) {
		const char *path = follow(arena, link);

		link = path == NULL || depth == LINK_DEPTH_MAX ? NULL : find(entries, path);
	}
	return link;
}

/* A second name of a library goes; the one that -l finds gives the library its name. */
static int
decide_link(struct arena *arena, const struct entries *entries, struct entry *link)
{
	struct entry *end;

	TRY(make_relative(arena, link));
	if (follow(arena, link) == NULL)
		return err_set(ERR_BUILD, "%s: links to %s, outside the prefix", link->path,
			link->target);
	end = follow_all(arena, entries, link);
	if (end == NULL || end->kind != ENTRY_LIBRARY)
		return 0;
	if (str_has_suffix(link->path, ".so") && library_name(arena, link->path) != NULL)
		end->library = library_name(arena, link->path);
	return 1;
}

static int
decide_links(struct arena *arena, const struct entries *entries)
{
	VEC_EACH (struct entry, entry, &entries->all) {
		int is_second = 0;

		if (entry->kind != ENTRY_LINK)
			continue;
		is_second = decide_link(arena, entries, entry);
		TRY(is_second);
		if (is_second)
			entry->library = "";
	}
	/* Only now: links to links must stay followable while links are decided. */
	VEC_EACH (struct entry, entry, &entries->all) {
		if (entry->kind == ENTRY_LINK && entry->library != NULL)
			entry->kind = ENTRY_DROPPED;
	}
	return 0;
}

/* What follows ARCH/ is the file name of a library, or the path of a program or plug-in. */
static int
read_owner(
	const struct job *job, const char *directory, const char *suffix, struct entry *entry)
{
	const char *arch = entry->path + strlen(directory);
	const char *slash = strchr(arch, '/');
	size_t length = slash == NULL ? 0 : strlen(slash + 1);

	if (length <= strlen(suffix) || !str_has_suffix(slash, suffix))
		return err_set(ERR_BUILD,
			"%s: is not %sARCH/ and behind that a library or the path of a "
			"program, "
			"with the suffix \"%s\"",
			entry->path, directory, suffix);
	entry->arch = arena_printf(job->arena, "%.*s", (int)(slash - arch), arch);
	entry->owner =
		arena_printf(job->arena, "%.*s", (int)(length - strlen(suffix)), slash + 1);
	return 0;
}

/* lib/weld/native/ARCH/NAME.o, or lib/weld/native/ARCH/PATH.o */
static int
take_native(const struct job *job, struct entry *entry)
{
	TRY(read_owner(job, native_directory, ".o", entry));
	entry->kind = ENTRY_NATIVE;
	if (strchr(entry->owner, '/') == NULL) {
		entry->library = entry->owner;
		entry->owner = NULL;
	}
	return unit_keep_object(job, installed_path(job, entry->path), &entry->object);
}

/* lib/weld/unit/ARCH/libNAME.so, or lib/weld/unit/ARCH/PATH */
static int
take_unit(const struct job *job, struct entry *entry)
{
	TRY(read_owner(job, unit_directory, "", entry));
	if (strchr(entry->owner, '/') == NULL) {
		entry->library = library_name(job->arena, entry->owner);
		if (entry->library == NULL)
			return err_set(ERR_BUILD, "%s: is not %sARCH/libLIBRARY.so",
				entry->path, unit_directory);
		entry->owner = NULL;
	}
	TRY(unit_pack(job, installed_path(job, entry->path), entry));
	if (entry->owner == NULL && entry->kind != ENTRY_LIBRARY)
		return err_set(ERR_BUILD, "%s: is not a library", entry->path);
	entry->kind = ENTRY_UNIT;
	return 0;
}

/* The same text with `to` wherever `from` stands; false when it does not. */
static bool
replace_text(struct str text, const char *from, const char *to, struct strbuf *ret_text)
{
	size_t len = strlen(from);
	const char *at = memmem(text.at, text.len, from, len);

	*ret_text = (struct strbuf){ 0 };
	if (at == NULL)
		return false;
	for (; at != NULL; at = memmem(text.at, text.len, from, len)) {
		strbuf_add(ret_text, text.at, (size_t)(at - text.at));
		strbuf_add_string(ret_text, to);
		text.len -= (size_t)(at - text.at) + len;
		text.at = at + len;
	}
	strbuf_add(ret_text, text.at, text.len);
	return true;
}

static bool
has_text(struct str contents, const char *text)
{
	return memmem(contents.at, contents.len, text, strlen(text)) != NULL;
}

/* A file of data: paths of the sysroot become the prefix, other paths of the build are told. */
static int
take_data(const struct job *job, struct str contents, struct entry *entry)
{
	const char *file = installed_path(job, entry->path);
	bool is_text = memchr(contents.at, '\0', contents.len) == NULL;
	struct strbuf fresh = { 0 };
	int ret = 0;

	entry->has_prefix = is_text && has_text(contents, WELD_PREFIX);
	if (is_text && replace_text(contents, job_path(job, "sysroot"), WELD_PREFIX, &fresh)) {
		ret = file_replace(AT_FDCWD, file, fresh.at, fresh.len, 0644);
		entry->has_prefix = true;
		entry->size = fresh.len;
		contents = str_from(arena_string(job->arena, fresh.at));
	}
	strbuf_free(&fresh);
	TRY(ret);
	if (has_text(contents, job->top))
		job_report(job, BUILD_WARNING,
			arena_printf(job->arena, "%s: holds a path of the build directory",
				entry->path));
	return unit_keep_object(job, file, &entry->object);
}

/* Where the recipe has plug-ins, what -l would find is still a library. */
static bool
is_plugin(const struct job *job, const struct entry *entry)
{
	const char *name = base_name(entry->path);

	return job->recipe->plugin_for.len > 0 && !str_has_suffix(entry->path, ".a") &&
	       (name - entry->path != strlen("lib/") ||
		       library_name(job->arena, entry->path) == NULL);
}

static int
take_code(const struct job *job, struct entry *entry)
{
	const char *name = library_name(job->arena, entry->path);

	TRY(unit_pack(job, installed_path(job, entry->path), entry));
	if (entry->kind != ENTRY_LIBRARY)
		return 0;
	if (is_plugin(job, entry)) {
		entry->kind = ENTRY_PLUGIN;
		return 0;
	}
	entry->is_archive = str_has_suffix(entry->path, ".a");
	if (name == NULL)
		return err_set(ERR_BUILD,
			"%s: is a library without the name of one (of a plug-in say "
			"'plugin_for' in the recipe; or remove it in package)",
			entry->path);
	entry->library = name;
	return 0;
}

/* An archive beside a shared library of the same name: the shared one counts. */
static bool
is_second_form(const struct job *job, const struct entries *entries, const struct entry *entry)
{
	const char *name = library_name(job->arena, entry->path);
	const char *shared;

	if (!str_has_suffix(entry->path, ".a") || name == NULL)
		return false;
	shared = arena_printf(job->arena, "%.*s.so", (int)strlen(entry->path) - 2, entry->path);
	return find(entries, shared) != NULL;
}

static int
take(const struct job *job, const struct entries *entries, struct entry *entry)
{
	struct str contents;

	if (entry->kind != ENTRY_FILE)
		return 0;
	if (str_has_prefix(entry->path, native_directory))
		return take_native(job, entry);
	if (str_has_prefix(entry->path, unit_directory))
		return take_unit(job, entry);
	/* An archive of nothing has 8 bytes. */
	if (is_second_form(job, entries, entry) ||
		(entry->size == 8 && str_has_suffix(entry->path, ".a"))) {
		entry->kind = ENTRY_DROPPED;
		return 0;
	}
	TRY(file_read(
		job->arena, AT_FDCWD, installed_path(job, entry->path), FILE_MAX, &contents));
	return unit_is_code(contents) && !job->recipe->is_native
		       ? take_code(job, entry)
		       : take_data(job, contents, entry);
}

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

int
scan_installed(const struct job *job, struct entries *ret_entries)
{
	struct entries entries = { 0 };
	int dir AUTO(file_close) = -1;
	const char *root = arena_printf(job->arena, "%s%s", job_path(job, "dest"), WELD_PREFIX);

	TRY(check_outside(job));
	if (!file_exists(AT_FDCWD, root))
		return err_set(ERR_BUILD, "nothing was installed below $DESTDIR$PREFIX");
	TRY(file_open_dir(AT_FDCWD, root, &dir));
	TRY(collect(job, dir, "", &entries));
	qsort(entries.all.at, entries.all.len, sizeof *entries.all.at, compare_entries);
	VEC_EACH (struct entry, entry, &entries.all)
		TRY(take(job, &entries, entry));
	TRY(decide_links(job->arena, &entries));
	*ret_entries = entries;
	return 0;
}
