/* SPDX-License-Identifier: MIT */
/*
 * The store knows what is needed; here it is decided which generations are still wanted.
 *
 * Age is the time that passed from change to change, not the difference to what the clock says now: a
 * clock that was set back, or that went ahead by years, makes nothing old at one blow, neither while it is
 * wrong nor when it is right again.
 */
#include "pkgd/garbage.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/improve.h"
#include "pkgd/policy.h"
#include "store/query.h"

#include <inttypes.h>
#include <string.h>

#define KEEP_MIN 2 /* the current one, and one to go back to */
#define KEEP_MAX 1000000
#define DAYS_MAX 36500
#define DAY_S 86400
#define STEP_MAX (365 * DAY_S) /* between two changes: more is a clock that was wrong */

/* A number from min to max at the beginning; what follows it is given back. */
static bool
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number,
	const char **ret_rest)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number = 0;

	if (digits == 0 || digits > 9)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	*ret_number = number;
	*ret_rest = text + digits;
	return number >= min && number <= max;
}

static bool
read_days(const char *text, uint64_t *ret_days)
{
	const char *rest = "";

	return read_number(text, 1, DAYS_MAX, ret_days, &rest) && strcmp(rest, "d") == 0;
}

int
garbage_parse(const char *text, uint64_t *ret_keep, uint64_t *ret_days)
{
	const char *rest = "";
	uint64_t keep = 0;
	uint64_t days = 0;
	bool is_right = strcmp(text, "never") == 0 || read_days(text, &days);

	if (!is_right) {
		days = 0;
		is_right = read_number(text, KEEP_MIN, KEEP_MAX, &keep, &rest) &&
			   (rest[0] == '\0' || (rest[0] == ',' && read_days(rest + 1, &days)));
	}
	if (!is_right)
		return err_set(ERR_USAGE,
			"policy gc: '%.64s' is not never, a number of generations from %d (5), "
			"days (30d), or both (5,30d)",
			text, KEEP_MIN);
	*ret_keep = keep;
	*ret_days = days;
	return 0;
}

static bool
is_improvement(const struct query_generation *generation)
{
	return generation->command != NULL && strcmp(generation->command, IMPROVE_COMMAND) == 0;
}

static const struct query_generation *
find_number(const struct query_generation *generations, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (generations[i].number == number)
			return &generations[i];
	return NULL;
}

/* What going back leads to from the current generation; 0: nowhere. */
static uint64_t
find_previous(const struct query_generation *generations, size_t count)
{
	const struct query_generation *generation = NULL;

	for (size_t i = 0; i < count; i++)
		if (generations[i].is_current)
			generation = &generations[i];
	while (generation != NULL && is_improvement(generation))
		generation = find_number(generations, count, generation->parent);
	return generation == NULL ? 0 : generation->parent;
}

static int
forget(struct state *state, const struct query_generation *generation,
	struct repair_scope *scope, uint64_t *gone)
{
	if (generation->is_current)
		return 0;
	if (!scope->is_dry_run)
		TRY(generation_remove(state->store, generation->number));
	gone[scope->gone_count++] = generation->number;
	return 0;
}

int
garbage_forget(struct state *state, int64_t keep, struct repair_scope *scope)
{
	struct query_generation *generations;
	uint64_t *gone;
	size_t count;

	TRY(query_generations(state->arena, state->store, &generations, &count));
	gone = arena_array(state->arena, count + 1, sizeof *gone);
	scope->gone = gone;
	for (size_t i = 0; keep >= 0 && i + (size_t)keep < count; i++)
		TRY(forget(state, &generations[i], scope, gone));
	return 0;
}

/* The first of the newest `keep` generations; better images of the same packages are none. */
static size_t
first_kept(const struct query_generation *generations, size_t count, uint64_t keep)
{
	size_t i = count;

	for (uint64_t kept = 0; i > 0 && kept < keep; i--)
		kept += !is_improvement(&generations[i - 1]);
	return i;
}

static uint64_t
step_between(uint64_t earlier, uint64_t later)
{
	return later < earlier || later - earlier > STEP_MAX ? 0 : later - earlier;
}

/* The age of each generation in seconds; the oldest stands first. */
static const uint64_t *
measure_ages(struct arena *arena, const struct query_generation *generations, size_t count,
	uint64_t now)
{
	uint64_t *ages = arena_array(arena, count + 1, sizeof *ages);
	uint64_t later = now;

	for (size_t i = count; i-- > 0; later = generations[i].time)
		ages[i] = ages[i + 1] + step_between(generations[i].time, later);
	return ages;
}

/* The newest is from just now, when a change asks; then the one before it tells of a clock that went ahead. */
static void
warn_of_clock(struct request *request, const struct query_generation *generations, size_t count,
	uint64_t now)
{
	for (size_t i = count; i-- > 0 && i + 2 >= count; now = generations[i].time)
		if (now > generations[i].time && now - generations[i].time > STEP_MAX)
			request_warn(request,
				"policy gc: the clock went ahead by %" PRIu64
				" days from generation %" PRIu64
				" on; that time makes nothing old (if it is wrong, set it)",
				(now - generations[i].time) / DAY_S, generations[i].number);
}

int
garbage_forget_by_policy(struct state *state, struct repair_scope *scope)
{
	struct query_generation *generations;
	struct policy policy;
	uint64_t now = store_now(state->store);
	const uint64_t *ages;
	uint64_t previous;
	uint64_t *gone;
	size_t count;
	size_t end;

	TRY(state_policy(state, &policy));
	if (policy.gc_keep == 0 && policy.gc_days == 0)
		return 0;
	TRY(query_generations(state->arena, state->store, &generations, &count));
	gone = arena_array(state->arena, count + 1, sizeof *gone);
	scope->gone = gone;
	previous = find_previous(generations, count);
	ages = measure_ages(state->arena, generations, count, now);
	if (policy.gc_days != 0)
		warn_of_clock(state->request, generations, count, now);
	end = first_kept(generations, count, policy.gc_keep == 0 ? KEEP_MIN : policy.gc_keep);
	for (size_t i = 0; i < end; i++)
		/* Without a number it is age alone that counts. */
		if (generations[i].number != previous &&
			(policy.gc_days == 0 || ages[i] > policy.gc_days * DAY_S))
			TRY(forget(state, &generations[i], scope, gone));
	return 0;
}

static int
follow_up(struct state *state)
{
	struct repair_scope scope = { 0 };
	struct repair_garbage *garbage;
	json_t *forgotten = json_array();
	size_t count;

	json_object_set_new(state->request->reply, "forgotten", forgotten);
	TRY(garbage_forget_by_policy(state, &scope));
	for (size_t i = 0; i < scope.gone_count; i++)
		json_array_append_new(forgotten, json_integer((json_int_t)scope.gone[i]));
	if (scope.gone_count == 0)
		return 0;
	return repair_collect(state->arena, state->store, &scope, &garbage, &count);
}

void
garbage_follow_up(struct state *state)
{
	if (follow_up(state) < 0)
		request_warn(state->request, "earlier generations are not collected: %s",
			err_message());
}
