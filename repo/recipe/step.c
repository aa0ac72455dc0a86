/* SPDX-License-Identifier: MIT */
/*
 * One step: sh reads the prelude, then the recipe's build file, then calls the
 * function. What it prints goes to top/log. The environment is made here, from
 * nothing.
 */
#include "repo/recipe/job.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "base/process.h"
#include "base/vec.h"
#include "repo/recipe/prelude.h"
#include "repo/recipe/confine.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MAX ((size_t)256 << 20) /* bytes */
#define TAIL_LINES 25 /* of the log, shown after a failure */
#define TAIL_WIDTH 400 /* bytes of each of them */

static const char script[] = ". \"$1\"; if [ -e \"$2\" ]; then . \"$2\"; fi; \"$3\"";

typedef VEC(const char *) environment;

static const char *
check_name(enum manifest_check_level level)
{
	static const char *const names[] = {
		[MANIFEST_CHECK_NONE] = "no",
		[MANIFEST_CHECK_QUICK] = "quick",
		[MANIFEST_CHECK_FULL] = "full",
	};

	return names[level];
}

static void
set(const struct job *job, environment *env, const char *name, const char *value)
{
	vec_push(job->arena, env, arena_printf(job->arena, "%s=%s", name, value));
}

/* What weld-cc makes machine code of while WELD_ARCH is set. */
static void
set_native_sources(const struct job *job, environment *env)
{
	for (size_t i = 0; i < job->recipe->native_source_count; i++) {
		const struct recipe_native_sources *sources = &job->recipe->native_sources[i];
		const char *text = "";

		for (size_t n = 0; n < sources->globs.len; n++)
			text = arena_printf(job->arena, "%s%s%s", text, n == 0 ? "" : ":",
				sources->globs.at[n]);
		set(job, env, arena_printf(job->arena, "WELD_NATIVE_SOURCES_%s", sources->arch),
			text);
	}
}

static const char *const *
make_environment(const struct job *job)
{
	struct arena *arena = job->arena;
	const char *sysroot = job_path(job, "sysroot");
	environment env = { 0 };

	set(job, &env, "CC", job_path(job, "tools/weld-cc"));
	set(job, &env, "HOSTCC", job_path(job, "tools/weld-cc"));
	set(job, &env, "AR", job_path(job, "tools/weld-ar"));
	set(job, &env, "NM", job_path(job, "tools/weld-nm"));
	set(job, &env, "RANLIB", job_path(job, "tools/weld-ranlib"));
	set(job, &env, "STRIP", job_path(job, "tools/weld-strip"));
	set(job, &env, "LD", job_path(job, "tools/weld-ld"));
	set(job, &env, "MAKEINFO", "true"); /* documents are made by upstream, or not at all */
	set(job, &env, "CFLAGS", "-O2");
	set(job, &env, "LDFLAGS", "");
	set(job, &env, "PREFIX", WELD_PREFIX);
	set(job, &env, "DESTDIR", job_path(job, "dest"));
	set(job, &env, "SRC", job_path(job, "src"));
	set(job, &env, "BUILD", job_path(job, "build"));
	set(job, &env, "RECIPE", job->recipe->directory);
	set(job, &env, "NAME", job->recipe->plain_name);
	set(job, &env, "SERIES", job->recipe->series);
	set(job, &env, "VERSION", job->recipe->version);
	set(job, &env, "JOBS", arena_printf(arena, "%u", job->options->jobs));
	set(job, &env, "WELD_CHECK", check_name(job->check));
	set(job, &env, "WELD_SYSROOT", sysroot);
	set(job, &env, "WELD_BUILD_DIR", job->top);
	if (job->is_debug)
		set(job, &env, "WELD_DEBUG_SOURCES", job_debug_sources(job));
	if (job->recipe->has_assembly)
		set(job, &env, "WELD_ASSEMBLY", "1");
	set_native_sources(job, &env);
	set(job, &env, "PKG_CONFIG_LIBDIR",
		arena_printf(arena, "%s/lib/pkgconfig:%s/share/pkgconfig", sysroot, sysroot));
	set(job, &env, "SOURCE_DATE_EPOCH", arena_printf(arena, "%" PRId64, job->epoch));
	set(job, &env, "PATH", arena_printf(arena, "%s:/usr/bin:/bin", job_path(job, "tools")));
	set(job, &env, "HOME", job->top);
	set(job, &env, "TMPDIR", job_path(job, "tmp"));
	set(job, &env, "LC_ALL", "C");
	set(job, &env, "TZ", "UTC");
	vec_push(arena, &env, NULL);
	return env.at;
}

/* The last lines of the log, the long ones cut. */
static const char *
log_tail(const struct job *job, const char *path)
{
	const char *tail = "";
	struct str text;
	struct str line;
	size_t at;
	int lines = 0;

	if (file_read(job->arena, AT_FDCWD, path, LOG_MAX, &text) < 0)
		return "";
	for (at = text.len; at > 0; at--)
		if (text.at[at - 1] == '\n' && ++lines > TAIL_LINES)
			break;
	text.at += at;
	text.len -= at;
	while (str_cut(&text, '\n', &line))
		tail = arena_printf(job->arena, "%s%.*s%s\n", tail,
			(int)(line.len > TAIL_WIDTH ? TAIL_WIDTH : line.len), line.at,
			line.len > TAIL_WIDTH ? " ..." : "");
	return tail;
}

static int
enter(void *data)
{
	umask(022);
	return confine_build(data);
}

int
step_run(const struct job *job, const char *name)
{
	struct arena *arena = job->arena;
	const char *log = job_path(job, "log");
	const char *const argv[] = { "sh", "-eu", "-c", script, "sh",
		job_path(job, "prelude.sh"),
		arena_printf(arena, "%s/build", job->recipe->directory), name, NULL };
	struct confinement confinement = { .directory = job->top };
	struct process process = {
		.argv = argv,
		.envp = make_environment(job),
		.directory = job_path(job, "src"),
		.dies_with_caller = true,
		.before_exec = enter,
		.data = &confinement,
	};
	int fd AUTO(file_close) = -1;
	int status;

	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s: create", log);
	process.stdout_fd = fd;
	process.stderr_fd = fd;
	TRY(process_run(&process, &status));
	if (status == 0)
		return 0;
	job_report(job, BUILD_FAILED, log_tail(job, log));
	return err_set(ERR_BUILD, "%s ended with status %d (see %s)", name, status, log);
}

/*
 * A tool under its own name and, so that what names gcc or ar without asking gets
 * ours, under the usual ones. Their paths then have no blank, wherever weld is.
 */
static int
place_tool(const struct job *job, int dir, const char *name, const char *target,
	const char *const *usual)
{
	const char *path = arena_printf(job->arena, "%s/tools/%s", job->top, name);
	char *text = arena_printf(job->arena, "#!/bin/sh\nexec %s \"$@\"\n", path);

	if (symlinkat(target, dir, name) < 0)
		return err_errno("%s: link", path);
	for (; *usual != NULL; usual++)
		TRY(file_create(dir, *usual, text, strlen(text), 0755));
	return 0;
}

static int
place_tools(const struct job *job, int dir)
{
	static const char *const compilers[] = { "cc", "gcc", "clang", "c99", NULL };
	static const char *const ar[] = { "ar", "gcc-ar", NULL };
	static const char *const nm[] = { "nm", "gcc-nm", NULL };
	static const char *const ranlib[] = { "ranlib", "gcc-ranlib", NULL };
	static const char *const strip[] = { "strip", NULL };
	static const char *const ld[] = { "ld", NULL };

	TRY(place_tool(job, dir, "weld-cc", job->tools->cc, compilers));
	TRY(place_tool(job, dir, "weld-ar", job->tools->ar, ar));
	TRY(place_tool(job, dir, "weld-nm", job->tools->nm, nm));
	TRY(place_tool(job, dir, "weld-ranlib", job->tools->ranlib, ranlib));
	TRY(place_tool(job, dir, "weld-strip", job->tools->strip, strip));
	return place_tool(job, dir, "weld-ld", job->tools->ld, ld);
}

int
step_prepare(const struct job *job)
{
	static const char *const directories[] = { "build", "dest", "tmp", "tools",
		"sysroot/include", "sysroot/lib", "objects" };
	int dir AUTO(file_close) = -1;
	int top AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, job->top, &top));
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		TRY(file_make_dirs(top, directories[i], 0755));
	TRY(file_open_dir(top, "tools", &dir));
	TRY(place_tools(job, dir));
	return file_create(top, "prelude.sh", prelude_text, strlen(prelude_text), 0644);
}
