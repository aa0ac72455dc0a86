/* SPDX-License-Identifier: MIT */
/*
 * A slot has five zones: constants, code, tables (large constants), data, zeroed data. The
 * first three are one segment. Rooms of the sections that hold exports stand in the order of the
 * objects; what is not exported is loose and may move freely.
 *
 * What a program touches when it starts stands close together, so that a few
 * page faults bring it: small constants right before code, the loose functions of
 * the first objects right before the rooms of code, large zeroed data last.
 *
 * Rooms of code have slack; a variable needs none, since a size that changes
 * changes the layout anyway. Between zones there is slack, of whole pages
 * where the next is another segment.
 *
 * (I1) Rooms of a zone are written in ascending order: a linker script cannot
 * go back.
 * (I2) The end of a zone's rooms is marked by a symbol, so that the next version
 * knows how large the last room is.
 */
#include "linker/image/rooms.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"
#include "linker/elf/elf_binding.h"
#include "linker/image/target.h"
#include "linker/image/thunks.h"
#include "linker/image/tls.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ROOMS_END_PREFIX "__weld_rooms_end."
#define ROOMS_ORDER "__weld_rooms_order" /* absolute: what the order was drawn from */
#define HEADERS_SIZE UINT64_C(0x400) /* bytes from the base: ELF headers and the image note */
#define ZONE_ALIGN UINT64_C(64) /* bytes, of a zone in the segment of the one before */
#define ZONE_SLACK UINT64_C(256) /* bytes, for lists of constructors and addresses, too */
#define FILLED ((uint64_t)64 << 10) /* bytes of zeroed data that stand in the file, at most */
#define CODE_ALIGN UINT64_C(16) /* bytes */
static const char plain_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$";

#define HEAD_MAX 64 /* bytes */

#define FIRST_CODE ((uint64_t)32 << 10) /* bytes of loose code before the rooms, at most */
#define SMALL ((uint64_t)1 << 10) /* bytes of a section that stands with the small ones */

enum zone { ZONE_RODATA, ZONE_TEXT, ZONE_TABLES, ZONE_DATA, ZONE_BSS, ZONE_COUNT };

struct zone_row {
	const char *name; /* of the output section */
	const char *rest; /* input sections that are not listed one by one */
};

static const struct zone_row zones[ZONE_COUNT] = {
	[ZONE_RODATA] = { ".rodata",
		"*(.rodata .rodata.cst* .rodata.str* .srodata .srodata.*)" },
	[ZONE_TEXT] = { ".text", "*(.text .text.*)" },
	[ZONE_TABLES] = { ".rodata.tables", "*(.rodata.*)" },
	[ZONE_DATA] = { ".data", "*(.data .data.* .sdata .sdata.*)" },
	[ZONE_BSS] = { ".bss", "*(.sbss .sbss.* .bss .bss.* COMMON)" },
};

struct room {
	const char *path; /* of the object */
	const char *section; /* name of the input section */
	const char *symbol; /* an export in it */
	uint64_t symbol_offset; /* bytes from the section's start */
	struct str head; /* the bytes before it: a type word */
	uint64_t size; /* bytes that the section needs */
	uint64_t align; /* bytes */
	uint64_t address; /* where it stands */
	uint64_t end; /* of the room */
	size_t exports; /* exported symbols in it */
	uint64_t drawn; /* its place in a shuffled order */
	bool is_moved; /* its body stands behind the rooms; a jump is here */
};

struct loose { /* a section without exports that is listed by its name */
	const char *path; /* of the object */
	const char *section;
	uint64_t size; /* bytes, with what its alignment may take */
	uint64_t drawn; /* its place in a shuffled order */
};

struct plan {
	struct arena *arena;
	const struct rooms_request *request;
	VEC(struct room) rooms[ZONE_COUNT];
	VEC(struct loose)
	loose[ZONE_COUNT]; /* of code in the order of the objects, else small ones */
	uint64_t zone_address
		[ZONE_COUNT]; /* fixed by the old image; 0: follows from what is before */
	uint64_t zone_size[ZONE_COUNT]; /* bytes of all input sections */
	uint64_t tls_align; /* bytes, of thread-local variables; at least 1 */
	uint64_t first_code; /* bytes before the rooms of code: for the first loose functions */
	struct map taken; /* symbols whose address the library itself takes */
	struct map far; /* functions of other slots that a call may not reach */
};

static bool
zone_of(const struct elf_section *section, enum zone *ret_zone)
{
	if ((section->flags & SHF_ALLOC) == 0 || (section->flags & SHF_TLS) != 0)
		return false;
	if (section->type == SHT_NOBITS)
		*ret_zone = ZONE_BSS;
	else if (section->type != SHT_PROGBITS)
		return false;
	else if ((section->flags & SHF_EXECINSTR) != 0)
		*ret_zone = ZONE_TEXT;
	else
		*ret_zone = (section->flags & SHF_WRITE) != 0 ? ZONE_DATA : ZONE_RODATA;
	return true;
}

/* Whether a name can stand in a script as it is. */
static bool
is_plain(const char *name)
{
	return name[0] != '\0' && name[strspn(name, plain_characters)] == '\0';
}

static bool
is_export(const struct plan *plan, const struct elf_symbol *symbol)
{
	return symbol->binding != STB_LOCAL && symbol->section != SHN_UNDEF &&
	       (symbol->visibility == STV_DEFAULT || symbol->visibility == STV_PROTECTED) &&
	       is_plain(symbol->name) && map_has(plan->request->exports, symbol->name);
}

/* Whether what a section says of addresses decides what the library does. */
static bool
is_seen(const struct elf_section *section)
{
	return (section->flags & SHF_ALLOC) != 0 && !str_has_prefix(section->name, ".eh_frame");
}

/* Remember the functions whose address is taken: they must be at one address for everyone. */
static void
gather_taken(struct plan *plan, const struct elf_file *file)
{
	for (size_t i = 0; i < file->section_count; i++) {
		struct str contents = file->sections[i].contents, code;
		const Elf64_Rela *relocations = (const void *)contents.at;

		if (file->sections[i].type != SHT_RELA || (uintptr_t)contents.at % 8 != 0 ||
			file->sections[i].info >= file->section_count ||
			!is_seen(&file->sections[file->sections[i].info]))
			continue;
		code = file->sections[file->sections[i].info].contents;
		for (size_t n = 0; n < contents.len / sizeof *relocations; n++) {
			size_t symbol = ELF64_R_SYM(relocations[n].r_info);

			if (!target_is_branch(plan->request->arch,
				    ELF64_R_TYPE(relocations[n].r_info), code,
				    relocations[n].r_offset) &&
				symbol > 0 && symbol <= file->symbol_count)
				map_set(plan->arena, &plan->taken,
					file->symbols[symbol - 1].name, NULL);
		}
	}
}

/*
 * Whether a section can be put among others of its zone. One whose name is a word of C cannot:
 * it is an output section of its own, whose start and end the linker defines (__start_NAME).
 */
static bool
can_have_room(const struct elf_section *section)
{
	return is_plain(section->name) && section->name[0] == '.';
}

/* Take in a section without exports: code and what is small are listed. Returns its zone. */
static enum zone
gather_loose(struct plan *plan, const struct rooms_object *object,
	const struct elf_section *section, uint64_t thunks, enum zone zone)
{
	struct loose loose = { object->path, section->name,
		section->size + thunks + section->align, 0 };

	/* Merged sections have no place of their own, nor have those of several data. */
	if (!can_have_room(section) || (section->flags & SHF_MERGE) != 0 ||
		strchr(section->name + 1, '.') == NULL)
		return zone;
	if (section->size > SMALL && zone == ZONE_RODATA)
		return ZONE_TABLES;
	if (zone == ZONE_TEXT || (section->size <= SMALL && zone != ZONE_DATA))
		vec_push(plan->arena, &plan->loose[zone], loose);
	return zone;
}

/* What stands before a function that is the only one of its section; nothing when that is much. */
static struct str
head_of(const struct elf_section *section, uint64_t length)
{
	return (struct str){ section->contents.at,
		length <= HEAD_MAX && length <= section->contents.len ? (size_t)length : 0 };
}

/* Gather the sections of one object, those that hold exports as rooms. */
static void
gather_rooms(struct plan *plan, const struct rooms_object *object)
{
	const struct elf_file *file = object->file;
	const struct elf_symbol **first =
		arena_array(plan->arena, file->section_count, sizeof *first);
	size_t *exports = arena_array(plan->arena, file->section_count, sizeof *exports);

	for (size_t i = 0; i < file->symbol_count; i++) {
		const struct elf_symbol *symbol = &file->symbols[i];

		if (!is_export(plan, symbol) || symbol->section >= file->section_count)
			continue;
		if (first[symbol->section] == NULL)
			first[symbol->section] = symbol;
		exports[symbol->section]++;
	}
	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *section = &file->sections[i];
		uint64_t thunks;
		enum zone zone;

		if (!zone_of(section, &zone))
			continue;
		thunks = thunks_measure(plan->arena, &plan->far, file, i);
		if (first[i] == NULL)
			zone = gather_loose(plan, object, section, thunks, zone);
		plan->zone_size[zone] += section->size + thunks + section->align;
		if (first[i] == NULL || !can_have_room(section))
			continue;
		vec_push(plan->arena, &plan->rooms[zone],
			(struct room){ .path = object->path,
				.section = section->name,
				.symbol = first[i]->name,
				.symbol_offset = first[i]->value,
				.head = head_of(section, first[i]->value),
				.size = section->size + thunks,
				.align = section->align > CODE_ALIGN ? section->align
								     : CODE_ALIGN,
				.exports = exports[i] });
	}
}

static uint64_t
align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) / align * align;
}

static uint64_t
draw(uint32_t order, const char *name)
{
	struct hash hash;
	struct digest digest;
	uint64_t number;

	hash_init(&hash);
	hash_add_u64(&hash, order);
	hash_add_string(&hash, name);
	digest = hash_end(&hash);
	memcpy(&number, digest.bytes, sizeof number);
	return number;
}

static int
compare_rooms_drawn(const void *a, const void *b)
{
	const struct room *left = a;
	const struct room *right = b;

	if (left->drawn != right->drawn)
		return left->drawn < right->drawn ? -1 : 1;
	return strcmp(left->symbol, right->symbol);
}

static int
compare_loose_drawn(const void *a, const void *b)
{
	const struct loose *left = a;
	const struct loose *right = b;

	if (left->drawn != right->drawn)
		return left->drawn < right->drawn ? -1 : 1;
	return strcmp(left->section, right->section);
}

static void
shuffle_functions(struct plan *plan)
{
	if (plan->request->order == 0)
		return;
	VEC_EACH (struct room, room, &plan->rooms[ZONE_TEXT])
		room->drawn = draw(plan->request->order, room->symbol);
	VEC_EACH (struct loose, loose, &plan->loose[ZONE_TEXT])
		loose->drawn = draw(plan->request->order, loose->section);
	if (plan->rooms[ZONE_TEXT].len > 0)
		qsort(plan->rooms[ZONE_TEXT].at, plan->rooms[ZONE_TEXT].len,
			sizeof *plan->rooms[ZONE_TEXT].at, compare_rooms_drawn);
	if (plan->loose[ZONE_TEXT].len > 0)
		qsort(plan->loose[ZONE_TEXT].at, plan->loose[ZONE_TEXT].len,
			sizeof *plan->loose[ZONE_TEXT].at, compare_loose_drawn);
}

static uint64_t
measure_first_code(const struct plan *plan)
{
	uint64_t size = 0;

	VEC_EACH (struct loose, loose, &plan->loose[ZONE_TEXT])
		size += loose->size;
	return align_up(size < FIRST_CODE ? size : FIRST_CODE, CODE_ALIGN);
}

/* Rooms side by side, from the start of each zone: addresses are offsets here. */
static void
place_fresh(struct plan *plan)
{
	shuffle_functions(plan);
	plan->first_code = measure_first_code(plan);
	for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t at = zone == ZONE_TEXT ? plan->first_code : 0;

		plan->zone_address[zone] = 0;
		VEC_EACH (struct room, room, &plan->rooms[zone]) {
			uint64_t slack = zone == ZONE_TEXT ? room->size / 4 + CODE_ALIGN : 0;

			room->is_moved = false;
			room->address = align_up(at, room->align);
			room->end = align_up(room->address + room->size + slack, CODE_ALIGN);
			at = room->end;
		}
	}
}

static int
compare_rooms(const void *a, const void *b)
{
	const struct room *left = a;
	const struct room *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

static const struct elf_symbol *
find_symbol(
	const struct map *symbols, struct arena *arena, const char *prefix, const char *name)
{
	return map_get(symbols, arena_printf(arena, "%s%s", prefix, name));
}

/* The old address of each room of a zone; false when an export is new there. */
static bool
find_old_addresses(struct plan *plan, enum zone zone, const struct map *symbols)
{
	VEC_EACH (struct room, room, &plan->rooms[zone]) {
		const struct elf_symbol *entry =
			find_symbol(symbols, plan->arena, ROOMS_ENTRY_PREFIX, room->symbol);
		const struct elf_symbol *old = map_get(symbols, room->symbol);

		if (entry != NULL)
			old = entry;
		if (old == NULL || old->value < room->symbol_offset)
			return false;
		room->address = old->value - room->symbol_offset;
		if (room->address % room->align != 0 ||
			room->address < plan->zone_address[zone])
			return false;
	}
	return true;
}

/* Whether a function can stand elsewhere with a jump at its old address. */
static bool
can_move(const struct plan *plan, enum zone zone, const struct room *room)
{
	return zone == ZONE_TEXT && room->exports == 1 &&
	       room->head.len == room->symbol_offset &&
	       room->end - room->address >=
		       room->head.len + target_jump_size(plan->request->arch) &&
	       !map_has(&plan->taken, room->symbol);
}

/* Every room of a zone at its old address; false when one cannot stay. */
static bool
place_zone_as_before(struct plan *plan, enum zone zone, const struct map *symbols)
{
	const struct elf_section *section =
		elf_file_find_section(plan->request->old, zones[zone].name);
	const struct elf_symbol *end =
		find_symbol(symbols, plan->arena, ROOMS_END_PREFIX, zones[zone].name);
	size_t count = plan->rooms[zone].len;
	struct room *rooms = plan->rooms[zone].at;

	plan->zone_address[zone] = section == NULL ? 0 : section->address;
	if (count == 0)
		return true;
	if (section == NULL || end == NULL || !find_old_addresses(plan, zone, symbols))
		return false;
	qsort(rooms, count, sizeof *rooms, compare_rooms);
	if (zone == ZONE_TEXT)
		plan->first_code = rooms[0].address - plan->zone_address[zone];
	for (size_t i = 0; i < count; i++) {
		rooms[i].end = i + 1 < count ? rooms[i + 1].address : end->value;
		if (rooms[i].end < rooms[i].address)
			return false;
		if (rooms[i].size <= rooms[i].end - rooms[i].address)
			continue;
		if (!can_move(plan, zone, &rooms[i]))
			return false;
		rooms[i].is_moved = true;
	}
	return true;
}

static bool
place_as_before(struct plan *plan)
{
	struct map symbols = { 0 };
	const struct elf_file *old = plan->request->old;
	const struct elf_symbol *order;

	for (size_t i = 0; i < old->symbol_count; i++)
		if (old->symbols[i].binding != STB_LOCAL)
			map_set(plan->arena, &symbols, old->symbols[i].name,
				(void *)&old->symbols[i]);
	order = map_get(&symbols, ROOMS_ORDER);
	if ((order == NULL ? 0 : order->value) != plan->request->order)
		return false;
	for (size_t zone = 0; zone < ZONE_COUNT; zone++)
		if (!place_zone_as_before(plan, zone, &symbols))
			return false;
	return true;
}

/* What stands at the old address of a function that outgrew its room. */
static void
write_jump(const struct plan *plan, const char *symbol, struct strbuf *script)
{
	const char *entry = arena_printf(plan->arena, ROOMS_ENTRY_PREFIX "%s", symbol);

	strbuf_printf(script, "    %s = .; ", entry);
	target_write_jump(plan->request->arch, entry, symbol, script);
	strbuf_add_char(script, '\n');
}

static void
write_room(const struct plan *plan, const struct room *room, const char *zone,
	uint64_t zone_address, struct strbuf *script)
{
	strbuf_printf(script, "    . = ADDR(%s) + 0x%" PRIx64 ";\n", zone,
		room->address - zone_address);
	for (size_t i = 0; room->is_moved && i < room->head.len; i++)
		strbuf_printf(script, "    BYTE(0x%x)\n", (unsigned char)room->head.at[i]);
	if (room->is_moved)
		write_jump(plan, room->symbol, script);
	else
		strbuf_printf(script, "    \"%s\"(\"%s\")\n", room->path, room->section);
}

/* What stands before a zone whose address is fixed must end before it, by pages if it is a segment. */
static void
write_limit(const struct plan *plan, enum zone zone, struct strbuf *script)
{
	uint64_t align = zone == ZONE_DATA ? target_page_size(plan->request->arch) : 1;

	if (plan->zone_address[zone] != 0)
		strbuf_printf(script,
			"  ASSERT(ALIGN(0x%" PRIx64 ") <= 0x%" PRIx64
			", \"no room before %s\")\n",
			align, plan->zone_address[zone], zones[zone].name);
}

/* What a zone's start is aligned to, and what is left free before it. */
static void
start_of(const struct plan *plan, enum zone zone, uint64_t *ret_align, uint64_t *ret_slack)
{
	uint64_t page = target_page_size(plan->request->arch);

	*ret_align = zone == ZONE_DATA ? page : ZONE_ALIGN;
	if (zone == ZONE_RODATA)
		*ret_slack = HEADERS_SIZE;
	else if (zone == ZONE_DATA)
		*ret_slack = align_up(plan->zone_size[ZONE_TABLES] / 8, page);
	else
		*ret_slack = align_up(plan->zone_size[zone - 1] / 8 + ZONE_SLACK, ZONE_ALIGN);
}

/* Where a zone begins, from the location counter. */
static void
write_start(const struct plan *plan, enum zone zone, struct strbuf *script)
{
	uint64_t align, slack;

	start_of(plan, zone, &align, &slack);
	if (zone == ZONE_RODATA)
		strbuf_printf(script, "  . = 0x%" PRIx64 ";\n", plan->request->base + slack);
	else
		strbuf_printf(
			script, "  . = ALIGN(0x%" PRIx64 ") + 0x%" PRIx64 ";\n", align, slack);
}

/* The first loose sections, as many as `size` bytes hold. */
static void
write_loose(const struct plan *plan, enum zone zone, uint64_t size, struct strbuf *script)
{
	VEC_EACH (struct loose, loose, &plan->loose[zone]) {
		if (loose->size > size)
			return;
		size -= loose->size;
		strbuf_printf(script, "    \"%s\"(\"%s\")\n", loose->path, loose->section);
	}
}

static void
write_zone(const struct plan *plan, enum zone zone, struct strbuf *script)
{
	uint64_t address = plan->zone_address[zone];
	uint64_t end = address;

	write_limit(plan, zone, script);
	write_start(plan, zone, script);
	strbuf_printf(script, "  %s ", zones[zone].name);
	if (address != 0)
		strbuf_printf(script, "0x%" PRIx64 " ", address);
	strbuf_add_string(script, ": {\n");
	if (zone == ZONE_TEXT && plan->rooms[zone].len > 0)
		write_loose(plan, zone, plan->first_code, script);
	for (size_t i = 0; i < plan->rooms[zone].len; i++) {
		const struct room *room = &plan->rooms[zone].at[i];

		write_room(plan, room, zones[zone].name, address, script);
		end = room->end;
	}
	if (plan->rooms[zone].len > 0)
		strbuf_printf(script,
			"    . = ADDR(%s) + 0x%" PRIx64 ";\n    " ROOMS_END_PREFIX "%s = .;\n",
			zones[zone].name, end - address, zones[zone].name);
	if (zone != ZONE_TEXT)
		write_loose(plan, zone, UINT64_MAX, script);
	strbuf_printf(script, "    %s\n", zones[zone].rest);
	/*
	 * A section with contents gives all of the zone a place in the file: one mapping less. Of a
	 * file that has no writable mapping valgrind reads no symbols.
	 */
	if (zone == ZONE_BSS && plan->zone_size[zone] <= FILLED)
		strbuf_add_string(script, "    KEEP(*(" ELF_BINDING_FILL "))\n");
	strbuf_add_string(script, "  }\n");
}

/* Constants that hold addresses, and the lists of constructors and destructors. */
static void
write_lists(struct strbuf *script)
{
	strbuf_add_string(script,
		"  .data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) }\n"
		"  .preinit_array : { KEEP(*(.preinit_array)) }\n"
		"  .init_array : { KEEP(*(SORT_BY_INIT_PRIORITY(.init_array.*))) "
		"KEEP(*(.init_array)) }\n"
		"  .fini_array : { KEEP(*(SORT_BY_INIT_PRIORITY(.fini_array.*))) "
		"KEEP(*(.fini_array)) }\n");
}

static void
write_script(const struct plan *plan, struct strbuf *script)
{
	strbuf_printf(script, "SECTIONS {\n  . = 0x%" PRIx64 " + SIZEOF_HEADERS;\n",
		plan->request->base);
	strbuf_add_string(script, "  .note.weld : { KEEP(*(.note.weld)) }\n");
	write_zone(plan, ZONE_RODATA, script);
	write_zone(plan, ZONE_TEXT, script);
	write_zone(plan, ZONE_TABLES, script);
	strbuf_add_string(script, "  .eh_frame_hdr : { *(.eh_frame_hdr) }\n"
				  "  .eh_frame : { *(.eh_frame) }\n");
	if (plan->request->is_constant)
		write_lists(script);
	write_zone(plan, ZONE_DATA, script);
	strbuf_printf(script,
		"  .tdata : ALIGN(%" PRIu64 ") { *(.tdata .tdata.*) }\n"
		"  .tbss : { *(.tbss .tbss.*) }\n",
		plan->tls_align);
	if (!plan->request->is_constant)
		write_lists(script);
	write_zone(plan, ZONE_BSS, script);
	if (plan->request->order != 0)
		strbuf_printf(
			script, "  " ROOMS_ORDER " = 0x%" PRIx32 ";\n", plan->request->order);
	strbuf_add_string(script, "  /DISCARD/ : { *(" ELF_BINDING_FILL ") }\n}\n");
}

static void
gather(struct plan *plan)
{
	const struct rooms_request *request = plan->request;

	for (size_t i = 0; i < request->object_count; i++)
		thunks_list_far(plan->arena, request->arch, request->base,
			request->objects[i].file, &plan->far);
	for (size_t i = 0; i < request->object_count; i++)
		gather_rooms(plan, &request->objects[i]);
}

/* What a zone needs: its rooms with their slack, and the sections without a room. */
static uint64_t
measure_zone(const struct plan *plan, enum zone zone)
{
	uint64_t size = plan->zone_size[zone];
	size_t count = plan->rooms[zone].len;

	for (size_t i = 0; i < count; i++)
		size -= plan->rooms[zone].at[i].size;
	return size + (count == 0 ? 0 : plan->rooms[zone].at[count - 1].end);
}

uint64_t
rooms_measure(struct arena *arena, const struct rooms_request *request)
{
	struct plan plan = { .arena = arena, .request = request, .tls_align = 1 };
	uint64_t size = 0;

	gather(&plan);
	place_fresh(&plan);
	for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
		uint64_t align, slack;

		start_of(&plan, zone, &align, &slack);
		size = align_up(size, align) + slack + measure_zone(&plan, zone);
	}
	return size;
}

void
rooms_plan(struct arena *arena, const struct rooms_request *request, bool *ret_fits,
	struct strbuf *ret_script)
{
	struct plan plan = { .arena = arena, .request = request, .tls_align = 1 };

	*ret_fits = false;
	*ret_script = (struct strbuf){ 0 };
	gather(&plan);
	for (size_t i = 0; i < request->object_count; i++) {
		gather_taken(&plan, request->objects[i].file);
		if (plan.tls_align < tls_object_align(request->objects[i].file))
			plan.tls_align = tls_object_align(request->objects[i].file);
	}
	if (request->old != NULL)
		*ret_fits = place_as_before(&plan);
	if (!*ret_fits)
		place_fresh(&plan);
	write_script(&plan, ret_script);
}
