/* SPDX-License-Identifier: MIT */
/* Each method is a wish: jobs for the solver, or marks; transaction.c does the rest. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/transaction.h"
#include "store/config.h"

#include <string.h>

/* Open the root and run a wish made of one verb for each name. */
static int
run_jobs(struct request *request, enum solve_verb verb, unsigned state_flags,
	unsigned solve_flags)
{
	struct state state AUTO(state_close) = { 0 };
	struct plan_wish wish = { .solve_flags = solve_flags };
	struct plan_job *jobs;
	char **names;
	char **files;
	size_t name_count;
	size_t file_count;
	const char *arch;

	TRY(request_string(request, "command", &wish.command));
	TRY(request_string(request, "arch", &arch));
	TRY(request_strings(request, "names", &names, &name_count));
	TRY(request_strings(request, "files", &files, &file_count));
	TRY(state_open(request, state_flags, wish.command, &state));
	if (arch != NULL)
		TRY(state_choose_arch(&state, arch));
	jobs = arena_array(request->arena, name_count + file_count + 1, sizeof *jobs);
	for (size_t i = 0; i < name_count; i++)
		jobs[wish.job_count++] = (struct plan_job){ .verb = verb, .what = names[i] };
	for (size_t i = 0; i < file_count; i++) {
		int is_new = state_add_file(&state, files[i]);

		TRY(is_new);
		if (is_new > 0)
			jobs[wish.job_count++] = (struct plan_job){ .verb = SOLVE_INSTALL_FILE,
				.candidate = state.candidates.len - 1 };
	}
	if (wish.job_count == 0)
		jobs[wish.job_count++] = (struct plan_job){ .verb = verb };
	wish.jobs = jobs;
	return transaction_run(&state, &wish);
}

int
method_install(struct request *request)
{
	unsigned flags = request_flag(request, "may_downgrade") ? SOLVE_MAY_DOWNGRADE : 0;

	if (request_flag(request, "reinstall"))
		return run_jobs(request, SOLVE_REINSTALL,
			STATE_CREATE | STATE_WRITE | STATE_OFFERS, flags);
	return run_jobs(
		request, SOLVE_INSTALL, STATE_CREATE | STATE_WRITE | STATE_OFFERS, flags);
}

/* Forget the user's copies of configuration files that nothing installed owns any more. */
static int
purge_configuration(struct request *request, const struct generation *before)
{
	struct state state AUTO(state_close) = { 0 };

	TRY(state_open(request, STATE_WRITE, "weld purge", &state));
	for (size_t i = 0; i < before->package_count; i++) {
		const struct generation_package *package = &before->packages[i];
		const struct generation_file *files;
		size_t count;

		if (state_find_installed(&state, package->name) != NULL)
			continue;
		TRY(generation_files(request->arena, state.store, package, &files, &count));
		for (size_t k = 0; k < count; k++)
			if (files[k].is_config)
				TRY(config_forget(state.store, files[k].path));
	}
	return 0;
}

static int
remove_packages(struct request *request, unsigned flags)
{
	int ret = run_jobs(request, SOLVE_REMOVE, STATE_WRITE | STATE_TRUST, flags);

	if (ret != ERR_UNRESOLVABLE || flags != 0)
		return ret;
	return err_set(ERR_UNRESOLVABLE, "%s (--cascade removes what needs it, too)",
		arena_string(request->arena, err_message()));
}

int
method_remove(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	unsigned flags = request_flag(request, "may_remove") ? SOLVE_MAY_REMOVE : 0;

	if (!request_flag(request, "purge"))
		return remove_packages(request, flags);
	TRY(state_open(request, 0, "", &state));
	TRY(remove_packages(request, flags));
	return request->is_dry_run ? 0 : purge_configuration(request, &state.current);
}

int
method_autoremove(struct request *request)
{
	return run_jobs(request, SOLVE_AUTOREMOVE, STATE_WRITE | STATE_TRUST, 0);
}

int
method_upgrade(struct request *request)
{
	unsigned flags =
		request_flag(request, "full") ? SOLVE_MAY_REMOVE | SOLVE_MAY_DOWNGRADE : 0;

	return run_jobs(request, SOLVE_UPGRADE, STATE_WRITE | STATE_OFFERS, flags);
}

int
method_mark(struct request *request)
{
	static const struct {
		const char *name;
		enum plan_mark mark;
	} marks[] = { { "hold", PLAN_MARK_HOLD }, { "unhold", PLAN_MARK_UNHOLD },
		{ "manual", PLAN_MARK_MANUAL }, { "auto", PLAN_MARK_AUTO } };
	struct state state AUTO(state_close) = { 0 };
	struct plan_wish wish = { 0 };
	const char *mark;
	char **names;

	TRY(request_string(request, "command", &wish.command));
	TRY(json_get_string(request->parameters, "mark", &mark));
	TRY(request_strings(request, "names", &names, &wish.marked_count));
	wish.marked = names;
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (strcmp(mark, marks[i].name) == 0)
			wish.marks = marks[i].mark;
	if (wish.marks == 0)
		return err_set(ERR_USAGE, "%s: not one of auto, manual, hold, unhold", mark);
	TRY(state_open(request, STATE_WRITE, wish.command, &state));
	return transaction_run(&state, &wish);
}

int
method_relink(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct plan_wish wish = { .is_relink = true };

	TRY(request_string(request, "command", &wish.command));
	TRY(state_open(request, STATE_WRITE, wish.command, &state));
	wish.is_reseed = request_flag(request, "reseed");
	return transaction_run(&state, &wish);
}
