/* SPDX-License-Identifier: MIT */
/*
 * From wishes to the new state, by way of weld-solve. Packages have numbers in one order (name, version,
 * repository) whatever order they came in, so that the answer only depends on what they are. What cannot be
 * chosen has none: packages for other machines, and local files that no job names.
 *
 * The answer is only read here. Whether the state that it names is a right one says solution_check().
 */
#include "repo/solve/ask.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/program.h"
#include "base/worker.h"
#include "repo/version.h"

#include <stdlib.h>
#include <string.h>

#define REMEDY                                                                   \
	"nothing has changed; a repository that it cannot bear can be left out " \
	"with 'weld repo disable'"

static int
compare_packages(const void *a, const void *b)
{
	const struct solve_package *left = *(const struct solve_package *const *)a;
	const struct solve_package *right = *(const struct solve_package *const *)b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = version_compare(left->version, right->version);
	if (order == 0)
		order = strcmp(left->version, right->version);
	if (order == 0)
		order = (left->release > right->release) - (left->release < right->release);
	if (order == 0)
		order = left->is_file - right->is_file;
	return order != 0 ? order : strcmp(left->repository, right->repository);
}

static bool
can_be_chosen(const struct resolving *it, const struct solve_package *package)
{
	if (package->only_for != NULL)
		return false;
	return !package->is_file || resolving_is_asked(it, SOLVE_INSTALL_FILE, package);
}

/* Number the packages: installed ones, then what can be chosen. */
static void
number_packages(struct asking *asking)
{
	const struct resolving *it = asking->it;
	const struct solve_request *request = it->request;
	const struct solve_package **packages = arena_array(it->arena,
		request->installed_count + request->available_count + 1, sizeof *packages);
	size_t count = request->installed_count;

	for (size_t i = 0; i < count; i++)
		packages[i] = &request->installed[i];
	qsort(packages, count, sizeof *packages, compare_packages);
	for (size_t i = 0; i < request->available_count; i++)
		if (can_be_chosen(it, &request->available[i]))
			packages[count++] = &request->available[i];
	qsort(packages + request->installed_count, count - request->installed_count,
		sizeof *packages, compare_packages);

	asking->numbers =
		arena_array(it->arena, request->available_count, sizeof *asking->numbers);
	for (size_t i = 0; i < request->available_count; i++)
		asking->numbers[i] = SOLVE_NONE;
	for (size_t i = request->installed_count; i < count; i++)
		asking->numbers[packages[i] - request->available] = (uint32_t)i;
	asking->packages = packages;
	asking->question.installed_count = request->installed_count;
	asking->question.package_count = count;
}

static void
describe_packages(struct asking *asking)
{
	struct question *question = &asking->question;

	question->packages = arena_array(
		asking->it->arena, question->package_count, sizeof *question->packages);
	for (size_t i = 0; i < question->package_count; i++) {
		const struct solve_package *package = asking->packages[i];
		const struct relations *relations = resolving_relations(asking->it, package);

		question->packages[i] = (struct question_package){
			.priority = package->priority,
			.lists = { relations->provides, relations->requires,
				relations->conflicts, relations->replaces },
			.counts = { relations->provide_count, package->require_count,
				package->conflict_count, package->replace_count },
		};
	}
}

/* The available package that is the same as the installed one. */
static uint32_t
find_again(const struct asking *asking, const struct solve_package *installed)
{
	const struct question *question = &asking->question;

	for (size_t i = question->installed_count; i < question->package_count; i++) {
		const struct solve_package *package = asking->packages[i];

		if (strcmp(package->name, installed->name) == 0 &&
			strcmp(package->version, installed->version) == 0 &&
			package->release == installed->release && !package->is_file)
			return (uint32_t)i;
	}
	return SOLVE_NONE;
}

static int
describe_reinstall(
	const struct asking *asking, const struct wish *wish, struct question_job *job)
{
	const struct solve_package *installed =
		resolving_installed(asking->it, wish->relation.name);

	job->verb = QUESTION_REINSTALL;
	job->package = find_again(asking, installed);
	if (job->package == SOLVE_NONE)
		return err_set(ERR_NOT_FOUND, "%s: no repository has this version any more",
			solve_label(asking->it->arena, installed));
	return 0;
}

static int
describe_wish(const struct asking *asking, const struct wish *wish, struct question_job *job)
{
	*job = (struct question_job){ .relation = wish->relation };
	switch (wish->job->verb) {
	case SOLVE_INSTALL:
		job->verb = wish->is_provided ? QUESTION_INSTALL_PROVIDER : QUESTION_INSTALL;
		return 0;
	case SOLVE_INSTALL_FILE:
		job->verb = QUESTION_INSTALL_PACKAGE;
		job->package =
			asking->numbers[wish->job->file - asking->it->request->available];
		return 0;
	case SOLVE_REMOVE:
		job->verb = QUESTION_REMOVE;
		return 0;
	case SOLVE_UPGRADE:
		job->verb =
			wish->relation.name == NULL ? QUESTION_UPGRADE_ALL : QUESTION_UPGRADE;
		return 0;
	case SOLVE_REINSTALL:
		return describe_reinstall(asking, wish, job);
	default:
		return err_set(ERR_USAGE, "unknown job");
	}
}

static int
describe_jobs(struct asking *asking)
{
	const struct solve_request *request = asking->it->request;
	struct question *question = &asking->question;

	question->jobs = arena_array(asking->it->arena,
		request->job_count + request->installed_count, sizeof *question->jobs);
	for (size_t i = 0; i < request->job_count; i++)
		if (request->jobs[i].verb != SOLVE_AUTOREMOVE)
			TRY(describe_wish(asking, &asking->it->wishes[i],
				&question->jobs[question->job_count++]));
	if ((request->flags & SOLVE_MAY_CHANGE_HELD) != 0)
		return 0;
	for (size_t i = 0; i < question->installed_count; i++)
		if (asking->packages[i]->is_held)
			question->jobs[question->job_count++] =
				(struct question_job){ .verb = QUESTION_HOLD,
					.package = (uint32_t)i };
	return 0;
}

static int
write_question(const struct question *question, int fd)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	TRY(question_write(question, &bytes));
	TRY(file_write_fd(fd, bytes.at, bytes.len));
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
		0)
		return err_errno("seal question");
	return 0;
}

static int
run_worker(struct arena *arena, unsigned timeout_ms, int question, int answer)
{
	const int fds[] = { question, answer };
	const char *const arguments[] = { arena_printf(arena, "%d", question),
		arena_printf(arena, "%d", answer), NULL };
	struct worker_job job = { .name = SOLVE_PROGRAM,
		.arguments = arguments,
		.fds = fds,
		.fd_count = 2,
		.timeout_ms = timeout_ms != 0 ? timeout_ms : SOLVE_TIMEOUT_MS,
		.no_memory = "than 1 GB of memory (" REMEDY ")",
		.remedy = REMEDY };
	struct worker worker = { 0 };
	char *program;

	if (program_find(arena, SOLVE_PROGRAM, &program) < 0)
		return err_set(ERR_WORKER, "%s", err_message());
	job.program = program;
	TRY(worker_start(&job, &worker));
	return worker_finish(&worker);
}

static int
compare_names(const void *a, const void *b)
{
	const struct solve_package *left = *(const struct solve_package *const *)a;
	const struct solve_package *right = *(const struct solve_package *const *)b;

	return strcmp(left->name, right->name);
}

static void
take_state(const struct asking *asking, const struct answer *answer)
{
	struct solution *solution = &asking->it->solution;

	solution->count = answer->package_count;
	solution->packages = arena_array(
		asking->it->arena, answer->package_count + 1, sizeof *solution->packages);
	for (size_t i = 0; i < answer->package_count; i++)
		solution->packages[i] = asking->packages[answer->packages[i]];
	qsort(solution->packages, solution->count, sizeof *solution->packages, compare_names);
}

/* Without jobs, what is installed stays as it is: there is nothing to search for. */
static void
keep_state(struct resolving *it)
{
	struct solution *solution = &it->solution;

	solution->count = it->request->installed_count;
	solution->packages =
		arena_array(it->arena, solution->count + 1, sizeof *solution->packages);
	for (size_t i = 0; i < solution->count; i++)
		solution->packages[i] = &it->request->installed[i];
	qsort(solution->packages, solution->count, sizeof *solution->packages, compare_names);
}

static bool
has_jobs(const struct solve_request *request)
{
	for (size_t i = 0; i < request->job_count; i++)
		if (request->jobs[i].verb != SOLVE_AUTOREMOVE)
			return true;
	return false;
}

int
ask_prepare(struct resolving *it, struct asking *ret_asking)
{
	struct asking asking = { .it = it };

	if ((it->request->flags & SOLVE_MAY_REMOVE) != 0)
		asking.question.flags |= QUESTION_MAY_REMOVE;
	if ((it->request->flags & SOLVE_MAY_DOWNGRADE) != 0)
		asking.question.flags |= QUESTION_MAY_DOWNGRADE;
	number_packages(&asking);
	describe_packages(&asking);
	TRY(describe_jobs(&asking));
	*ret_asking = asking;
	return 0;
}

int
ask_take(const struct asking *asking, struct str bytes)
{
	struct answer answer;

	if (answer_read(asking->it->arena, &asking->question, bytes, &answer) < 0)
		return err_set(ERR_WORKER,
			SOLVE_PROGRAM ": its answer is refused: %s (" REMEDY ")",
			arena_string(asking->it->arena, err_message()));
	if (answer.problem_count == 0) {
		take_state(asking, &answer);
		return 0;
	}
	ask_explain(asking, &answer);
	return err_set(ERR_UNRESOLVABLE, "%s", asking->it->problems.texts[0]);
}

int
ask_solver(struct resolving *it)
{
	struct asking asking;
	int question AUTO(file_close) = -1;
	int answer AUTO(file_close) = -1;
	struct str bytes;

	if (!has_jobs(it->request)) {
		keep_state(it);
		return 0;
	}
	TRY(ask_prepare(it, &asking));
	TRY(file_memory("question", &question));
	TRY(file_memory("answer", &answer));
	TRY(err_context(write_question(&asking.question, question), SOLVE_PROGRAM));
	TRY(run_worker(it->arena, it->request->timeout_ms, question, answer));
	TRY(err_context(file_read_fd(it->arena, answer, SOLVE_ANSWER_MAX, &bytes),
		SOLVE_PROGRAM ": its answer"));
	return ask_take(&asking, bytes);
}
