/* SPDX-License-Identifier: MIT */
/* A manifest survives writing and reading, byte for byte; every hostile one is refused. */
#include "repo/manifest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "repo/package.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The sample's manifest as JSON text, objects filled in, by way of a package. */
static struct str
sample_text(struct arena *arena)
{
	char *directory = sample_directory(arena);
	char *path = sample_package(arena, directory, "frob", "1.0");
	struct manifest *manifest = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str copy;
	int fd AUTO(file_close) = -1;

	if (file_open(AT_FDCWD, path, &fd) < 0 ||
		package_read_manifest(arena, fd, path, &manifest) < 0 ||
		manifest_write(manifest, &text) < 0)
		tap_bail("%s", err_message());
	copy.at = arena_copy(arena, text.at, text.len);
	copy.len = text.len;
	sample_remove(directory);
	return copy;
}

static void
test_golden(struct arena *arena, struct str text)
{
	const char *update = getenv("WELD_UPDATE_GOLDEN");
	struct str golden = { 0 };
	struct manifest *manifest = NULL;

	if (update != NULL &&
		file_replace(AT_FDCWD, GOLDEN "/manifest-1.json", text.at, text.len, 0644) < 0)
		tap_bail("%s", err_message());
	if (file_read(arena, AT_FDCWD, GOLDEN "/manifest-1.json", 1 << 20, &golden) < 0)
		tap_bail("%s", err_message());
	tap_ok(str_equal(golden, text), "today's bytes are those of the golden file");
	tap_ok(manifest_read(arena, golden, &manifest) == 0, "the golden file can be read");
	tap_is_string(manifest_full_name(arena, manifest), "frob-1.0-1", "its full name");
	tap_is_number((long long)manifest->file_count, 5, "its files");
	tap_is_number((long long)manifest->object_count, 6, "its objects");
	tap_is_number((long long)manifest_installed_size(manifest), 70074, "its size");
}

struct hostile {
	const char *what;
	const char *find; /* is replaced once in the sample's text */
	const char *replace;
	const char *message; /* a part of the error */
};

static const struct hostile hostiles[] = {
	{ "an unknown format", "\"format\":1", "\"format\":2", "format 2" },
	{ "a format that is a string", "\"format\":1", "\"format\":\"1\"", "format" },
	{ "white space", "\"format\":1", "\"format\": 1", "canonical" },
	{ "a duplicate key", "\"format\":1", "\"format\":1,\"format\":1", "duplicate" },
	{ "an unknown member", "\"format\":1", "\"extra\":1,\"format\":1", "canonical" },
	{ "bytes at the end", "tests\",\"version\":\"1.0\"}", "tests\",\"version\":\"1.0\"} ",
		"canonical" },
	{ "bug class 3: a name with a slash", "\"name\":\"frob\",\"objects\"",
		"\"name\":\"../frob\",\"objects\"", "not a name" },
	{ "a name with a capital", "\"name\":\"frob\",\"objects\"",
		"\"name\":\"Frob\",\"objects\"", "not a name" },
	{ "a series that is none", "\"name\":\"frob\",\"objects\"",
		"\"name\":\"frob@\",\"objects\"", "not a name" },
	{ "a library of no series in a package of one", "\"name\":\"frob\",\"objects\"",
		"\"name\":\"frob@1\",\"objects\"",
		"frob@1: library frob is of another series" },
	{ "a version with a dash", "tests\",\"version\":\"1.0\"", "tests\",\"version\":\"1-0\"",
		"not a version" },
	{ "a version with a NUL", "tests\",\"version\":\"1.0\"",
		"tests\",\"version\":\"1\\u0000\"", "" },
	{ "release 0", "\"release\":1", "\"release\":0", "release" },
	{ "release -1", "\"release\":1", "\"release\":-1", "release" },
	{ "a release that is real", "\"release\":1", "\"release\":1.0", "" },
	{ "an unknown kind", "\"kind\":\"ir\"", "\"kind\":\"exe\"", "kind" },
	{ "units in a package of files", "\"kind\":\"ir\"", "\"kind\":\"files\"",
		"has libraries" },
	{ "a summary with a line feed", "A sample", "A\\nsample", "control" },
	{ "a summary with an escape", "A sample", "A\\u001Bsample", "control" },
	{ "bug class 1: a path that climbs", "\"bin/script\"", "\"../script\"", "not a path" },
	{ "a path that climbs later", "\"bin/script\"", "\"bin/../../x\"", "not a path" },
	{ "bug class 1: an absolute path", "\"bin/script\"", "\"/bin/script\"", "not a path" },
	{ "a path with an empty part", "\"bin/script\"", "\"bin//script\"", "not a path" },
	{ "a path with a dot", "\"bin/script\"", "\"./bin\"", "not a path" },
	{ "a path with a slash behind", "\"bin/script\"", "\"bin/\"", "not a path" },
	{ "a path with a backslash", "\"bin/script\"", "\"bin\\\\x\"", "not a path" },
	{ "a path with a line feed", "\"bin/script\"", "\"bin/\\n\"", "not a path" },
	{ "an empty path", "\"bin/script\"", "\"\"", "not a path" },
	{ "a program's path that climbs", "\"path\":\"bin/frob\"", "\"path\":\"../frob\"",
		"not a path" },
	{ "a file at a program's path", "\"bin/script\"", "\"bin/frob\"", "the same path" },
	{ "the same path in capitals", "\"bin/script\"", "\"bin/FROB\"", "the same path" },
	{ "a file below a file", "\"bin/script\"", "\"bin/frob/x\"", "not a directory" },
	{ "a file below a link", "\"var/empty\"", "\"share/link/x\"", "not sorted" },
	{ "a path of weld's own", "\"bin/script\"", "\"SLOTS/z\"", "for itself" },
	{ "a generation's manifest", "\"bin/script\"", "\"manifest.json\"", "" },
	{ "bug class 1: a link that leaves the prefix", "../bin/script", "../../bin/script",
		"leaves" },
	{ "a link that leaves and comes back", "../bin/script", "../../x/bin/script",
		"leaves" },
	{ "an absolute link", "../bin/script", "/bin/script", "leaves" },
	{ "an empty link", "../bin/script", "", "leaves" },
	{ "bug class 27: set-user-id", "\"mode\":493,\"path\":\"bin/script\"",
		"\"mode\":2541,\"path\":\"bin/script\"", "mode" },
	{ "a file of another size than its object", "\"size\":21}", "\"size\":22}", "size" },
	{ "a size beyond all limits", "\"size\":70001}", "\"size\":99999999999999}", "size" },
	{ "an import that is no name", "\"imports\":[\"c\"]", "\"imports\":[\"/c\"]",
		"not a name" },
	{ "a relation that is none", "\"lib:c\"", "\"lib:c ! 3\"", "relation" },
	{ "own uses that are not sorted", "\"sharing\":\"auto\"",
		"\"own_uses\":[\"b\",\"a\"],\"sharing\":\"auto\"", "not sorted" },
	{ "an unknown sharing", "\"sharing\":\"auto\"", "\"sharing\":\"all\"", "sharing" },
	{ "a program that loads an empty list", "\"path\":\"bin/frob\"",
		"\"loads\":[],\"path\":\"bin/frob\"", "is empty" },
	{ "interfaces that are not sorted", "\"path\":\"bin/frob\"",
		"\"loads\":[\"b\",\"a\"],\"path\":\"bin/frob\"", "not sorted" },
	{ "an interface that is no name", "\"path\":\"bin/frob\"",
		"\"loads\":[\"../b\"],\"path\":\"bin/frob\"", "not a name" },
	{ "a program that is a plug-in", "\"tls_size\":0,\"undefined\"",
		"\"plugin_for\":[\"a\"],\"tls_size\":0,\"undefined\"", "" },
	{ "an empty list of plug-ins", "\"producer\"", "\"plugins\":[],\"producer\"",
		"is empty" },
	{ "a plug-in that is for nothing", "\"producer\"", "\"plugins\":[{}],\"producer\"",
		"plugin_for" },
	{ "a path of plug-ins' images", "\"bin/script\"", "\"plugins/x\"", "" },
	{ "a trigger of another package's program", "tests\",\"version\"",
		"tests\",\"triggers\":[{\"name\":\"t\",\"output\":\"share/"
		"t\",\"patterns\":[\"x\"],"
		"\"program\":\"bin/other\"}],\"version\"",
		"bin/other is not a program of this package" },
	{ "a trigger that makes a file of the package", "tests\",\"version\"",
		"tests\",\"triggers\":[{\"name\":\"t\",\"output\":\"bin/"
		"script\",\"patterns\":[\"x\"],"
		"\"program\":\"bin/frob\"}],\"version\"",
		"the same path" },
	{ "a check that passed without being made", "\"level\":\"quick\"", "\"level\":\"none\"",
		"nothing was checked" },
	{ "architectures that are none",
		"\"check\":", "\"architectures\":[],\"check\":", "empty" },
	{ "an architecture that is twice",
		"\"check\":", "\"architectures\":[\"x86_64\",\"x86_64\"],\"check\":", "twice" },
	{ "packages to build with, out of order", "\"check\":",
		"\"builds_with\":[\"z = 1-1\",\"c = 1-1\"],\"check\":", "sorted" },
	{ "a package to build with that is no relation",
		"\"check\":", "\"builds_with\":[\"c =\"],\"check\":", "builds_with" },
	{ "negative thread-local storage", "\"tls_size\":0", "\"tls_size\":-1", "tls_size" },
};

static struct str
replace_once(struct arena *arena, struct str text, const char *find, const char *replace)
{
	char *at = memmem(text.at, text.len, find, strlen(find));
	struct strbuf buf AUTO(strbuf_free) = { 0 };
	struct str result;

	if (at == NULL)
		tap_bail("the sample does not contain %s", find);
	strbuf_add(&buf, text.at, (size_t)(at - text.at));
	strbuf_add_string(&buf, replace);
	strbuf_add_string(&buf, at + strlen(find));
	result.at = arena_copy(arena, buf.at, buf.len);
	result.len = buf.len;
	return result;
}

static void
test_hostile(struct arena *arena, struct str text)
{
	for (size_t i = 0; i < sizeof hostiles / sizeof *hostiles; i++) {
		const struct hostile *hostile = &hostiles[i];
		struct manifest *manifest = NULL;
		struct str bad = replace_once(arena, text, hostile->find, hostile->replace);
		int ret = manifest_read(arena, bad, &manifest);

		tap_ok(ret < 0 && strstr(err_message(), hostile->message) != NULL,
			"refused: %s (%s)", hostile->what,
			ret < 0 ? err_message() : "no error");
	}
}

/* Drop every byte range of one byte: nothing crashes, nothing passes unseen. */
static void
test_damage(struct arena *arena, struct str text)
{
	size_t accepted = 0;

	for (size_t i = 0; i < text.len; i += 7) {
		struct arena *scratch AUTO(arena_free) = arena_new();
		char *bad = arena_copy(scratch, text.at, text.len);
		struct manifest *manifest = NULL;

		bad[i] = '\x01';
		accepted += manifest_read(scratch, (struct str){ .at = bad, .len = text.len },
				    &manifest) >= 0;
	}
	tap_is_number((long long)accepted, 0, "no control character is taken anywhere");
	for (size_t i = 0; i < text.len; i += 11) {
		struct arena *scratch AUTO(arena_free) = arena_new();
		struct manifest *manifest = NULL;

		accepted += manifest_read(scratch, (struct str){ .at = text.at, .len = i },
				    &manifest) >= 0;
	}
	tap_is_number((long long)accepted, 0, "no truncated manifest is taken");
}

static void
test_paths(void)
{
	char long_path[1200];

	memset(long_path, 'a', sizeof long_path);
	for (size_t i = 100; i < sizeof long_path; i += 100)
		long_path[i] = '/';
	long_path[1024] = '\0';
	tap_ok(manifest_is_path(long_path), "a path of 1024 bytes");
	long_path[1024] = 'a';
	long_path[1025] = '\0';
	tap_ok(!manifest_is_path(long_path), "no path of 1025 bytes");
	memset(long_path, 'a', 256);
	long_path[256] = '\0';
	tap_ok(!manifest_is_path(long_path), "no part of 256 bytes");
	tap_ok(manifest_is_path("share/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "UTF-8");
	tap_ok(!manifest_is_path("share/\xff") &&
			!manifest_is_path("a\xc0\xaf"
					  "b") &&
			!manifest_is_path("\xed\xa0\x80") && !manifest_is_path("\xe2\x82"),
		"no broken UTF-8");
	tap_ok(!manifest_is_path("\xc2\x85"), "no control characters of Unicode");
	tap_ok(manifest_is_path("a/..b/c..") && !manifest_is_path("a/.."),
		"dots in names are fine");
}

static void
test_kernel_headers(struct arena *arena)
{
	struct manifest_file files[2] = {
		{ .kind = MANIFEST_FILE_DIRECTORY, .path = "include/xt_MARK.h", .mode = 0755 },
		{ .kind = MANIFEST_FILE_DIRECTORY, .path = "include/xt_mark.h", .mode = 0755 },
	};
	char *directory = sample_directory(arena);
	struct manifest *manifest;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	int dir AUTO(file_close) = -1;

	if (file_open_dir(AT_FDCWD, directory, &dir) < 0)
		tap_bail("%s", err_message());
	manifest = sample_manifest(arena, dir, "frob", "1");
	manifest->kind = MANIFEST_FILES;
	manifest->library_count = 0;
	manifest->program_count = 0;
	manifest->files = files;
	manifest->file_count = 2;
	tap_ok(manifest_write(manifest, &text) == 0,
		"headers may differ in capitals only, as the kernel's do");
	files[1].path = "include/xt_MARK.h";
	tap_ok(manifest_write(manifest, &text) == ERR_FORMAT,
		"bug class 19: but not be the same");
	sample_remove(directory);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str text = sample_text(arena);

	test_golden(arena, text);
	test_hostile(arena, text);
	test_damage(arena, text);
	test_paths();
	test_kernel_headers(arena);
	return tap_done();
}
