/* SPDX-License-Identifier: MIT */
/*
 * All libraries are known by name before: the package's own and those of its inputs. Native objects
 * are asked by nm what they define.
 */
#include "repo/recipe/packing.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/process.h"
#include "base/vec.h"
#include "repo/recipe/job.h"
#include "repo/recipe/unit.h"
#include "repo/relation.h"

#include <string.h>

bool
packing_has_code(const struct entry *entry)
{
	return entry->kind == ENTRY_LIBRARY || entry->kind == ENTRY_PROGRAM ||
	       entry->kind == ENTRY_PLUGIN;
}

struct manifest_library *
packing_find_owner(const struct packing *packing, const struct entry *entry)
{
	if (entry->owner == NULL)
		return map_get(&packing->libraries,
			relation_in_series(packing->job->arena, entry->library,
				packing->job->recipe->series));
	VEC_EACH (struct entry, other, &packing->entries.all) {
		if (packing_has_code(other) && strcmp(other->path, entry->owner) == 0)
			return &other->unit;
	}
	return NULL;
}

static bool
exports(const struct manifest_library *library, const char *symbol)
{
	for (size_t i = 0; i < library->export_count; i++)
		if (strcmp(library->exports[i].name, symbol) == 0)
			return true;
	return false;
}

/* Note the symbols that a native object defines. */
static int
read_native(struct packing *packing, const char *objects, const struct digest *object)
{
	struct arena *arena = packing->job->arena;
	char hex[DIGEST_HEX_SIZE];
	const char *path = arena_printf(arena, "%s/%s", objects, digest_hex(object, hex));
	const char *const argv[] = { packing->job->tools->nm, "-g", "--defined-only",
		"--format=just-symbols", path, NULL };
	struct process process = { .argv = argv };
	struct str output;
	struct str line;
	int status;

	TRY(process_capture(arena, &process, &status, &output));
	if (status != 0)
		return err_set(ERR_BUILD, "%s: weld-nm cannot read it", path);
	while (str_cut(&output, '\n', &line))
		if (line.len > 0)
			map_set(arena, &packing->natives, str_copy(arena, line), NULL);
	return 0;
}

static int
read_natives(struct packing *packing, const char *objects, const struct manifest_code *code)
{
	for (size_t i = 0; i < code->native_count; i++)
		TRY(read_native(packing, objects, &code->natives[i].object));
	return 0;
}

static int
collect_natives(struct packing *packing)
{
	const struct job *job = packing->job;

	for (size_t i = 0; i < job->input_count; i++) {
		const struct manifest *input = job->inputs[i];
		const char *objects = arena_printf(
			job->arena, "%s/packages/%s/objects", job->top, input->name);

		for (size_t j = 0; j < input->library_count; j++)
			TRY(read_natives(packing, objects, &input->libraries[j].code));
	}
	VEC_EACH (struct entry, entry, &packing->entries.all) {
		if (packing_has_code(entry))
			TRY(read_natives(packing, job_path(job, "objects"), &entry->unit.code));
	}
	return 0;
}

/* Each native object and the unit that it stands beside. */
static int
check_natives(const struct packing *packing)
{
	VEC_EACH (struct entry, entry, &packing->entries.all) {
		const struct manifest_code *code = &entry->unit.code;

		for (size_t i = 0; packing_has_code(entry) && i < code->native_count; i++)
			TRY(unit_check_native(packing->job, entry->path,
				manifest_unit_for(code, code->natives[i].arch),
				&code->natives[i].object));
	}
	return 0;
}

static bool
is_listed(const struct manifest_list *list, const char *name)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->at[i], name) == 0)
			return true;
	return false;
}

/* Whether a unit, or a native object beside it, offers what the neutral one does, and no more. */
static int
check_exports(const struct packing *packing, const struct entry *entry,
	const struct manifest_library *neutral)
{
	const struct manifest_library *unit = &entry->unit;

	for (size_t i = 0; i < neutral->export_count; i++)
		if (!exports(unit, neutral->exports[i].name) &&
			!map_has(&packing->natives, neutral->exports[i].name))
			return err_set(ERR_SYMBOL,
				"%s: lacks %s, which the unit for all architectures exports",
				entry->path, neutral->exports[i].name);
	for (size_t i = 0; i < unit->export_count; i++)
		if (!exports(neutral, unit->exports[i].name))
			return err_set(ERR_BUILD,
				"%s: exports %s, which the unit for all architectures does not",
				entry->path, unit->exports[i].name);
	return 0;
}

/* Whether a symbol comes from kernel-iface, from machine code or from a library that is imported. */
static bool
is_offered(
	const struct packing *packing, const struct manifest_library *unit, const char *symbol)
{
	if (str_has_prefix(symbol, "__weld_") || map_has(&packing->natives, symbol))
		return true;
	for (size_t i = 0; i < unit->imports.len; i++) {
		const struct manifest_library *library =
			map_get(&packing->libraries, unit->imports.at[i]);

		if (library != NULL && exports(library, symbol))
			return true;
	}
	return false;
}

/* Keeps the order. */
static void
add_to_list(struct arena *arena, struct manifest_list *list, char *name)
{
	char **at = arena_array(arena, list->len + 1, sizeof *at);
	size_t place = 0;

	while (place < list->len && strcmp(list->at[place], name) < 0)
		place++;
	for (size_t i = 0; i < list->len; i++)
		at[i < place ? i : i + 1] = list->at[i];
	at[place] = name;
	*list = (struct manifest_list){ .at = at, .len = list->len + 1 };
}

/* What one architecture alone needs is needed of the whole. */
static int
take_undefined(const struct packing *packing, const struct entry *entry,
	struct manifest_library *neutral)
{
	const struct manifest_library *unit = &entry->unit;

	for (size_t i = 0; i < unit->undefined.len; i++) {
		char *symbol = unit->undefined.at[i];

		if (is_listed(&neutral->undefined, symbol) ||
			map_has(&packing->natives, symbol))
			continue;
		if (!is_offered(packing, unit, symbol))
			return err_set(ERR_SYMBOL,
				"%s: needs the symbol %s, which neither the unit for all "
				"architectures needs nor a library or native object defines",
				entry->path, symbol);
		add_to_list(packing->job->arena, &neutral->undefined, symbol);
	}
	return 0;
}

/* A unit for one architecture takes the neutral one's place: it offers the same. */
static int
check_unit(const struct packing *packing, const struct entry *entry)
{
	const struct manifest_library *unit = &entry->unit;
	struct manifest_library *neutral = packing_find_owner(packing, entry);

	TRY(check_exports(packing, entry, neutral));
	if (unit->tls_size != neutral->tls_size)
		return err_set(ERR_BUILD,
			"%s: has other thread-local variables than the unit for all "
			"architectures",
			entry->path);
	for (size_t i = 0; i < unit->imports.len; i++)
		if (!is_listed(&neutral->imports, unit->imports.at[i]))
			return err_set(ERR_BUILD,
				"%s: imports lib%s, which the unit for all architectures does "
				"not",
				entry->path, unit->imports.at[i]);
	return take_undefined(packing, entry, neutral);
}

/* Check imports and undefined symbols of one program or library. */
static int
check_symbols(const struct packing *packing, const struct entry *entry)
{
	const struct manifest_library *unit = &entry->unit;

	if (entry->kind == ENTRY_UNIT)
		return check_unit(packing, entry);
	for (size_t i = 0; i < unit->imports.len; i++)
		if (map_get(&packing->libraries, unit->imports.at[i]) == NULL)
			return err_set(ERR_BUILD,
				"%s: imports lib%s, which no package of build_requires has",
				entry->path, unit->imports.at[i]);
	for (size_t i = 0; i < unit->undefined.len; i++) {
		if (is_offered(packing, unit, unit->undefined.at[i]))
			continue;
		if (entry->kind == ENTRY_PROGRAM)
			return err_set(ERR_SYMBOL, "%s: no library that it imports exports %s",
				entry->path, unit->undefined.at[i]);
		/* A plug-in's program defines the rest; libc and the runtime are known. */
		if (entry->kind != ENTRY_PLUGIN && !packing->job->recipe->is_bootstrap)
			job_report(packing->job, BUILD_WARNING,
				arena_printf(packing->job->arena,
					"%s: its users must define %s", entry->path,
					unit->undefined.at[i]));
	}
	return 0;
}

/* What the recipe says of a program must be said of one that there is. */
static int
check_programs(const struct packing *packing)
{
	const struct recipe *recipe = packing->job->recipe;

	for (size_t i = 0; i < recipe->program_count; i++) {
		bool is_there = false;

		VEC_EACH (struct entry, entry, &packing->entries.all)
			is_there = is_there ||
				   (entry->kind == ENTRY_PROGRAM &&
					   strcmp(entry->path, recipe->programs[i].path) == 0);
		if (!is_there)
			return err_set(ERR_BUILD,
				"%s: the recipe speaks of this program, but none was installed",
				recipe->programs[i].path);
	}
	return 0;
}

int
packing_check(struct packing *packing)
{
	TRY(collect_natives(packing));
	TRY(check_natives(packing));
	TRY(check_programs(packing));
	VEC_EACH (struct entry, entry, &packing->entries.all)
		TRY(check_symbols(packing, entry));
	return 0;
}
