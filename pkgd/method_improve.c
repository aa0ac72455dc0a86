/* SPDX-License-Identifier: MIT */
/*
 * Better images for what was compiled in a hurry. Whoever improves goes on until there is nothing
 * left to do, and looks once more after giving that up: so who finds another at work may leave it to
 * that one.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/improve.h"
#include "pkgd/tier.h"
#include "pkgd/transaction.h"

#include <inttypes.h>

#define ROUNDS_MAX 100 /* of beginning again because another change came first */

/* Improve the current generation; 1 when there was something to do, and another change came first or may have. */
static int
improve_once(struct request *request, bool is_idle)
{
	struct state state AUTO(state_close) = { 0 };

	TRY(state_open(request, 0, "", &state));
	if (tier_count_worse(&state.current) == 0)
		return 0;
	TRY(transaction_improve(&state, is_idle));
	return 1;
}

static int
improve_all(struct request *request, bool is_idle)
{
	int ret = 1;

	for (int round = 0; ret > 0 && round < ROUNDS_MAX; round++)
		ret = improve_once(request, is_idle);
	return ret;
}

/* 0: all is done, or another one does it. */
static int
work(struct request *request, const struct store *store, bool is_idle)
{
	struct improve_state state;
	int fd AUTO(file_close) = -1;
	int ret = improve_take(store, &fd);

	TRY(ret);
	if (ret == 0 && is_idle)
		return 0;
	if (ret == 0) {
		TRY(improve_ask(request->arena, store, &state));
		return err_set(ERR_LOCKED,
			"root %s: process %d makes better images already (see 'weld improve "
			"--status')",
			store_root(store), (int)state.pid);
	}
	ret = improve_all(request, is_idle);
	improve_report(fd, ret < 0 ? err_message() : NULL);
	return ret;
}

static int
count_worse(struct request *request, size_t *ret_count)
{
	struct state state AUTO(state_close) = { 0 };

	TRY(state_open(request, 0, "", &state));
	*ret_count = tier_count_worse(&state.current);
	return 0;
}

int
method_improve(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	bool is_idle = request_flag(request, "idle");
	size_t left = 1;

	TRY(state_open(request, 0, "", &state));
	if (request_flag(request, "background")) {
		TRY(improve_start(request->arena, request->root));
		return 0;
	}
	for (int round = 0; left > 0 && round < 2; round++) {
		TRY(work(request, state.store, is_idle));
		TRY(count_worse(request, &left));
	}
	if (json_object_get(request->reply, "generation") == NULL)
		json_object_set_new(request->reply, "nothing", json_true());
	return 0;
}

int
method_improve_status(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct improve_state improver;
	json_t *worse = json_array();

	json_object_set_new(request->reply, "worse", worse);
	TRY(state_open(request, 0, "", &state));
	TRY(improve_ask(request->arena, state.store, &improver));
	json_object_set_new(request->reply, "pid", json_integer(improver.pid));
	json_object_set_new(request->reply, "failure", json_string(improver.failure));
	tier_list_worse(&state.current, worse);
	return 0;
}

int
method_improve_stop(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	int ret;

	TRY(state_open(request, 0, "", &state));
	ret = improve_stop(state.store);
	TRY(ret);
	json_object_set_new(request->reply, "stopped", json_boolean(ret > 0));
	return 0;
}
