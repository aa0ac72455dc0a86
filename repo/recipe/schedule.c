/* SPDX-License-Identifier: MIT */
/*
 * Children tell their outcome through a pipe, in one short write: an end without
 * one means that the child was killed.
 */
#include "repo/recipe/schedule.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum state { WAITING, RUNNING, FINISHED };

struct outcome { /* shorter than PIPE_BUF */
	int code; /* 0, or why it failed */
	bool is_new;
	char message[2048];
};

struct child {
	enum state state;
	pid_t pid;
	int pipe; /* its end to read from */
};

struct schedule {
	const struct plan *plan;
	struct child *children; /* one for each recipe of plan->all */
	unsigned running;
	int (*build)(void *data, size_t index, bool *ret_is_new);
	void *data;
	bool *is_new;
	struct outcome failure; /* the first */
};

/* Whether everything that a recipe requires, and that is in the plan, is finished. */
static bool
is_ready(struct arena *arena, const struct schedule *schedule, size_t index)
{
	size_t *needs;
	size_t count = plan_needs(arena, schedule->plan, index, &needs);

	for (size_t i = 0; i < count; i++)
		if (schedule->children[needs[i]].state != FINISHED)
			return false;
	return true;
}

_Noreturn static void
run_child(const struct schedule *schedule, size_t index, int fd)
{
	struct outcome outcome = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	outcome.code = schedule->build(schedule->data, index, &outcome.is_new);
	if (outcome.code < 0)
		snprintf(outcome.message, sizeof outcome.message, "%s", err_message());
	fflush(NULL);
	_exit(write(fd, &outcome, sizeof outcome) == sizeof outcome ? 0 : 1);
}

static int
start(struct schedule *schedule, size_t index)
{
	struct child *child = &schedule->children[index];
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno("pipe");
	/* What waits in a buffer would be printed by both. */
	fflush(NULL);
	child->pid = fork();
	if (child->pid == 0)
		run_child(schedule, index, ends[1]);
	close(ends[1]);
	if (child->pid < 0) {
		close(ends[0]);
		return err_errno("fork");
	}
	child->pipe = ends[0];
	child->state = RUNNING;
	schedule->running++;
	return 0;
}

static void
finish(struct schedule *schedule, size_t index)
{
	struct child *child = &schedule->children[index];
	struct outcome outcome = { 0 };

	if (read(child->pipe, &outcome, sizeof outcome) != sizeof outcome) {
		outcome.code = ERR_BUILD;
		snprintf(outcome.message, sizeof outcome.message, "%s: its build was killed",
			schedule->plan->all.at[index].recipe.name);
	}
	close(child->pipe);
	child->state = FINISHED;
	schedule->running--;
	schedule->is_new[index] = outcome.is_new;
	if (outcome.code < 0 && schedule->failure.code == 0)
		schedule->failure = outcome;
}

static int
wait_for_one(struct schedule *schedule)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, 0);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return err_errno("wait for a build");
	for (size_t i = 0; i < schedule->plan->all.len; i++)
		if (schedule->children[i].state == RUNNING && schedule->children[i].pid == pid)
			finish(schedule, i);
	return 0;
}

/* Start what may start; false when nothing runs and nothing is left. */
static int
start_some(struct arena *arena, struct schedule *schedule, unsigned at_once)
{
	VEC_EACH (size_t, index, &schedule->plan->order) {
		if (schedule->running >= at_once || schedule->failure.code != 0)
			break;
		if (schedule->children[*index].state == WAITING &&
			is_ready(arena, schedule, *index))
			TRY(start(schedule, *index));
	}
	return 0;
}

int
schedule_run(struct arena *arena, const struct plan *plan, unsigned at_once,
	int (*build)(void *data, size_t index, bool *ret_is_new), void *data, bool *is_new)
{
	struct schedule schedule = {
		.plan = plan,
		.children = arena_array(arena, plan->all.len + 1, sizeof(struct child)),
		.build = build,
		.data = data,
		.is_new = is_new,
	};

	if (at_once <= 1 || plan->order.len == 1) {
		VEC_EACH (size_t, index, &plan->order)
			TRY(build(data, *index, &is_new[*index]));
		return 0;
	}
	TRY(start_some(arena, &schedule, at_once));
	while (schedule.running > 0) {
		TRY(wait_for_one(&schedule));
		TRY(start_some(arena, &schedule, at_once));
	}
	if (schedule.failure.code < 0)
		return err_set(schedule.failure.code, "%s", schedule.failure.message);
	return 0;
}
