/* SPDX-License-Identifier: MIT */
#include "repo/recipe/licences.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <string.h>
#include <unistd.h>

struct name_case {
	const char *name;
	bool is_text;
};

static const struct name_case name_cases[] = {
	{ "COPYING", true },
	{ "COPYING.LIB", true },
	{ "LICENSE.txt", true },
	{ "LICENSE-MIT", true },
	{ "Licence", true },
	{ "NOTICE", true },
	{ "license.md", true },
	{ "LICENSE.h", false },
	{ "copyright-release.pdf", false },
	{ "license.py", false },
	{ "LICENSES", false },
	{ "licensed", false },
	{ "README", false },
	{ "", false },
};

struct source_file {
	const char *path; /* below the build directory */
	const char *text;
};

static const struct source_file source_files[] = {
	{ "src/COPYING", "the first text" },
	{ "src/LICENSE.c", "code" },
	{ "src/debian/copyright", "not looked at" },
	{ "src/lib/LICENSE", "the second text" },
	{ "src/lib/deep/LICENSE", "too deep" },
	{ "src/copy/COPYING", "the first text" },
	{ "src/tests/COPYING", "of the tests" },
	{ "src/LICENSES/preferred/MIT", "the third text" },
	{ "src/empty/COPYING", "" },
	{ "src/more/debian/copyright", "Debian's account" },
	{ "src/binary/usr/share/doc/linux/copyright", "Debian's other account" },
};

struct installed {
	const char *path; /* below share/licenses */
	const char *text; /* NULL: it is not there */
};

static const struct installed installed[] = {
	{ "z/COPYING", "the first text" },
	{ "z/lib/LICENSE", "the second text" },
	{ "z/LICENSES/preferred/MIT", "the third text" },
	{ "z/more/copyright", "Debian's account" },
	{ "z/linux/copyright", "Debian's other account" },
	{ "z/LICENSE.c", NULL },
	{ "z/copyright", NULL },
	{ "z/copy/COPYING", NULL },
	{ "z/empty/COPYING", NULL },
	{ "z/lib/deep/LICENSE", NULL },
	{ "z/tests/COPYING", NULL },
	{ "z/LICENSE", NULL },
	{ "z/NOTICE", NULL },
	{ "own/text", "put there by the recipe" },
	{ "own/COPYING", NULL },
	{ "other/COPYING", "the first text" },
};

static void
put(const struct job *job, const char *path, const char *text)
{
	const char *whole = job_path(job, path);
	const char *parent =
		arena_printf(job->arena, "%.*s", (int)(strrchr(whole, '/') - whole), whole);

	if (file_make_dirs(AT_FDCWD, parent, 0755) < 0 ||
		file_create(AT_FDCWD, whole, text, strlen(text), 0644) < 0)
		tap_bail("%s: %s", whole, err_message());
}

static const char *
read_installed(const struct job *job, const char *path)
{
	struct str text;

	path = arena_printf(job->arena, "dest" WELD_PREFIX "/" LICENCES_DIRECTORY "%s", path);
	if (file_read(job->arena, AT_FDCWD, job_path(job, path), 4096, &text) < 0)
		return NULL;
	return text.at;
}

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof name_cases / sizeof name_cases[0]; i++)
		tap_ok(licences_is_text(name_cases[i].name) == name_cases[i].is_text,
			"\"%s\" is %sa licence's name", name_cases[i].name,
			name_cases[i].is_text ? "" : "not ");
}

static void
test_nothing_installed(const struct job *job)
{
	tap_ok(licences_collect(job) >= 0, "where nothing was installed");
	tap_ok(!file_exists(AT_FDCWD, job_path(job, "dest")), "nothing is put there");
}

static void
test_collect(const struct job *job)
{
	put(job, "dest" WELD_PREFIX "/" LICENCES_DIRECTORY "own/text",
		"put there by the recipe");
	if (file_create(AT_FDCWD, job_path(job, "src/NOTICE"), "a\0b", 3, 0644) < 0)
		tap_bail("%s", err_message());
	if (symlink("/etc/hostname", job_path(job, "src/LICENSE")) < 0)
		tap_bail("src/LICENSE: link");
	tap_ok(licences_collect(job) >= 0, "texts are collected: %s", err_message());
	for (size_t i = 0; i < sizeof installed / sizeof installed[0]; i++) {
		const char *text = read_installed(job, installed[i].path);

		tap_ok((text == NULL) == (installed[i].text == NULL) &&
				(text == NULL || strcmp(text, installed[i].text) == 0),
			"%s: %s", installed[i].path,
			installed[i].text == NULL ? "is not there" : installed[i].text);
	}
}

static void
test_recipe_folder(struct arena *arena)
{
	struct recipe_package package = { .name = "bare" };
	struct recipe_source source = { 0 };
	struct recipe recipe = { .name = "bare",
		.licence = "MIT",
		.packages = &package,
		.package_count = 1,
		.sources = &source,
		.source_count = 1 };
	struct job job = { .arena = arena, .recipe = &recipe, .top = sample_directory(arena) };
	const char *text;

	recipe.directory = job_path(&job, "recipe");
	put(&job, "src/main.c", "code");
	put(&job, "recipe/LICENSE", "of the recipe");
	put(&job, "dest" WELD_PREFIX "/bin/bare", "code");
	tap_ok(licences_collect(&job) >= 0, "a source without any: %s", err_message());
	text = read_installed(&job, "bare/LICENSE");
	tap_is_string(text == NULL ? "" : text, "of the recipe", "the recipe's own is taken");
	sample_remove(job.top);
}

static void
keep_warning(void *data, const struct build_event *event)
{
	if (event->step == BUILD_WARNING)
		*(const char **)data = event->text;
}

static void
test_expression(const struct job *job)
{
	const char *warning = NULL;
	struct build_options options = { .report = keep_warning, .data = &warning };
	struct recipe recipe = *job->recipe;
	struct job other = *job;

	other.options = &options;
	other.recipe = &recipe;
	licences_collect(&other);
	tap_ok(warning == NULL, "a licence of the SPDX list is fine");
	recipe.licence = "Foo-1.0";
	licences_collect(&other);
	tap_is_string(warning, "licence: Foo-1.0 is not in the SPDX licence list",
		"another one is warned of");
}

int
main(void)
{
	struct arena *arena = arena_new();
	struct recipe_package packages[] = { { .name = "z" }, { .name = "own" },
		{ .name = "other" } };
	struct recipe_source sources[] = { { .into = NULL }, { .into = "more" },
		{ .into = "binary" } };
	struct recipe recipe = { .name = "z",
		.licence = "Zlib",
		.packages = packages,
		.package_count = 3,
		.sources = sources,
		.source_count = 3 };
	struct job job = { .arena = arena, .recipe = &recipe, .top = sample_directory(arena) };

	for (size_t i = 0; i < sizeof source_files / sizeof source_files[0]; i++)
		put(&job, source_files[i].path, source_files[i].text);
	test_names();
	test_nothing_installed(&job);
	test_expression(&job);
	test_collect(&job);
	sample_remove(job.top);
	test_recipe_folder(arena);
	arena_free(&arena);
	return tap_done();
}
