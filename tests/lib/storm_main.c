/* SPDX-License-Identifier: MIT */
/*
 * storm DIRECTORY COUNT: as many packages with a program each that uses libc and zlib, for
 * measuring what an update of one of them costs.
 *
 * Each program has code of its own. It prints its number and the CRC-32 of a text, by way of a
 * table of functions of both libraries.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "linker/llvm/neutral.h"
#include "repo/manifest.h"
#include "repo/package.h"
#include "tests/lib/neutral.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTIONS 24 /* of a program */

static const char head[] =
	"typedef unsigned long size_t;\n"
	"int printf(const char *, ...), puts(const char *), toupper(int), abs(int);\n"
	"void *malloc(size_t), *memcpy(void *, const void *, size_t); void free(void *);\n"
	"size_t strlen(const char *); int strcmp(const char *, const char *);\n"
	"char *strchr(const char *, int); long strtol(const char *, char **, int);\n"
	"unsigned long crc32(unsigned long, const unsigned char *, unsigned);\n"
	"unsigned long adler32(unsigned long, const unsigned char *, unsigned);\n"
	"unsigned long compressBound(unsigned long); const char *zlibVersion(void);\n"
	"static unsigned long (*sums[])(unsigned long, const unsigned char *, unsigned) = { "
	"crc32, "
	"adler32 };\n"
	"static int (*conversions[])(int) = { toupper, abs };\n";

/* What a function does with the libraries, by its number. */
static const char *const bodies[] = {
	"char *p = malloc(strlen(s) + %zu); memcpy(p, s, strlen(s) + 1); x += p[0]; free(p);",
	"x += (long)sums[x & 1](0, (const unsigned char *)s, (unsigned)strlen(s)) %% %zu;",
	"x ^= conversions[x & 1]((int)(x %% %zu));",
	"if (strcmp(s, \"%zu\") == 0) puts(s); x += strchr(s, 'e') != 0;",
	"x += (long)compressBound((unsigned long)x & 1023) + %zu;",
	"x -= strtol(s, 0, 10) + (zlibVersion()[0] == '1') + %zu;",
};

static const char *
write_source(struct arena *arena, size_t number)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	strbuf_add_string(&text, head);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		strbuf_printf(&text,
			"__attribute__((noinline)) static long f%zu(long x, const char *s) { ",
			i);
		strbuf_printf(&text, bodies[(i + number) % (sizeof bodies / sizeof bodies[0])],
			number * FUNCTIONS + i + 1);
		strbuf_add_string(&text, " return x; }\n");
	}
	strbuf_add_string(&text, "static long (*const all[])(long, const char *) = {");
	for (size_t i = 0; i < FUNCTIONS; i++)
		strbuf_printf(&text, " f%zu,", i);
	strbuf_printf(&text,
		" };\nint main(int argc, char **argv) { const char *s = argc > 1 ? argv[1] : "
		"\"some text\";\n"
		" long x = %zu; for (int i = 0; i < %d; i++) x = all[i](x, s);\n"
		" printf(\"%zu %%lx %%d\\n\", crc32(0, (const unsigned char *)s, "
		"(unsigned)strlen(s)), x != 0); return 0; }\n",
		number, FUNCTIONS, number);
	return arena_string(arena, strbuf_string(&text));
}

static struct manifest_list
list_of(struct arena *arena, const char *const *texts, size_t count)
{
	struct manifest_list list = { .at = arena_array(arena, count, sizeof *list.at),
		.len = count };

	for (size_t i = 0; i < count; i++)
		list.at[i] = arena_string(arena, texts[i]);
	return list;
}

static struct manifest *
describe(struct arena *arena, size_t number, struct str unit, const struct digest *digest)
{
	static const char *const imports[] = { "z", "c", "compiler-rt" };
	static const char *const requires[] = { "lib:c", "lib:compiler-rt", "lib:z" };
	static const char *const exports[] = { "main" };
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);
	struct manifest_program *program = ARENA_NEW(arena, struct manifest_program);
	struct neutral *module AUTO(neutral_free) = NULL;
	struct neutral_info info;
	const char **undefined;

	if (neutral_read("unit", unit, &module) < 0 ||
		neutral_describe(arena, module, &info) < 0)
		return NULL;
	undefined = arena_array(arena, info.undefined_count, sizeof *undefined);
	for (size_t i = 0; i < info.undefined_count; i++)
		undefined[i] = info.undefined[i].name;
	*manifest = (struct manifest){ .name = arena_printf(arena, "storm%04zu", number),
		.version = "1.0",
		.release = 1,
		.summary = "A program among many",
		.licence = "MIT",
		.homepage = "",
		.kind = MANIFEST_IR,
		.source_name = "storm",
		.source_version = "1.0",
		.recipe = hash_bytes("storm", 5),
		.producer = "weld 0.1.0, clang 22.1.8",
		.check_summary = "" };
	*program = (struct manifest_program){ .path = arena_printf(
						      arena, "bin/%s", manifest->name),
		.code.unit = *digest,
		.imports = list_of(arena, imports, 3),
		.undefined = list_of(arena, undefined, info.undefined_count),
		.exports = list_of(arena, exports, 1) };
	manifest->programs = program;
	manifest->program_count = 1;
	manifest->requires = list_of(arena, requires, 3);
	manifest_collect_objects(arena, manifest, &manifest->objects, &manifest->object_count);
	return manifest;
}

static int
write_package(const char *directory, size_t number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str unit = test_normalize(
		arena, test_compile_text(arena, write_source(arena, number)), true);
	struct digest digest = hash_bytes(unit.at, unit.len);
	struct manifest *manifest = describe(arena, number, unit, &digest);
	int objects AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;
	char hex[DIGEST_HEX_SIZE], *scratch, *path;

	if (manifest == NULL)
		return err_context(ERR_FAILED, "program %zu", number);
	path = arena_printf(arena, "%s/%s", directory, manifest_file_name(arena, manifest));
	TRY(file_temp_dir(arena, directory, &scratch));
	TRY(file_open_dir(AT_FDCWD, scratch, &objects));
	TRY(file_write(objects, digest_hex(&digest, hex), unit.at, unit.len, 0444));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s", path);
	TRY(package_write(manifest, objects, fd));
	return file_remove_tree(AT_FDCWD, scratch);
}

int
main(int argc, char **argv)
{
	int ret = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: storm DIRECTORY COUNT\n");
		return 2;
	}
	for (size_t i = 1; ret >= 0 && i <= strtoul(argv[2], NULL, 10); i++)
		ret = write_package(argv[1], i);
	if (ret >= 0)
		return 0;
	fprintf(stderr, "storm: %s\n", err_message());
	return 1;
}
