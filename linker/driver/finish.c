/* SPDX-License-Identifier: MIT */
/*
 * The last steps of a link: keep what others may see, write the bitcode, lower
 * it on the fastest tier, and let ld.lld put machine code, libraries and what is
 * carried together.
 */
#include "linker/driver/finish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/arch.h"
#include "kernel-iface/image_note.h"
#include "kernel-iface/objects.h"
#include "linker/driver/carrier.h"
#include "linker/driver/ld.h"
#include "linker/driver/native.h"
#include "linker/driver/script.h"
#include "linker/driver/start_up.h"
#include "linker/elf/elf_binding.h"
#include "linker/elf/elf_symbol.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/lower_ir.h"
#include "linker/llvm/neutral.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Machine code links only where it runs. */
static bool
runs_here(const struct native_code *native)
{
	return native->object.len != 0 && native->arch == arch_host();
}

static int
add_objects(struct ld_run *ld, struct str object, const struct native_code *native,
	const char *name)
{
	if (object.len != 0)
		TRY(ld_add(ld, name, object));
	return runs_here(native) ? ld_add(ld, native->name, native->object) : 0;
}

int
finish_library(struct arena *arena, struct str bitcode, bool keep_ir,
	const struct carrier_link *link, const struct native_code *native, const char *output)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };
	struct strbuf carrier AUTO(strbuf_free) = { 0 };
	struct ld_run ld AUTO(ld_end) = ld_begin(arena);

	if (bitcode.len != 0) {
		TRY(lower(output, bitcode, keep_ir ? LOWER_INSTANT : LOWER_FAST, &object));
		/* What a program defines itself comes first, as with a shared object. */
		TRY(elf_weaken(&object));
	}
	ld_argue(&ld, "-r");
	ld_argue(&ld, "-o");
	ld_argue(&ld, output);
	TRY(add_objects(&ld, strbuf_str(&object), native, output));
	if (keep_ir)
		carrier_write(bitcode, native->object, link, &carrier);
	else
		carrier_write((struct str){ 0 }, (struct str){ 0 }, link, &carrier);
	TRY(ld_add(&ld, "carrier", strbuf_str(&carrier)));
	return ld_finish(&ld);
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
 * Find what others can see: of a library all that is not hidden, by attribute or by version
 * script; of a program what its libraries could meet.
 */
static int
find_visible(struct gather *gather, struct map *ret_visible)
{
	const struct options *options = gather->options;
	bool is_program = options->kind == OPTIONS_PROGRAM;
	bool keeps_all = options->export_all || options->no_start;
	struct map met = { 0 };
	struct script script;

	TRY(read_script(gather, &script));
	if (is_program && !keeps_all)
		note_visible(gather, &met);
	for (size_t i = 0; i < gather->defined.len; i++) {
		const char *name = gather->defined.entries[i].key;
		bool is_hidden =
			map_has(&gather->hidden, name) || map_has(&gather->excluded, name);
		bool is_visible = is_program ? keeps_all || map_has(&met, name)
					     : script_exports(&script, name);

		if ((!is_hidden && is_visible) || (is_program && strcmp(name, "main") == 0))
			map_set(gather->arena, ret_visible, name, NULL);
	}
	return 0;
}

/* Make internal what nobody else can see; what only machine code sees stays, hidden. */
static int
keep_visible(struct gather *gather, const struct map *visible, struct neutral *module)
{
	struct strings kept = { 0 };
	struct strings hidden = { 0 };

	for (size_t i = 0; i < gather->defined.len; i++) {
		const char *name = gather->defined.entries[i].key;
		bool is_seen = map_has(visible, name) || map_has(&gather->kept, name);

		if (!is_seen && map_has(&gather->needed, name))
			vec_push(gather->arena, &hidden, name);
		if (is_seen || map_has(&gather->needed, name))
			vec_push(gather->arena, &kept, name);
	}
	neutral_hide(module, hidden.at, hidden.len);
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
add_start(struct ld_run *ld, const char *output)
{
	const char *slash = strrchr(output, '/');
	const char *name = slash != NULL ? slash + 1 : output;
	struct image_note note = { .kind = IMAGE_PROGRAM, .capabilities = "" };
	struct strbuf packed AUTO(strbuf_free) = { 0 };
	struct strbuf object AUTO(strbuf_free) = { 0 };
	struct str start;

	note.name = arena_printf(ld->arena, "%.63s", name);
	TRY(kernel_start_object(arch_host(), &start));
	TRY(image_note_pack(&note, &packed));
	elf_binding_write(arch_elf_machine(arch_host()), strbuf_str(&packed), NULL, 0, &object);
	TRY(ld_add(ld, "start.o", start));
	return ld_add(ld, "note.o", strbuf_str(&object));
}

/* A library as it is, unless it has constructors: those run before the program's own. */
static int
add_library(struct ld_run *ld, const struct library *library)
{
	struct strbuf ordered AUTO(strbuf_free) = { 0 };

	TRY(err_context(carrier_order(library->file.bytes, library->order, &ordered), "%s",
		library->path));
	if (ordered.len != 0)
		return ld_add(ld, library->path, strbuf_str(&ordered));
	ld_argue(ld, library->path);
	return 0;
}

static int
add_program_inputs(struct ld_run *ld, struct gather *gather, struct str object,
	const struct carrier_link *carried, struct str bitcode,
	const struct native_code *native, const char *output)
{
	struct strbuf carrier AUTO(strbuf_free) = { 0 };
	struct library **libraries;
	size_t count;
	struct str support;

	if (!gather->options->no_start)
		TRY(add_start(ld, output));
	TRY(add_objects(ld, object, native, output));
	library_list_linked(gather->arena, &gather->libraries, &libraries, &count);
	for (size_t i = 0; i < count; i++)
		TRY(add_library(ld, libraries[i]));
	TRY(kernel_support_object(arch_host(), &support));
	TRY(ld_add(ld, "support.o", support));
	carrier_write(bitcode, native->object, carried, &carrier);
	return ld_add(ld, "carrier", strbuf_str(&carrier));
}

static int
link_program(struct gather *gather, struct str object, const struct carrier_link *carried,
	struct str bitcode, const struct native_code *native, const char *output)
{
	struct ld_run ld AUTO(ld_end) = ld_begin(gather->arena);

	ld_argue(&ld, "-static");
	ld_argue(&ld, "--gc-sections");
	ld_argue(&ld, "--eh-frame-hdr");
	ld_argue(&ld, "-z");
	ld_argue(&ld, "nostart-stop-gc");
	ld_argue(&ld, "--image-base=0x400000");
	ld_argue(&ld, "-z");
	ld_argue(&ld, "noexecstack");
	/* It has machine code of another architecture, so it will not run here. */
	if (native->object.len != 0 && !runs_here(native))
		ld_argue(&ld, "--unresolved-symbols=ignore-all");
	ld_argue(&ld, "-o");
	ld_argue(&ld, output);
	TRY(add_program_inputs(&ld, gather, object, carried, bitcode, native, output));
	for (size_t i = 0; i < gather->options->linker.len; i++)
		ld_argue(&ld, gather->options->linker.at[i]);
	return ld_finish(&ld);
}

static int
finish_program(struct gather *gather, struct str bitcode, const struct carrier_link *carried,
	const struct native_code *native, const char *output)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };

	if (bitcode.len != 0)
		TRY(lower(output, bitcode, LOWER_INSTANT, &object));
	return link_program(gather, strbuf_str(&object), carried, bitcode, native, output);
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
finish_partial(struct gather *gather, struct neutral *module, const char *output)
{
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	struct native_code native;

	if (gather->natives.len > 0) {
		if (module != NULL)
			return err_set(ERR_USAGE,
				"%s: cannot merge machine code with IR by -r (link both in "
				"the last step)",
				gather->natives.at[0].name);
		TRY(native_merge(gather, NULL, &native));
		return write_output(output, native.object);
	}
	neutral_write(module, &bitcode);
	return write_output(output, strbuf_str(&bitcode));
}

int
finish_link(struct gather *gather, const char *output)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	enum options_output kind = gather->options->kind;
	struct carrier_link carried = describe_link(gather);
	struct native_code native;
	struct map visible = { 0 };

	if (gather->modules.len == 0 && gather->natives.len == 0)
		return err_set(ERR_USAGE, "no input files");
	if (kind == OPTIONS_PROGRAM || gather->options->no_undefined)
		TRY(gather_check_undefined(gather));
	TRY(gather_merge(gather, &module));
	if (module != NULL)
		neutral_set_source(module, "");
	if (kind == OPTIONS_PARTIAL)
		return finish_partial(gather, module, output);
	TRY(find_visible(gather, &visible));
	TRY(native_merge(gather, &visible, &native));
	if (module != NULL) {
		TRY(keep_visible(gather, &visible, module));
		TRY(start_up_translate(gather->arena, &native, module));
		TRY(native_check(gather->arena, &native, module));
		neutral_write(module, &bitcode);
	}
	return kind == OPTIONS_SHARED ? finish_library(gather->arena, strbuf_str(&bitcode),
						true, &carried, &native, output)
				      : finish_program(gather, strbuf_str(&bitcode), &carried,
						&native, output);
}
