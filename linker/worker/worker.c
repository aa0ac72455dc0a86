/* SPDX-License-Identifier: MIT */
/*
 * weld-worker: lower one job in a process that cannot do harm.
 *
 * Bitcode from outside can crash LLVM, or worse. So the order is: read the job,
 * which weld wrote; prepare LLVM for the target; lock in; only then read the
 * units. A failure that LLVM reports itself goes back as an error; anything
 * else ends this process, and the parent says which job it was.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/worker.h"
#include "kernel-iface/sandbox.h"
#include "linker/llvm/lower_ir.h"
#include "linker/worker/protocol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What LLVM and the C library need once everything is open. sysinfo(2) is left out on purpose:
 * qsort(3) asks it for the size of memory, and the same job must be done the same way everywhere.
 */
static const int system_calls[] = {
	SYS_read,
	SYS_pread64,
	SYS_write,
	SYS_lseek,
	SYS_close,
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_clock_gettime,
	SYS_getrandom,
	SYS_exit,
	SYS_exit_group,
#if SANDBOX_SANITIZED
	SYS_sigaltstack,
#endif
};

struct job {
	const char *name;
	struct lower_target target;
	enum lower_tier tier;
	uint64_t memory; /* bytes */
	char **preserve;
	size_t preserve_count;
	bool preserve_all;
	unsigned harden;
	char **natives;
	size_t native_count;
	struct lower_bodies *bodies;
	size_t body_count;
};

static int
read_bodies(struct arena *arena, const json_t *object, struct job *job)
{
	const json_t *array = json_object_get(object, "bodies");

	job->body_count = json_array_size(array);
	job->bodies = arena_array(arena, job->body_count, sizeof *job->bodies);
	for (size_t i = 0; i < job->body_count; i++) {
		const json_t *unit = json_array_get(array, i);
		const char *library;
		char **names;

		TRY(json_get_string(unit, "library", &library));
		TRY(json_get_strings(arena, unit, "names", &names, &job->bodies[i].count));
		job->bodies[i].library = arena_string(arena, library);
		job->bodies[i].names = (const char *const *)names;
	}
	return 0;
}

static int
read_job(struct arena *arena, int fd, struct job *ret_job)
{
	json_t *object AUTO(json_release) = NULL;
	const char *name, *arch, *cpu, *features, *harden;
	struct job job = { 0 };
	struct str text;
	int64_t tier, memory;

	TRY(file_read_fd(arena, fd, WORKER_UNIT_MAX, &text));
	TRY(json_read(text, &object));
	TRY(json_get_string(object, "name", &name));
	TRY(json_get_string(object, "arch", &arch));
	TRY(json_get_string(object, "cpu", &cpu));
	TRY(json_get_string(object, "features", &features));
	TRY(json_get_integer(object, "tier", &tier));
	TRY(json_get_integer(object, "memory", &memory));
	TRY(json_get_bool(object, "preserve_all", &job.preserve_all));
	TRY(json_get_strings(arena, object, "preserve", &job.preserve, &job.preserve_count));
	TRY(json_get_string(object, "harden", &harden));
	TRY(harden_parse(harden, &job.harden));
	TRY(json_get_strings(arena, object, "natives", &job.natives, &job.native_count));
	TRY(read_bodies(arena, object, &job));
	TRY(arch_parse(arch, &job.target.arch));
	job.name = arena_string(arena, name);
	job.target.cpu = arena_string(arena, cpu);
	job.target.features = arena_string(arena, features);
	job.tier = (enum lower_tier)tier;
	job.memory = (uint64_t)memory;
	*ret_job = job;
	return 0;
}

static int
lock_in(const struct job *job)
{
	struct sandbox sandbox = {
		.address_space = SANDBOX_SANITIZED ? 0 : job->memory,
		.file_size = WORKER_OBJECT_MAX,
		.system_calls = system_calls,
		.system_call_count = sizeof system_calls / sizeof system_calls[0],
	};

	return sandbox_enter(&sandbox);
}

static const char *
name_unit(struct arena *arena, const struct job *job, size_t number, size_t count)
{
	size_t merged = count - job->body_count;

	if (number >= merged)
		return arena_printf(
			arena, "%s: for %s", job->bodies[number - merged].library, job->name);
	return merged == 1 ? job->name
			   : arena_printf(arena, "%s (unit %zu)", job->name, number + 1);
}

/* What a unit is called and how long it is: asked before the lock, when stat(2) still works. */
static int
measure_units(struct arena *arena, const struct job *job, const int *fds, size_t count,
	struct lower_ir_unit *units)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t size;

		units[i].name = name_unit(arena, job, i, count);
		TRY(err_context(file_size(fds[i], &size), "%s", units[i].name));
		if (size > WORKER_UNIT_MAX)
			return err_set(ERR_LIMIT, "%s: larger than %zu bytes", units[i].name,
				WORKER_UNIT_MAX);
		units[i].bitcode.len = (size_t)size;
	}
	return 0;
}

static int
read_unit(struct arena *arena, int fd, struct lower_ir_unit *unit)
{
	char *bytes = arena_alloc(arena, unit->bitcode.len + 1);
	size_t done = 0;

	while (done < unit->bitcode.len) {
		ssize_t got = pread(fd, bytes + done, unit->bitcode.len - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("%s: read", unit->name);
		if (got == 0)
			return err_set(ERR_IO, "%s: became shorter", unit->name);
		done += (size_t)got;
	}
	unit->bitcode.at = bytes;
	return 0;
}

static int
lower_units(struct arena *arena, struct lower_ir *lower, const int *outputs, const int *fds,
	const struct lower_ir_job *ir, struct lower_ir_unit *units)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };
	struct strbuf facts AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < ir->unit_count + ir->body_count; i++)
		TRY(read_unit(arena, fds[i], &units[i]));
	TRY(lower_ir_run(lower, ir, &object, &facts));
	TRY(file_write_fd(outputs[0], object.at, object.len));
	return file_write_fd(outputs[1], facts.at, facts.len);
}

static int
work(int job_fd, const int *outputs, const int *fds, size_t count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct lower_ir *lower AUTO(lower_ir_free) = NULL;
	struct lower_ir_unit *units = arena_array(arena, count, sizeof *units);
	struct lower_ir_job ir = { .units = units };
	struct job job;

	TRY(read_job(arena, job_fd, &job));
	ir.preserve = (const char *const *)job.preserve;
	ir.preserve_count = job.preserve_count;
	ir.preserve_all = job.preserve_all;
	ir.harden = job.harden;
	if (job.body_count > count)
		return err_set(ERR_FORMAT, "%s: has fewer units than it says", job.name);
	ir.unit_count = count - job.body_count;
	ir.bodies = job.bodies;
	ir.body_count = job.body_count;
	ir.natives = (const char *const *)job.natives;
	ir.native_count = job.native_count;
	/* Masks that LLVM makes without optimizing end programs that do nothing wrong. */
	if (job.tier == LOWER_INSTANT && (job.harden & HARDEN_SPECULATIVE_LOADS) != 0)
		job.tier = LOWER_FAST;
	TRY(measure_units(arena, &job, fds, count, units));
	TRY(lower_ir_new(&job.target, job.tier, &lower));
	TRY(lock_in(&job));
	/* From here on this process can only compute. */
	return lower_units(arena, lower, outputs, fds, &ir, units);
}

static int
find_target(struct arena *arena, const char *arch_text, const char *cpu,
	struct lower_target *ret_target)
{
	enum arch arch;

	TRY(arch_parse(arch_text, &arch));
	if (strcmp(cpu, LOWER_NATIVE) != 0)
		return lower_ir_cpu(arena, arch, cpu, ret_target);
	if (arch != arch_host())
		return err_set(ERR_USAGE,
			"cpu " LOWER_NATIVE
			": this machine is %s, not %s (name a CPU, such as %s)",
			arch_name(arch_host()), arch_name(arch), arch_common_cpu(arch));
	lower_ir_host(arena, ret_target);
	return 0;
}

static int
print_target(const char *arch, const char *cpu)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf text AUTO(strbuf_free) = { 0 };
	json_t *object AUTO(json_release) = json_object();
	struct lower_target target;

	if (find_target(arena, arch, cpu, &target) < 0)
		return worker_report(ERR_USAGE);
	json_object_set_new(object, "arch", json_string(arch_name(target.arch)));
	json_object_set_new(object, "cpu", json_string(target.cpu));
	json_object_set_new(object, "features", json_string(target.features));
	json_object_set_new(object, "producer", json_string(target.producer));
	json_write(object, &text);
	strbuf_add_char(&text, '\n');
	return file_write_fd(STDOUT_FILENO, text.at, text.len) < 0 ? EXIT_FAILURE : 0;
}

int
main(int argc, char **argv)
{
	int *fds;
	int ret;

	if (argc == 4 && strcmp(argv[1], "--target") == 0)
		return print_target(argv[2], argv[3]);
	if (argc < 4) {
		fputs("usage: weld-worker --target ARCH CPU | JOB OUTPUT FACTS UNIT... (run by "
		      "weld)\n",
			stderr);
		return 2;
	}
	fds = calloc((size_t)argc, sizeof *fds);
	if (fds == NULL)
		abort();
	for (int i = 1; i < argc; i++)
		fds[i - 1] = worker_parse_fd(argv[i]);
	ret = work(fds[0], fds + 1, fds + 3, (size_t)argc - 4);
	if (ret < 0)
		ret = worker_report(ret);
	/* What LLVM holds is the kernel's to free. */
	_exit(ret);
}
