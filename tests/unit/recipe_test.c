/* SPDX-License-Identifier: MIT */
#include "repo/recipe.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/recipe/apt.h"
#include "repo/glob.h"
#include "repo/recipe/confine.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct glob_case {
	const char *pattern;
	const char *path;
	bool matches;
};

static const struct glob_case glob_cases[] = {
	{ "bin/xz", "bin/xz", true },
	{ "bin/xz", "bin/xzcat", false },
	{ "bin/*", "bin/xz", true },
	{ "bin/*", "bin/a/b", false },
	{ "lib/**", "lib/a/b.so", true },
	{ "lib/lib*.so*", "lib/libz.so.1", true },
	{ "**/*.h", "include/a/b.h", true },
	{ "**.h", "a.h", true },
	{ "share/*/cmake/**", "share/x/cmake/y.cmake", true },
	{ "share/*/cmake/**", "share/x/y/cmake/z", false },
	{ "share/", "share/a/b", true },
	{ "share", "share/a", false },
	{ "?", "a", true },
	{ "?", "/", false },
	{ "*a*b", "xaxbxab", true },
	{ "**a**b/c", "x/a/y/b/c", true },
	{ "", "", true },
	{ "*", "", true },
	{ "**", "a/b", true },
};

struct apt_case {
	const char *name;
	bool is_deb822;
	bool with_binaries;
	const char *text;
	const char *translated;
};

static const struct apt_case apt_cases[] = {
	{ "a line", false, false, "deb http://deb.debian.org/debian bookworm main\n",
		"deb-src http://deb.debian.org/debian bookworm main\n" },
	{ "a line with options", false, true,
		"deb [signed-by=/k.gpg arch=amd64] http://m/debian bookworm-updates main # x\n",
		"deb-src [signed-by=/k.gpg arch=amd64] http://m/debian bookworm-updates main # "
		"x\n"
		"deb [signed-by=/k.gpg arch=amd64] http://m/debian bookworm-updates main # "
		"x\n" },
	{ "another release", false, false, "deb http://m/debian trixie main\n", "" },
	{ "another vendor", false, false, "deb https://example.org/apt bookworm main\n", "" },
	{ "a comment", false, false, "# deb http://m/debian bookworm main\n", "" },
	{ "a stanza", true, false,
		"Types: deb\n# c\nURIs: http://m/debian\nSuites: bookworm bookworm-updates\n"
		"Components: main\nSigned-By: /k.gpg\n",
		"Types: deb-src\nURIs: http://m/debian\nSuites: bookworm bookworm-updates\n"
		"Components: main\nSigned-By: /k.gpg\n\n" },
	{ "the second stanza", true, true,
		"Types: deb\nURIs: http://x/node\nSuites: nodistro\n\n"
		"Types: deb\nURIs: http://m/debian-security\nSuites: bookworm-security\n",
		"Types: deb-src deb\nURIs: http://m/debian-security\nSuites: "
		"bookworm-security\n\n" },
	{ "a stanza that is off", true, false,
		"Types: deb\nEnabled: no\nURIs: http://m/debian\nSuites: bookworm\n", "" },
};

#define HEX "71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1"
#define NAMES "name = z\nversion = 1.2\nsummary = s\nlicence = MIT\n"
#define SOURCE "source { url = \"http://h/z-1.2.tar.gz\"; sha256 = " HEX " }\n"

struct bad_recipe {
	const char *text;
	const char *message;
};

static const struct bad_recipe bad_recipes[] = {
	{ "version = 1", "name: missing" },
	{ NAMES SOURCE "series = \"1-2\"", "series: not a text like" },
	{ NAMES SOURCE "series = [ 1 ]", "series: not a text like" },
	{ NAMES SOURCE "series = 1\npackages { z { files = [a] } }",
		"is the recipe's own package" },
	{ NAMES, "\"source\" is missing" },
	{ NAMES "source { }", "needs one of debian, deb, url and folder" },
	{ NAMES "source { deb = z; url = \"http://h/z\" }",
		"needs one of debian, deb, url and folder" },
	{ NAMES "source { folder = \"../src\" }", "is not a path inside" },
	{ NAMES SOURCE "kind = native", "go together" },
	{ NAMES SOURCE "architectures = [ x86_64 ]", "go together" },
	{ NAMES SOURCE "kind = ir", "is not \"native\"" },
	{ NAMES "source { debian = z; files { } }", "\"version\" is missing" },
	{ NAMES "source { debian = z; version = 1; files { } }", "none are listed" },
	{ NAMES "source { debian = z; version = 1; files { \"../z\" = " HEX " } }",
		"is not a file name" },
	{ NAMES "source { url = \"http://h/z\"; sha256 = abc }", "" },
	{ NAMES SOURCE SOURCE, "needs \"into\"" },
	{ NAMES "source { url = \"http://h/z\"; sha256 = " HEX "; into = \"../x\" }",
		"is not a path inside" },
	{ NAMES SOURCE "buildrequires = [a]", "unknown key \"buildrequires\"" },
	{ NAMES SOURCE "release = 0", "release: not a number" },
	{ NAMES SOURCE "packages { z { files = [a] } }", "the recipe's own package" },
	{ NAMES SOURCE "packages { y { } }", "\"files\" is missing" },
	{ NAMES SOURCE "packages { Y { files = [a] } }", "is not a name" },
	{ NAMES SOURCE "libraries { z { sharing = maybe } }", "sharing is one of" },
	{ NAMES SOURCE "requires = [\"a >\"]", "requires" },
	{ NAMES SOURCE "a = [", "line 6: the list has no end" },
};

static void
write_text(const char *directory, const char *name, const char *text)
{
	int dir AUTO(file_close) = -1;

	if (file_open_dir(AT_FDCWD, directory, &dir) < 0 ||
		file_replace(dir, name, text, strlen(text), 0644) < 0)
		tap_bail("%s/%s: %s", directory, name, err_message());
}

static void
test_globs(void)
{
	for (size_t i = 0; i < sizeof glob_cases / sizeof glob_cases[0]; i++) {
		const struct glob_case *c = &glob_cases[i];

		tap_ok(glob_match(c->pattern, c->path) == c->matches, "glob \"%s\" on \"%s\"",
			c->pattern, c->path);
	}
}

static void
test_apt(void)
{
	for (size_t i = 0; i < sizeof apt_cases / sizeof apt_cases[0]; i++) {
		const struct apt_case *c = &apt_cases[i];
		struct strbuf sources = { 0 };

		apt_translate_sources(str_from(c->text), c->is_deb822, "bookworm",
			c->with_binaries, &sources);
		tap_is_string(strbuf_string(&sources), c->translated, "apt: %s", c->name);
		strbuf_free(&sources);
	}
}

static void
test_load(struct arena *arena, const char *directory)
{
	struct recipe recipe;
	struct digest before;

	write_text(directory, "recipe.ucl",
		NAMES SOURCE "build_requires = [a, b]\n"
			     "packages { zt { files = [\"bin/*\"] } }\n"
			     "libraries { z { sharing = always } }\n");
	tap_ok(recipe_load(arena, directory, &recipe) >= 0, "a recipe: %s", err_message());
	tap_is_string(recipe.version, "1.2", "its version");
	tap_is_number(recipe.release, 1, "its release, by default");
	tap_is_string(recipe.sources[0].files[0].name, "z-1.2.tar.gz", "its source's file");
	tap_is_number((long long)recipe.package_count, 2, "its packages");
	tap_is_string(recipe.packages[0].name, "z", "the first has its name");
	tap_is_string(recipe.packages[1].summary, "s", "the second has its summary");
	tap_is_string(recipe.libraries[0].sharing, "always", "its library");
	before = recipe.digest;
	recipe_load(arena, directory, &recipe);
	tap_ok(digest_equal(&before, &recipe.digest), "the same folder has the same digest");
	mkdir(arena_printf(arena, "%s/patches", directory), 0755);
	write_text(directory, "patches/b.patch", "x");
	write_text(directory, "patches/a.diff", "x");
	write_text(directory, "patches/c.orig", "x");
	recipe_load(arena, directory, &recipe);
	tap_ok(!digest_equal(&before, &recipe.digest), "a patch changes the digest");
	tap_ok(recipe.patches.len == 2 && str_has_suffix(recipe.patches.at[0], "a.diff"),
		"patches are sorted");
}

static void
test_modify(struct arena *arena, const char *directory)
{
	const char *const patches[] = { arena_printf(arena, "%s/patches/b.patch", directory) };
	const char *const missing[] = { "/nowhere/x.patch" };
	struct recipe recipe;
	struct recipe modified;

	recipe_load(arena, directory, &recipe);
	modified = recipe;
	tap_ok(recipe_modify(arena, &modified, patches, 1, 7) >= 0, "one more patch");
	tap_is_number((long long)modified.patches.len, (long long)recipe.patches.len + 1,
		"it comes last");
	tap_is_number(modified.release, 7, "and another release");
	tap_ok(!digest_equal(&modified.digest, &recipe.digest), "change the digest");
	tap_is_number(recipe_modify(arena, &recipe, missing, 1, 0), ERR_NOT_FOUND,
		"a patch that is not there is named: %s", err_message());
}

static void
test_bad_recipes(struct arena *arena, const char *directory)
{
	for (size_t i = 0; i < sizeof bad_recipes / sizeof bad_recipes[0]; i++) {
		struct recipe recipe;
		int ret;

		write_text(directory, "recipe.ucl", bad_recipes[i].text);
		ret = recipe_load(arena, directory, &recipe);
		tap_ok(ret == ERR_FORMAT &&
				strstr(err_message(), bad_recipes[i].message) != NULL,
			"bad recipe %zu: %s", i, err_message());
	}
}

/* In a child: what a build may and may not do; the exit status says what failed. */
static int
try_sandbox(const char *directory)
{
	struct confinement confinement = { .directory = directory };
	int fd;

	if (confine_build(&confinement) < 0)
		return 1;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EAFNOSUPPORT)
		return 2;
	if (socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || socket(AF_NETLINK, SOCK_RAW, 0) >= 0)
		return 3;
	if (socket(AF_UNIX, SOCK_STREAM, 0) < 0)
		return 4;
	if (chdir(directory) < 0)
		return 5;
	fd = open("inside", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || mkdir("below", 0755) < 0 || rename("inside", "below/inside") < 0)
		return 6;
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return fd < 0 ? 7 : 0;
}

static void
test_sandbox(const char *directory)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		_exit(try_sandbox(directory));
	waitpid(pid, &status, 0);
	tap_is_number(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
		"the sandbox: no network, but a place to write");
}

int
main(void)
{
	struct arena *arena = arena_new();
	char *directory = NULL;

	if (file_temp_dir(arena, "/tmp", &directory) < 0)
		tap_bail("%s", err_message());
	test_globs();
	test_apt();
	test_load(arena, directory);
	test_modify(arena, directory);
	test_bad_recipes(arena, directory);
	test_sandbox(directory);
	file_remove_tree(AT_FDCWD, directory);
	arena_free(&arena);
	return tap_done();
}
