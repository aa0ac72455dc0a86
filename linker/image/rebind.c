/* SPDX-License-Identifier: MIT */
/*
 * Binding again, in three steps: find a model, that is an image of the same name and package, which
 * proves to have the same link key and has its sites recorded; aim, that is look up the address that each
 * binding has now; and write a copy of the model with these addresses, its note, its facts
 * and its sites. The first two are quick; the last is done by a thread a core.
 *
 * (I1) The bytes are those that the static linker would make of the same objects.
 * (I2) A thread allocates in an arena of its own and reads what no one changes.
 */
#include "linker/image/rebind.h"

#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parallel.h"
#include "linker/image/compose.h"
#include "linker/image/composition.h"
#include "linker/image/settle.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 30) /* bytes */
#define MESSAGE_MAX 512 /* bytes */

struct model {
	const struct link_model *link;
	struct sites sites;
};

struct job { /* an image to be written */
	struct image *image;
	struct program *program; /* NULL for a slot */
	struct compose_bound bound;
	const struct facts_slot *facts_slots; /* the same slots */
	uint64_t *addresses; /* one a binding */
	const char *output;
	const char *sites_output;
	bool is_there; /* written; otherwise it must be linked */
	int failure; /* of writing; 0: none */
	char message[MESSAGE_MAX]; /* of the failure, or why it must be linked */
};

/* 1. Record, and find a model */

/* What stands in the facts of an image and in no key: the names of its packages. */
static struct digest
digest_labels(const struct image *image)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, image->result.package);
	for (size_t i = 0; i < image->beside_count; i++)
		hash_add_string(&hash, image->beside[i]->link->package);
	for (size_t i = 0; i < image->merged_count; i++)
		hash_add_string(&hash, image->merged[i]->link->package);
	return hash_end(&hash);
}

/* Write the sites of an image, whose digest is known. */
static int
write_sites(const struct sites *sites, const char *path, struct link_image *result)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	sites_pack(sites, &bytes);
	result->sites_file = path;
	result->sites_digest = hash_bytes(bytes.at, bytes.len);
	result->written += bytes.len;
	return file_write(AT_FDCWD, result->sites_file, bytes.at, bytes.len, 0600);
}

int
rebind_record(struct link_state *state, struct image *image, const struct rebind_record *record,
	const struct find_sites_request *request)
{
	struct arena *arena = state->arena;
	const char **slots = arena_array(arena, image->slot_count, sizeof *slots);
	struct sites_binding *bindings =
		arena_array(arena, record->binding_count, sizeof *bindings);
	struct sites sites = { .link_key = record->link_key,
		.labels = digest_labels(image),
		.image = image->result.digest,
		.slots = slots,
		.slot_count = image->slot_count,
		.bindings = bindings,
		.binding_count = record->binding_count,
		.open = record->open,
		.open_count = record->open_count };

	for (size_t i = 0; i < image->slot_count; i++)
		slots[i] = image->slots[i]->link->name;
	for (size_t i = 0; i < record->binding_count; i++) {
		const struct facts_binding *binding = &record->bindings[i];
		const struct layout *layout = &image->slots[binding->slot]->layout;

		bindings[i] = (struct sites_binding){ .symbol = binding->symbol,
			.slot = binding->slot,
			.is_function = binding->is_function,
			.address = layout_find(layout, binding->symbol)->address };
	}
	if (find_sites(arena, request, &sites) < 0) {
		log_debug("link", "%s: cannot be bound again: %s", image->name, err_message());
		return 0;
	}
	return write_sites(
		&sites, arena_printf(arena, "%s.sites", record->output), &image->result);
}

static int
read_model(struct arena *arena, struct model *model)
{
	const struct link_model *link = model->link;
	struct digest digest;
	struct str bytes;

	TRY(file_read(arena, AT_FDCWD, link->sites_path, FILE_MAX, &bytes));
	digest = hash_bytes(bytes.at, bytes.len);
	if (!digest_equal(&digest, &link->sites_digest))
		return err_set(ERR_DIGEST, "%s: was changed", link->sites_path);
	TRY(sites_unpack(arena, bytes, &model->sites));
	if (!digest_equal(&model->sites.image, &link->digest))
		return err_set(ERR_FORMAT, "%s: of another image", link->sites_path);
	return 0;
}

/* Take an image for a model by its names; whether it is one is seen when it is needed. */
static void
find_model(struct link_state *state, const struct map *models, struct image *image)
{
	const struct link_model *link = map_get(models,
		arena_printf(state->arena, "%d%s", image->result.kind, image->result.name));

	if (image->is_settled || link == NULL ||
		strcmp(link->package, image->result.package) != 0)
		return;
	image->model = ARENA_NEW(state->arena, struct model);
	image->model->link = link;
}

void
rebind_find_models(struct link_state *state)
{
	const struct link_request *request = state->request;
	struct map models = { 0 };

	for (size_t i = 0; i < request->model_count; i++)
		map_set(state->arena, &models,
			arena_printf(state->arena, "%d%s", request->models[i].kind,
				request->models[i].name),
			(void *)&request->models[i]);
	for (size_t i = 0; i < state->library_count; i++)
		if (state->libraries[i].is_slot)
			find_model(state, &models, &state->libraries[i].image);
	for (size_t i = 0; i < state->program_count; i++)
		find_model(state, &models, &state->programs[i].image);
}

static struct digest
link_key_of(const struct link_state *state, const struct library *library,
	const struct program *program)
{
	return library != NULL ? settle_link_key_of_slot(state, library)
			       : settle_link_key_of_program(state, program);
}

/* Whether a model says what is wanted, in a tier that serves. One of `library` and `program` is NULL. */
static int
check_model(struct link_state *state, struct image *image, const struct library *library,
	const struct program *program)
{
	const struct sites *sites = &image->model->sites;
	struct digest labels = digest_labels(image);
	enum lower_tier asked = image->tier;

	TRY(read_model(state->arena, image->model));
	if (!digest_equal(&sites->labels, &labels) || sites->slot_count != image->slot_count)
		return err_set(ERR_FORMAT, "its libraries are others");
	for (int tier = LOWER_FULL; tier >= (int)state->request->tier; tier--) {
		struct digest key;

		image->tier = (enum lower_tier)tier;
		key = link_key_of(state, library, program);
		if (digest_equal(&key, &sites->link_key))
			return 0;
	}
	image->tier = asked;
	return err_set(ERR_FORMAT, "its model is of other objects");
}

/* 2. Aim */

/* The slot that a symbol is found in, as linking searches; NULL when there is none. */
static const struct layout_entry *
find_symbol(const struct image *image, const char *symbol, size_t *ret_slot)
{
	for (size_t i = image->slot_count; i > 0; i--) {
		const struct layout_entry *entry =
			layout_find(&image->slots[i - 1]->layout, symbol);

		if (entry == NULL)
			continue;
		*ret_slot = i - 1;
		return entry;
	}
	return NULL;
}

/* Look up all addresses; fails when linking would bind otherwise than in the model. */
static int
aim(struct link_state *state, struct job *job, struct map *used)
{
	struct image *image = job->image;
	const struct sites *sites = &image->model->sites;

	job->addresses =
		arena_array(state->arena, sites->binding_count, sizeof *job->addresses);
	for (size_t i = 0; i < sites->binding_count; i++) {
		const struct sites_binding *binding = &sites->bindings[i];
		const struct layout_entry *entry;
		size_t slot = image->slot_count;

		entry = find_symbol(image, binding->symbol, &slot);
		if (entry == NULL || slot != binding->slot ||
			entry->is_function != binding->is_function)
			return err_set(ERR_SYMBOL, "%s is elsewhere now", binding->symbol);
		job->addresses[i] = entry->address;
		map_set(state->arena, used, image->slots[slot]->link->name, NULL);
	}
	for (size_t i = 0; i < sites->open_count; i++) {
		size_t slot;

		if (find_symbol(image, sites->open[i], &slot) != NULL)
			return err_set(ERR_SYMBOL, "%s is defined now", sites->open[i]);
	}
	return 0;
}

/* Leave an image to the static linker. */
static void
give_up(struct image *image, const char *why)
{
	log_debug("link", "%s: is linked: %s", image->name, why);
	image->model = NULL;
}

/* Prepare a job of a library or a program; ERR_... when the image must be linked. */
static int
try_prepare(struct link_state *state, struct library *library, struct program *program,
	struct job *job)
{
	struct image *image = library != NULL ? &library->image : &program->image;
	enum lower_tier tier = image->tier;
	struct facts_slot *slots;
	struct map used = { 0 };

	*job = (struct job){ .image = image, .program = program };
	TRY(check_model(state, image, library, program));
	/* The key is that of the tier. */
	if (image->tier != tier && library != NULL)
		settle_slot(state, library);
	else if (image->tier != tier)
		settle_program(state, program);
	for (size_t i = 0; i < image->slot_count; i++)
		TRY(compose_read_layout(state, image->slots[i]));
	TRY(aim(state, job, &used));
	compose_bind_again(state, image, program, &used, &job->bound);
	slots = arena_array(state->arena, job->bound.count, sizeof *slots);
	for (size_t i = 0; i < job->bound.count; i++)
		slots[i] = (struct facts_slot){ job->bound.libraries[i]->link->name,
			job->bound.libraries[i]->image.result.layout_id };
	job->facts_slots = slots;
	job->output = arena_printf(
		state->arena, "%s/image-%zu", state->request->scratch, state->outputs++);
	return 0;
}

/* As try_prepare(); false when the image must be linked, which it is then marked for. */
static bool
prepare(struct link_state *state, struct library *library, struct program *program,
	struct job *job)
{
	if (try_prepare(state, library, program, job) >= 0)
		return true;
	give_up(job->image, err_message());
	return false;
}

/* 3. Write */

/* Read a file that must be what was recorded of it. */
static int
read_known(struct arena *arena, const char *path, const struct digest *expected,
	struct str *ret_bytes)
{
	struct digest digest;

	TRY(file_read(arena, AT_FDCWD, path, FILE_MAX, ret_bytes));
	digest = hash_bytes(ret_bytes->at, ret_bytes->len);
	if (!digest_equal(&digest, expected))
		return err_set(ERR_DIGEST, "%s: was changed", path);
	return 0;
}

/* Distances from the thread pointer stand in code: they are not recorded as sites. */
static bool
is_same_tls(const struct image_tls *a, const struct image_tls *b)
{
	return a->start == b->start && a->size == b->size && a->align == b->align;
}

/* The slots of a program's note are new, and all else is as it was. */
static int
put_note(struct arena *arena, const struct job *job, struct str image)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct image_note note;
	struct str old;

	if (job->program == NULL)
		return 0;
	TRY(image_note_find(image, &old));
	TRY(image_note_unpack(arena, old, &note));
	if (note.slot_count != job->bound.count)
		return err_set(ERR_FORMAT, "its note lists other slots");
	for (size_t i = 0; i < note.slot_count; i++)
		if (!is_same_tls(&note.slots[i].tls, &job->bound.slots[i].tls))
			return err_set(ERR_RANGE, "thread-local variables have moved");
	note.slots = job->bound.slots;
	job->image->result.layout_id = note.layout_id;
	TRY(image_note_pack(&note, &bytes));
	if (bytes.len != old.len)
		return err_set(ERR_RANGE, "its note has another length");
	memcpy((char *)old.at, bytes.at, bytes.len);
	return 0;
}

/* The new contents of an image and of its facts. */
static int
make_contents(struct arena *arena, const struct job *job, struct str *ret_image,
	struct str *ret_facts)
{
	const struct link_model *link = job->image->model->link;
	struct link_image *result = &job->image->result;

	TRY(read_known(arena, link->path, &link->digest, ret_image));
	TRY(read_known(arena, link->facts_path, &link->facts_digest, ret_facts));
	TRY(sites_apply(&job->image->model->sites, job->addresses, *ret_image));
	TRY(put_note(arena, job, *ret_image));
	result->digest = hash_bytes(ret_image->at, ret_image->len);
	return facts_rebind(*ret_facts, &result->digest, job->facts_slots, job->bound.count);
}

static int
write_contents(struct arena *arena, struct job *job, struct str image, struct str facts)
{
	struct sites sites = job->image->model->sites;
	struct link_image *result = &job->image->result;
	struct sites_binding *bindings =
		arena_array(arena, sites.binding_count, sizeof *bindings);

	for (size_t i = 0; i < sites.binding_count; i++) {
		bindings[i] = sites.bindings[i];
		bindings[i].address = job->addresses[i];
	}
	sites.bindings = bindings;
	sites.image = result->digest;
	result->facts_digest = hash_bytes(facts.at, facts.len);
	result->file_size = image.len;
	result->written = image.len + facts.len;
	TRY(file_write(AT_FDCWD, result->file, image.at, image.len, 0755));
	TRY(file_write(AT_FDCWD, result->facts_file, facts.at, facts.len, 0600));
	return write_sites(&sites, job->sites_output, result);
}

static void
write_image(struct arena *arena, struct job *job)
{
	struct str image, facts;

	if (make_contents(arena, job, &image, &facts) < 0) {
		snprintf(job->message, sizeof job->message, "%s", err_message());
		return;
	}
	job->failure = write_contents(arena, job, image, facts);
	job->is_there = job->failure >= 0;
	if (job->failure < 0)
		snprintf(job->message, sizeof job->message, "%s", err_message());
}

/* What failed is kept with the job; what an image took is not. */
static int
run_job(void *data, size_t index, struct arena *arena)
{
	struct arena *own AUTO(arena_free) = arena_new();
	struct job *jobs = data;

	(void)arena;
	write_image(own, &jobs[index]);
	return 0;
}

/* Tell the images what became of them. */
static int
finish(struct link_state *state, struct job *jobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct image *image = jobs[i].image;

		if (jobs[i].failure < 0)
			return err_set((enum err)jobs[i].failure, "%s: %s", image->name,
				jobs[i].message);
		if (!jobs[i].is_there) {
			give_up(image, jobs[i].message);
			continue;
		}
		image->result.outcome = LINK_REBOUND;
		image->is_settled = true;
		log_debug("link", "%s: rebound, %zu sites", image->name,
			image->model->sites.site_count);
		compose_report(state, image);
	}
	return 0;
}

/* The names of the files to be written, made here because of (I2). */
static void
name_files(struct link_state *state, struct job *job)
{
	struct link_image *result = &job->image->result;

	result->file = job->output;
	result->facts_file = arena_printf(state->arena, "%s.facts", job->output);
	job->sites_output = arena_printf(state->arena, "%s.sites", job->output);
}

int
rebind_slot(struct link_state *state, struct library *library)
{
	struct image *image = &library->image;
	const struct link_slot *old = compose_find_current(state->request, library->link->name);
	struct job job;

	if (image->model == NULL)
		return 0;
	if (old == NULL || !digest_equal(&old->image, &image->model->link->digest)) {
		give_up(image, "its model is not the current slot");
		return 0;
	}
	if (!prepare(state, library, NULL, &job))
		return 0;
	name_files(state, &job);
	(void)run_job(&job, 0, state->arena);
	/* Nothing of its own has moved. */
	image->result.layout_id = old->layout_id;
	image->result.base = old->base;
	image->result.size = old->size;
	image->result.tls = old->tls;
	return finish(state, &job, 1);
}

int
rebind_programs(struct link_state *state)
{
	struct job *jobs = arena_array(state->arena, state->program_count, sizeof *jobs);
	size_t count = 0;

	for (size_t i = 0; i < state->program_count; i++) {
		struct program *program = &state->programs[i];

		if (program->image.is_settled || program->image.model == NULL ||
			!prepare(state, NULL, program, &jobs[count]))
			continue;
		name_files(state, &jobs[count++]);
	}
	TRY(parallel_run(state->arena, count, run_job, jobs));
	return finish(state, jobs, count);
}
