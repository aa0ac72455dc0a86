/* SPDX-License-Identifier: MIT */
/*
 * The last steps of a link: keep what others may see, write the bitcode, lower
 * it on the fastest tier, and let ld.lld put machine code, libraries and the
 * two sections together. Everything in between is in memory files, which
 * ld.lld opens as /proc/self/fd/N; its messages get the real names back.
 */
#include "linker/driver/finish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "kernel-iface/arch.h"
#include "kernel-iface/image_note.h"
#include "kernel-iface/objects.h"
#include "linker/driver/carrier.h"
#include "linker/driver/script.h"
#include "linker/elf/elf_binding.h"
#include "linker/elf/elf_symbol.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/lower_ir.h"
#include "linker/llvm/neutral.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MESSAGES_MAX ((size_t)16 << 20) /* bytes */

struct native_link { /* one run of ld.lld */
	struct arena *arena;
	struct strings arguments;
	VEC(int) fds; /* memory files, closed at the end */
	struct strings names; /* of the memory files, by the same index */
};

static void
close_memory(struct native_link *link)
{
	for (size_t i = 0; i < link->fds.len; i++)
		file_close(&link->fds.at[i]);
}

static void
argue(struct native_link *link, const char *argument)
{
	vec_push(link->arena, &link->arguments, argument);
}

/* Give ld.lld an object from memory. */
static int
add_memory(struct native_link *link, const char *name, struct str bytes)
{
	int fd;

	TRY(file_memory("object", &fd));
	vec_push(link->arena, &link->fds, fd);
	vec_push(link->arena, &link->names, name);
	argue(link, arena_printf(link->arena, "/proc/self/fd/%d", fd));
	return file_write_fd(fd, bytes.at, bytes.len);
}

/* The name of the memory file that the text begins with; *ret_len is how long it is there. */
static const char *
memory_name(const struct native_link *link, const char *text, size_t *ret_len)
{
	char path[32];

	for (size_t i = 0; i < link->fds.len; i++) {
		size_t len = (size_t)snprintf(
			path, sizeof path, "/proc/self/fd/%d", link->fds.at[i]);

		if (strncmp(text, path, len) == 0 && (text[len] < '0' || text[len] > '9')) {
			*ret_len = len;
			return link->names.at[i];
		}
	}
	return NULL;
}

static void
print_messages(const struct native_link *link, struct str messages)
{
	const char *at = messages.at;

	while (at < messages.at + messages.len) {
		size_t len = 0;
		const char *name = *at == '/' ? memory_name(link, at, &len) : NULL;

		if (name != NULL) {
			fputs(name, stderr);
			at += len;
		} else {
			fputc(*at++, stderr);
		}
	}
}

static int
run_ld(struct native_link *link)
{
	struct process process = { 0 };
	struct str messages;
	int status;
	int ret;

	argue(link, NULL);
	process.argv = link->arguments.at;
	process.keep_fds = link->fds.at;
	process.keep_count = link->fds.len;
	ret = process_capture(link->arena, &process, &status, &messages);
	if (ret >= 0)
		print_messages(link, messages);
	close_memory(link);
	TRY(ret);
	return status == 0
		       ? 0
		       : err_set(ERR_BUILD, "linker command failed with exit code %d", status);
}

static struct native_link
start_ld(struct arena *arena)
{
	struct native_link link = { .arena = arena };

	argue(&link, LD_LLD);
	return link;
}

static int
lower(const char *name, struct str bitcode, enum lower_tier tier, struct strbuf *ret_object)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct lower_ir *machine AUTO(lower_ir_free) = NULL;
	struct lower_ir_unit unit = { .name = name, .bitcode = bitcode };
	struct lower_ir_job job = { .units = &unit, .unit_count = 1, .preserve_all = true };
	struct lower_target target;

	lower_ir_host(arena, &target);
	/* Test suites run programs under valgrind, which does not know the newest CPUs. */
	if (target.arch == ARCH_X86_64) {
		target.cpu = "x86-64-v2";
		target.features = "";
	}
	TRY(lower_ir_new(&target, tier, &machine));
	return lower_ir_run(machine, &job, ret_object, NULL);
}

static int
add_objects(struct native_link *link, struct str object, const struct gather_native *natives,
	size_t native_count, const char *name)
{
	if (object.len != 0)
		TRY(add_memory(link, name, object));
	for (size_t i = 0; i < native_count; i++)
		TRY(add_memory(link, natives[i].name, natives[i].bytes));
	return 0;
}

static int
link_relocatable(struct arena *arena, struct str object, const struct carrier_link *carried,
	struct str bitcode, const struct gather_native *natives, size_t native_count,
	const char *output)
{
	struct native_link link = start_ld(arena);
	struct strbuf carrier AUTO(strbuf_free) = { 0 };
	int ret;

	argue(&link, "-r");
	argue(&link, "-o");
	argue(&link, output);
	ret = add_objects(&link, object, natives, native_count, output);
	if (ret >= 0 && carried != NULL) {
		carrier_write(bitcode, carried, &carrier);
		ret = add_memory(&link, "carrier", strbuf_str(&carrier));
	}
	if (ret < 0) {
		close_memory(&link);
		return ret;
	}
	return run_ld(&link);
}

int
finish_library(struct arena *arena, struct str bitcode, bool keep_ir,
	const struct carrier_link *link, const struct gather_native *natives,
	size_t native_count, const char *output)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };

	if (bitcode.len != 0) {
		TRY(lower(output, bitcode, keep_ir ? LOWER_INSTANT : LOWER_FAST, &object));
		/* What a program defines itself comes first, as with a shared object. */
		TRY(elf_weaken(&object));
	}
	return link_relocatable(arena, strbuf_str(&object), link,
		keep_ir ? bitcode : (struct str){ 0 }, natives, native_count, output);
}

/* Whether an import could see the symbol: it has or wants one of that name. */
static void
note_visible(struct gather *gather, struct map *visible)
{
	struct library_set *set = &gather->libraries;

	for (size_t i = 0; i < set->by_name.len; i++) {
		const struct library *library = set->by_name.entries[i].value;

		for (size_t j = 0; j < library->file.symbol_count; j++)
			if (library->file.symbols[j].binding != STB_LOCAL)
				map_set(gather->arena, visible, library->file.symbols[j].name,
					NULL);
	}
	map_set(gather->arena, visible, "main", NULL);
}

static int
read_script(struct gather *gather, struct script *ret_script)
{
	const struct options *options = gather->options;

	*ret_script = (struct script){ 0 };
	if (options->version_script != NULL)
		TRY(script_add_versions(gather->arena, options->version_script, ret_script));
	if (options->retain_file != NULL)
		TRY(script_add_list(gather->arena, options->retain_file, ret_script));
	return 0;
}

/*
 * Make internal what nobody else can see: in a library all that is hidden, by attribute or
 * by version script; in a program all but what its libraries could meet.
 */
static int
keep_visible(struct gather *gather, struct neutral *module)
{
	const struct options *options = gather->options;
	bool is_program = options->kind == OPTIONS_PROGRAM;
	bool keeps_all = options->export_all || options->no_start;
	struct map visible = { 0 };
	struct script script;
	struct strings kept = { 0 };

	TRY(read_script(gather, &script));
	if (is_program && !keeps_all)
		note_visible(gather, &visible);
	for (size_t i = 0; i < gather->defined.len; i++) {
		const char *name = gather->defined.entries[i].key;
		bool is_hidden =
			map_has(&gather->hidden, name) || map_has(&gather->excluded, name);
		bool is_visible = is_program ? keeps_all || map_has(&visible, name)
					     : script_exports(&script, name);

		if ((!is_hidden && is_visible) || map_has(&gather->kept, name) ||
			(is_program && strcmp(name, "main") == 0))
			vec_push(gather->arena, &kept, name);
	}
	return neutral_internalize(module, kept.at, kept.len);
}

static struct carrier_link
describe_link(const struct gather *gather)
{
	const struct library_set *set = &gather->libraries;
	struct strings imports = { 0 };

	for (size_t i = 0; i < set->by_name.len; i++) {
		const struct library *library = set->by_name.entries[i].value;

		if (library->is_needed)
			vec_push(gather->arena, &imports, library->name);
	}
	return (struct carrier_link){
		.is_program = gather->options->kind == OPTIONS_PROGRAM,
		.soname = gather->options->soname,
		.imports = imports.at,
		.import_count = imports.len,
	};
}

/* The objects that only a program has: entry point, system calls, a note without slots. */
static int
add_start(struct native_link *link, const char *output)
{
	const char *slash = strrchr(output, '/');
	const char *name = slash != NULL ? slash + 1 : output;
	struct image_note note = { .kind = IMAGE_PROGRAM, .capabilities = "" };
	struct strbuf packed AUTO(strbuf_free) = { 0 };
	struct strbuf object AUTO(strbuf_free) = { 0 };
	struct str start;

	note.name = arena_printf(link->arena, "%.63s", name);
	TRY(kernel_start_object(arch_host(), &start));
	TRY(image_note_pack(&note, &packed));
	elf_binding_write(arch_elf_machine(arch_host()), strbuf_str(&packed), NULL, 0, &object);
	TRY(add_memory(link, "start.o", start));
	return add_memory(link, "note.o", strbuf_str(&object));
}

/* A library as it is, unless it has constructors: those run before the program's own. */
static int
add_library(struct native_link *link, const struct library *library)
{
	struct strbuf ordered AUTO(strbuf_free) = { 0 };

	TRY(err_context(carrier_order(library->file.bytes, library->order, &ordered), "%s",
		library->path));
	if (ordered.len != 0)
		return add_memory(link, library->path, strbuf_str(&ordered));
	argue(link, library->path);
	return 0;
}

static int
add_program_inputs(struct native_link *link, struct gather *gather, struct str object,
	const struct carrier_link *carried, struct str bitcode, const char *output)
{
	struct strbuf carrier AUTO(strbuf_free) = { 0 };
	struct library **libraries;
	size_t count;
	struct str support;

	if (!gather->options->no_start)
		TRY(add_start(link, output));
	TRY(add_objects(link, object, gather->natives.at, gather->natives.len, output));
	library_list_linked(gather->arena, &gather->libraries, &libraries, &count);
	for (size_t i = 0; i < count; i++)
		TRY(add_library(link, libraries[i]));
	TRY(kernel_support_object(arch_host(), &support));
	TRY(add_memory(link, "support.o", support));
	carrier_write(bitcode, carried, &carrier);
	return add_memory(link, "carrier", strbuf_str(&carrier));
}

static int
link_program(struct gather *gather, struct str object, const struct carrier_link *carried,
	struct str bitcode, const char *output)
{
	struct native_link link = start_ld(gather->arena);
	int ret;

	argue(&link, "-static");
	argue(&link, "--gc-sections");
	argue(&link, "--eh-frame-hdr");
	argue(&link, "-z");
	argue(&link, "nostart-stop-gc");
	argue(&link, "--image-base=0x400000");
	argue(&link, "-z");
	argue(&link, "noexecstack");
	argue(&link, "-o");
	argue(&link, output);
	ret = add_program_inputs(&link, gather, object, carried, bitcode, output);
	for (size_t i = 0; i < gather->options->linker.len; i++)
		argue(&link, gather->options->linker.at[i]);
	if (ret < 0) {
		close_memory(&link);
		return ret;
	}
	return run_ld(&link);
}

static int
finish_program(struct gather *gather, struct str bitcode, const struct carrier_link *carried,
	const char *output)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };

	if (bitcode.len != 0)
		TRY(lower(output, bitcode, LOWER_INSTANT, &object));
	return link_program(gather, strbuf_str(&object), carried, bitcode, output);
}

static int
write_output(const char *path, struct str bytes)
{
	int fd AUTO(file_close) = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_errno("%s", path);
	return file_write_fd(fd, bytes.at, bytes.len);
}

/* -r: nothing is dropped and nothing hidden. */
static int
finish_partial(struct gather *gather, struct str bitcode, const char *output)
{
	if (gather->natives.len == 0)
		return write_output(output, bitcode);
	if (bitcode.len != 0)
		return err_set(ERR_USAGE,
			"%s: cannot merge machine code with IR by -r (link both in the last "
			"step)",
			gather->natives.at[0].name);
	return link_relocatable(gather->arena, bitcode, NULL, bitcode, gather->natives.at,
		gather->natives.len, output);
}

int
finish_link(struct gather *gather, const char *output)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	enum options_output kind = gather->options->kind;
	struct carrier_link carried = describe_link(gather);

	if (gather->modules.len == 0 && gather->natives.len == 0)
		return err_set(ERR_USAGE, "no input files");
	if (kind == OPTIONS_PROGRAM || gather->options->no_undefined)
		TRY(gather_check_undefined(gather));
	TRY(gather_merge(gather, &module));
	if (module != NULL) {
		if (kind != OPTIONS_PARTIAL)
			TRY(keep_visible(gather, module));
		neutral_set_source(module, "");
		neutral_write(module, &bitcode);
	}
	switch (kind) {
	case OPTIONS_PARTIAL:
		return finish_partial(gather, strbuf_str(&bitcode), output);
	case OPTIONS_SHARED:
		return finish_library(gather->arena, strbuf_str(&bitcode), true, &carried,
			gather->natives.at, gather->natives.len, output);
	case OPTIONS_PROGRAM:
		break;
	}
	return finish_program(gather, strbuf_str(&bitcode), &carried, output);
}
