/* SPDX-License-Identifier: MIT */
/*
 * solve: runs the cases of tests/resolve/NAME.t, and compares our order of versions with libsolv's.
 *
 * A case:
 *     installed NAME-VERSION-RELEASE [manual] [held] [requires A, B] [provides ...] ...
 *     available NAME-VERSION-RELEASE [file] [from REPO [PRIORITY]] [only-for ARCH] [requires ...] ...
 *     job install|file|remove|upgrade|autoremove|reinstall [WHAT]
 *     may remove|downgrade|change-held
 *     expect LINE        (each step but kept ones; or "problem: ...", "error: ...", "nothing")
 * Lists end with ";".
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "base/vec.h"
#include "repo/relation.h"
#include "repo/solve.h"
#include "repo/solve/solution.h"
#include "repo/version.h"
#include "tests/lib/tap.h"

#include <inttypes.h>
#include <solv/evr.h>
#include <solv/pool.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	struct arena *arena;
	VEC(struct solve_package) installed;
	VEC(struct solve_package) available;
	VEC(struct solve_job) jobs;
	VEC(char *) files; /* one a job: the label of its file, or NULL */
	unsigned flags;
	struct strbuf expected;
};

static char *
next_word(struct test_case *it, struct str *rest)
{
	struct str word = { 0 };

	while (rest->len > 0 && word.len == 0)
		str_cut(rest, ' ', &word);
	return word.len == 0 ? NULL : str_copy(it->arena, word);
}

/* Read "A, B >= 1;". */
static void
read_relations(struct test_case *it, struct str *rest, const char *const **ret_texts,
	size_t *ret_count)
{
	VEC(const char *) texts = { 0 };
	struct str list = { 0 };
	struct str text;

	str_cut(rest, ';', &list);
	while (str_cut(&list, ',', &text)) {
		while (text.len > 0 && text.at[0] == ' ') {
			text.at++;
			text.len--;
		}
		vec_push(it->arena, &texts, str_copy(it->arena, text));
	}
	*ret_texts = texts.at;
	*ret_count = texts.len;
}

static struct solve_package
read_package(struct test_case *it, struct str rest)
{
	struct solve_package package = { .repository = "base" };
	char *name;
	char *version;
	char *word = next_word(it, &rest);

	if (relation_parse_file_name(it->arena, word, &name, &version, &package.release) < 0)
		tap_bail("%s", err_message());
	package.name = name;
	package.version = version;
	while ((word = next_word(it, &rest)) != NULL) {
		if (strcmp(word, "manual") == 0)
			package.is_manual = true;
		else if (strcmp(word, "held") == 0)
			package.is_held = true;
		else if (strcmp(word, "file") == 0)
			package.is_file = true;
		else if (strcmp(word, "from") == 0)
			package.repository = next_word(it, &rest);
		else if (strcmp(word, "priority") == 0)
			package.priority = (int)strtol(next_word(it, &rest), NULL, 10);
		else if (strcmp(word, "only-for") == 0)
			package.only_for = next_word(it, &rest);
		else if (strcmp(word, "requires") == 0)
			read_relations(it, &rest, &package.requires, &package.require_count);
		else if (strcmp(word, "provides") == 0)
			read_relations(it, &rest, &package.provides, &package.provide_count);
		else if (strcmp(word, "conflicts") == 0)
			read_relations(it, &rest, &package.conflicts, &package.conflict_count);
		else if (strcmp(word, "replaces") == 0)
			read_relations(it, &rest, &package.replaces, &package.replace_count);
		else
			tap_bail("unknown word %s", word);
	}
	return package;
}

static void
read_job(struct test_case *it, struct str rest)
{
	static const char *const verbs[] = {
		[SOLVE_INSTALL] = "install",
		[SOLVE_INSTALL_FILE] = "file",
		[SOLVE_REMOVE] = "remove",
		[SOLVE_UPGRADE] = "upgrade",
		[SOLVE_AUTOREMOVE] = "autoremove",
		[SOLVE_REINSTALL] = "reinstall",
	};
	char *word = next_word(it, &rest);
	char *what = rest.len == 0 ? NULL : str_copy(it->arena, rest);

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(verbs[i], word) == 0) {
			vec_push(it->arena, &it->jobs,
				(struct solve_job){ .verb = (enum solve_verb)i, .what = what });
			vec_push(it->arena, &it->files, i == SOLVE_INSTALL_FILE ? what : NULL);
			return;
		}
	tap_bail("unknown job %s", word);
}

static void
read_line(struct test_case *it, struct str line)
{
	char *word = next_word(it, &line);

	if (word == NULL || word[0] == '#')
		return;
	if (strcmp(word, "installed") == 0)
		vec_push(it->arena, &it->installed, read_package(it, line));
	else if (strcmp(word, "available") == 0)
		vec_push(it->arena, &it->available, read_package(it, line));
	else if (strcmp(word, "job") == 0)
		read_job(it, line);
	else if (strcmp(word, "may") == 0 && str_is(line, "remove"))
		it->flags |= SOLVE_MAY_REMOVE;
	else if (strcmp(word, "may") == 0 && str_is(line, "downgrade"))
		it->flags |= SOLVE_MAY_DOWNGRADE;
	else if (strcmp(word, "may") == 0 && str_is(line, "change-held"))
		it->flags |= SOLVE_MAY_CHANGE_HELD;
	else if (strcmp(word, "expect") == 0)
		strbuf_printf(&it->expected, STR_FMT "\n", STR_ARG(line));
	else
		tap_bail("unknown line %s " STR_FMT, word, STR_ARG(line));
}

static void
print_steps(struct test_case *it, const struct solve_result *result, struct strbuf *text)
{
	static const char *const actions[] = {
		[SOLVE_NEW] = "new",
		[SOLVE_UPGRADED] = "upgraded",
		[SOLVE_DOWNGRADED] = "downgraded",
		[SOLVE_REINSTALLED] = "reinstalled",
		[SOLVE_REMOVED] = "removed",
	};

	if (!result->has_changes)
		strbuf_add_string(text, "nothing\n");
	for (size_t i = 0; i < result->step_count; i++) {
		const struct solve_step *step = &result->steps[i];

		if (step->action == SOLVE_KEPT && step->is_manual == step->old->is_manual)
			continue;
		strbuf_printf(text, "%s %s%s%s: %s\n",
			step->action == SOLVE_KEPT ? "marked" : actions[step->action],
			solve_label(it->arena, step->package), step->is_manual ? " manual" : "",
			step->package->is_file ? " file" : "", step->reason);
	}
	for (size_t i = 0; i < result->unneeded_count; i++)
		strbuf_printf(
			text, "unneeded %s\n", solve_label(it->arena, result->unneeded[i]));
	for (size_t i = 0; i < result->kept_back_count; i++)
		strbuf_printf(
			text, "kept back %s\n", solve_label(it->arena, result->kept_back[i]));
}

static void
run(struct test_case *it, struct strbuf *text)
{
	struct solve_request request = { .flags = it->flags };
	struct solve_result result;
	struct solve_problems problems = { 0 };
	int ret;

	for (size_t i = 0; i < it->jobs.len; i++)
		for (size_t j = 0; it->files.at[i] != NULL && j < it->available.len; j++)
			if (it->available.at[j].is_file &&
				strcmp(solve_label(it->arena, &it->available.at[j]),
					it->files.at[i]) == 0)
				it->jobs.at[i].file = &it->available.at[j];
	request.installed = it->installed.at;
	request.installed_count = it->installed.len;
	request.available = it->available.at;
	request.available_count = it->available.len;
	request.jobs = it->jobs.at;
	request.job_count = it->jobs.len;
	ret = solve_run(it->arena, &request, &result, &problems);
	if (ret >= 0)
		print_steps(it, &result, text);
	for (size_t i = 0; i < problems.count; i++)
		strbuf_printf(text, "problem: %s\n", problems.texts[i]);
	if (ret < 0 && problems.count == 0)
		strbuf_printf(text, "error: %s\n", err_message());
}

static void
reverse(struct test_case *it)
{
	for (size_t i = 0; i < it->available.len / 2; i++) {
		struct solve_package swap = it->available.at[i];

		it->available.at[i] = it->available.at[it->available.len - 1 - i];
		it->available.at[it->available.len - 1 - i] = swap;
	}
}

static void
test_file(const char *directory, const char *name)
{
	struct test_case it = { .arena = arena_new() };
	struct strbuf got AUTO(strbuf_free) = { 0 };
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct str contents;
	struct str line;

	if (file_read(it.arena, AT_FDCWD, arena_printf(it.arena, "%s/%s", directory, name),
		    1 << 20, &contents) < 0)
		tap_bail("%s", err_message());
	while (str_cut(&contents, '\n', &line))
		read_line(&it, line);
	run(&it, &got);
	if (!tap_is_string(strbuf_string(&got), strbuf_string(&it.expected), "%s", name))
		tap_note("%s", strbuf_string(&got));
	reverse(&it);
	run(&it, &again);
	tap_is_string(strbuf_string(&again), strbuf_string(&got), "%s: in another order", name);
	strbuf_free(&it.expected);
	arena_free(&it.arena);
}

/* What a resolver may answer, and what the check says of it. */
static int
check_answer(struct arena *arena, const struct solve_request *request,
	const struct solve_package **packages, size_t count)
{
	struct resolving it = { .arena = arena, .request = request };

	if (jobs_read_packages(&it) < 0 || jobs_read(&it) < 0)
		tap_bail("%s", err_message());
	it.solution = (struct solution){ packages, count };
	index_solution(&it);
	return solution_check(&it);
}

static void
test_wrong_answers(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	static const char *const needs[] = { "lib >= 2" };
	static const char *const enemies[] = { "lib" };
	static const char *const likes[] = { "app" };
	const struct solve_package available[] = {
		{ .name = "app",
			.version = "1",
			.release = 1,
			.requires = needs,
			.require_count = 1,
			.repository = "r" },
		{ .name = "enemy",
			.version = "1",
			.release = 1,
			.conflicts = enemies,
			.conflict_count = 1,
			.repository = "r" },
		{ .name = "lib", .version = "1", .release = 1, .repository = "r" },
		{ .name = "lib", .version = "2", .release = 1, .repository = "r" },
		{ .name = "like",
			.version = "1",
			.release = 1,
			.provides = likes,
			.provide_count = 1,
			.repository = "r" },
	};
	const struct solve_package installed[] = {
		{ .name = "old", .version = "1", .release = 1, .is_manual = true }
	};
	const struct solve_job job = { .verb = SOLVE_INSTALL, .what = "app" };
	const struct solve_request request = { .installed = installed,
		.installed_count = 1,
		.available = available,
		.available_count = 5,
		.jobs = &job,
		.job_count = 1 };
	const struct solve_package *app = &available[0], *enemy = &available[1],
				   *lib1 = &available[2], *lib2 = &available[3],
				   *like = &available[4], *old = &installed[0];
	const struct {
		const char *what;
		const struct solve_package *packages[4];
		size_t count;
		int code;
	} rows[] = {
		{ "the right answer is taken", { app, lib2, old }, 3, 0 },
		{ "a need that nobody meets", { app, old }, 2, ERR_UNRESOLVABLE },
		{ "a version that is too old", { app, lib1, old }, 3, ERR_UNRESOLVABLE },
		{ "a conflict", { app, enemy, lib2, old }, 4, ERR_UNRESOLVABLE },
		{ "a package twice", { app, lib1, lib2, old }, 4, ERR_UNRESOLVABLE },
		{ "nothing of what was asked for", { old }, 1, ERR_UNRESOLVABLE },
		{ "another package that says it is", { like, old }, 2, ERR_UNRESOLVABLE },
		{ "a removal that nobody asked for", { app, lib2 }, 2, ERR_UNRESOLVABLE },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct solve_package *packages[4];

		memcpy(packages, rows[i].packages, sizeof packages);
		tap_is_number(check_answer(arena, &request, packages, rows[i].count),
			rows[i].code, "bug class 23: the resolver's answer: %s", rows[i].what);
	}
}

static int
sign(int number)
{
	return (number > 0) - (number < 0);
}

/* Whether we and libsolv say the same of two versions, and of "= a" against "OPERATORS b". */
static bool
is_in_order(Pool *pool, const char *a, const char *b, unsigned operators)
{
	struct relation provided = { .name = "x", .operators = RELATION_EQUAL, .version = a };
	struct relation wanted = { .name = "x", .operators = operators, .version = b };

	return sign(version_compare(a, b)) ==
		       sign(pool_evrcmp_str(pool, a, b, EVRCMP_COMPARE)) &&
	       sign(version_compare_loosely(a, b)) ==
		       sign(pool_evrcmp_str(pool, a, b, EVRCMP_MATCH)) &&
	       version_meets(&provided, &wanted) ==
		       (pool_intersect_evrs(pool, REL_EQ, pool_str2id(pool, a, 1),
				(int)operators, pool_str2id(pool, b, 1)) != 0);
}

static void
test_versions(void)
{
	static const struct {
		const char *a;
		const char *b;
		int order;
		int loose;
	} rows[] = {
		{ "1.0-1", "1.0-1", 0, 0 },
		{ "1.0-1", "1.0-2", -1, -1 },
		{ "1.0", "1.0-2", -1, 0 },
		{ "1.10-1", "1.9-1", 1, 1 },
		{ "1.0~rc1-1", "1.0-1", -1, -1 },
		{ "1.0.1-1", "1.0-9", 1, 1 },
		{ "1.0a-1", "1.0-1", 1, 1 },
		{ "1.0a-1", "1.0.1-1", -1, -1 },
		{ "1.001-1", "1.1-1", 0, 0 },
		{ "2.1+deb12u2-1", "2.1+deb12u10-1", -1, -1 },
		{ "20240101-1", "9-1", 1, 1 },
	};
	static const char letters[] = "0019ab.~+_";
	Pool *pool = pool_create();
	unsigned random = 1;
	size_t wrong = 0;

	pool_setdisttype(pool, DISTTYPE_RPM);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tap_is_number(sign(version_compare(rows[i].a, rows[i].b)), rows[i].order,
			"%s against %s", rows[i].a, rows[i].b);
		tap_is_number(sign(version_compare_loosely(rows[i].a, rows[i].b)),
			rows[i].loose, "%s against %s, loosely", rows[i].a, rows[i].b);
	}
	for (int i = 0; i < 100000; i++) {
		char text[2][16] = { "", "" };

		for (int j = 0; j < 2; j++) {
			size_t length;

			random = random * 1103515245u + 12345u;
			length = 1 + (random >> 16) % 6;
			for (size_t k = 0; k < length; k++) {
				random = random * 1103515245u + 12345u;
				text[j][k] = letters[(random >> 16) % (sizeof letters - 1)];
			}
			if ((random >> 8) % 2 == 0) {
				text[j][length] = '-';
				text[j][length + 1] = (char)('1' + (random >> 20) % 3);
			}
		}
		if (is_in_order(pool, text[0], text[1], 1 + (unsigned)i % 6))
			continue;
		if (wrong++ < 5)
			tap_note("%s against %s", text[0], text[1]);
	}
	tap_is_number((long long)wrong, 0, "our versions are libsolv's");
	pool_free(pool);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	test_wrong_answers();
	test_versions();
	if (file_open_dir(AT_FDCWD, RESOLVE_CASES, &dir) < 0 ||
		file_list(arena, dir, &names, &count) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < count; i++)
		if (str_has_suffix(names[i], ".t"))
			test_file(RESOLVE_CASES, names[i]);
	return tap_done();
}
