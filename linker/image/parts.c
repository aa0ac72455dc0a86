/* SPDX-License-Identifier: MIT */
/*
 * A part is a set of units and the symbols that stay visible when they are
 * merged and lowered. Its key is the digest of exactly that and the target, so
 * equal parts are lowered once on any machine, whatever image they are for.
 *
 * A program's main part has the program's unit first, then those of its private
 * libraries. libc and the compiler runtime are parts of their own: the code
 * generator may call into them after the merged module was optimized.
 */
#include "linker/image/parts.h"

#include "base/err.h"
#include "base/file.h"
#include "linker/elf/elf_native.h"
#include "linker/image/inline.h"
#include "linker/image/object_cache.h"
#include "linker/image/published.h"
#include "linker/image/plugin.h"
#include "linker/image/pieces.h"
#include "linker/image/share.h"
#include "linker/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define OBJECT_MAX ((size_t)1 << 30) /* bytes */
#define STACK_CHECK "__stack_chk_fail"
#define BATCH_MAX 128 /* parts that are lowered before their objects are taken */

struct part_plan {
	VEC(const struct link_unit *) units;
	struct map preserve;
	unsigned except; /* set of enum harden */
	struct map natives;
	struct inlinings inlinings;
};

static struct digest
key_of_part(const struct part *part, const struct lower_target *target, enum lower_tier tier)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld object 3");
	hash_add_string(&hash, arch_name(target->arch));
	hash_add_string(&hash, target->cpu);
	hash_add_string(&hash, target->features);
	hash_add_string(&hash, target->producer);
	hash_add_u64(&hash, tier);
	if (part->piece != NULL) {
		hash_add_string(&hash, "piece");
		hash_add(&hash, part->piece->digest.bytes, DIGEST_SIZE);
		hash_add_u64(&hash, part->harden);
		return hash_end(&hash);
	}
	hash_add_u64(&hash, part->unit_count);
	for (size_t i = 0; i < part->unit_count; i++)
		hash_add(&hash, part->units[i]->digest.bytes, DIGEST_SIZE);
	hash_add_u64(&hash, part->preserve_count);
	for (size_t i = 0; i < part->preserve_count; i++)
		hash_add_string(&hash, part->preserve[i]);
	hash_add_u64(&hash, part->harden);
	for (size_t i = 0; i < part->native_count; i++)
		hash_add_string(&hash, part->natives[i]);
	inline_add_key(&hash, part, tier);
	return hash_end(&hash);
}

/* The object of a part in one tier: as it was published, where it was, or for the own target. */
static struct object
choose_object(const struct link_state *state, const struct part *part, enum lower_tier tier)
{
	const struct lower_target *own = &state->target;
	struct object object = { .target = own };

	for (size_t i = 0; tier == LOWER_FULL && i < state->request->published_count; i++) {
		object.target = &state->request->published[i];
		object.key = key_of_part(part, object.target, tier);
		if (published_has(state, &object.key))
			return object;
	}
	object.target = own;
	object.key = key_of_part(part, own, tier);
	return object;
}

/* The keys of a map, sorted. */
static const char **
sorted_names(struct arena *arena, const struct map *map)
{
	const char **names = arena_array(arena, map->len, sizeof *names);

	for (size_t i = 0; i < map->len; i++)
		names[i] = map->entries[i].key;
	if (map->len > 0)
		qsort(names, map->len, sizeof *names, str_compare);
	return names;
}

/* Whether what a stack protector calls is there: without libc it is not. */
static bool
has_stack_check(const struct image *image, const struct library *own)
{
	if (own != NULL && (own->is_runtime || map_has(&own->exports, STACK_CHECK)))
		return true;
	for (size_t i = 0; i < image->closure_count; i++)
		if (map_has(&image->closure[i]->exports, STACK_CHECK))
			return true;
	return false;
}

static unsigned
harden_without(const struct link_state *state, unsigned except)
{
	return state->request->harden & ~except & harden_available(state->target.arch);
}

/* Make a part, or find the equal one that was made before. */
static struct part *
add_part(struct link_state *state, const char *name, const struct part_plan *plan)
{
	struct part *part = ARENA_NEW(state->arena, struct part);
	char hex[DIGEST_HEX_SIZE];
	struct part *known;

	part->name = name;
	part->units = plan->units.at;
	part->unit_count = plan->units.len;
	part->preserve = sorted_names(state->arena, &plan->preserve);
	part->preserve_count = plan->preserve.len;
	part->harden = harden_without(state, plan->except) & HARDEN_OBJECT;
	part->natives = sorted_names(state->arena, &plan->natives);
	part->native_count = plan->natives.len;
	part->inlinings = plan->inlinings;
	for (enum lower_tier tier = LOWER_INSTANT; tier <= LOWER_FULL; tier++)
		part->at[tier] = choose_object(state, part, tier);
	known = map_get(&state->parts, digest_hex(&part->at[LOWER_FULL].key, hex));
	if (known != NULL)
		return known;
	map_set(state->arena, &state->parts, arena_string(state->arena, hex), part);
	return part;
}

struct part *
parts_add_piece(struct link_state *state, const struct link_unit *unit,
	const struct unit_piece *piece, unsigned harden, const char *name)
{
	struct part *part = ARENA_NEW(state->arena, struct part);

	part->name = name;
	part->units = arena_array(state->arena, 1, sizeof *part->units);
	part->units[0] = unit;
	part->unit_count = 1;
	part->piece = piece;
	part->harden = harden;
	for (enum lower_tier tier = LOWER_INSTANT; tier <= LOWER_FULL; tier++) {
		part->at[tier].target = &state->target;
		part->at[tier].key = key_of_part(part, &state->target, tier);
	}
	return part;
}

/* A native object may call into the IR beside it: what it needs must stay visible. */
static int
preserve_needs_of_native(
	struct link_state *state, const struct image *image, struct part_plan *plan)
{
	struct elf_file file;

	if (image->native.len == 0)
		return 0;
	TRY(err_context(elf_file_read(state->arena, image->native, &file), "%s", image->name));
	for (size_t i = 0; i < file.symbol_count; i++)
		if (elf_native_needs(&file.symbols[i]))
			map_set(state->arena, &plan->preserve, file.symbols[i].name, NULL);
	return 0;
}

/* Functions of native objects have no type word: who takes the address of one must know it. */
static int
list_native_functions(struct link_state *state, struct image *image)
{
	struct elf_file file;

	if (image->native.len == 0 || (state->request->harden & HARDEN_CFI) == 0)
		return 0;
	TRY(err_context(elf_file_read(state->arena, image->native, &file), "%s", image->name));
	for (size_t i = 0; i < file.symbol_count; i++) {
		const struct elf_symbol *symbol = &file.symbols[i];

		if (symbol->binding != STB_LOCAL && symbol->section != SHN_UNDEF &&
			symbol->section < file.section_count &&
			(file.sections[symbol->section].flags & SHF_EXECINSTR) != 0)
			map_set(state->arena, &image->native_functions, symbol->name, NULL);
	}
	return 0;
}

static void
add_functions(struct link_state *state, const struct image *image, struct part_plan *plan)
{
	for (size_t i = 0; i < image->native_functions.len; i++)
		map_set(state->arena, &plan->natives, image->native_functions.entries[i].key,
			NULL);
}

/* The native functions that an image may call: of its libraries, and its own. */
static void
add_natives(struct link_state *state, const struct image *image, struct part_plan *plan)
{
	for (size_t i = 0; i < image->closure_count; i++)
		add_functions(state, &image->closure[i]->image, plan);
	add_functions(state, image, plan);
}

static int
prepare_library(struct link_state *state, struct library *library)
{
	struct part_plan plan = { .except = library->link->harden_except };

	if (!has_stack_check(&library->image, library))
		plan.except |= HARDEN_STACK_PROTECTOR;
	vec_push(state->arena, &plan.units, &library->link->unit);
	for (size_t i = 0; i < library->link->export_count; i++)
		map_set(state->arena, &plan.preserve, library->link->exports[i].name, NULL);
	TRY(preserve_needs_of_native(state, &library->image, &plan));
	add_natives(state, &library->image, &plan);
	TRY(inline_into_library(state, library, plan.except, &plan.inlinings));
	library->image.harden = harden_without(state, plan.except);
	library->part = add_part(state, library->image.name, &plan);
	library->image.main = library->part;
	/* Machine code may need what the unit hides. */
	return library->image.native.len > 0
		       ? 0
		       : pieces_prepare(state, &library->image, NULL, NULL);
}

/*
 * Sort the closure of an image into slots, libraries beside it and libraries merged into it.
 * `program` is NULL for a library.
 */
static void
split_closure(struct link_state *state, struct image *image, const struct program *program)
{
	image->slots = arena_array(state->arena, image->closure_count, sizeof *image->slots);
	image->beside = arena_array(state->arena, image->closure_count, sizeof *image->beside);
	image->merged = arena_array(state->arena, image->closure_count, sizeof *image->merged);
	for (size_t i = 0; i < image->closure_count; i++) {
		struct library *library = image->closure[i];

		if (library->is_slot && (program == NULL || share_can_use(program, library)))
			image->slots[image->slot_count++] = library;
		else if (library->is_runtime)
			image->beside[image->beside_count++] = library;
		else
			image->merged[image->merged_count++] = library;
	}
}

/* What is defined in place of a library's own, beside the main part, must reach that library. */
static void
preserve_for_beside(struct link_state *state, const struct image *image, const char *name,
	struct part_plan *plan)
{
	for (size_t i = 0; i < image->beside_count; i++)
		if (map_has(&image->beside[i]->exports, name))
			map_set(state->arena, &plan->preserve, name, NULL);
}

/* The program's unit by itself: all that it defines for others stays visible. */
static struct part *
add_own_part(struct link_state *state, const struct program *program, unsigned except)
{
	struct part_plan plan = { .except = except };

	vec_push(state->arena, &plan.units, &program->link->unit);
	map_set(state->arena, &plan.preserve, "main", NULL);
	for (size_t i = 0; i < program->link->export_count; i++)
		map_set(state->arena, &plan.preserve, program->link->exports[i], NULL);
	return add_part(state, program->image.name, &plan);
}

static int
prepare_program(struct link_state *state, struct program *program)
{
	struct image *image = &program->image;
	struct part_plan plan = { .except = program->link->harden_except };

	if (!has_stack_check(image, NULL))
		plan.except |= HARDEN_STACK_PROTECTOR;
	split_closure(state, image, program);
	vec_push(state->arena, &plan.units, &program->link->unit);
	map_set(state->arena, &plan.preserve, "main", NULL);
	for (size_t i = image->merged_count; i > 0; i--) {
		vec_push(state->arena, &plan.units, &image->merged[i - 1]->link->unit);
		plan.except |= image->merged[i - 1]->link->harden_except;
		TRY(preserve_needs_of_native(state, &image->merged[i - 1]->image, &plan));
	}
	TRY(preserve_needs_of_native(state, image, &plan));
	plugin_keep(state, program);
	for (size_t i = 0; i < program->kept.len; i++)
		map_set(state->arena, &plan.preserve, program->kept.entries[i].key, NULL);
	for (size_t i = 0; i < program->link->export_count; i++)
		preserve_for_beside(state, image, program->link->exports[i], &plan);
	for (size_t i = 0; i < image->merged_count; i++) {
		const struct link_library *merged = image->merged[i]->link;

		for (size_t n = 0; n < merged->export_count; n++)
			preserve_for_beside(state, image, merged->exports[n].name, &plan);
	}
	add_natives(state, image, &plan);
	TRY(inline_into_program(state, program, plan.except, &plan.inlinings));
	image->harden = harden_without(state, plan.except);
	image->main = add_part(state, image->name, &plan);
	return pieces_prepare(
		state, image, add_own_part(state, program, plan.except), program->link);
}

/* What dlsym() finds stays, and what native objects call. */
static int
prepare_plugin(struct link_state *state, struct plugin *plugin)
{
	struct image *image = &plugin->image;
	struct part_plan plan = { .except = plugin->link->harden_except };

	if (!has_stack_check(image, NULL) && !has_stack_check(&plugin->program->image, NULL))
		plan.except |= HARDEN_STACK_PROTECTOR;
	plugin_split(state, plugin);
	vec_push(state->arena, &plan.units, &plugin->link->unit);
	for (size_t i = image->merged_count; i > 0; i--) {
		vec_push(state->arena, &plan.units, &image->merged[i - 1]->link->unit);
		plan.except |= image->merged[i - 1]->link->harden_except;
		TRY(preserve_needs_of_native(state, &image->merged[i - 1]->image, &plan));
	}
	TRY(preserve_needs_of_native(state, image, &plan));
	for (size_t i = 0; i < plugin->link->export_count; i++)
		map_set(state->arena, &plan.preserve, plugin->link->exports[i], NULL);
	add_natives(state, &plugin->program->image, &plan);
	add_natives(state, image, &plan);
	image->harden = harden_without(state, plan.except);
	image->main = add_part(state, image->name, &plan);
	return 0;
}

int
parts_prepare(struct link_state *state)
{
	for (size_t i = 0; i < state->library_count; i++)
		TRY(list_native_functions(state, &state->libraries[i].image));
	for (size_t i = 0; i < state->program_count; i++)
		TRY(list_native_functions(state, &state->programs[i].image));
	for (size_t i = 0; i < state->plugin_count; i++)
		TRY(list_native_functions(state, &state->plugins[i].image));
	for (size_t i = 0; i < state->library_count; i++) {
		split_closure(state, &state->libraries[i].image, NULL);
		TRY(prepare_library(state, &state->libraries[i]));
	}
	for (size_t i = 0; i < state->program_count; i++)
		TRY(prepare_program(state, &state->programs[i]));
	for (size_t i = 0; i < state->plugin_count; i++)
		TRY(prepare_plugin(state, &state->plugins[i]));
	return 0;
}

struct want { /* a part to be lowered */
	struct part *part;
	enum lower_tier tier;
};

/* What images still to be made need and no cache has, each once. */
struct wants {
	VEC(struct want) list;
	struct map seen;
};

/* Take an object from the cache; 0 when it is not there. */
static int
take_cached(struct link_state *state, const struct part *part, struct object *object)
{
	struct object_cache_entry entry = { 0 };
	int found;

	if (object->bytes.len > 0)
		return 1;
	found = object_cache_get(state->arena, state->request->cache, &object->key, &entry);
	TRY(err_context(found, "%s: cached object", part->name));
	object->was_cached = found > 0;
	object->bytes = entry.object;
	object->facts = entry.facts;
	object->origin = entry.origin;
	return found;
}

/* Whether the cache has all that an image of this tier needs. */
static int
has_objects(struct link_state *state, struct image *image, enum lower_tier tier)
{
	int found = 1;

	for (size_t i = 0; found > 0 && i < pieces_count(image, tier); i++) {
		struct part *part = pieces_get(image, tier, i);

		found = take_cached(state, part, &part->at[tier]);
	}
	for (size_t i = 0; found > 0 && i < image->beside_count; i++)
		found = take_cached(
			state, image->beside[i]->part, &image->beside[i]->part->at[tier]);
	return found;
}

/* The best tier of which everything is there already; without one that which was asked for. */
static int
choose_tier(struct link_state *state, struct image *image)
{
	enum lower_tier asked = state->request->tier;

	if (state->request->remake_count > 0)
		return 0;
	for (image->tier = LOWER_FULL; image->tier > asked; image->tier--) {
		int found = has_objects(state, image, image->tier);

		TRY(found);
		if (found > 0)
			return 0;
	}
	return 0;
}

static int
want_part(
	struct link_state *state, struct wants *wants, struct part *part, enum lower_tier tier)
{
	struct object *object = &part->at[tier];
	struct want want = { part, tier };
	char hex[DIGEST_HEX_SIZE];

	if (object->is_wanted || map_has(&wants->seen, digest_hex(&object->key, hex)))
		return 0;
	object->is_wanted = true;
	map_set(state->arena, &wants->seen, arena_string(state->arena, hex), part);
	TRY(take_cached(state, part, object));
	state->cached_units += object->was_cached ? part->unit_count : 0;
	state->lowered_units += object->was_cached ? 0 : part->unit_count;
	if (!object->was_cached)
		vec_push(state->arena, &wants->list, want);
	return 0;
}

static int
want_image(struct link_state *state, struct wants *wants, struct image *image)
{
	if (image->is_settled || image->model != NULL)
		return 0;
	TRY(choose_tier(state, image));
	for (size_t i = 0; i < pieces_count(image, image->tier); i++)
		TRY(want_part(state, wants, pieces_get(image, image->tier, i), image->tier));
	for (size_t i = 0; i < image->beside_count; i++)
		TRY(want_part(state, wants, image->beside[i]->part, image->tier));
	return 0;
}

static int
open_units(struct link_state *state, const struct part *part, enum lower_tier tier,
	struct lower_job *job)
{
	size_t count = part->unit_count + inline_count(part, tier);
	int *fds = arena_array(state->arena, count, sizeof *fds);

	for (size_t i = 0; i < count; i++)
		fds[i] = -1;
	job->units = fds;
	job->unit_count = count;
	for (size_t i = 0; i < part->unit_count; i++) {
		uint64_t size;

		TRY(err_context(file_open(AT_FDCWD, part->units[i]->path, &fds[i]), "%s: unit",
			part->name));
		if (part->piece != NULL)
			TRY(err_context(unit_extract_piece(state->arena, part->piece, &fds[i]),
				"%s", part->name));
		TRY(err_context(file_size(fds[i], &size), "%s: unit", part->name));
		state->lowered_bytes += size;
	}
	return inline_open(state->arena, part, tier, fds + part->unit_count);
}

static void
close_job(struct lower_job *job)
{
	for (size_t i = 0; i < job->unit_count; i++) {
		int fd = job->units[i];

		file_close(&fd);
	}
	file_close(&job->ret_object);
	file_close(&job->ret_facts);
}

struct lower_report {
	struct link_state *state;
	const struct lower_job *jobs; /* of the batch that is running */
	size_t done;
	size_t total;
};

static void
report_job(void *data, size_t index)
{
	struct lower_report *report = data;
	const struct link_request *request = report->state->request;
	struct link_progress progress = { .step = "lower",
		.object = report->jobs[index].name,
		.done = ++report->done,
		.total = report->total };

	if (request->progress != NULL)
		request->progress(request->progress_data, &progress);
}

/* Take the objects that the workers made and put them into the cache. */
static int
keep_objects(struct link_state *state, const struct want *wants, const struct lower_job *jobs,
	size_t count)
{
	struct object_cache_entry entry;

	for (size_t i = 0; i < count; i++) {
		const struct part *part = wants[i].part;
		struct object *object = &wants[i].part->at[wants[i].tier];

		TRY(err_context(file_read_fd(state->arena, jobs[i].ret_object, OBJECT_MAX,
					&object->bytes),
			"%s: object", part->name));
		TRY(err_context(file_read_fd(state->arena, jobs[i].ret_facts, OBJECT_MAX,
					&object->facts),
			"%s: facts", part->name));
		object->origin = "";
		entry = (struct object_cache_entry){ object->bytes, object->facts, "" };
		TRY(object_cache_put(state->request->cache, &object->key, &entry));
	}
	return 0;
}

static const struct lower_target *
target_of(const struct want *want)
{
	return want->part->at[want->tier].target;
}

/* A batch is lowered for one target. */
struct lower_job
parts_job(const struct link_state *state, const struct part *part, enum lower_tier tier)
{
	return (struct lower_job){ .name = part->name,
		.preserve = part->preserve,
		.preserve_count = part->preserve_count,
		.preserve_all = part->piece != NULL,
		.harden = part->harden,
		.natives = part->natives,
		.native_count = part->native_count,
		.bodies = inline_names(state->arena, part, tier),
		.body_count = inline_count(part, tier),
		.tier = tier,
		.memory = state->request->memory,
		.ret_object = -1,
		.ret_facts = -1 };
}

static int
lower_batch(struct link_state *state, const struct want *wants, size_t count,
	struct lower_report *report)
{
	struct lower_job *jobs = arena_array(state->arena, count, sizeof *jobs);
	int ret = 0;

	report->jobs = jobs;

	for (size_t i = 0; i < count; i++) {
		const struct part *part = wants[i].part;

		jobs[i] = parts_job(state, part, wants[i].tier);
		if (ret >= 0)
			ret = open_units(state, part, wants[i].tier, &jobs[i]);
	}
	if (ret >= 0)
		ret = lower_run(target_of(&wants[0]), jobs, count, 0, report_job, report);
	if (ret >= 0)
		ret = keep_objects(state, wants, jobs, count);
	for (size_t i = 0; i < count; i++)
		close_job(&jobs[i]);
	return ret;
}

/* How many of the parts can be lowered at once: each has its units and its object open. */
static size_t
measure_batch(const struct want *wants, size_t count)
{
	struct rlimit limit = { .rlim_cur = 256 };
	size_t open_files = 0, n = 0;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	while (n < count && n < BATCH_MAX && open_files < limit.rlim_cur / 4 &&
		target_of(&wants[n]) == target_of(&wants[0]))
		open_files += wants[n].part->unit_count + wants[n].part->inlinings.count + 2,
			n++;
	/* The last one may be a program of very many libraries: it does not go with others. */
	return n > 1 && open_files > limit.rlim_cur / 2 ? n - 1 : n;
}

/* In batches: what was lowered before a failure is in the cache. */
static int
lower_wants(struct link_state *state, const struct want *wants, size_t count)
{
	struct lower_report report = { .state = state, .total = count };
	size_t batch;

	TRY(published_need_worker(state, wants[0].part->name));
	for (size_t done = 0; done < count; done += batch) {
		batch = measure_batch(wants + done, count - done);
		TRY(lower_batch(state, wants + done, batch, &report));
	}
	return 0;
}

/* Target by target, large units first, so that no core waits at the end for the largest. */
static int
compare_wants(const void *a, const void *b)
{
	const struct want *left = a, *right = b;
	int order = strcmp(target_of(left)->cpu, target_of(right)->cpu);

	if (order != 0)
		return order;
	if (left->part->preserve_count != right->part->preserve_count)
		return left->part->preserve_count < right->part->preserve_count ? 1 : -1;
	return memcmp(left->part->at[left->tier].key.bytes,
		right->part->at[right->tier].key.bytes, DIGEST_SIZE);
}

int
parts_lower(struct link_state *state)
{
	struct wants wants = { 0 };

	for (size_t i = 0; i < state->library_count; i++)
		if (state->libraries[i].is_slot)
			TRY(want_image(state, &wants, &state->libraries[i].image));
	for (size_t i = 0; i < state->program_count; i++)
		TRY(want_image(state, &wants, &state->programs[i].image));
	for (size_t i = 0; i < state->plugin_count; i++)
		TRY(want_image(state, &wants, &state->plugins[i].image));
	if (wants.list.len == 0)
		return 0;
	qsort(wants.list.at, wants.list.len, sizeof *wants.list.at, compare_wants);
	return lower_wants(state, wants.list.at, wants.list.len);
}

/* Note an offered object that the cache does not have, once. */
static void
miss_part(struct link_state *state, struct part *part, struct map *seen, struct digest *keys,
	size_t *count)
{
	const struct object *object = &part->at[LOWER_FULL];
	char hex[DIGEST_HEX_SIZE];

	if (!published_has(state, &object->key) ||
		map_has(seen, digest_hex(&object->key, hex)) ||
		object_cache_has(state->request->cache, &object->key))
		return;
	map_set(state->arena, seen, arena_string(state->arena, hex), NULL);
	keys[(*count)++] = object->key;
}

static void
miss_image(struct link_state *state, const struct image *image, struct map *seen,
	struct digest *keys, size_t *count)
{
	if (image->is_settled)
		return;
	miss_part(state, image->main, seen, keys, count);
	for (size_t i = 0; i < image->beside_count; i++)
		miss_part(state, image->beside[i]->part, seen, keys, count);
}

void
parts_list_missing(struct link_state *state, struct digest **ret_keys, size_t *ret_count)
{
	struct digest *keys =
		arena_array(state->arena, state->request->offered_count, sizeof *keys);
	struct map seen = { 0 };

	*ret_count = 0;
	for (size_t i = 0; i < state->library_count; i++)
		if (state->libraries[i].is_slot)
			miss_image(state, &state->libraries[i].image, &seen, keys, ret_count);
	for (size_t i = 0; i < state->program_count; i++)
		miss_image(state, &state->programs[i].image, &seen, keys, ret_count);
	for (size_t i = 0; i < state->plugin_count; i++)
		miss_image(state, &state->plugins[i].image, &seen, keys, ret_count);
	*ret_keys = keys;
}

struct lowered_list {
	struct wants wants;
	VEC(struct link_lowered) objects;
};

static int
add_lowered(struct link_state *state, struct lowered_list *list, const char *package,
	struct part *part)
{
	enum lower_tier tier = state->request->tier;

	vec_push(state->arena, &list->objects,
		(struct link_lowered){ package, part->at[tier].key });
	return want_part(state, &list->wants, part, tier);
}

/* A library that may have a slot, or stands beside others, is lowered by itself. */
static int
add_all(struct link_state *state, struct lowered_list *list)
{
	for (size_t i = 0; i < state->library_count; i++) {
		struct library *library = &state->libraries[i];

		if (library->is_runtime || library->why_not == NULL)
			TRY(add_lowered(state, list, library->link->package, library->part));
	}
	for (size_t i = 0; i < state->program_count; i++)
		TRY(add_lowered(state, list, state->programs[i].link->package,
			state->programs[i].image.main));
	for (size_t i = 0; i < state->plugin_count; i++)
		TRY(add_lowered(state, list, state->plugins[i].link->package,
			state->plugins[i].image.main));
	return 0;
}

static int
compare_lowered(const void *a, const void *b)
{
	const struct link_lowered *left = a, *right = b;
	int order = strcmp(left->package, right->package);

	return order != 0 ? order : memcmp(left->key.bytes, right->key.bytes, DIGEST_SIZE);
}

static void
list_slots(const struct link_state *state, struct link_lowered_set *set)
{
	set->slots = arena_array(state->arena, state->library_count, sizeof *set->slots);
	for (size_t i = 0; i < state->library_count; i++)
		if (state->libraries[i].is_slot)
			set->slots[set->slot_count++] = state->libraries[i].link->name;
	if (set->slot_count > 0)
		qsort(set->slots, set->slot_count, sizeof *set->slots, str_compare);
}

int
parts_lower_all(struct link_state *state, struct link_lowered_set *ret_set)
{
	struct link_lowered_set set = { .target = state->target };
	struct lowered_list list = { 0 };
	size_t kept = 0;

	TRY(add_all(state, &list));
	if (list.wants.list.len > 0) {
		qsort(list.wants.list.at, list.wants.list.len, sizeof *list.wants.list.at,
			compare_wants);
		TRY(lower_wants(state, list.wants.list.at, list.wants.list.len));
	}
	if (list.objects.len > 0)
		qsort(list.objects.at, list.objects.len, sizeof *list.objects.at,
			compare_lowered);
	for (size_t i = 0; i < list.objects.len; i++)
		if (i == 0 ||
			compare_lowered(&list.objects.at[i - 1], &list.objects.at[i]) != 0)
			list.objects.at[kept++] = list.objects.at[i];
	set.objects = list.objects.at;
	set.object_count = kept;
	list_slots(state, &set);
	*ret_set = set;
	return 0;
}
