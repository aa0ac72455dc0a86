/* SPDX-License-Identifier: MIT */
/*
 * From objects to an image, in four steps: collect the objects; bind, that is
 * resolve each symbol that no object defines to its address in a slot, and
 * write those addresses and the image note into a binding object; run the
 * static linker; finish, that is put the installation's path in place of the
 * placeholder, complete the note and record the facts.
 *
 * (I1) The note has the same length before and after linking.
 */
#include "linker/image/compose.h"

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/prefix.h"
#include "linker/elf/elf_binding.h"
#include "linker/elf/elf_constant.h"
#include "linker/elf/elf_symbol.h"
#include "linker/image/composition.h"
#include "linker/image/inline.h"
#include "linker/image/order.h"
#include "linker/image/pieces.h"
#include "linker/image/plugin.h"
#include "linker/image/rebind.h"
#include "linker/image/settle.h"
#include "linker/image/target.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_MAX ((size_t)1 << 30) /* bytes */
#define PROGRAM_BASE UINT64_C(0x400000)

/* 1. Collect */

/* What an object without units of its own comes from. */
static const struct record_unit *
make_unit(struct link_state *state, const char *package, const char *name, bool is_program)
{
	struct record_unit *unit = ARENA_NEW(state->arena, struct record_unit);

	*unit = (struct record_unit){ package, name, is_program };
	return unit;
}

static const struct record_unit *
unit_of_library(struct link_state *state, const struct library *library)
{
	return make_unit(state, library->link->package, library->link->name, false);
}

/* The units of the main part, in the order in which parts.c merged them. */
static const struct record_unit *
units_of_main(struct link_state *state, const struct composition *composition)
{
	const struct image *image = composition->image;
	const struct part *part = image->main;
	size_t count = part->unit_count;
	struct record_unit *units = arena_array(
		state->arena, count + inline_count(part, image->tier), sizeof *units);

	/* Bodies stand behind the units. */
	for (size_t i = 0; i < inline_count(part, image->tier); i++)
		units[count + i] = *unit_of_library(state, part->inlinings.at[i].library);
	if (composition->library != NULL) {
		units[0] = *unit_of_library(state, composition->library);
		return units;
	}
	units[0] = composition->plugin != NULL
			   ? (struct record_unit){ composition->plugin->link->package,
				     composition->plugin->link->path, true }
			   : (struct record_unit){ composition->program->link->package,
				     composition->program->link->path, true };
	for (size_t i = 0; i < image->merged_count; i++)
		units[i + 1] =
			*unit_of_library(state, image->merged[image->merged_count - 1 - i]);
	return units;
}

static int
make_constant(struct arena *arena, struct str *bytes)
{
	struct strbuf copy AUTO(strbuf_free) = { 0 };

	strbuf_add(&copy, bytes->at, bytes->len);
	TRY(elf_make_constant(&copy));
	*bytes = (struct str){ arena_copy(arena, copy.at, copy.len), copy.len };
	return 0;
}

static int
add_object(
	struct link_state *state, struct composition *composition, struct record_object object)
{
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	if ((composition->image->harden & HARDEN_READ_ONLY) != 0)
		TRY(err_context(make_constant(state->arena, &object.bytes), "%s: object",
			composition->image->name));
	digest = hash_bytes(object.bytes.at, object.bytes.len);
	object.path = arena_printf(
		state->arena, "%s/%s.o", state->request->scratch, digest_hex(&digest, hex));
	vec_push(state->arena, &composition->objects, object);
	if (file_exists(AT_FDCWD, object.path))
		return 0;
	return file_write(AT_FDCWD, object.path, object.bytes.at, object.bytes.len, 0600);
}

static int
add_kernel(struct link_state *state, struct composition *composition, struct str bytes,
	const char *name)
{
	struct record_object object = {
		.bytes = bytes, .units = make_unit(state, "weld", name, false), .unit_count = 1
	};

	return add_object(state, composition, object);
}

static int
add_native(struct link_state *state, struct composition *composition, const struct image *owner,
	const struct record_unit *unit)
{
	struct record_object object = {
		.bytes = owner->native, .units = unit, .unit_count = 1
	};

	return object.bytes.len == 0 ? 0 : add_object(state, composition, object);
}

static int
add_native_of(struct link_state *state, struct composition *composition,
	const struct library *library)
{
	return add_native(state, composition, &library->image, unit_of_library(state, library));
}

/* A library that is linked beside: what the image defines itself takes its definitions' place. */
static int
add_beside(struct link_state *state, struct composition *composition,
	const struct library *library)
{
	const struct object *lowered = &library->part->at[composition->image->tier];
	struct record_object object = { .facts = lowered->facts,
		.units = unit_of_library(state, library),
		.unit_count = 1 };
	struct strbuf weak AUTO(strbuf_free) = { 0 };

	strbuf_add(&weak, lowered->bytes.at, lowered->bytes.len);
	TRY(err_context(elf_weaken(&weak), "%s: object", library->image.name));
	object.bytes = (struct str){ arena_copy(state->arena, weak.at, weak.len), weak.len };
	TRY(add_object(state, composition, object));
	return add_native_of(state, composition, library);
}

/* The object of the main part, or those that stand for it in this tier. */
static int
add_main(struct link_state *state, struct composition *composition)
{
	const struct image *image = composition->image;
	const struct record_unit *units = units_of_main(state, composition);

	for (size_t i = 0; i < pieces_count(image, image->tier); i++) {
		const struct part *part = pieces_get(image, image->tier, i);
		const struct object *lowered = &part->at[image->tier];
		size_t unit = pieces_unit(image, part);
		bool is_one = unit < image->main->unit_count;
		struct record_object object = { .bytes = lowered->bytes,
			.facts = lowered->facts,
			.units = is_one ? &units[unit] : units,
			.unit_count = is_one ? 1 : unit + inline_count(part, image->tier) };

		log_debug("link", "%s: object of %s, unit %zu", image->name, part->name, unit);
		TRY(add_object(state, composition, object));
	}
	return 0;
}

/* Whether no object of the image's own had to be compiled. */
static bool
was_cached(const struct image *image)
{
	for (size_t i = 0; i < pieces_count(image, image->tier); i++)
		if (!pieces_get(image, image->tier, i)->at[image->tier].was_cached)
			return false;
	return true;
}

static int
collect(struct link_state *state, struct composition *composition)
{
	const struct image *image = composition->image;

	/* First what runs first: it then stands beside the image's own start-up code. */
	if (composition->program != NULL)
		TRY(add_kernel(state, composition, state->start, "start"));
	TRY(add_kernel(state, composition, state->support, "support"));
	/* Of libc's native object every start uses something. */
	if (composition->library != NULL)
		TRY(add_native_of(state, composition, composition->library));
	TRY(add_main(state, composition));
	if (composition->library == NULL)
		TRY(add_native(state, composition, image, units_of_main(state, composition)));
	for (size_t i = 0; i < image->merged_count; i++)
		TRY(add_native_of(state, composition, image->merged[i]));
	composition->whole_count = composition->objects.len;
	for (size_t i = image->beside_count; i > 0; i--)
		TRY(add_beside(state, composition, image->beside[i - 1]));
	return 0;
}

/* 2. Bind */

/* Every name that the objects define, and every name that they need. */
static int
scan_objects(struct link_state *state, struct composition *composition, struct map *defined,
	struct map *needed)
{
	for (size_t i = 0; i < composition->objects.len; i++) {
		struct elf_file file;

		TRY(err_context(
			elf_file_read(state->arena, composition->objects.at[i].bytes, &file),
			"%s: object", composition->image->name));
		if (file.machine != arch_elf_machine(state->target.arch))
			return err_set(ERR_FORMAT, "%s: object is not for %s",
				composition->image->name, arch_name(state->target.arch));
		if (composition->tls_align < tls_object_align(&file))
			composition->tls_align = tls_object_align(&file);
		for (size_t n = 0; n < file.symbol_count; n++) {
			const struct elf_symbol *symbol = &file.symbols[n];

			if (symbol->binding == STB_LOCAL)
				continue;
			map_set(state->arena, symbol->section == SHN_UNDEF ? needed : defined,
				symbol->name, NULL);
		}
	}
	return 0;
}

/*
 * What a program or plug-in itself imports is used even when no symbol of it is: it may have
 * constructors.
 */
static void
use_imports(struct link_state *state, const struct composition *composition, struct map *used)
{
	const char *const *imports = NULL;
	size_t count = 0;

	if (composition->program != NULL) {
		imports = composition->program->link->imports;
		count = composition->program->link->import_count;
	} else if (composition->plugin != NULL) {
		imports = composition->plugin->link->imports;
		count = composition->plugin->link->import_count;
	}
	for (size_t i = 0; i < count; i++)
		map_set(state->arena, used, imports[i], NULL);
}

/* The slots that are used, and those that they use in turn, in dependency order. */
static void
keep_bound_slots(struct link_state *state, struct composition *composition, struct map *used)
{
	const struct image *image = composition->image;

	composition->bound =
		arena_array(state->arena, image->slot_count, sizeof *composition->bound);
	for (size_t i = image->slot_count; i > 0; i--) {
		struct library *library = image->slots[i - 1];

		if (!map_has(used, library->link->name))
			continue;
		for (size_t n = 0; n < library->image.slot_count; n++)
			map_set(state->arena, used, library->image.slots[n]->link->name, NULL);
	}
	for (size_t i = 0; i < image->slot_count; i++)
		if (map_has(used, image->slots[i]->link->name))
			composition->bound[composition->bound_count++] = image->slots[i];
}

int
compose_read_layout(struct link_state *state, struct library *library)
{
	struct str bytes;
	struct elf_file file;

	if (library->layout.count > 0)
		return 0;
	TRY(file_read(state->arena, AT_FDCWD, library->image.result.file, IMAGE_MAX, &bytes));
	TRY(err_context(
		elf_file_read(state->arena, bytes, &file), "%s", library->image.result.file));
	layout_read(state->arena, &file, library->image.result.base, &library->image.result.tls,
		&library->exports, &library->layout);
	if (!digest_equal(&library->layout.id, &library->image.result.layout_id))
		return err_set(ERR_DIGEST,
			"%s: layout is not the recorded one (run 'weld verify')",
			library->image.result.file);
	return 0;
}

/* Where a symbol that no object defines is; NULL when nowhere. As plugin_find(). */
static const struct layout_entry *
find_symbol(const struct composition *composition, const char *name, size_t *ret_slot)
{
	const struct image *image = composition->image;
	const struct layout_entry *entry = NULL;
	size_t at = image->slot_count;

	if (composition->plugin != NULL)
		return plugin_find(composition->plugin, name, ret_slot);
	/* From the end: what stands closest to the program is searched first. */
	while (at > 0 && entry == NULL)
		entry = layout_find(&image->slots[--at]->layout, name);
	*ret_slot = at;
	return entry;
}

static int
bind_symbols(struct link_state *state, struct composition *composition,
	const struct map *defined, const struct map *needed, struct elf_binding **ret_bindings,
	size_t *ret_count)
{
	const struct image *image = composition->image;
	struct elf_binding *bindings = arena_array(state->arena, needed->len, sizeof *bindings);
	struct map used = { 0 };
	size_t count = 0;

	composition->bindings =
		arena_array(state->arena, needed->len, sizeof *composition->bindings);
	for (size_t i = 0; i < image->slot_count; i++)
		TRY(compose_read_layout(state, image->slots[i]));
	for (size_t i = 0; i < needed->len; i++) {
		const char *name = needed->entries[i].key;
		const struct layout_entry *entry;
		size_t at = 0;

		if (map_has(defined, name))
			continue;
		entry = find_symbol(composition, name, &at);
		if (entry == NULL) {
			vec_push(state->arena, &composition->open, name);
			continue;
		}
		if (at < image->slot_count)
			map_set(state->arena, &used, image->slots[at]->link->name, NULL);
		bindings[count++] = (struct elf_binding){ .name = name,
			.address = entry->address,
			.is_function = entry->is_function };
		composition->bindings[composition->binding_count++] =
			(struct facts_binding){ name, (uint32_t)at, entry->is_function };
	}
	use_imports(state, composition, &used);
	keep_bound_slots(state, composition, &used);
	*ret_bindings = bindings;
	*ret_count = count;
	return 0;
}

static void
fill_note(struct link_state *state, struct composition *composition)
{
	struct arena *arena = state->arena;
	struct image_note *note = &composition->note;
	struct image_slot *slots = arena_array(arena, composition->bound_count, sizeof *slots);

	note->kind = composition->library != NULL  ? IMAGE_SLOT
		     : composition->plugin != NULL ? IMAGE_PLUGIN
						   : IMAGE_PROGRAM;
	note->name = composition->plugin != NULL ? composition->plugin->link->path
						 : composition->image->result.name;
	note->capabilities = "";
	if (composition->plugin != NULL) {
		note->base = composition->base;
		note->layout_id = composition->plugin->program->layout.id;
	}
	if (composition->library != NULL) {
		note->base = composition->base;
		note->tls.start = composition->tls.start;
		return;
	}
	for (size_t i = 0; i < composition->bound_count; i++) {
		const struct link_image *slot = &composition->bound[i]->image.result;
		const char *root = state->request->root;

		slots[i] = (struct image_slot){ .name = slot->name,
			.path = arena_printf(arena, "%s/current/slots/%s", root,
				link_slot_name(arena, slot->name, &slot->layout_id)),
			.exact_path = link_store_path(arena, root, slot),
			.layout_id = slot->layout_id,
			.digest = slot->digest,
			.base = slot->base,
			.size = slot->size,
			.tls = slot->tls };
		if (note->tls.start < slot->tls.start + slot->tls.size)
			note->tls.start = slot->tls.start + slot->tls.size;
	}
	note->slots = slots;
	note->slot_count = composition->bound_count;
}

void
compose_bind_again(struct link_state *state, struct image *image, struct program *program,
	struct map *used, struct compose_bound *ret_bound)
{
	struct composition composition = { .image = image, .program = program };

	use_imports(state, &composition, used);
	keep_bound_slots(state, &composition, used);
	if (program != NULL)
		fill_note(state, &composition);
	*ret_bound = (struct compose_bound){ .libraries = composition.bound,
		.count = composition.bound_count,
		.slots = composition.note.slots };
}

static int
bind(struct link_state *state, struct composition *composition)
{
	struct map defined = { 0 };
	struct map needed = { 0 };
	struct elf_binding *bindings = NULL;
	size_t count = 0;
	struct strbuf note AUTO(strbuf_free) = { 0 };
	struct strbuf object AUTO(strbuf_free) = { 0 };

	TRY(scan_objects(state, composition, &defined, &needed));
	TRY(bind_symbols(state, composition, &defined, &needed, &bindings, &count));
	fill_note(state, composition);
	TRY(compose_pad(state, composition));
	TRY(err_context(
		image_note_pack(&composition->note, &note), "%s", composition->image->name));
	elf_binding_write(arch_elf_machine(state->target.arch), strbuf_str(&note), bindings,
		count, &object);
	return add_kernel(state, composition,
		(struct str){ arena_copy(state->arena, object.at, object.len), object.len },
		"bindings");
}

/* 3. Link */

struct ld_job
compose_job(struct link_state *state, struct composition *composition)
{
	struct arena *arena = state->arena;
	VEC(const char *) arguments = { 0 };
	bool is_program = composition->program != NULL;
	uint32_t order = order_of_image(state, composition->image);

	if (order != 0)
		vec_push(arena, &arguments,
			arena_printf(arena, "--shuffle-sections=.text*=%" PRIu32, order));
	vec_push(arena, &arguments, "-m");
	vec_push(arena, &arguments, target_emulation(state->target.arch));
	vec_push(arena, &arguments, "-static");
	vec_push(arena, &arguments, "--threads=1");
	vec_push(arena, &arguments, "--build-id=none");
	vec_push(arena, &arguments, "--eh-frame-hdr");
	vec_push(arena, &arguments, "--gc-sections");
	/* Instructions stay as they were made: the facts and the next version know them so. */
	vec_push(arena, &arguments, "--no-relax");
	/* Who asks for __start_NAME uses all of the section. */
	vec_push(arena, &arguments, "-z");
	vec_push(arena, &arguments, "nostart-stop-gc");
	vec_push(arena, &arguments, "-z");
	vec_push(arena, &arguments, "norelro");
	/* Constants and code in one segment: one mapping and fewer page faults. */
	vec_push(arena, &arguments, "--no-rosegment");
	vec_push(arena, &arguments, "-z");
	vec_push(arena, &arguments, "noexecstack");
	vec_push(arena, &arguments, "-z");
	vec_push(arena, &arguments,
		arena_printf(
			arena, "max-page-size=%" PRIu64, target_page_size(state->target.arch)));
	vec_push(arena, &arguments,
		composition->script != NULL
			? arena_printf(arena, "--script=%s", composition->script)
			: arena_printf(arena, "--image-base=0x%" PRIx64, composition->base));
	vec_push(arena, &arguments, is_program ? "--entry=_start" : "--entry=0");
	vec_push(arena, &arguments, "-o");
	vec_push(arena, &arguments, composition->output);
	/* What others may ask for stays, used or not. */
	for (size_t i = 0; i < composition->exports->len; i++)
		vec_push(arena, &arguments,
			arena_printf(
				arena, "--undefined=%s", composition->exports->entries[i].key));
	if (!composition->is_trial)
		vec_push(arena, &arguments,
			arena_printf(arena, "-Map=%s.map", composition->output));
	if (composition->padding != NULL && target_tls_is_above(state->target.arch))
		vec_push(arena, &arguments, composition->padding);
	for (size_t i = 0; i < composition->objects.len; i++)
		vec_push(arena, &arguments, composition->objects.at[i].path);
	if (composition->padding != NULL && !target_tls_is_above(state->target.arch))
		vec_push(arena, &arguments, composition->padding);
	vec_push(arena, &arguments, NULL);
	return (struct ld_job){ composition->image->name, state->request->scratch,
		arguments.at };
}

/* 4. Finish */

static int
put_prefix(
	const struct link_state *state, const struct composition *composition, struct str bytes)
{
	char *at = (char *)bytes.at;
	char *end = at + bytes.len;
	static const char mark[] = "/weld-prefix-";

	while ((at = memmem(at, (size_t)(end - at), WELD_PREFIX, PREFIX_LENGTH)) != NULL) {
		memcpy(at, state->prefix, PREFIX_LENGTH);
		at += PREFIX_LENGTH;
	}
	if (memmem(bytes.at, bytes.len, mark, sizeof mark - 1) != NULL)
		return err_set(ERR_FORMAT,
			"%s: holds a part of the installation prefix that cannot be replaced",
			composition->image->name);
	return 0;
}

static uint64_t
end_of_segments(const struct elf_file *file)
{
	uint64_t end = 0;

	for (size_t i = 0; i < file->segment_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];

		if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > end)
			end = segment->p_vaddr + segment->p_memsz;
	}
	return end;
}

static void
note_array(const struct elf_file *file, const char *section_name, uint64_t *ret_address,
	uint64_t *ret_count)
{
	const struct elf_section *section = elf_file_find_section(file, section_name);

	*ret_address = section == NULL ? 0 : section->address;
	*ret_count = section == NULL ? 0 : section->size / sizeof(uint64_t);
}

/* A program that is bound to slots must end before the first of them may begin. */
static int
check_end(const struct composition *composition, const struct elf_file *file)
{
	uint64_t end = end_of_segments(file);

	if (composition->program == NULL || composition->bound_count == 0 ||
		end <= SLOT_ARENA_START)
		return 0;
	return err_set(ERR_RANGE,
		"%s: reaches up to 0x%" PRIx64 ", into the slots from 0x%" PRIx64
		" (it has too much static data; 'sharing never' links it without slots)",
		composition->image->name, end, SLOT_ARENA_START);
}

/* What is known of an image only after it was linked. */
static void
complete_note(struct composition *composition, const struct elf_file *file)
{
	struct image_note *note = &composition->note;

	if (composition->program != NULL) {
		if (composition->program->link->load_count > 0)
			note->layout_id = composition->program->layout.id;
		return;
	}
	note->size = end_of_segments(file) - composition->base;
	if (composition->library != NULL)
		note->layout_id = composition->library->layout.id;
	note_array(file, ".init_array", &note->init_array, &note->init_count);
	note_array(file, ".fini_array", &note->fini_array, &note->fini_count);
}

static int
put_note(const struct composition *composition, const struct elf_file *file)
{
	const struct elf_section *section = elf_file_find_section(file, IMAGE_NOTE_SECTION);
	struct strbuf note AUTO(strbuf_free) = { 0 };

	TRY(err_context(
		image_note_pack(&composition->note, &note), "%s", composition->image->name));
	assert(section != NULL && section->contents.len == note.len); /* (I1) */
	memcpy((char *)section->contents.at, note.at, note.len);
	return 0;
}

/* Number the slots of the bindings as the image has them bound; a plug-in's program is the last. */
static void
number_slots(struct composition *composition, struct facts_slot *slots)
{
	const struct image *image = composition->image;
	const struct plugin *plugin = composition->plugin;

	for (size_t i = 0; i < composition->bound_count; i++)
		slots[i] = (struct facts_slot){ composition->bound[i]->link->name,
			composition->bound[i]->image.result.layout_id };
	if (plugin != NULL)
		slots[composition->bound_count] =
			(struct facts_slot){ plugin->program->link->path,
				plugin->program->layout.id };
	for (size_t i = 0; i < composition->binding_count; i++) {
		size_t slot = composition->bindings[i].slot;
		uint32_t number = 0;

		while (number < composition->bound_count &&
			(slot == image->slot_count ||
				composition->bound[number] != image->slots[slot]))
			number++;
		composition->bindings[i].slot = number;
	}
}

/* What it takes to bind the image again; an image without it is always linked. */
static int
record_sites(struct link_state *state, struct composition *composition,
	const struct record_request *facts)
{
	struct find_sites_request request = { .objects = facts->objects,
		.object_count = facts->object_count,
		.map = facts->map,
		.file = facts->file };
	struct rebind_record record = {
		.link_key = composition->library != NULL
				    ? settle_link_key_of_slot(state, composition->library)
				    : settle_link_key_of_program(state, composition->program),
		.bindings = composition->bindings,
		.binding_count = composition->binding_count,
		.open = composition->open.at,
		.open_count = composition->open.len,
		.output = composition->output
	};

	return rebind_record(state, composition->image, &record, &request);
}

static int
record(struct link_state *state, struct composition *composition, const struct elf_file *file)
{
	struct arena *arena = state->arena;
	struct link_image *result = &composition->image->result;
	struct facts_slot *slots =
		arena_array(arena, composition->bound_count + 1, sizeof *slots);
	bool is_plugin = composition->plugin != NULL;
	const char *map_path = arena_printf(arena, "%s.map", composition->output);
	struct record_request request = { .arch = state->target.arch,
		.image = { .kind = composition->library != NULL ? FACTS_SLOT
				   : is_plugin                  ? FACTS_PLUGIN
								: FACTS_PROGRAM,
			.name = result->name,
			.package = result->package,
			.digest = result->digest },
		.objects = composition->objects.at,
		.object_count = composition->objects.len,
		.slots = slots,
		.slot_count = composition->bound_count + is_plugin,
		.bindings = composition->bindings,
		.binding_count = composition->binding_count,
		.exports = composition->exports,
		.file = file };
	struct strbuf facts AUTO(strbuf_free) = { 0 };
	struct link_map map;
	struct str text;

	TRY(file_read(arena, AT_FDCWD, map_path, IMAGE_MAX, &text));
	link_map_read(arena, text, &map);
	unlink(map_path);
	request.map = &map;
	if (composition->plugin == NULL)
		TRY(record_sites(state, composition, &request));
	number_slots(composition, slots);
	TRY(record_facts(arena, &request, &facts));
	result->facts_file = arena_printf(arena, "%s.facts", composition->output);
	result->facts_digest = hash_bytes(facts.at, facts.len);
	result->written += facts.len;
	return file_write(AT_FDCWD, result->facts_file, facts.at, facts.len, 0600);
}

int
compose_finish(struct link_state *state, struct composition *composition)
{
	struct link_image *result = &composition->image->result;
	struct str bytes;
	struct elf_file file;

	TRY(file_read(state->arena, AT_FDCWD, composition->output, IMAGE_MAX, &bytes));
	TRY(put_prefix(state, composition, bytes));
	TRY(err_context(
		elf_file_read(state->arena, bytes, &file), "%s", composition->image->name));
	compose_complete_tls(state, composition, &file);
	if (composition->library != NULL)
		layout_read(state->arena, &file, composition->base, &composition->tls,
			composition->exports, &composition->library->layout);
	else if (composition->program != NULL && composition->program->link->load_count > 0)
		layout_read(state->arena, &file, composition->base, &(struct image_tls){ 0 },
			composition->exports, &composition->program->layout);
	TRY(check_end(composition, &file));
	complete_note(composition, &file);
	TRY(put_note(composition, &file));
	if (composition->library != NULL)
		result->layout_id = composition->library->layout.id;
	else if (composition->program != NULL)
		result->layout_id = composition->program->layout.id;
	result->outcome = was_cached(composition->image) ? LINK_LINKED : LINK_LOWERED;
	result->digest = hash_bytes(bytes.at, bytes.len);
	result->file = composition->output;
	result->file_size = bytes.len;
	result->written = bytes.len;
	if (!composition->is_trial)
		TRY(record(state, composition, &file));
	unlink(composition->output);
	return file_write(AT_FDCWD, composition->output, bytes.at, bytes.len, 0755);
}

int
compose_begin(struct link_state *state, uint64_t base, struct composition *composition)
{
	composition->base = base;
	composition->output = arena_printf(
		state->arena, "%s/image-%zu", state->request->scratch, state->outputs++);
	TRY(collect(state, composition));
	return bind(state, composition);
}

void
compose_report(struct link_state *state, const struct image *image)
{
	const struct link_request *request = state->request;
	struct link_progress progress = { .step = "link",
		.object = image->name,
		.done = ++state->done,
		.total = state->to_link };

	if (request->progress != NULL)
		request->progress(request->progress_data, &progress);
}

struct linking { /* programs on their way, of which any thread takes the next */
	struct link_state *state; /* for reporting */
	const struct link_state *known; /* as it was before: reporting counts */
	struct composition *compositions;
	pthread_mutex_t reporting;
};

/* (I2) A thread allocates in an arena of its own; of the rest of the state nothing changes meanwhile. */
static int
link_program(void *data, size_t index, struct arena *arena)
{
	struct linking *linking = data;
	struct composition *composition = &linking->compositions[index];
	struct link_state own = *linking->known;
	struct ld_job job;

	own.arena = arena;
	job = compose_job(&own, composition);
	TRY(ld_run(arena, &job));
	TRY(compose_finish(&own, composition));
	pthread_mutex_lock(&linking->reporting);
	compose_report(linking->state, composition->image);
	pthread_mutex_unlock(&linking->reporting);
	return 0;
}

int
compose_programs(struct link_state *state)
{
	const struct link_state known = *state;
	struct linking linking = { .state = state,
		.known = &known,
		.compositions = arena_array(
			state->arena, state->program_count, sizeof *linking.compositions),
		.reporting = PTHREAD_MUTEX_INITIALIZER };
	size_t count = 0;

	for (size_t i = 0; i < state->program_count; i++) {
		if (state->programs[i].image.is_settled)
			continue;
		linking.compositions[count] =
			(struct composition){ .image = &state->programs[i].image,
				.program = &state->programs[i],
				.exports = &state->programs[i].kept };
		TRY(compose_begin(state, PROGRAM_BASE, &linking.compositions[count++]));
	}
	TRY(parallel_run(state->arena, count, link_program, &linking));
	for (size_t i = 0; i < count; i++)
		linking.compositions[i].image->is_settled = true;
	return 0;
}
