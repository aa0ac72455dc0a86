/* SPDX-License-Identifier: MIT */
/*
 * The sysroot: headers, pkg-config and cmake files of the packages that a
 * recipe requires, with the sysroot's own path where the prefix was, and for
 * each of their libraries a lib/libNAME.so to link with. A library of a series
 * stands there under its full name, lib/libNAME@SERIES.so, for others that
 * import it, and one series also under the plain name, for -lNAME.
 *
 * Lowering a library for that takes long, so the result is kept in
 * CACHE/imports by the digest of all that decides it.
 */
#include "repo/recipe/job.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/prefix.h"
#include "base/process.h"
#include "kernel-iface/arch.h"
#include "repo/glob.h"
#include "repo/package.h"
#include "repo/relation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)64 << 20) /* bytes of a file with the prefix in it */

/* What a build looks for: no programs, no manuals. */
static char *const wanted_files[] = { (char *)"include/**", (char *)"lib/**",
	(char *)"share/pkgconfig/**", (char *)"share/aclocal/**", (char *)"share/cmake/**",
	(char *)"share/*/cmake/**" };
static const struct manifest_list wanted = {
	.at = (char **)wanted_files,
	.len = sizeof wanted_files / sizeof wanted_files[0],
};

struct unpacked { /* one package on its way into the sysroot */
	const struct job *job;
	const struct manifest *manifest;
	int directory; /* of the unpacked package */
	int sysroot;
};

/* Copy text with every prefix replaced by the path of the sysroot. */
static int
place_text(
	const struct unpacked *unpacked, const char *object, const struct manifest_file *file)
{
	const char *sysroot = job_path(unpacked->job, "sysroot");
	struct strbuf text = { 0 };
	struct str old;
	int ret;

	TRY(file_read(unpacked->job->arena, unpacked->directory, object, TEXT_MAX, &old));
	for (;;) {
		const char *at = memmem(old.at, old.len, WELD_PREFIX, PREFIX_LENGTH);

		if (at == NULL)
			break;
		strbuf_add(&text, old.at, (size_t)(at - old.at));
		strbuf_add_string(&text, sysroot);
		old.len -= (size_t)(at - old.at) + PREFIX_LENGTH;
		old.at = at + PREFIX_LENGTH;
	}
	strbuf_add(&text, old.at, old.len);
	ret = file_create(unpacked->sysroot, file->path, text.at, text.len, file->mode);
	strbuf_free(&text);
	return ret;
}

static int
place_file(const struct unpacked *unpacked, const struct manifest_file *file)
{
	struct arena *arena = unpacked->job->arena;
	char hex[DIGEST_HEX_SIZE];
	const char *slash = strrchr(file->path, '/');
	char *object = arena_printf(arena, "objects/%s", digest_hex(&file->sha256, hex));

	if (file->kind == MANIFEST_FILE_DIRECTORY || !glob_match_any(&wanted, file->path))
		return 0;
	if (slash != NULL)
		TRY(file_make_dirs(unpacked->sysroot,
			arena_printf(arena, "%.*s", (int)(slash - file->path), file->path),
			0755));
	if (file->kind == MANIFEST_FILE_LINK)
		return symlinkat(file->target, unpacked->sysroot, file->path) < 0
			       ? err_errno("%s: link", file->path)
			       : 0;
	if (file->has_prefix)
		return place_text(unpacked, object, file);
	if (linkat(unpacked->directory, object, unpacked->sysroot, file->path, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return err_errno("%s: link", file->path);
	return err_set(ERR_BUILD,
		"%s: another package of the sysroot has it, too (packages of two series need "
		"directories of their own for it)",
		file->path);
}

static const char *
join_imports(struct arena *arena, const struct manifest_library *library)
{
	const char *text = "";

	for (size_t i = 0; i < library->imports.len; i++)
		text = arena_printf(
			arena, "%s%s%s", text, i == 0 ? "" : ",", library->imports.at[i]);
	return text;
}

static struct digest
import_key(const struct job *job, const struct manifest_library *library, const char *imports)
{
	const char *arch = arch_name(arch_host());
	const struct digest *native = manifest_native_for(&library->code, arch);
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "import 1");
	hash_add(&hash, job->tools->digest.bytes, DIGEST_SIZE);
	hash_add(&hash, manifest_unit_for(&library->code, arch)->bytes, DIGEST_SIZE);
	if (native != NULL)
		hash_add(&hash, native->bytes, DIGEST_SIZE);
	hash_add_string(&hash, library->name);
	hash_add_string(&hash, imports);
	return hash_end(&hash);
}

static int
import(const struct unpacked *unpacked, const struct manifest_library *library,
	const char *imports, const char *output)
{
	const char *arch = arch_name(arch_host());
	const struct digest *native = manifest_native_for(&library->code, arch);
	struct arena *arena = unpacked->job->arena;
	char hex[DIGEST_HEX_SIZE];
	const char *argv[16];
	size_t n = 0;
	struct process process = { .argv = argv };
	const char *packages = arena_printf(
		arena, "%s/packages/%s", unpacked->job->top, unpacked->manifest->name);
	struct str text;
	int status;

	argv[n++] = unpacked->job->tools->ir;
	argv[n++] = "import";
	argv[n++] = "--name";
	argv[n++] = library->name;
	argv[n++] = "--imports";
	argv[n++] = imports;
	if (native != NULL) {
		argv[n++] = "--native";
		argv[n++] =
			arena_printf(arena, "%s/objects/%s", packages, digest_hex(native, hex));
	}
	argv[n++] = arena_printf(arena, "%s/objects/%s", packages,
		digest_hex(manifest_unit_for(&library->code, arch), hex));
	argv[n++] = "-o";
	argv[n++] = output;
	argv[n] = NULL;
	TRY(process_capture(arena, &process, &status, &text));
	if (status != 0)
		return err_set(ERR_BUILD, "lib%s: weld-ir import: status %d: " STR_FMT,
			library->name, status, STR_ARG(text));
	return 0;
}

/* Put lib/libNAME.so into the sysroot, from the cache when it is there. */
static int
place_library(const struct unpacked *unpacked, const struct manifest_library *library)
{
	const struct job *job = unpacked->job;
	struct arena *arena = job->arena;
	const char *imports = join_imports(arena, library);
	const char *directory = arena_printf(arena, "%s/imports", job->cache_dir);
	const char *target = arena_printf(arena, "lib/lib%s.so", library->name);
	struct digest key = import_key(job, library, imports);
	char hex[DIGEST_HEX_SIZE];
	const char *kept = arena_printf(arena, "%s/%s.so", directory, digest_hex(&key, hex));
	const char *fresh = arena_printf(arena, "%s.new-%d", kept, (int)getpid());

	if (!file_exists(AT_FDCWD, kept)) {
		TRY(file_make_dirs(AT_FDCWD, directory, 0755));
		TRY(import(unpacked, library, imports, fresh));
		TRY(file_rename(AT_FDCWD, fresh, AT_FDCWD, kept));
	}
	if (symlinkat(kept, unpacked->sysroot, target) < 0)
		return err_errno("%s: link", target);
	return 0;
}

static int
place_package(const struct unpacked *unpacked)
{
	const struct manifest *manifest = unpacked->manifest;

	for (size_t i = 0; i < manifest->file_count; i++)
		TRY(place_file(unpacked, &manifest->files[i]));
	for (size_t i = 0; i < manifest->library_count; i++)
		TRY(place_library(unpacked, &manifest->libraries[i]));
	return 0;
}

static int
add_package(struct job *job, int sysroot, const char *path)
{
	struct unpacked unpacked = { .job = job, .directory = -1, .sysroot = sysroot };
	int package AUTO(file_close) = -1;
	int directory AUTO(file_close) = -1;
	struct manifest *manifest;
	const char *target;

	TRY(file_open(AT_FDCWD, path, &package));
	TRY(package_read_manifest(job->arena, package, path, &manifest));
	target = arena_printf(job->arena, "%s/packages/%s", job->top, manifest->name);
	TRY(file_make_dirs(AT_FDCWD, target, 0755));
	TRY(file_open_dir(AT_FDCWD, target, &directory));
	TRY(package_unpack(job->arena, NULL, package, path, directory, &manifest));
	unpacked.manifest = manifest;
	unpacked.directory = directory;
	job->inputs[job->input_count++] = manifest;
	return err_context(place_package(&unpacked), "%s", path);
}

static bool
is_named(const struct job *job, const char *package)
{
	const struct manifest_list *names = &job->recipe->build_requires;

	for (size_t i = 0; i < names->len; i++)
		if (strcmp(names->at[i], package) == 0)
			return true;
	return false;
}

struct choice { /* of the series that -lNAME means */
	const char *library; /* full name */
	const char *package;
	const char *other; /* the full name of another series; NULL: there is none */
};

/* What the recipe names goes before what others brought along. */
static int
choose(const struct job *job, struct choice *choice, const char *library, const char *package)
{
	const char *old = choice->library;

	if (choice->library == NULL) {
		*choice = (struct choice){ .library = library, .package = package };
		return 0;
	}
	if (is_named(job, choice->package) && is_named(job, package))
		return err_set(ERR_BUILD,
			"build_requires: %s and %s are two series of one library (name one)",
			choice->library, library);
	if (is_named(job, package))
		*choice = (struct choice){ .library = library, .package = package };
	choice->other = choice->library == library ? old : library;
	return 0;
}

static int
place_plain_name(
	const struct job *job, int sysroot, const char *plain, const struct choice *choice)
{
	const char *target = arena_printf(job->arena, "lib%s.so", choice->library);
	const char *path = arena_printf(job->arena, "lib/lib%s.so", plain);

	if (choice->other != NULL && !is_named(job, choice->package)) {
		job_report(job, BUILD_WARNING,
			arena_printf(job->arena,
				"%s and %s are in the sysroot: -l%s finds neither (name one in "
				"build_requires)",
				choice->library, choice->other, plain));
		return 0;
	}
	return symlinkat(target, sysroot, path) < 0 ? err_errno("%s: link", path) : 0;
}

/* Let a build find a library of a series by its plain name. */
static int
place_plain_names(const struct job *job, int sysroot)
{
	struct map choices = { 0 }; /* struct choice by plain name */

	for (size_t i = 0; i < job->input_count; i++)
		for (size_t k = 0; k < job->inputs[i]->library_count; k++) {
			const char *library = job->inputs[i]->libraries[k].name;
			const char *plain = relation_plain_name(job->arena, library);
			struct choice *choice = map_get(&choices, plain);

			if (*relation_series(library) == '\0')
				continue;
			if (choice == NULL)
				map_set(job->arena, &choices, plain,
					choice = ARENA_NEW(job->arena, struct choice));
			TRY(choose(job, choice, library, job->inputs[i]->name));
		}
	for (size_t i = 0; i < choices.len; i++)
		TRY(place_plain_name(
			job, sysroot, choices.entries[i].key, choices.entries[i].value));
	return 0;
}

int
sysroot_make(struct job *job, const char *const *packages, size_t count)
{
	int sysroot AUTO(file_close) = -1;

	job->inputs = arena_array(job->arena, count + 1, sizeof *job->inputs);
	TRY(file_open_dir(AT_FDCWD, job_path(job, "sysroot"), &sysroot));
	for (size_t i = 0; i < count; i++)
		TRY(add_package(job, sysroot, packages[i]));
	return place_plain_names(job, sysroot);
}
