/* SPDX-License-Identifier: MIT */
/*
 * weld-ir: the packager's view of units. JSON on standard output, messages on
 * standard error, exit status 0 or 1.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "linker/driver/archive.h"
#include "linker/driver/carrier.h"
#include "linker/driver/finish.h"
#include "linker/driver/gather.h"
#include "linker/driver/native.h"
#include "linker/elf/elf_file.h"
#include "linker/elf/elf_native.h"
#include "linker/llvm/bodies.h"
#include "linker/llvm/cut.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/neutral.h"
#include "linker/unit.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 31) /* bytes */

struct request { /* the command line */
	const char *file;
	const char *output;
	const char *name;
	const char *imports; /* names with commas between them */
	struct strings natives; /* files: of `pack` the one that is written */
	const char *debug; /* "yes": keep debug information, and name its sources */
};

struct source { /* what `pack` found in its file */
	const char *kind; /* "program", "library" or "none" */
	struct carrier_link link;
	struct neutral *module; /* owned */
	struct native_code native;
};

static void
free_source(struct source *source)
{
	neutral_free(&source->module);
}

static json_t *
symbols_json(const struct neutral_symbol *symbols, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *one = json_object();

		json_object_set_new(one, "name", json_string(symbols[i].name));
		json_object_set_new(
			one, "kind", json_string(symbols[i].is_function ? "function" : "data"));
		json_object_set_new(one, "size", json_integer((json_int_t)symbols[i].size));
		json_object_set_new(one, "type", json_string(symbols[i].type));
		json_object_set_new(one, "weak", json_boolean(symbols[i].is_weak));
		json_array_append_new(array, one);
	}
	return array;
}

static json_t *
names_json(const char *const *names, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(names[i]));
	return array;
}

/* What is needed, or what is used when somebody defines it. */
static json_t *
undefined_json(const struct neutral_info *info, bool is_weak)
{
	json_t *array = json_array();

	for (size_t i = 0; i < info->undefined_count; i++)
		if (info->undefined[i].is_weak == is_weak)
			json_array_append_new(array, json_string(info->undefined[i].name));
	return array;
}

/* The exports that the unit itself refers to by name. */
static json_t *
own_uses_json(const struct neutral_info *info)
{
	json_t *array = json_array();

	for (size_t i = 0; i < info->export_count; i++)
		if (info->exports[i].is_used)
			json_array_append_new(array, json_string(info->exports[i].name));
	return array;
}

/* Print what a unit is; `module` may be NULL for kind "none". */
static int
print_description(const char *kind, const struct carrier_link *link,
	const struct neutral *module, const struct native_code *native)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	json_t *value AUTO(json_release) = json_object();
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct neutral_info info;
	const char *const *sources;
	size_t source_count;

	json_object_set_new(value, "kind", json_string(kind));
	if (module != NULL) {
		TRY(neutral_describe(arena, module, &info));
		json_object_set_new(value, "soname",
			link->soname != NULL ? json_string(link->soname) : json_null());
		json_object_set_new(
			value, "imports", names_json(link->imports, link->import_count));
		json_object_set_new(
			value, "exports", symbols_json(info.exports, info.export_count));
		json_object_set_new(value, "undefined", undefined_json(&info, false));
		json_object_set_new(value, "weak_undefined", undefined_json(&info, true));
		json_object_set_new(value, "own_uses", own_uses_json(&info));
		json_object_set_new(value, "constructors",
			names_json(info.constructors, info.constructor_count));
		json_object_set_new(value, "destructors",
			names_json(info.destructors, info.destructor_count));
		neutral_list_sources(arena, module, &sources, &source_count);
		if (source_count > 0)
			json_object_set_new(
				value, "sources", names_json(sources, source_count));
		if (native->object.len > 0)
			json_object_set_new(
				value, "native", json_string(arch_name(native->arch)));
		json_object_set_new(value, "tls_size", json_integer((json_int_t)info.tls_size));
		json_object_set_new(value, "tls_exports",
			names_json(info.tls_exports, info.tls_export_count));
	}
	json_write_pretty(value, &text);
	return file_write_fd(STDOUT_FILENO, text.at, text.len);
}

/* What archives import cannot be seen: libc and the runtime, as for everything, but not itself. */
static struct carrier_link
archive_link(struct arena *arena, const char *path)
{
	static const char *const standard[] = { "c", "compiler-rt" };
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	struct carrier_link link = { .imports = standard, .import_count = 2 };

	(void)arena;
	if (strcmp(name, "libcompiler-rt.a") == 0)
		link.import_count = 0;
	else if (strcmp(name, "libc.a") == 0)
		link = (struct carrier_link){ .imports = standard + 1, .import_count = 1 };
	return link;
}

static int
open_archive(struct arena *arena, const char *path, struct str bytes, struct source *ret_source)
{
	struct gather gather AUTO(gather_free) = { 0 };
	struct source source = { .kind = "library" };

	TRY(gather_archive(arena, path, bytes, &gather));
	if (gather.modules.len == 0)
		return 0;
	if (gather.natives.len > 0)
		return err_set(ERR_PROFILE,
			"%s: is machine code in an archive of IR (ship it as a native object)",
			gather.natives.at[0].name);
	TRY(gather_merge(&gather, &source.module));
	neutral_set_source(source.module, "");
	source.link = archive_link(arena, path);
	*ret_source = source;
	return 0;
}

/* Machine code, for whatever architecture it is. */
static int
read_native(
	struct arena *arena, const char *path, struct str bytes, struct native_code *ret_native)
{
	struct elf_file file;
	enum arch arch = 0;

	TRY(err_context(elf_file_read(arena, bytes, &file), "%s: machine code", path));
	while (arch < ARCH_COUNT && arch_elf_machine(arch) != file.machine)
		arch++;
	if (arch == ARCH_COUNT)
		return err_set(ERR_FORMAT,
			"%s: machine code is for no architecture of weld (ELF number %u)", path,
			file.machine);
	*ret_native = (struct native_code){ path, bytes, arch };
	return 0;
}

static int
open_elf(struct arena *arena, const char *path, struct str bytes, struct source *ret_source)
{
	const struct elf_section *ir;
	const struct elf_section *native;
	struct source source = { 0 };
	struct elf_file file;

	TRY(err_context(elf_file_read(arena, bytes, &file), "%s", path));
	ir = elf_file_find_section(&file, CARRIER_IR_SECTION);
	native = elf_file_find_section(&file, CARRIER_NATIVE_SECTION);
	if (ir == NULL || elf_file_find_section(&file, CARRIER_LINK_SECTION) == NULL)
		return 0;
	TRY(err_context(carrier_read(arena, &file, &source.link), "%s", path));
	TRY(neutral_read(path, ir->contents, &source.module));
	source.kind = source.link.is_program ? "program" : "library";
	if (native != NULL)
		TRY(read_native(arena, path, native->contents, &source.native));
	*ret_source = source;
	return 0;
}

/* Anything that the tools did not make is of kind "none". */
static int
open_source(struct arena *arena, const char *path, struct source *ret_source)
{
	struct str bytes;

	*ret_source = (struct source){ .kind = "none" };
	TRY(file_read(arena, AT_FDCWD, path, FILE_MAX, &bytes));
	if (archive_is(bytes))
		return open_archive(arena, path, bytes, ret_source);
	if (bytes.len > SELFMAG && memcmp(bytes.at, ELFMAG, SELFMAG) == 0 &&
		bytes.at[EI_CLASS] == ELFCLASS64 && bytes.at[EI_DATA] == ELFDATA2LSB)
		return open_elf(arena, path, bytes, ret_source);
	return 0;
}

/*
 * A name that a new version of the file keeps, and that no file has which is linked with it: without
 * directories, and of a library without what follows its ending.
 */
static const char *
stable_name(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *ending = strstr(name, ".so");

	if (ending == NULL && str_has_suffix(name, ".a"))
		ending = name + strlen(name) - 2;
	return ending == NULL ? name
			      : str_copy(arena, (struct str){ name, (size_t)(ending - name) });
}

static int
write_file(const char *path, struct str bytes)
{
	int fd AUTO(file_close) = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_errno("%s", path);
	return file_write_fd(fd, bytes.at, bytes.len);
}

/* Write a unit behind what stands in front of it. The module is of no use afterwards. */
static int
write_unit(struct arena *arena, const char *path, const char *name, struct neutral *module,
	struct strbuf *file)
{
	struct strbuf *pieces = NULL;
	struct str *modules;
	size_t count = 0;
	int ret = neutral_cut(arena, module, name, &pieces, &count);

	modules = arena_array(arena, count, sizeof *modules);
	for (size_t i = 0; i < count; i++)
		modules[i] = strbuf_str(&pieces[i]);
	if (ret >= 0)
		unit_write(modules, count, file);
	for (size_t i = 0; i < count; i++)
		strbuf_free(&pieces[i]);
	TRY(ret);
	return write_file(path, strbuf_str(file));
}

static int
need(const char *value, const char *what)
{
	return value != NULL ? 0 : err_set(ERR_USAGE, "%s is missing", what);
}

/* Write what machine code there is. */
static int
pack_native(struct arena *arena, const struct request *request, const struct source *source)
{
	if (source->native.object.len == 0)
		return 0;
	if (request->natives.len != 1)
		return err_set(ERR_USAGE, "%s: --native FILE is missing, for its machine code",
			request->file);
	TRY(native_check(arena, &source->native, source->module));
	return write_file(request->natives.at[0], source->native.object);
}

static int
pack(struct arena *arena, const struct request *request)
{
	struct source source AUTO(free_source) = { 0 };
	struct strbuf file AUTO(strbuf_free) = { 0 };

	TRY(need(request->output, "-o UNIT"));
	TRY(open_source(arena, request->file, &source));
	if (source.module != NULL) {
		if (request->debug != NULL)
			neutral_keep_debug(source.module);
		TRY(neutral_simplify(source.module));
		TRY(neutral_verify(source.module));
		TRY(pack_native(arena, request, &source));
		TRY(print_description(
			source.kind, &source.link, source.module, &source.native));
		/* A variant with debug information is lowered with the bodies of what it stands for. */
		if (request->debug == NULL)
			TRY(neutral_write_bodies(
				source.module, strcmp(source.kind, "library") == 0, &file));
		return write_unit(arena, request->output, stable_name(arena, request->file),
			source.module, &file);
	}
	return print_description(source.kind, &source.link, NULL, NULL);
}

static int
read_unit(struct arena *arena, const char *path, struct neutral **ret_module)
{
	struct str bytes;

	TRY(file_read(arena, AT_FDCWD, path, FILE_MAX, &bytes));
	TRY(neutral_read(path, bytes, ret_module));
	return neutral_verify(*ret_module);
}

/* The unit by itself, and each native object that shall stand beside it. */
static int
verify(struct arena *arena, const struct request *request)
{
	struct neutral *module AUTO(neutral_free) = NULL;

	TRY(read_unit(arena, request->file, &module));
	for (size_t i = 0; i < request->natives.len; i++) {
		const char *path = request->natives.at[i];
		struct native_code native;
		struct str bytes;

		TRY(file_read(arena, AT_FDCWD, path, FILE_MAX, &bytes));
		TRY(read_native(arena, path, bytes, &native));
		TRY(native_check(arena, &native, module));
	}
	return 0;
}

static int
describe(struct arena *arena, const struct request *request)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct carrier_link link = { 0 };
	struct native_code native = { 0 };

	TRY(read_unit(arena, request->file, &module));
	return print_description("unit", &link, module, &native);
}

/* The one native object of an import; none is right, too. */
static int
read_one_native(
	struct arena *arena, const struct request *request, struct native_code *ret_native)
{
	struct str bytes;

	*ret_native = (struct native_code){ 0 };
	if (request->natives.len == 0)
		return 0;
	if (request->natives.len > 1)
		return err_set(
			ERR_USAGE, "%s: one native object at a time", request->natives.at[1]);
	TRY(file_read(arena, AT_FDCWD, request->natives.at[0], FILE_MAX, &bytes));
	return read_native(arena, request->natives.at[0], bytes, ret_native);
}

static int
list_needs(struct arena *arena, const struct native_code *native, struct map *ret_needs)
{
	struct elf_file file;

	if (native->object.len == 0)
		return 0;
	TRY(err_context(elf_file_read(arena, native->object, &file), "%s", native->name));
	for (size_t i = 0; i < file.symbol_count; i++)
		if (elf_native_needs(&file.symbols[i]))
			map_set(arena, ret_needs, file.symbols[i].name, NULL);
	return 0;
}

/* Make internal what is hidden, unless a native object of the library uses it. */
static int
hide(struct arena *arena, struct neutral *module, const struct map *native_needs)
{
	struct neutral_global *globals;
	struct strings kept = { 0 };
	size_t count;

	neutral_list_globals(arena, module, &globals, &count);
	for (size_t i = 0; i < count; i++)
		if (globals[i].is_defined &&
			(!globals[i].is_hidden || map_has(native_needs, globals[i].name)))
			vec_push(arena, &kept, globals[i].name);
	return neutral_internalize(module, kept.at, kept.len);
}

static struct carrier_link
import_link(struct arena *arena, const struct request *request)
{
	struct str rest = str_from(request->imports);
	struct strings imports = { 0 };
	struct str field;

	while (str_cut(&rest, ',', &field))
		if (field.len > 0)
			vec_push(arena, &imports, str_copy(arena, field));
	return (struct carrier_link){
		.soname = arena_printf(arena, "lib%s.so", request->name),
		.imports = imports.at,
		.import_count = imports.len,
	};
}

static int
import(struct arena *arena, const struct request *request)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	struct native_code native;
	struct map needs = { 0 };
	struct carrier_link link;

	TRY(need(request->output, "-o FILE"));
	TRY(need(request->name, "--name NAME"));
	link = import_link(arena, request);
	TRY(read_one_native(arena, request, &native));
	TRY(list_needs(arena, &native, &needs));
	TRY(read_unit(arena, request->file, &module));
	TRY(hide(arena, module, &needs));
	neutral_write(module, &bitcode);
	return finish_library(
		arena, strbuf_str(&bitcode), false, &link, &native, request->output);
}

static const struct {
	const char *name;
	int (*run)(struct arena *arena, const struct request *request);
} commands[] = {
	{ "pack", pack },
	{ "import", import },
	{ "verify", verify },
	{ "describe", describe },
};

static int
read_option(struct arena *arena, const char *option, const char *value, struct request *request)
{
	if (value == NULL)
		return err_set(ERR_USAGE, "%s: its value is missing", option);
	if (strcmp(option, "-o") == 0)
		request->output = value;
	else if (strcmp(option, "--name") == 0)
		request->name = value;
	else if (strcmp(option, "--imports") == 0)
		request->imports = value;
	else if (strcmp(option, "--debug") == 0)
		request->debug = value;
	else if (strcmp(option, "--native") == 0)
		vec_push(arena, &request->natives, value);
	else
		return err_set(ERR_USAGE, "%s: no such option", option);
	return 0;
}

static int
read_request(struct arena *arena, int argc, char **argv, struct request *ret_request)
{
	for (int i = 2; i < argc; i++) {
		if (argv[i][0] == '-') {
			TRY(read_option(arena, argv[i], argv[i + 1], ret_request));
			i++;
		} else if (ret_request->file == NULL) {
			ret_request->file = argv[i];
		} else {
			return err_set(ERR_USAGE, "%s: one file at a time", argv[i]);
		}
	}
	return need(ret_request->file, "the file");
}

static int
run(struct arena *arena, int argc, char **argv)
{
	struct request request = { 0 };

	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		TRY(read_request(arena, argc, argv, &request));
		return commands[i].run(arena, &request);
	}
	return err_set(
		ERR_USAGE, "usage: weld-ir pack|import|verify|describe FILE [OPTION ...]");
}

int
main(int argc, char **argv)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	if (run(arena, argc, argv) < 0) {
		fprintf(stderr, "weld-ir: error: %s\n", err_message());
		return 1;
	}
	return 0;
}
