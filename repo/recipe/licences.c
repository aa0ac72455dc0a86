/* SPDX-License-Identifier: MIT */
/*
 * The texts are looked for in the top of each source's tree and one level
 * below, tests and examples left out, by the names that upstreams give them; in
 * a directory LICENSES everything counts. A source without any is described by
 * Debian's copyright file when it has one. When no source has any, those beside
 * the recipe are taken. The same text is taken once. Links
 * are never followed: a source is not ours.
 */
#include "repo/recipe/licences.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/prefix.h"
#include "base/vec.h"
#include "repo/licence.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define TEXT_MAX ((size_t)4 << 20) /* bytes of one text */
#define LICENSES_DEPTH_MAX 4 /* levels below a directory LICENSES */

struct text {
	const char *path; /* below share/licenses/NAME */
	struct str contents;
	struct digest digest;
};

struct texts {
	struct arena *arena;
	VEC(struct text) all;
};

bool
licences_is_text(const char *name)
{
	static const char *const stems[] = { "COPYING", "COPYRIGHT", "LICENCE", "LICENSE",
		"NOTICE", "UNLICENSE" };
	static const char *const no_texts[] = { ".am", ".c", ".cc", ".cpp", ".h", ".hpp",
		".html", ".in", ".js", ".json", ".o", ".pdf", ".py", ".sh", ".xml" };

	for (size_t i = 0; i < sizeof no_texts / sizeof no_texts[0]; i++)
		if (str_has_suffix(name, no_texts[i]))
			return false;
	for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++) {
		size_t length = strlen(stems[i]);

		if (strncasecmp(name, stems[i], length) == 0 &&
			strchr(".-_", name[length]) != NULL)
			return true; /* the end of the name counts, too: strchr() finds NUL */
	}
	return false;
}

/* Directories whose contents do not end up in a package, or are looked at otherwise. */
static bool
is_left_out(const char *name)
{
	return name[0] == '.' || strcmp(name, "debian") == 0 ||
	       strncasecmp(name, "test", 4) == 0 || strncasecmp(name, "example", 7) == 0;
}

/* Take one file; not what is there already, nor what is empty or no text. */
static int
add(struct texts *texts, int dir, const char *name, const char *path)
{
	struct text text = { .path = path };
	int fd AUTO(file_close) = -1;

	TRY(file_open_beneath(dir, name, O_RDONLY, 0, &fd));
	TRY(err_context(file_read_fd(texts->arena, fd, TEXT_MAX, &text.contents), "%s", path));
	text.digest = hash_bytes(text.contents.at, text.contents.len);
	if (text.contents.len == 0 || memchr(text.contents.at, '\0', text.contents.len) != NULL)
		return 0;
	VEC_EACH (struct text, old, &texts->all) {
		if (digest_equal(&old->digest, &text.digest))
			return 0;
	}
	vec_push(texts->arena, &texts->all, text);
	return 0;
}

static int
search(struct texts *texts, int dir, const char *path, unsigned depth, bool takes_all);

static int
search_entry(struct texts *texts, int dir, const char *path, const char *name, unsigned depth,
	bool takes_all)
{
	bool is_licenses = strcasecmp(name, "LICENSES") == 0;
	const char *own = arena_printf(texts->arena, "%s%s", path, name);
	int inner AUTO(file_close) = -1;
	struct stat info;

	if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno("%s", own);
	if (S_ISREG(info.st_mode))
		return takes_all || licences_is_text(name) ? add(texts, dir, name, own) : 0;
	if (!S_ISDIR(info.st_mode) || is_left_out(name) || (depth == 0 && !is_licenses))
		return 0;
	TRY(file_open_beneath(dir, name, O_RDONLY | O_DIRECTORY, 0, &inner));
	own = arena_printf(texts->arena, "%s/", own);
	if (is_licenses && !takes_all)
		return search(texts, inner, own, LICENSES_DEPTH_MAX, true);
	return search(texts, inner, own, depth - 1, takes_all);
}

static int
search(struct texts *texts, int dir, const char *path, unsigned depth, bool takes_all)
{
	char **names;
	size_t count;

	TRY(file_list(texts->arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++)
		TRY(search_entry(texts, dir, path, names[i], depth, takes_all));
	return 0;
}

/* usr/share/doc/NAME/copyright of Debian's binary packages, as NAME/copyright. */
static int
add_documents(struct texts *texts, int dir)
{
	int documents AUTO(file_close) = -1;
	char **names;
	size_t count;

	if (file_open_beneath(dir, "usr/share/doc", O_RDONLY | O_DIRECTORY, 0, &documents) < 0)
		return 0;
	TRY(file_list(texts->arena, documents, &names, &count));
	for (size_t i = 0; i < count; i++) {
		const char *path = arena_printf(texts->arena, "%s/copyright", names[i]);
		struct stat info;

		if (fstatat(documents, path, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(info.st_mode))
			TRY(add(texts, documents, path, path));
	}
	return 0;
}

/* The texts of one source tree; Debian's account of them when it brings none itself. */
static int
add_source(struct texts *texts, const char *directory, const char *into)
{
	const char *path = into == NULL ? "" : arena_printf(texts->arena, "%s/", into);
	size_t before = texts->all.len;
	int dir AUTO(file_close) = -1;
	struct stat info;

	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	TRY(search(texts, dir, path, 1, false));
	if (texts->all.len > before)
		return 0;
	if (fstatat(dir, "debian/copyright", &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(info.st_mode))
		return add(texts, dir, "debian/copyright",
			arena_printf(texts->arena, "%scopyright", path));
	return add_documents(texts, dir);
}

/* What the recipe's own folder has, for sources without any. */
static int
add_recipe(struct texts *texts, const char *directory)
{
	int dir AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	return search(texts, dir, "", 0, false);
}

static int
install(const struct job *job, const struct texts *texts, const char *directory)
{
	VEC_EACH (struct text, text, &texts->all) {
		const char *path = arena_printf(job->arena, "%s/%s", directory, text->path);
		const char *parent = arena_printf(
			job->arena, "%.*s", (int)(strrchr(path, '/') - path), path);

		TRY(file_make_dirs(AT_FDCWD, parent, 0755));
		TRY(file_create(AT_FDCWD, path, text->contents.at, text->contents.len, 0644));
	}
	return 0;
}

/* Warn of a licence that no tool will understand. */
static void
check_expression(const struct job *job)
{
	struct licence licence;

	licence_read(job->arena, job->recipe->licence, &licence);
	if (licence.problem != NULL)
		job_report(job, BUILD_WARNING,
			arena_printf(job->arena, "licence: %s", licence.problem));
}

int
licences_collect(const struct job *job)
{
	const struct recipe *recipe = job->recipe;
	const char *root = arena_printf(job->arena, "%s%s", job_path(job, "dest"), WELD_PREFIX);
	struct texts texts = { .arena = job->arena };

	check_expression(job);
	if (!file_exists(AT_FDCWD, root))
		return 0;
	for (size_t i = 0; i < recipe->source_count; i++) {
		const char *into = recipe->sources[i].into;
		const char *source =
			into == NULL ? "src" : arena_printf(job->arena, "src/%s", into);

		TRY(add_source(&texts, job_path(job, source), into));
	}
	if (texts.all.len == 0)
		TRY(add_recipe(&texts, recipe->directory));
	for (size_t i = 0; i < recipe->package_count; i++) {
		const char *directory = arena_printf(job->arena, "%s/" LICENCES_DIRECTORY "%s",
			root, recipe->packages[i].name);

		if (!file_exists(AT_FDCWD, directory))
			TRY(install(job, &texts, directory));
	}
	return 0;
}
