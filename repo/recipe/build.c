/* SPDX-License-Identifier: MIT */
/*
 * weld build: for each recipe of the plan, the steps from source to package.
 *
 * A finished build leaves a record; when that is there and so are its packages,
 * there is nothing to do. Recipes that do not need each other are built side by side.
 */
#include "repo/build.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"
#include "repo/package.h"
#include "repo/recipe/job.h"
#include "repo/recipe/licences.h"
#include "repo/recipe/plan.h"
#include "repo/recipe/record.h"
#include "repo/recipe/schedule.h"
#include "repo/recipe/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *
build_step_name(enum build_step step)
{
	static const char *const step_names[] = {
		[BUILD_FETCH] = "fetch",
		[BUILD_UNPACK] = "unpack",
		[BUILD_SYSROOT] = "sysroot",
		[BUILD_PREPARE] = "prepare",
		[BUILD_COMPILE] = "build",
		[BUILD_CHECK] = "check",
		[BUILD_INSTALL] = "install",
		[BUILD_PACK] = "pack",
		[BUILD_KEPT] = "up to date",
		[BUILD_FAILED] = "failed",
		[BUILD_WARNING] = "warning",
		[BUILD_DONE] = "done",
	};

	return step_names[step];
}

char *
job_path(const struct job *job, const char *name)
{
	return arena_printf(job->arena, "%s/%s", job->top, name);
}

static void
report(const struct build_options *options, const struct recipe *recipe, enum build_step step,
	double seconds, const char *text)
{
	struct build_event event = {
		.name = recipe->name,
		.version = recipe->version,
		.step = step,
		.seconds = seconds,
		.text = text,
	};

	if (options->report != NULL)
		options->report(options->data, &event);
}

void
job_report(const struct job *job, enum build_step step, const char *text)
{
	report(job->options, job->recipe, step, 0, text);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Run check, and see whether there was one and what it said. */
static int
run_check(struct job *job)
{
	struct str summary;

	if (job->check == MANIFEST_CHECK_NONE || job->is_debug)
		return 0;
	job_report(job, BUILD_CHECK, "");
	TRY(step_run(job, "check"));
	job->is_checked = !file_exists(AT_FDCWD, job_path(job, "unchecked"));
	if (file_read(job->arena, AT_FDCWD, job_path(job, "summary"), 4096, &summary) >= 0) {
		if (summary.len > 0 && summary.at[summary.len - 1] == '\n')
			summary.len--;
		job->check_summary = str_copy(job->arena, summary);
	}
	return 0;
}

static int
run_steps(struct job *job, char *const *inputs, size_t input_count, struct made *ret_made)
{
	job_report(job, BUILD_FETCH, "");
	TRY(source_fetch(job->arena, job->cache_dir, job->recipe, job->options->is_offline));
	job_report(job, BUILD_UNPACK, "");
	TRY(step_prepare(job));
	TRY(source_unpack(job->arena, job->cache_dir, job->recipe, job->top, &job->epoch));
	job_report(job, BUILD_SYSROOT, "");
	TRY(sysroot_make(job, (const char *const *)inputs, input_count));
	job_report(job, BUILD_PREPARE, "");
	TRY(step_run(job, "prepare"));
	job_report(job, BUILD_COMPILE, "");
	TRY(step_run(job, "build"));
	TRY(run_check(job));
	job_report(job, BUILD_INSTALL, "");
	TRY(step_run(job, "package"));
	job_report(job, BUILD_PACK, "");
	if (job->is_debug)
		return pack_debug(job, &ret_made->all.at, &ret_made->all.len);
	TRY(licences_collect(job));
	return pack_packages(job, &ret_made->all.at, &ret_made->all.len);
}

/* Whether upstream's makefiles can live with a path: most know nothing of blanks and quotes. */
static bool
is_plain_path(const char *path)
{
	for (; *path != '\0'; path++)
		if (!isalnum((unsigned char)*path) && strchr("/._+-@%,", *path) == NULL)
			return false;
	return true;
}

/* The directory for builds: in the cache, or elsewhere when its path is not plain. */
static int
find_builds(const struct job *job, const char **ret_path)
{
	const char *path = arena_printf(job->arena, "%s/build", job->cache_dir);
	struct stat info;

	if (is_plain_path(path)) {
		*ret_path = path;
		return file_make_dirs(AT_FDCWD, path, 0755);
	}
	path = arena_printf(job->arena, "/var/tmp/weld-build-%u", (unsigned)geteuid());
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_errno("%s: create", path);
	if (lstat(path, &info) < 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid())
		return err_set(ERR_IO, "%s: is not a directory of yours (move it away)", path);
	*ret_path = path;
	return 0;
}

/* The build directory's name: "@" means something to configure scripts and cmake files. */
static const char *
directory_name(const struct job *job)
{
	const struct recipe *recipe = job->recipe;

	return *recipe->series == '\0'
		       ? recipe->plain_name
		       : arena_printf(job->arena, "%s+%s", recipe->plain_name, recipe->series);
}

/* Choose a build directory and hold it against others who build the same. */
static int
make_top(struct job *job, int *ret_lock)
{
	const char *builds = NULL;
	const char *lock;
	int fd;

	TRY(find_builds(job, &builds));
	lock = arena_printf(job->arena, "%s/%s.lock", builds, directory_name(job));
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		file_close(&fd);
		return err_errno("%s: lock", lock);
	}
	*ret_lock = fd;
	job->top = arena_printf(job->arena, "%s/%s%s", builds, directory_name(job),
		job->is_debug ? "-debug" : "");
	return 0;
}

static int
empty_top(const struct job *job)
{
	TRY(file_remove_tree(AT_FDCWD, job->top));
	return file_make_dirs(AT_FDCWD, job->top, 0755);
}

/* Build one recipe unless it is up to date. */
static int
build_one(struct job *job, struct finished_packages *finished, bool *ret_is_new)
{
	double start = seconds_now();
	int lock AUTO(file_close) = -1;
	struct made made = { 0 };
	char **inputs;
	size_t input_count;
	int is_kept;

	TRY(plan_find_inputs(job->arena, finished, job->recipe, &inputs, &input_count));
	TRY(make_top(job, &lock));
	is_kept = record_check(job, inputs, input_count, &made);
	TRY(is_kept);
	*ret_is_new = is_kept == 0;
	if (!*ret_is_new) {
		job_report(job, BUILD_KEPT, "");
		return 0;
	}
	TRY(empty_top(job));
	TRY(err_context(run_steps(job, inputs, input_count, &made), "%s-%s", job->recipe->name,
		job->recipe->version));
	TRY(record_write(job, inputs, input_count, &made));
	if (!job->options->keep_build)
		TRY(file_remove_tree(AT_FDCWD, job->top));
	report(job->options, job->recipe, BUILD_DONE, seconds_now() - start,
		job->check_summary);
	return 0;
}

static unsigned
cpu_count(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? (unsigned)cpus : 1;
}

/* The absolute path of a directory, which is made. */
static int
absolute(struct arena *arena, const char *path, const char **ret_path)
{
	char *real;

	TRY(file_make_dirs(AT_FDCWD, path, 0755));
	real = realpath(path, NULL);
	if (real == NULL)
		return err_errno("%s", path);
	*ret_path = arena_string(arena, real);
	free(real);
	return 0;
}

static int
find_cache(struct arena *arena, const struct build_options *options, const char **ret_path)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (options->cache_dir != NULL)
		return absolute(arena, options->cache_dir, ret_path);
	if (cache != NULL && *cache == '/')
		return absolute(arena, arena_printf(arena, "%s/weld", cache), ret_path);
	if (home == NULL || *home != '/')
		return err_set(ERR_USAGE, "HOME: not set (or give a cache directory)");
	return absolute(arena, arena_printf(arena, "%s/.cache/weld", home), ret_path);
}

struct builds { /* what building any recipe of the plan needs */
	struct arena *arena;
	const struct build_options *options;
	const struct tools *tools;
	const struct plan *plan;
	const char *cache_dir;
};

static struct job
job_of(const struct builds *builds, size_t index)
{
	const struct planned *planned = &builds->plan->all.at[index];
	enum manifest_check_level check = builds->options->check;

	/* The whole suite is for what was asked for; what that requires gets its quick one. */
	if (!planned->is_wanted && check > MANIFEST_CHECK_QUICK)
		check = MANIFEST_CHECK_QUICK;
	return (struct job){
		.arena = builds->arena,
		.options = builds->options,
		.recipe = &planned->recipe,
		.check = check,
		.is_wanted = planned->is_wanted,
		.tools = builds->tools,
		.cache_dir = builds->cache_dir,
		.check_summary = "",
	};
}

/* The packages of a recipe that has been built or was up to date: its record says. */
static int
find_made(const struct job *wanted, struct finished_packages *finished, struct made *ret_made)
{
	struct build_options options = *wanted->options;
	struct job job = *wanted;
	char **inputs;
	size_t input_count;
	int is_there;

	options.is_forced = false;
	job.options = &options;
	TRY(plan_find_inputs(job.arena, finished, job.recipe, &inputs, &input_count));
	is_there = record_check(&job, inputs, input_count, ret_made);
	TRY(is_there);
	if (is_there == 0)
		return err_set(ERR_IO, "%s: its packages have gone", job.recipe->name);
	return 0;
}

/* The job that builds a recipe once more, with debug information; false when none is wanted. */
static bool
debug_job_of(const struct builds *builds, size_t index, struct job *ret_job)
{
	*ret_job = job_of(builds, index);
	ret_job->is_debug = true;
	return builds->options->with_debug && ret_job->is_wanted && !ret_job->recipe->is_native;
}

static int
build_index(void *data, size_t index, bool *ret_is_new)
{
	const struct builds *builds = data;
	struct job job = job_of(builds, index), debug;
	/* What this recipe requires was built before, and does not change while it is built. */
	struct finished_packages *finished =
		plan_finished(builds->arena, builds->plan, builds->options->output_dir);
	struct made ordinary = { 0 };
	bool is_new;

	TRY(build_one(&job, finished, ret_is_new));
	if (!debug_job_of(builds, index, &debug))
		return 0;
	TRY(find_made(&job, finished, &ordinary));
	debug.ordinary = ordinary.all.at;
	debug.ordinary_count = ordinary.all.len;
	return build_one(&debug, finished, &is_new);
}

static int
collect(const struct builds *builds, struct finished_packages *finished, size_t index,
	bool is_new, struct made *made)
{
	struct job job = job_of(builds, index), debug;
	struct made own = { 0 };

	TRY(find_made(&job, finished, &own));
	if (debug_job_of(builds, index, &debug))
		TRY(find_made(&debug, finished, &own));
	VEC_EACH (struct build_package, package, &own.all) {
		package->is_new = is_new;
		vec_push(builds->arena, &made->all, *package);
	}
	return 0;
}

int
build_recipes(struct arena *arena, const struct build_options *options,
	const char *const *wanted, size_t wanted_count, struct build_package **ret_packages,
	size_t *ret_count)
{
	struct build_options absolute_options = *options;
	struct tools tools;
	struct plan plan;
	struct builds builds = {
		.arena = arena,
		.options = &absolute_options,
		.tools = &tools,
		.plan = &plan,
	};
	struct finished_packages *finished;
	struct made made = { 0 };
	bool *is_new;

	TRY(absolute(arena, options->output_dir, &absolute_options.output_dir));
	TRY(find_cache(arena, options, &builds.cache_dir));
	TRY(tools_find(arena, &tools));
	TRY(plan_make(arena, options, wanted, wanted_count, &plan));
	if (options->jobs == 0)
		absolute_options.jobs = cpu_count();
	is_new = arena_array(arena, plan.all.len + 1, sizeof *is_new);
	TRY(schedule_run(arena, &plan, absolute_options.jobs, build_index, &builds, is_new));
	/* From here on no package is added. */
	finished = plan_finished(arena, &plan, absolute_options.output_dir);
	VEC_EACH (size_t, index, &plan.order)
		TRY(collect(&builds, finished, *index, is_new[*index], &made));
	*ret_packages = made.all.at;
	*ret_count = made.all.len;
	return 0;
}
