/* SPDX-License-Identifier: MIT */
/*
 * What becomes of weld when packages have taken over who solves: nothing, or an answer that is refused. The
 * worker is the real one, but for the code that searches (tests/hostile/solve.c). And what has nothing to search
 * for needs no worker.
 */
#include "repo/solve.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "kernel-iface/sandbox.h"
#include "repo/solve/worker/protocol.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

/* Install "z-NAME", which needs a lib that is new enough, into a root that has one package. */
static int
ask(struct arena *arena, const char *name, unsigned timeout_ms, struct solve_result *ret_result)
{
	static const char *const needs[] = { "lib >= 2" };
	const struct solve_package installed[] = {
		{ .name = "old", .version = "1", .release = 1, .is_manual = true }
	};
	const struct solve_package available[] = {
		{ .name = "lib", .version = "1", .release = 1, .repository = "r" },
		{ .name = "lib", .version = "2", .release = 1, .repository = "r" },
		{ .name = arena_printf(arena, "z-%s", name),
			.version = "1",
			.release = 1,
			.requires = needs,
			.require_count = 1,
			.repository = "r" },
	};
	const struct solve_job job = { .verb = SOLVE_INSTALL, .what = available[2].name };
	const struct solve_request request = { .installed = installed,
		.installed_count = 1,
		.available = available,
		.available_count = 3,
		.jobs = &job,
		.job_count = 1,
		.timeout_ms = timeout_ms };

	return solve_run(arena, &request, ret_result, NULL);
}

static const struct {
	const char *name;
	int ret;
	const char *message; /* part of it */
} rows[] = {
	{ "open", ERR_WORKER, "weld-solve: open: held" },
	{ "create", ERR_WORKER, "weld-solve: create: held" },
	{ "connect", ERR_WORKER, "weld-solve: connect: held" },
	{ "fork", ERR_WORKER, "weld-solve: fork: held" },
	{ "run", ERR_WORKER, "weld-solve: run: held" },
	{ "signal", ERR_WORKER, "weld-solve: signal: held" },
	{ "trace", ERR_WORKER, "weld-solve: trace: held" },
	{ "memory", ERR_WORKER, "weld-solve: memory: held" },
	{ "change", ERR_WORKER, "weld-solve: change: held" },
	{ "die", ERR_WORKER,
		"weld-solve: the worker was ended by signal 11 (Segmentation fault) (nothing "
		"has "
		"changed; a repository that it cannot bear can be left out with 'weld repo "
		"disable')" },
	{ "hang", ERR_WORKER, "weld-solve: the worker took longer than 1 s (nothing has" },
	{ "forge", ERR_WORKER, "weld-solve: forge: no such attempt" },
	{ "silent", ERR_WORKER,
		"weld-solve: its answer is refused: not an answer (nothing has" },
	{ "garbage", ERR_WORKER, "weld-solve: its answer is refused: " },
	{ "short", ERR_WORKER, "weld-solve: its answer is refused: too many packages" },
	{ "many", ERR_WORKER, "weld-solve: its answer is refused: too many packages" },
	{ "troubles", ERR_WORKER, "weld-solve: its answer is refused: too many problems" },
	{ "clauses", ERR_WORKER, "weld-solve: its answer is refused: too many clauses" },
	{ "version", ERR_WORKER,
		"weld-solve: its answer is refused: an answer of another version" },
	{ "longer", ERR_WORKER, "weld-solve: its answer is refused: 1 bytes too many" },
	{ "endless", ERR_WORKER, "weld-solve: the worker was ended by signal 25" },
	{ "nowhere", ERR_WORKER,
		"weld-solve: its answer is refused: a package that was not offered" },
	{ "twice", ERR_WORKER, "weld-solve: its answer is refused: a package twice" },
	{ "backwards", ERR_WORKER,
		"weld-solve: its answer is refused: a package twice, or out of" },
	{ "versions", ERR_UNRESOLVABLE, "would be installed twice" },
	{ "lacking", ERR_UNRESOLVABLE, "z-lacking-1-1: lacks lib >= 2" },
	{ "unfit", ERR_UNRESOLVABLE, "z-unfit-1-1: lacks lib >= 2" },
	{ "ignored", ERR_UNRESOLVABLE, "z-ignored: not in the resolver's answer" },
	{ "removed", ERR_UNRESOLVABLE, "old-1-1: would be removed" },
	{ "nothing", ERR_UNRESOLVABLE, "old-1-1: would be removed" },
	{ "excuse", ERR_UNRESOLVABLE, "old-1-1 is installed and may not be removed" },
	{ "no-kind", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "no-source", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "no-target", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "far-target", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "no-relation", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "far-relation", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "far-conflict", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "no-job", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
	{ "far-job", ERR_WORKER, "weld-solve: its answer is refused: not a clause" },
};

static bool
is_sanitizers(const char *name)
{
	return SANDBOX_SANITIZED && (strcmp(name, "memory") == 0 || strcmp(name, "die") == 0);
}

static void
test_rows(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena *arena AUTO(arena_free) = arena_new();
		unsigned timeout_ms = strcmp(rows[i].name, "hang") == 0 ? 1000 : 0;
		struct solve_result result;

		if (is_sanitizers(rows[i].name)) {
			tap_skip("%s: the address sanitizer has its own way", rows[i].name);
			continue;
		}
		tap_is_number(ask(arena, rows[i].name, timeout_ms, &result), rows[i].ret,
			"bug class 23: %s", rows[i].name);
		tap_ok(strstr(err_message(), rows[i].message) != NULL, "%s: %s", rows[i].name,
			err_message());
	}
}

static void
test_right(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct solve_result result = { 0 };

	tap_is_number(ask(arena, "right", 0, &result), 0, "the right answer is taken");
	tap_is_number((long long)result.step_count, 3, "it names three packages");
}

static void
test_missing(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const struct solve_package installed[] = {
		{ .name = "b", .version = "1", .release = 1 },
		{ .name = "a", .version = "1", .release = 1, .is_manual = true },
	};
	const struct solve_job job = { .verb = SOLVE_AUTOREMOVE };
	struct solve_request request = { .installed = installed, .installed_count = 2 };
	struct solve_result result = { 0 };

	setenv("WELD_LIBEXEC", "/nonexistent", 1);
	tap_ok(ask(arena, "right", 0, &result) == ERR_WORKER, "without weld-solve: %s",
		err_message());
	tap_is_number(solve_run(arena, &request, &result, NULL), 0, "no job needs no worker");
	tap_ok(!result.has_changes && result.step_count == 2, "and keeps what there is");
	request.jobs = &job;
	request.job_count = 1;
	tap_is_number(solve_run(arena, &request, &result, NULL), 0, "nor does autoremove");
	tap_ok(result.step_count == 2 && result.steps[0].action == SOLVE_KEPT &&
			result.steps[1].action == SOLVE_REMOVED,
		"which removes what nothing needs");
}

/* What does not fit into a question is refused before anybody is asked. */
static void
test_limits(void)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	char name[300] = "";
	struct question_job job = { .verb = QUESTION_INSTALL, .relation = { .name = name } };
	struct question question = { .jobs = &job, .job_count = 1 };

	memset(name, 'a', 255);
	tap_is_number(question_write(&question, &bytes), 0, "a text of 255 bytes fits");
	memset(name, 'a', 256);
	tap_is_number(question_write(&question, &bytes), ERR_LIMIT, "one of 256 does not");
	question.job_count = SOLVE_PACKAGES_MAX + 1;
	tap_is_number(question_write(&question, &bytes), ERR_LIMIT, "nor do too many jobs");
	question.job_count = 0;
	question.package_count = SOLVE_PACKAGES_MAX + 1;
	tap_is_number(question_write(&question, &bytes), ERR_LIMIT, "nor too many packages");
}

int
main(void)
{
	setenv("WELD_LIBEXEC", HOSTILE, 1);
	test_rows();
	test_right();
	test_missing();
	test_limits();
	return tap_done();
}
