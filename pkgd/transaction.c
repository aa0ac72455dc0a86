/* SPDX-License-Identifier: MIT */
/*
 * The steps of every change, in order; each is one function with a header of
 * its own. Whatever fails before activate() leaves the current generation as
 * it was: only the store and the cache, which nobody sees, may have grown.
 */
#include "pkgd/transaction.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/idle.h"
#include "pkgd/accounts.h"
#include "pkgd/builders.h"
#include "pkgd/garbage.h"
#include "pkgd/images.h"
#include "pkgd/improve.h"
#include "pkgd/intake.h"
#include "pkgd/outcome.h"
#include "pkgd/pace.h"
#include "pkgd/policy.h"
#include "pkgd/refuse.h"
#include "pkgd/room.h"
#include "pkgd/service/service.h"
#include "pkgd/tier.h"
#include "pkgd/trigger/trigger.h"
#include "pkgd/wanted.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Shares of the whole, for the progress bar; lowering is what takes time. */
#define PROGRESS_TOTAL 1000u
#define PROGRESS_FETCH 300u /* when there is something to fetch */
#define PROGRESS_STORE 50u
#define PROGRESS_LINK 200u
#define PROGRESS_COMMIT 20u

#define LOCK_LATE_MS \
	(10u * 60 * 1000) /* whoever works that long has changed the root by then */

struct transaction {
	struct state *state;
	const struct plan_wish *wish;
	struct plan plan;
	struct builders_fetched published;
	struct link_result links;
	char *scratch; /* absolute path; NULL before it is made */
	struct generation next;
	json_t *outputs; /* what triggers made, for the answer */
	uint64_t number; /* of the next generation */
	struct digest seed; /* that its images are linked with */
	uint64_t fetched; /* of PROGRESS_FETCH: packages are fetched and unpacked in groups */
	uint64_t unpacked; /* of PROGRESS_STORE */
	unsigned progress_base; /* where both ended */
	const char *policy; /* that they were linked under */
	bool is_idle; /* linking leaves the machine to others */
};

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
show_fetched(void *data, uint64_t bytes)
{
	struct transaction *transaction = data;
	uint64_t total = transaction->plan.download_bytes;

	if (total == 0)
		return;
	transaction->fetched = bytes >= total ? PROGRESS_FETCH : bytes * PROGRESS_FETCH / total;
	request_progress(transaction->state->request, "fetch", "", "",
		transaction->fetched + transaction->unpacked, PROGRESS_TOTAL);
}

static void
show_unpacked(void *data, const char *label, size_t done, size_t total)
{
	struct transaction *transaction = data;
	struct arena *arena = transaction->state->arena;

	transaction->unpacked = done * PROGRESS_STORE / total;
	request_progress(transaction->state->request, "store", label,
		arena_printf(arena, "unpacked %s", label),
		transaction->fetched + transaction->unpacked, PROGRESS_TOTAL);
}

static void
show_linked(void *data, const struct link_progress *progress)
{
	struct transaction *transaction = data;
	bool is_link = strcmp(progress->step, "link") == 0;
	unsigned lower =
		PROGRESS_TOTAL - transaction->progress_base - PROGRESS_LINK - PROGRESS_COMMIT;
	unsigned from = transaction->progress_base + (is_link ? lower : 0);
	unsigned share = is_link ? PROGRESS_LINK : lower;
	size_t total = progress->total == 0 ? 1 : progress->total;
	size_t done = progress->done > total ? total : progress->done;

	request_progress(transaction->state->request, progress->step, progress->object,
		arena_printf(transaction->state->arena, "%s %s", is_link ? "linked" : "lowered",
			progress->object),
		from + done * share / total, PROGRESS_TOTAL);
}

static int
fetch_and_unpack(struct transaction *transaction)
{
	struct intake_progress progress = { show_fetched, show_unpacked, transaction };

	transaction->progress_base =
		(transaction->plan.download_bytes > 0 ? PROGRESS_FETCH : 0) + PROGRESS_STORE;
	return intake_packages(transaction->state, &transaction->plan, &progress);
}

static const char *
scratch_place(const struct transaction *transaction)
{
	return transaction->wish->is_improvement ? "cache/" STORE_IMPROVEMENT
						 : "cache/" STORE_SCRATCH;
}

static int
make_scratch(struct transaction *transaction)
{
	struct state *state = transaction->state;
	const char *place = scratch_place(transaction);

	/* Only the holder of a lock is here: what is there was left by a killed one. */
	TRY(file_remove_tree(store_root_dir(state->store), place));
	TRY(file_make_dirs(store_root_dir(state->store), place, 0700));
	return file_temp_dir(state->arena, store_path(state->arena, state->store, place),
		&transaction->scratch);
}

/* A seed that the packages and how they are linked decide, and nothing else. */
static void
derive_seed(const struct transaction *transaction, const struct link_request *request,
	struct digest *ret_seed)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld image seed 1");
	hash_add_string(&hash, request->root);
	if (request->arch != ARCH_X86_64)
		hash_add_string(&hash, arch_name(request->arch));
	hash_add_string(&hash, request->cpu);
	hash_add_u64(&hash, request->sharing);
	hash_add_u64(&hash, request->tier);
	hash_add_u64(&hash, request->harden);
	hash_add_u64(&hash, request->inlines);
	VEC_EACH (struct plan_package, package, &transaction->plan.packages)
		hash_add(&hash, package->entry.digest.bytes, DIGEST_SIZE);
	*ret_seed = hash_end(&hash);
}

struct link_work { /* link_all() as work for idle_run() */
	struct transaction *transaction;
	const struct link_request *request;
};

static int
run_link(void *data)
{
	const struct link_work *work = data;

	return link_all(
		work->transaction->state->arena, work->request, &work->transaction->links);
}

static int
fetch_objects(struct transaction *transaction, const struct link_request *request)
{
	struct builders *builders;

	TRY(builders_load(transaction->state, &builders));
	return builders_fetch(transaction->state, builders, request, &transaction->published);
}

static int
link_images(struct transaction *transaction)
{
	struct state *state = transaction->state;
	struct link_request request;
	struct link_work work = { transaction, &request };
	struct wanted wanted;
	uint64_t started = now_ms();

	TRY(policy_text(state->arena, state->store, &transaction->policy));
	plan_wanted(state, &transaction->plan, &wanted);
	TRY(images_describe(state, &wanted,
		transaction->wish->is_reseed || transaction->wish->seed != NULL, &request));
	request.tier = transaction->plan.tier;
	request.keeps_worse = transaction->plan.keeps_worse;
	if (transaction->wish->seed != NULL)
		request.seed = *transaction->wish->seed;
	else if (transaction->wish->is_reseed)
		store_draw_seed(&request.seed);
	else if (transaction->wish->derives_seed)
		derive_seed(transaction, &request, &request.seed);
	else
		TRY(store_seed(state->store, &request.seed));
	transaction->seed = request.seed;
	TRY(make_scratch(transaction));
	request.scratch = transaction->scratch;
	request.progress = show_linked;
	request.progress_data = transaction;
	TRY(fetch_objects(transaction, &request));
	/* From here on what builders offer is in the cache; the rest is lowered. */
	TRY(transaction->is_idle ? idle_run(run_link, &work) : run_link(&work));
	if (!transaction->is_idle)
		pace_learn(state->arena, state->home, request.tier,
			transaction->links.lowered_bytes, now_ms() - started);
	return 0;
}

static int
import_images(struct transaction *transaction)
{
	struct state *state = transaction->state;
	struct generation_image *images;

	TRY(images_import(state, &transaction->links, &images));
	transaction->next.images = images;
	transaction->next.image_count = transaction->links.image_count;
	transaction->next.decisions = images_decisions(state->arena, &transaction->links);
	transaction->next.decision_count = transaction->links.decision_count;
	return 0;
}

/* What decides an output is in the store: packages, and the program that was just linked. */
static int
run_triggers(struct transaction *transaction)
{
	transaction->outputs = json_array();
	return trigger_make_all(transaction->state, &transaction->plan, transaction->scratch,
		&transaction->next, transaction->outputs);
}

static int
write_generation(struct transaction *transaction)
{
	struct plan *plan = &transaction->plan;
	struct generation_package *packages = arena_array(
		transaction->state->arena, plan->packages.len + 1, sizeof *packages);

	for (size_t i = 0; i < plan->packages.len; i++)
		packages[i] = plan->packages.at[i].entry;
	transaction->next.packages = packages;
	transaction->next.package_count = plan->packages.len;
	transaction->next.command = transaction->wish->command;
	transaction->next.time = store_now(transaction->state->store);
	request_progress(transaction->state->request, "commit", "", "",
		PROGRESS_TOTAL - PROGRESS_COMMIT, PROGRESS_TOTAL);
	return generation_create(
		transaction->state->store, &transaction->next, &transaction->number);
}

static int
activate(struct transaction *transaction)
{
	struct state *state = transaction->state;
	struct generation_state_file policy;

	/* An image's root has no seed but that which follows from its packages. */
	if (transaction->wish->derives_seed)
		TRY(store_keep_seed(state->store, &transaction->seed));
	TRY(store_keep_generation_seed(state->store, transaction->number, &transaction->seed));
	if (state->policy != NULL)
		TRY(policy_file_with(state->arena, state->store, state->policy, &policy));
	TRY(state_activate(state, transaction->number, transaction->wish->command,
		state->policy == NULL ? NULL : &policy));
	request_progress(
		transaction->state->request, "commit", "", "", PROGRESS_TOTAL, PROGRESS_TOTAL);
	return 0;
}

/*
 * The lock, at last; 1 when the root is no longer what was linked for. Other writers were free to
 * work until now, and what they did holds.
 */
static int
lock_late(struct transaction *transaction)
{
	struct state *state = transaction->state;
	const char *policy;
	uint64_t current;

	TRY(store_lock(state->store, transaction->wish->command, LOCK_LATE_MS));
	TRY(store_current(state->store, &current));
	TRY(policy_text(state->arena, state->store, &policy));
	return current != state->current.number || strcmp(policy, transaction->policy) != 0;
}

static int
run_steps(struct transaction *transaction)
{
	int ret;

	TRY(room_check(transaction->state, &transaction->plan));
	if (transaction->state->is_arch_new)
		TRY(policy_set(transaction->state->arena, transaction->state->store, "arch",
			arch_name(transaction->state->arch)));
	/* From here on an empty root is one for this architecture. */
	TRY(fetch_and_unpack(transaction));
	/* From here on every package of the next generation is in the store, verified. */
	TRY(refuse_breaking(transaction->state, &transaction->plan));
	TRY(link_images(transaction));
	if (transaction->wish->is_improvement) {
		ret = lock_late(transaction);
		if (ret != 0)
			return ret;
	}
	TRY(import_images(transaction));
	TRY(run_triggers(transaction));
	TRY(service_make_all(transaction->state, &transaction->plan,
		transaction->wish->is_image, &transaction->next));
	TRY(accounts_make(transaction->state, &transaction->plan, transaction->wish->is_image));
	/* From here on every image and output is in the store, and gets the path that others expect when all is synced. */
	TRY(write_generation(transaction));
	/* The commit, of the policy too: one database transaction, one rename. Before it nothing has changed. */
	return activate(transaction);
}

static void
report_plan(struct transaction *transaction, json_t *reply)
{
	json_object_update(reply, transaction->plan.event);
	json_object_del(reply, "event");
	json_object_set_new(
		reply, "dry_run", json_boolean(transaction->state->request->is_dry_run));
}

/* An image's services start with its machine: only on this one is anything left to do. */
static void
tell_services(struct transaction *transaction)
{
	struct state *state = transaction->state;

	if (transaction->wish->is_image)
		service_report_image(&transaction->next, state->request->reply);
	else if (service_report(
			 state, &state->current, &transaction->next, state->request->reply) < 0)
		request_warn(state->request, "services: %s", err_message());
}

/* Start making better images where that is to be; whether it was started. */
static bool
follow_up(struct transaction *transaction)
{
	struct request *request = transaction->state->request;

	if (!transaction->plan.improves || tier_count_worse(&transaction->next) == 0)
		return false;
	if (improve_start(request->arena, request->root) >= 0)
		return true;
	request_warn(request, "better images are not made: %s", err_message());
	return false;
}

static int
finish(struct transaction *transaction)
{
	struct request *request = transaction->state->request;
	uint64_t started = now_ms();
	int ret = run_steps(transaction);

	if (transaction->scratch != NULL)
		(void)file_remove_tree(
			store_root_dir(transaction->state->store), scratch_place(transaction));
	if (ret != 0) {
		json_release(&transaction->outputs);
		return ret;
	}
	report_plan(transaction, request->reply);
	tell_services(transaction);
	outcome_report(&transaction->links, &transaction->state->current, request->reply);
	if (json_array_size(transaction->outputs) > 0)
		json_object_set(request->reply, "outputs", transaction->outputs);
	json_object_set_new(
		request->reply, "generation", json_integer((json_int_t)transaction->number));
	json_object_set_new(
		request->reply, "time_ms", json_integer((json_int_t)(now_ms() - started)));
	garbage_follow_up(transaction->state);
	json_object_set_new(request->reply, "improving", json_boolean(follow_up(transaction)));
	json_release(&transaction->outputs);
	return 0;
}

/* Say that nothing has changed, where that is so, and what makes room. */
static int
tell_unchanged(const struct state *state, int failure)
{
	const char *message = arena_string(state->arena, err_message());
	uint64_t current;

	if (failure == ERR_CONSENT || store_current(state->store, &current) < 0 ||
		current != state->current.number)
		return err_set((enum err)failure, "%s", message);
	return err_set((enum err)failure, "%s; nothing has changed%s", message,
		failure == ERR_NO_SPACE ? " (make room: 'weld gc --keep 1' frees what earlier "
					  "generations need)"
					: "");
}

/* What the next generation consists of, down to the bytes: consent is to that, and not to names. */
static json_t *
contents_digest(const struct plan *plan)
{
	struct hash hash;
	struct digest digest;

	hash_init(&hash);
	VEC_EACH (struct plan_package, package, &plan->packages) {
		hash_add_string(&hash, package->entry.name);
		hash_add(&hash, package->entry.digest.bytes, DIGEST_SIZE);
	}
	digest = hash_end(&hash);
	return json_from_digest(&digest);
}

int
transaction_run(struct state *state, const struct plan_wish *wish)
{
	struct transaction transaction = { .state = state, .wish = wish };
	struct request *request = state->request;
	int ret = plan_decide(state, wish, &transaction.plan);

	if (ret >= 0 && !transaction.plan.has_changes) {
		json_object_set_new(request->reply, "nothing", json_true());
	} else if (ret >= 0) {
		json_object_set_new(
			transaction.plan.event, "needs_consent", json_boolean(!wish->is_image));
		json_object_set_new(
			transaction.plan.event, "contents", contents_digest(&transaction.plan));
		ret = request_consent(request, transaction.plan.event);
		if (ret >= 0 && request->is_dry_run)
			report_plan(&transaction, request->reply);
		else if (ret >= 0)
			ret = finish(&transaction);
	}
	plan_release(&transaction.plan);
	return ret < 0 ? tell_unchanged(state, ret) : ret;
}

int
transaction_improve(struct state *state, bool is_idle)
{
	const struct plan_wish wish = {
		.command = IMPROVE_COMMAND, .is_relink = true, .is_improvement = true
	};
	struct transaction transaction = { .state = state, .wish = &wish, .is_idle = is_idle };
	int ret = plan_decide(state, &wish, &transaction.plan);

	if (ret >= 0)
		ret = finish(&transaction);
	plan_release(&transaction.plan);
	return ret < 0 ? tell_unchanged(state, ret) : ret;
}
