/* SPDX-License-Identifier: MIT */
/* The method Audit: from parameters to advisories and waivers, from findings to JSON. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/audit/audit.h"
#include "pkgd/state.h"

#include <time.h>

#define DATE_SIZE sizeof "0000-00-00"
#define LAST_DAY_S 253402300799U /* the last that has a year of four digits */

/* Where advisories are when nobody says: in packages, and where the owner of the root puts them. */
static const char *const usual_places[] = { "current/share/advisories", "state/advisories" };

static int
load_advisories(
	struct request *request, const struct state *state, struct advisory_list *ret_list)
{
	char **places;
	size_t count;
	size_t found = 0;

	TRY(request_strings(request, "advisories", &places, &count));
	for (size_t i = 0; i < count; i++)
		TRY(advisory_load(request->arena, places[i], request->is_offline, ret_list));
	for (size_t i = 0; count == 0 && i < sizeof usual_places / sizeof usual_places[0];
		i++) {
		if (!file_exists(store_root_dir(state->store), usual_places[i]))
			continue;
		TRY(advisory_load(request->arena,
			store_path(request->arena, state->store, usual_places[i]),
			request->is_offline, ret_list));
		found++;
	}
	if (count + found == 0)
		return err_set(ERR_USAGE,
			"no advisories (name a file, directory or URL with --advisories, or "
			"put files into %s)",
			store_path(request->arena, state->store, usual_places[1]));
	return 0;
}

/*
 * The day by which waivers are judged: not before the current generation was made, so that a clock
 * that was set back brings none to life again.
 */
static void
find_today(struct request *request, const struct generation *generation, char today[DATE_SIZE])
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t made = generation->time < LAST_DAY_S ? generation->time : LAST_DAY_S;
	time_t moment = (time_t)(now > made ? now : made);
	struct tm date = { 0 };

	gmtime_r(&moment, &date);
	(void)strftime(today, DATE_SIZE, "%Y-%m-%d", &date);
	if (made > now)
		request_warn(request,
			"this machine's clock is behind: waivers are judged by the day on "
			"which "
			"the current generation was made, %s",
			today);
}

static int
load_waivers(struct request *request, struct audit *audit)
{
	struct waiver *waivers;
	char **paths;
	size_t count;
	char today[DATE_SIZE];
	VEC(struct waiver) all = { 0 };

	find_today(request, audit->generation, today);
	TRY(request_strings(request, "waivers", &paths, &count));
	for (size_t i = 0; i < count; i++) {
		size_t found;

		TRY(waiver_load(request->arena, paths[i], today, &waivers, &found));
		for (size_t k = 0; k < found; k++) {
			vec_push(request->arena, &all, waivers[k]);
			if (waivers[k].flaw != NULL)
				request_warn(request, "%s: waiver %zu (%s) does not count: %s",
					paths[i], k + 1, waivers[k].advisory, waivers[k].flaw);
		}
	}
	audit->waivers = all.at;
	audit->waiver_count = all.len;
	return 0;
}

static json_t *
step_json(const struct audit *audit, const struct reach_step *step)
{
	static const char *const names[] = {
		[AUDIT_ROOT] = "start",
		[AUDIT_CALL] = "call",
		[AUDIT_COPY] = "copy",
		[AUDIT_ALIAS] = "alias",
		[AUDIT_INDIRECT] = "indirect",
		[AUDIT_SIGNAL] = "address",
		[AUDIT_REFERENCE] = "reference",
	};
	struct facts_origin origin = audit_place_origin(&audit->images, step->place);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "symbol",
		audit_place_name(&audit->images, step->place), "image",
		audit->images.at.at[step->place.image].name, "package", origin.package,
		"source", origin.source, "how", names[step->way.how]);

	if (step->way.how == AUDIT_INDIRECT) {
		json_object_set_new(json, "type",
			json_string(audit->images.types.at.at[step->way.type].text));
		json_object_set_new(json, "taken_by",
			json_string(audit_place_name(&audit->images, step->way.taken_by)));
	}
	return json;
}

/* The chain as names, as steps, and the calls through pointers in it. */
static void
set_chain(const struct audit *audit, const struct audit_finding *finding, json_t *json)
{
	json_t *chain = json_array();
	json_t *steps = json_array();
	json_t *indirect = json_array();

	json_object_set_new(json, "chain", chain);
	json_object_set_new(json, "steps", steps);
	json_object_set_new(json, "indirect", indirect);
	for (size_t i = 0; i < finding->step_count; i++) {
		const struct reach_step *step = &finding->steps[i];
		const char *name = audit_place_name(&audit->images, step->place);

		json_array_append_new(chain, json_string(name));
		json_array_append_new(steps, step_json(audit, step));
		if (step->way.how == AUDIT_INDIRECT)
			json_array_append_new(indirect,
				json_pack("{s:s, s:s, s:s}", "from",
					audit_place_name(&audit->images, step->way.from), "to",
					name, "type",
					audit->images.types.at.at[step->way.type].text));
	}
}

static json_t *
finding_json(
	struct arena *arena, const struct audit *audit, const struct audit_finding *finding)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "advisory",
		finding->advisory->id, "package", finding->package->name, "version",
		state_version(arena, finding->package->version, finding->package->release),
		"image", finding->image == NULL ? "" : finding->image->name, "symbol",
		finding->symbol, "state", audit_state_name(finding->state), "counts",
		audit_counts(finding));

	json_object_set_new(json, "summary", json_string(finding->advisory->summary));
	json_object_set_new(json, "reference", json_string(finding->advisory->reference));
	if (finding->note[0] != '\0')
		json_object_set_new(json, "note", json_string(finding->note));
	if (finding->is_copy)
		json_object_set_new(json, "copy", json_true());
	if (finding->waiver != NULL)
		json_object_set_new(json, "waived",
			json_pack("{s:s, s:s}", "reason", finding->waiver->reason, "expires",
				finding->waiver->expires));
	set_chain(audit, finding, json);
	return json;
}

static void
set_reply(struct request *request, const struct audit *audit)
{
	json_t *findings = json_array();
	size_t counts[AUDIT_REACHABLE + 1] = { 0 };
	size_t waived = 0;
	bool all = request_flag(request, "all");
	json_t *states = json_object();

	for (size_t i = 0; i < audit->findings.len; i++) {
		const struct audit_finding *finding = &audit->findings.at[i];

		counts[finding->state]++;
		waived += finding->state >= AUDIT_POSSIBLE && finding->waiver != NULL;
		if (all || audit_counts(finding))
			json_array_append_new(
				findings, finding_json(request->arena, audit, finding));
	}
	for (size_t i = 0; i <= AUDIT_REACHABLE; i++)
		json_object_set_new(states, audit_state_name((enum audit_state)i),
			json_integer((json_int_t)counts[i]));
	json_object_set_new(request->reply, "findings", findings);
	json_object_set_new(request->reply, "states", states);
	json_object_set_new(request->reply, "waived", json_integer((json_int_t)waived));
	json_object_set_new(
		request->reply, "searched", json_integer((json_int_t)audit->searched));
	json_object_set_new(request->reply, "advisories",
		json_pack("{s:I, s:I, s:I}", "read", (json_int_t)audit->advisories->read,
			"withdrawn", (json_int_t)audit->advisories->withdrawn, "matching",
			(json_int_t)audit->matching));
}

int
method_audit(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct advisory_list advisories = { 0 };
	struct audit audit = { .arena = request->arena, .advisories = &advisories };
	char **names;

	TRY(request_strings(request, "names", &names, &audit.name_count));
	TRY(state_open(request, 0, "", &state));
	TRY(load_advisories(request, &state, &advisories));
	audit.store = state.store;
	audit.generation = &state.current;
	audit.names = names;
	TRY(load_waivers(request, &audit));
	TRY(audit_run(&audit));
	set_reply(request, &audit);
	return 0;
}
