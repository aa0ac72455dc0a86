/* SPDX-License-Identifier: MIT */
/*
 * CACHE/apt/ holds the configuration, the translated sources and the lists.
 * The configuration is given with -c, which is read after /etc/apt, so it wins.
 *
 * The lists are refreshed only when there are none or when they lack the
 * wanted version.
 */
#include "repo/recipe/apt.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SOURCES_MAX ((size_t)1 << 20) /* bytes of a sources file */

/* Whether a suite is this release of Debian or its updates. */
static bool
is_debian_suite(struct str suite, const char *codename)
{
	static const char *const tails[] = { "", "-updates", "-security", "/updates" };
	const char *const heads[] = { codename, "stable", "oldstable" };
	char name[128];

	for (size_t head = 0; head < sizeof heads / sizeof heads[0]; head++)
		for (size_t tail = 0; tail < sizeof tails / sizeof tails[0]; tail++) {
			snprintf(name, sizeof name, "%s%s", heads[head], tails[tail]);
			if (*heads[head] != '\0' && str_is(suite, name))
				return true;
		}
	return false;
}

static bool
contains(struct str text, const char *needle)
{
	return text.len > 0 && memmem(text.at, text.len, needle, strlen(needle)) != NULL;
}

/* Cut the next word of a line; false when there is none. */
static bool
cut_word(struct str *rest, struct str *ret_word)
{
	size_t len = 0;

	while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t')) {
		rest->at++;
		rest->len--;
	}
	/* Options in brackets are one word, whatever stands between them. */
	while (len < rest->len && (rest->at[0] == '[' || !strchr(" \t", rest->at[len])))
		if (rest->at[len++] == ']' && rest->at[0] == '[')
			break;
	*ret_word = (struct str){ .at = rest->at, .len = len };
	rest->at += len;
	rest->len -= len;
	return len > 0;
}

/* "deb [options] URI SUITE COMPONENT ..." */
static void
translate_line(
	struct str line, const char *codename, bool with_binaries, struct strbuf *sources)
{
	struct str rest = line;
	struct str type;
	struct str uri;
	struct str suite;

	if (!cut_word(&rest, &type) || (!str_is(type, "deb") && !str_is(type, "deb-src")))
		return;
	struct str tail = rest;

	if (!cut_word(&rest, &uri) || (*uri.at == '[' && !cut_word(&rest, &uri)) ||
		!cut_word(&rest, &suite))
		return;
	if (!contains(uri, "debian") || !is_debian_suite(suite, codename))
		return;
	strbuf_printf(sources, "deb-src" STR_FMT "\n", STR_ARG(tail));
	if (with_binaries)
		strbuf_printf(sources, "deb" STR_FMT "\n", STR_ARG(tail));
}

/* The value of a field in a stanza's line, or an empty string. */
static struct str
field_of(struct str line, const char *name)
{
	size_t len = strlen(name);

	if (line.len <= len || line.at[len] != ':' || strncasecmp(line.at, name, len) != 0)
		return (struct str){ 0 };
	return (struct str){ .at = line.at + len + 1, .len = line.len - len - 1 };
}

static bool
has_debian_suite(struct str suites, const char *codename)
{
	struct str word;

	while (cut_word(&suites, &word))
		if (is_debian_suite(word, codename))
			return true;
	return false;
}

/* One stanza: its lines again, with another Types. */
static void
translate_stanza(
	struct str stanza, const char *codename, bool with_binaries, struct strbuf *sources)
{
	bool is_debian = false;
	bool is_enabled = true;
	bool has_suite = false;
	struct strbuf text = { 0 };
	struct str line;

	strbuf_printf(&text, "Types: deb-src%s\n", with_binaries ? " deb" : "");
	while (str_cut(&stanza, '\n', &line)) {
		struct str types = field_of(line, "Types");
		struct str enabled = field_of(line, "Enabled");
		struct str uris = field_of(line, "URIs");

		if (types.len > 0 || (line.len > 0 && *line.at == '#'))
			continue;
		if (contains(uris, "debian"))
			is_debian = true;
		if (contains(enabled, "no"))
			is_enabled = false;
		if (has_debian_suite(field_of(line, "Suites"), codename))
			has_suite = true;
		strbuf_printf(&text, STR_FMT "\n", STR_ARG(line));
	}
	if (is_debian && is_enabled && has_suite)
		strbuf_printf(sources, "%s\n", strbuf_string(&text));
	strbuf_free(&text);
}

void
apt_translate_sources(struct str text, bool is_deb822, const char *codename, bool with_binaries,
	struct strbuf *sources)
{
	struct str line;
	const char *start = text.at;
	const char *end = text.at + text.len;

	if (!is_deb822) {
		while (str_cut(&text, '\n', &line))
			translate_line(line, codename, with_binaries, sources);
		return;
	}
	while (str_cut(&text, '\n', &line)) {
		if (line.len > 0)
			continue;
		translate_stanza((struct str){ .at = start, .len = (size_t)(line.at - start) },
			codename, with_binaries, sources);
		start = line.at + 1;
	}
	if (start < end)
		translate_stanza((struct str){ .at = start, .len = (size_t)(end - start) },
			codename, with_binaries, sources);
}

/* VERSION_CODENAME of os-release; "" when there is none. */
static const char *
read_codename(struct arena *arena)
{
	struct str text;
	struct str line;

	if (file_read(arena, AT_FDCWD, "/etc/os-release", SOURCES_MAX, &text) < 0)
		return "";
	while (str_cut(&text, '\n', &line)) {
		static const char key[] = "VERSION_CODENAME=";

		if (line.len > strlen(key) && memcmp(line.at, key, strlen(key)) == 0) {
			line.at += strlen(key);
			line.len -= strlen(key);
			return str_copy(arena, line);
		}
	}
	return "";
}

static int
translate_file(
	struct arena *arena, const char *path, bool with_binaries, struct strbuf sources[2])
{
	bool is_deb822 = str_has_suffix(path, ".sources");
	struct str text;

	if (!is_deb822 && !str_has_suffix(path, ".list"))
		return 0;
	TRY(file_read(arena, AT_FDCWD, path, SOURCES_MAX, &text));
	apt_translate_sources(
		text, is_deb822, read_codename(arena), with_binaries, &sources[is_deb822]);
	return 0;
}

static int
translate_machine(struct arena *arena, bool with_binaries, struct strbuf sources[2])
{
	static const char parts[] = "/etc/apt/sources.list.d";
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	if (file_exists(AT_FDCWD, "/etc/apt/sources.list"))
		TRY(translate_file(arena, "/etc/apt/sources.list", with_binaries, sources));
	if (!file_exists(AT_FDCWD, parts))
		return 0;
	TRY(file_open_dir(AT_FDCWD, parts, &dir));
	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++)
		TRY(translate_file(arena, arena_printf(arena, "%s/%s", parts, names[i]),
			with_binaries, sources));
	return 0;
}

static int
write_sources(struct arena *arena, const char *directory, bool with_binaries)
{
	struct strbuf sources[2] = { 0 };
	int dir AUTO(file_close) = -1;
	int ret;

	TRY(file_make_dirs(AT_FDCWD, directory, 0755));
	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	ret = translate_machine(arena, with_binaries, sources);
	if (ret >= 0 && sources[0].len + sources[1].len == 0)
		ret = err_set(ERR_NOT_FOUND,
			"/etc/apt: names no mirror of this Debian release's main archive");
	if (ret >= 0)
		ret = file_replace(dir, "weld.list", sources[0].at, sources[0].len, 0644);
	if (ret >= 0)
		ret = file_replace(dir, "weld.sources", sources[1].at, sources[1].len, 0644);
	strbuf_free(&sources[0]);
	strbuf_free(&sources[1]);
	return ret;
}

/* Write the configuration; *ret_path is its file. */
static int
configure(struct arena *arena, const char *apt_dir, bool with_binaries, char **ret_path)
{
	const char *sources =
		arena_printf(arena, "%s/%s", apt_dir, with_binaries ? "all" : "source");
	char *name = arena_printf(arena, "%s.conf", sources);
	char *text = arena_printf(arena,
		"Dir::State \"%s\";\nDir::State::lists \"%s/lists\";\n"
		"Dir::Cache \"%s\";\nDir::Cache::archives \"%s/archives\";\n"
		"Dir::Cache::pkgcache \"%s/%s.pkgcache.bin\";\n"
		"Dir::Cache::srcpkgcache \"%s/%s.srcpkgcache.bin\";\n"
		"Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"%s\";\n"
		"APT::Sandbox::User \"root\";\nAPT::Get::List-Cleanup \"false\";\n"
		"APT::Get::AllowUnauthenticated \"false\";\nAcquire::Languages \"none\";\n"
		"Acquire::Retries \"3\";\n#clear APT::Update::Pre-Invoke;\n"
		"#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n",
		apt_dir, apt_dir, apt_dir, apt_dir, apt_dir, with_binaries ? "all" : "source",
		apt_dir, with_binaries ? "all" : "source", sources);

	TRY(write_sources(arena, sources, with_binaries));
	TRY(file_make_dirs(AT_FDCWD, arena_printf(arena, "%s/lists/partial", apt_dir), 0755));
	TRY(file_make_dirs(
		AT_FDCWD, arena_printf(arena, "%s/archives/partial", apt_dir), 0755));
	TRY(file_replace(AT_FDCWD, name, text, strlen(text), 0644));
	*ret_path = name;
	return 0;
}

/* Run apt-get; its first error becomes the message: the last one only sums up. */
static int
run(struct arena *arena, const char *const *argv, const char *directory)
{
	struct process process = { .argv = argv, .directory = directory };
	struct str output;
	struct str line;
	struct str first = str_from("no message");
	int status;

	TRY(process_capture(arena, &process, &status, &output));
	log_debug("recipe", "%s: status %d\n" STR_FMT, argv[0], status, STR_ARG(output));
	if (status == 0)
		return 0;
	while (str_cut(&output, '\n', &line)) {
		if (line.len <= 3 || memcmp(line.at, "E: ", 3) != 0)
			continue;
		first = (struct str){ line.at + 3, line.len - 3 };
		break;
	}
	return err_set(ERR_FETCH, "apt-get: " STR_FMT, STR_ARG(first));
}

static int
update(struct arena *arena, const char *config)
{
	const char *const argv[] = { "apt-get", "-q", "-c", config, "update", NULL };

	return run(arena, argv, NULL);
}

static int
download(struct arena *arena, const char *config, const struct recipe_source *source,
	const char *directory)
{
	const char *wanted = arena_printf(arena, "%s=%s", source->name, source->version);
	const char *const from_source[] = { "apt-get", "-q", "-c", config, "source",
		"--only-source", "--download-only", wanted, NULL };
	const char *const from_binary[] = { "apt-get", "-q", "-c", config, "download", wanted,
		NULL };

	return run(arena, source->kind == RECIPE_SOURCE_DEB ? from_binary : from_source,
		directory);
}

static bool
has_lists(struct arena *arena, const char *apt_dir, const char *config)
{
	/* A stamp for each configuration: the lists themselves have apt's names. */
	return file_exists(AT_FDCWD, arena_printf(arena, "%s.updated", config)) &&
	       file_exists(AT_FDCWD, arena_printf(arena, "%s/lists", apt_dir));
}

static int
lock(struct arena *arena, const char *apt_dir, int *ret_fd)
{
	const char *path = arena_printf(arena, "%s/lock", apt_dir);
	int fd;

	TRY(file_make_dirs(AT_FDCWD, apt_dir, 0755));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		file_close(&fd);
		return err_errno("%s: lock", path);
	}
	*ret_fd = fd;
	return 0;
}

int
apt_download(struct arena *arena, const char *cache_dir, const struct recipe_source *source,
	const char *directory)
{
	const char *apt_dir = arena_printf(arena, "%s/apt", cache_dir);
	int held AUTO(file_close) = -1;
	char *config;
	int ret;

	TRY(lock(arena, apt_dir, &held));
	TRY(configure(arena, apt_dir, source->kind == RECIPE_SOURCE_DEB, &config));
	if (has_lists(arena, apt_dir, config) &&
		download(arena, config, source, directory) >= 0)
		return 0;
	ret = update(arena, config);
	/* Another mirror's failure does not matter when the files arrive. */
	if (ret >= 0)
		TRY(file_replace(
			AT_FDCWD, arena_printf(arena, "%s.updated", config), "", 0, 0644));
	return err_context(download(arena, config, source, directory), "%s %s: Debian source",
		source->name, source->version);
}
