/* SPDX-License-Identifier: MIT */
/*
 * weld build: for each recipe of the plan, the steps from source to package.
 *
 * A finished build leaves a record in CACHE/builds under the digest of all that
 * decided it (recipe, tools, input packages, level of checking). When the record
 * is there and the packages that it names are in the output directory, there is nothing to do.
 * Copies of packages are kept too, for builds with another output directory that require them.
 */
#include "repo/build.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"
#include "repo/package.h"
#include "repo/recipe/job.h"
#include "repo/recipe/plan.h"
#include "repo/recipe/source.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define RECORD_MAX ((size_t)1 << 20) /* bytes */

typedef VEC(struct build_package) packages;

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

	if (job->options->check == MANIFEST_CHECK_NONE)
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
run_steps(struct job *job, char *const *inputs, size_t input_count, packages *ret_made)
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
	return pack_packages(job, &ret_made->at, &ret_made->len);
}

static int
add_file(struct hash *hash, const char *path)
{
	int fd AUTO(file_close) = -1;
	struct digest digest;

	TRY(file_open(AT_FDCWD, path, &fd));
	TRY(hash_file(fd, &digest));
	hash_add(hash, digest.bytes, sizeof digest.bytes);
	return 0;
}

/* Where the record of a build stands. */
static int
record_path(const struct job *job, char *const *inputs, size_t input_count, char **ret_path)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest key;
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "build 1");
	hash_add(&hash, job->recipe->digest.bytes, DIGEST_SIZE);
	hash_add(&hash, job->tools->digest.bytes, DIGEST_SIZE);
	hash_add_u64(&hash, job->options->check);
	for (size_t i = 0; i < input_count; i++)
		TRY(add_file(&hash, inputs[i]));
	key = hash_end(&hash);
	*ret_path =
		arena_printf(job->arena, "%s/builds/%s", job->cache_dir, digest_hex(&key, hex));
	return 0;
}

/* Where a copy of a finished package is kept. */
static char *
kept_path(const struct job *job, const char *hex)
{
	return arena_printf(job->arena, "%s/packages/%s" PACKAGE_SUFFIX, job->cache_dir, hex);
}

/* Copy a package under another name, complete or not at all. */
static int
copy_package(const struct job *job, const char *from, const char *to)
{
	const char *fresh = arena_printf(job->arena, "%s.new-%d", to, (int)getpid());
	int source AUTO(file_close) = -1;
	int target AUTO(file_close) = -1;
	int ret;

	TRY(file_open(AT_FDCWD, from, &source));
	target = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (target < 0)
		return err_errno("%s: create", fresh);
	ret = file_copy(source, target);
	if (ret >= 0)
		ret = file_rename(AT_FDCWD, fresh, AT_FDCWD, to);
	if (ret < 0)
		unlink(fresh);
	return ret;
}

/* "SHA256 NAME" for each package that was made, and a copy of each. */
static int
write_record(const struct job *job, const char *path, const packages *made)
{
	char *text = arena_string(job->arena, "");

	TRY(file_make_dirs(
		AT_FDCWD, arena_printf(job->arena, "%s/builds", job->cache_dir), 0755));
	TRY(file_make_dirs(
		AT_FDCWD, arena_printf(job->arena, "%s/packages", job->cache_dir), 0755));
	for (size_t i = 0; i < made->len; i++) {
		int fd AUTO(file_close) = -1;
		char hex[DIGEST_HEX_SIZE];
		struct digest digest;

		TRY(file_open(AT_FDCWD, made->at[i].path, &fd));
		TRY(hash_file(fd, &digest));
		digest_hex(&digest, hex);
		TRY(copy_package(job, made->at[i].path, kept_path(job, hex)));
		text = arena_printf(
			job->arena, "%s%s %s\n", text, hex, strrchr(made->at[i].path, '/') + 1);
	}
	return file_replace(AT_FDCWD, path, text, strlen(text), 0644);
}

/* Whether a file has this digest; then its manifest is read too. */
static bool
is_package(const struct job *job, const char *path, const struct digest *wanted,
	struct manifest **ret_manifest)
{
	int fd AUTO(file_close) = -1;
	struct digest digest;

	return file_open(AT_FDCWD, path, &fd) >= 0 && hash_file(fd, &digest) >= 0 &&
	       digest_equal(&digest, wanted) &&
	       package_read_manifest(job->arena, fd, path, ret_manifest) >= 0;
}

/*
 * Whether one package of a record is there, with its digest; then it is added.
 *
 * For what is only required the copy in the cache will do.
 */
static bool
is_kept(const struct job *job, struct str line, packages *kept)
{
	struct build_package package = { 0 };
	struct manifest *manifest = NULL;
	struct digest wanted;
	struct str field;
	char *hex;

	if (!str_cut(&line, ' ', &field))
		return false;
	hex = str_copy(job->arena, field);
	if (digest_parse(hex, &wanted) < 0)
		return false;
	package.path = arena_printf(
		job->arena, "%s/" STR_FMT, job->options->output_dir, STR_ARG(line));
	if (!is_package(job, package.path, &wanted, &manifest)) {
		const char *copy = kept_path(job, hex);

		if (job->is_wanted || !is_package(job, copy, &wanted, &manifest) ||
			copy_package(job, copy, package.path) < 0)
			return false;
	}
	package.manifest = manifest;
	vec_push(job->arena, kept, package);
	return true;
}

static bool
is_up_to_date(const struct job *job, const char *record, packages *ret_kept)
{
	packages kept = { 0 };
	struct str text;
	struct str line;

	if ((job->options->is_forced && job->is_wanted) ||
		file_read(job->arena, AT_FDCWD, record, RECORD_MAX, &text) < 0)
		return false;
	while (str_cut(&text, '\n', &line))
		if (!is_kept(job, line, &kept))
			return false;
	*ret_kept = kept;
	return kept.len > 0;
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

/* A build directory of its own, empty, and held against others who build the same. */
static int
make_top(struct job *job, int *ret_lock)
{
	const char *builds = NULL;
	const char *lock;
	int fd;

	TRY(find_builds(job, &builds));
	lock = arena_printf(job->arena, "%s/%s.lock", builds, job->recipe->name);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		file_close(&fd);
		return err_errno("%s: lock", lock);
	}
	*ret_lock = fd;
	job->top = arena_printf(job->arena, "%s/%s", builds, job->recipe->name);
	TRY(file_remove_tree(AT_FDCWD, job->top));
	return file_make_dirs(AT_FDCWD, job->top, 0755);
}

static int
build_one(struct job *job, const struct plan *plan, packages *all)
{
	double start = seconds_now();
	int lock AUTO(file_close) = -1;
	packages made = { 0 };
	char **inputs;
	size_t input_count;
	char *record;

	TRY(plan_find_inputs(
		job->arena, plan, job->options, job->recipe, &inputs, &input_count));
	TRY(record_path(job, inputs, input_count, &record));
	if (is_up_to_date(job, record, &made)) {
		job_report(job, BUILD_KEPT, "");
	} else {
		TRY(make_top(job, &lock));
		TRY(run_steps(job, inputs, input_count, &made));
		TRY(write_record(job, record, &made));
		if (!job->options->keep_build)
			TRY(file_remove_tree(AT_FDCWD, job->top));
		report(job->options, job->recipe, BUILD_DONE, seconds_now() - start,
			job->check_summary);
	}
	for (size_t i = 0; i < made.len; i++)
		vec_push(job->arena, all, made.at[i]);
	return 0;
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

int
build_recipes(struct arena *arena, const struct build_options *options,
	const char *const *wanted, size_t wanted_count, struct build_package **ret_packages,
	size_t *ret_count)
{
	struct build_options absolute_options = *options;
	struct tools tools;
	struct plan plan;
	packages all = { 0 };
	const char *cache_dir = NULL;

	TRY(absolute(arena, options->output_dir, &absolute_options.output_dir));
	TRY(find_cache(arena, options, &cache_dir));
	TRY(tools_find(arena, &tools));
	TRY(plan_make(arena, options, wanted, wanted_count, &plan));
	VEC_EACH (size_t, index, &plan.order) {
		struct job job = {
			.arena = arena,
			.options = &absolute_options,
			.recipe = &plan.all.at[*index].recipe,
			.is_wanted = plan.all.at[*index].is_wanted,
			.tools = &tools,
			.cache_dir = cache_dir,
			.check_summary = "",
		};

		TRY(build_one(&job, &plan, &all));
	}
	*ret_packages = all.at;
	*ret_count = all.len;
	return 0;
}
