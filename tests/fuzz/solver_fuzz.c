/* SPDX-License-Identifier: MIT */
/*
 * What weld and weld-solve hand each other, as its reader sees it: what is taken is written back byte for
 * byte. An answer is to a question that is always the same; what comes of it is checked or explained.
 */
#include "repo/solve/ask.h"
#include "tests/fuzz/fuzz.h"

static void
read_question(struct arena *arena, struct str input)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct question question;

	if (question_read(arena, input, &question) < 0)
		return;
	if (question_write(&question, &again) < 0 || !str_equal(strbuf_str(&again), input))
		abort();
}

static void
read_answer(struct arena *arena, struct str input)
{
	static const char *const needs[] = { "lib >= 2", "lib:z" };
	static const char *const enemies[] = { "enemy" };
	static const struct solve_package installed[] = {
		{ .name = "held", .version = "1", .release = 1, .is_held = true },
		{ .name = "old", .version = "1", .release = 1, .is_manual = true },
	};
	static const struct solve_package available[] = {
		{ .name = "app",
			.version = "1",
			.release = 1,
			.requires = needs,
			.require_count = 2,
			.conflicts = enemies,
			.conflict_count = 1,
			.repository = "r" },
		{ .name = "enemy",
			.version = "1",
			.release = 1,
			.provides = &needs[1],
			.provide_count = 1,
			.repository = "r" },
		{ .name = "lib", .version = "1", .release = 1, .repository = "r" },
		{ .name = "lib", .version = "2", .release = 1, .repository = "r" },
	};
	static const struct solve_job jobs[] = {
		{ .verb = SOLVE_INSTALL, .what = "app" },
		{ .verb = SOLVE_REMOVE, .what = "old" },
	};
	const struct solve_request request = { .installed = installed,
		.installed_count = 2,
		.available = available,
		.available_count = 4,
		.jobs = jobs,
		.job_count = 2 };
	struct resolving it = { .arena = arena, .request = &request };
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct asking asking;
	struct answer answer;

	if (jobs_read_packages(&it) < 0 || jobs_read(&it) < 0 || ask_prepare(&it, &asking) < 0)
		abort();
	if (answer_read(arena, &asking.question, input, &answer) < 0)
		return;
	answer_write(&answer, &again);
	if (!str_equal(strbuf_str(&again), input))
		abort();
	if (ask_take(&asking, input) < 0) {
		if (it.problems.count != answer.problem_count)
			abort();
		return;
	}
	index_solution(&it);
	(void)solution_check(&it);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str kind, rest;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	if (str_is(kind, "question"))
		read_question(arena, rest);
	if (str_is(kind, "answer"))
		read_answer(arena, rest);
	return 0;
}
