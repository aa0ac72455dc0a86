/* SPDX-License-Identifier: MIT */
/*
 * The files of a service are a function of its declaration, the root's path and the policy, so their key is the
 * digest of their text; they go into the store like what triggers made. What comes and goes is
 * seen from the units of two generations, whatever change lies between them.
 */
#include "pkgd/service/service.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/policy.h"
#include "pkgd/service/manager.h"
#include "store/objects.h"
#include "store/running.h"

#include <string.h>
#include <unistd.h>

typedef VEC(struct generation_output) outputs;

struct making { /* the files of the services of one package */
	struct state *state;
	struct policy policy;
	struct manager_place place;
	const struct plan_package *package;
	const char *label; /* of the package */
	outputs list;
};

/* 1. What will be done */

/* A file of a service in a generation; NULL: it has none. Each service has a unit. */
static const struct generation_output *
find_file(struct arena *arena, const struct generation *generation, const char *service,
	enum declared_service_file file)
{
	const char *path = declared_service_path(arena, service, file);

	for (size_t i = 0; i < generation->output_count; i++)
		if (generation->outputs[i].service != NULL &&
			strcmp(generation->outputs[i].path, path) == 0)
			return &generation->outputs[i];
	return NULL;
}

/* Whether an output is a service's unit. */
static bool
is_unit(struct arena *arena, const struct generation_output *output)
{
	return output->service != NULL &&
	       strcmp(output->path,
		       declared_service_path(arena, output->service, DECLARED_UNIT)) == 0;
}

static void
plan_one(json_t *list, const char *name, const char *package, const char *change)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", name, "package",
					    package, "change", change));
}

static bool
will_have(const struct plan *plan, const char *service)
{
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		const struct declared *declared = plan_declared(package);

		for (size_t i = 0; i < declared->service_count; i++)
			if (strcmp(declared->services[i].name, service) == 0)
				return true;
	}
	return false;
}

void
service_check(struct state *state, struct plan *plan)
{
	const struct generation *current = &state->current;
	json_t *list = json_array();

	json_object_set_new(plan->event, "services", list);
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		const struct declared *declared = plan_declared(package);
		const char *label = generation_package_label(state->arena, &package->entry);

		for (size_t i = 0; i < declared->service_count; i++)
			if (find_file(state->arena, current, declared->services[i].name,
				    DECLARED_UNIT) == NULL)
				plan_one(list, declared->services[i].name, label, "new");
	}
	for (size_t i = 0; i < current->output_count; i++) {
		const struct generation_output *output = &current->outputs[i];

		if (is_unit(state->arena, output) && !will_have(plan, output->service))
			plan_one(list, output->service, output->package, "gone");
	}
}

/* 2. The files */

/* The directory of a file with this key: of a generation that has it, else a new one. */
static const char *
place_in_store(const struct making *making, const struct digest *key)
{
	const struct generation *current = &making->state->current;

	for (size_t i = 0; i < current->output_count; i++)
		if (digest_equal(&current->outputs[i].key, key))
			return current->outputs[i].store_name;
	return objects_name(making->state->arena, key, making->label);
}

static int
keep(const struct making *making, const char *store_name, struct str text, bool is_executable)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;

	if (objects_has(making->state->store, store_name))
		return 0;
	TRY(objects_begin(making->state->store, store_name, &new));
	TRY(objects_add_bytes(new, GENERATION_OUTPUT, text.at, text.len, is_executable));
	return objects_finish(&new);
}

static int
make_file(struct making *making, const struct declared_service *service,
	enum declared_service_file file)
{
	struct arena *arena = making->state->arena;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	bool is_executable = file != DECLARED_UNIT && file != DECLARED_DOWN;
	struct generation_output output = { .service = service->name,
		.package = making->label,
		.path = declared_service_path(arena, service->name, file) };
	struct hash hash;

	manager_write(file, service, making->package->entry.name, &making->place, &text);
	if (text.len == 0)
		return 0;
	hash_init(&hash);
	hash_add_string(&hash, "weld service 1");
	hash_add_u64(&hash, is_executable);
	hash_add(&hash, text.at, text.len);
	output.key = hash_end(&hash);
	output.digest = hash_bytes(text.at, text.len);
	output.size = text.len;
	output.store_name = place_in_store(making, &output.key);
	TRY(keep(making, output.store_name, strbuf_str(&text), is_executable));
	vec_push(arena, &making->list, output);
	return 0;
}

/* Whether a service starts with the machine where weld made that. */
static bool
starts(const struct making *making, const struct declared_service *service)
{
	const struct policy *policy = &making->policy;

	if (policy->services == POLICY_SERVICES_ASKED)
		return making->package->entry.is_manual;
	for (size_t i = 0; i < policy->service_names.len; i++)
		if (strcmp(policy->service_names.at[i], service->name) == 0)
			return true;
	return policy->services == POLICY_SERVICES_ALL;
}

int
service_make_all(
	struct state *state, const struct plan *plan, bool is_image, struct generation *next)
{
	struct making making = { .state = state };

	TRY(state_policy(state, &making.policy));
	making.place = (struct manager_place){ store_standing(state->store),
		is_image || geteuid() == 0 };
	for (size_t i = 0; i < next->output_count; i++)
		vec_push(state->arena, &making.list, next->outputs[i]);
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		const struct declared *declared = plan_declared(package);

		making.package = package;
		making.label = generation_package_label(state->arena, &package->entry);
		for (size_t i = 0; i < declared->service_count; i++)
			for (int file = 0; file < DECLARED_SERVICE_FILES; file++)
				if (file != DECLARED_DOWN ||
					!starts(&making, &declared->services[i]))
					TRY(make_file(&making, &declared->services[i],
						(enum declared_service_file)file));
	}
	next->outputs = making.list.at;
	next->output_count = making.list.len;
	return 0;
}

/* 3. What is left to do */

struct report {
	struct state *state;
	const struct generation *before;
	const struct generation *after;
	const char *control; /* the program that an administrator uses */
	const struct running *processes;
	size_t process_count;
	json_t *list;
};

static const char *
command(const struct report *report, const char *verb, const struct generation_output *unit)
{
	return arena_printf(
		report->state->arena, "%s %s %s", report->control, verb, unit->service);
}

static json_t *
tell(const struct report *report, const struct generation_output *unit, const char *change,
	const char *what_to_do)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "name", unit->service, "package",
		unit->package, "change", change, "command", what_to_do);

	json_array_append_new(report->list, row);
	return row;
}

static const struct generation_image *
find_image(const struct generation *generation, bool is_slot, const char *name)
{
	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];

		if (image->is_slot == is_slot && !image->is_plugin &&
			strcmp(image->name, name) == 0)
			return image;
	}
	return NULL;
}

static bool
is_replaced(const struct report *report, const struct generation_image *old)
{
	const struct generation_image *new = find_image(report->after, old->is_slot, old->name);

	if (new == NULL || strcmp(new->store_name, old->store_name) != 0)
		return true;
	for (size_t i = 0; i < old->slot_count; i++) {
		const struct generation_image *slot =
			find_image(report->before, true, old->slots[i]);

		if (slot != NULL && is_replaced(report, slot))
			return true;
	}
	return false;
}

/* Whether a directory of the store is what a package's programs were, and they are something else now. */
static bool
was_program(const struct report *report, const char *label, const char *store_name)
{
	const struct generation *before = report->before;
	const struct generation_package *new;

	for (size_t i = 0; i < before->image_count; i++) {
		const struct generation_image *image = &before->images[i];

		if (!image->is_slot && strcmp(image->package, label) == 0 &&
			strcmp(image->store_name, store_name) == 0)
			return is_replaced(report, image);
	}
	for (size_t i = 0; i < before->package_count; i++) {
		const struct generation_package *old = &before->packages[i];

		if (strcmp(old->store_name, store_name) != 0 ||
			strcmp(generation_package_label(report->state->arena, old), label) != 0)
			continue;
		new = generation_find_package(report->after, old->name);
		return new == NULL || strcmp(new->store_name, store_name) != 0;
	}
	return false;
}

/* What runs keeps what it has mapped: an update reaches it when it starts again. */
static void
tell_running(const struct report *report, const struct generation_output *unit,
	const struct generation_output *old)
{
	json_t *pids = json_array();

	for (size_t i = 0; i < report->process_count; i++)
		if (was_program(report, old->package, report->processes[i].store_name))
			json_array_append_new(
				pids, json_integer((json_int_t)report->processes[i].pid));
	if (json_array_size(pids) > 0)
		json_object_set(tell(report, unit, "old", command(report, "restart", unit)),
			"pids", pids);
	json_decref(pids);
}

static void
report_new(const struct report *report, const struct generation_output *unit)
{
	const struct generation_output *old =
		find_file(report->state->arena, report->before, unit->service, DECLARED_UNIT);

	if (old == NULL) {
		tell(report, unit, "new",
			arena_printf(report->state->arena, "%s enable --now %s/current/%s",
				report->control, store_standing(report->state->store),
				unit->path));
		return;
	}
	if (!digest_equal(&old->digest, &unit->digest))
		tell(report, unit, "changed",
			arena_printf(report->state->arena,
				"%s daemon-reload && %s try-restart %s", report->control,
				report->control, unit->service));
	tell_running(report, unit, old);
}

int
service_report(struct state *state, const struct generation *before,
	const struct generation *after, json_t *reply)
{
	struct report report = { .state = state,
		.before = before,
		.after = after,
		.control = geteuid() == 0 ? "systemctl" : "systemctl --user",
		.list = json_array() };
	struct running *processes;

	json_object_set_new(reply, "services", report.list);
	if (before->output_count > 0) {
		TRY(running_list(
			state->arena, state->store, &processes, &report.process_count));
		report.processes = processes;
	}
	for (size_t i = 0; i < after->output_count; i++)
		if (is_unit(state->arena, &after->outputs[i]))
			report_new(&report, &after->outputs[i]);
	for (size_t i = 0; i < before->output_count; i++) {
		const struct generation_output *unit = &before->outputs[i];

		if (is_unit(state->arena, unit) &&
			find_file(state->arena, after, unit->service, DECLARED_UNIT) == NULL)
			tell(&report, unit, "gone", command(&report, "disable --now", unit));
	}
	return 0;
}

void
service_report_image(const struct generation *generation, json_t *reply)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	json_t *list = json_array();

	json_object_set_new(reply, "services", list);
	for (size_t i = 0; i < generation->output_count; i++) {
		const struct generation_output *unit = &generation->outputs[i];

		if (is_unit(arena, unit))
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:s, s:b}", "name", unit->service,
					"package", unit->package, "change", "new", "starts",
					find_file(arena, generation, unit->service,
						DECLARED_DOWN) == NULL));
	}
}
