/* SPDX-License-Identifier: MIT */
/*
 * lower: run jobs in weld-worker processes and check what comes back.
 *
 * Each job has a worker of its own (base/worker.h), which cannot be harmed by another.
 * Nothing is believed: a result is an object only when our own reader accepts it. After the first failure no job is started and
 * those that run are ended.
 *
 * (I1) A slot is free, or holds a worker and its files.
 */
#include "linker/lower.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "base/program.h"
#include "base/worker.h"
#include "linker/elf/elf_file.h"
#include "linker/facts.h"
#include "linker/worker/protocol.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARALLEL_MAX WORKERS_MAX

struct running { /* (I1) */
	struct lower_job *job; /* NULL: free */
	struct worker_job work;
	struct worker worker;
	int output; /* memory file */
	int facts; /* memory file */
};

struct crew { /* one lower_run() */
	struct arena *arena;
	const struct lower_target *target;
	char *program;
	struct running slots[PARALLEL_MAX];
	unsigned parallel;
};

const char *
lower_tier_name(enum lower_tier tier)
{
	static const char *const names[LOWER_TIERS] = {
		[LOWER_INSTANT] = "instant", [LOWER_FAST] = "fast", [LOWER_FULL] = "full"
	};

	return names[tier];
}

const char *
lower_producer(void)
{
#define TEXT_OF(number) #number
#define REVISION_TEXT(number) TEXT_OF(number)
	return "LLVM " LLVM_VERSION ", lowering " REVISION_TEXT(LOWER_REVISION);
}

static int
copy_host(struct arena *arena, const json_t *object, struct lower_target *ret_target)
{
	const char *arch, *cpu, *features, *producer;
	struct lower_target target;

	TRY(json_get_string(object, "arch", &arch));
	TRY(json_get_string(object, "cpu", &cpu));
	TRY(json_get_string(object, "features", &features));
	TRY(json_get_string(object, "producer", &producer));
	TRY(arch_parse(arch, &target.arch));
	target.cpu = arena_string(arena, cpu);
	target.features = arena_string(arena, features);
	target.producer = arena_string(arena, producer);
	*ret_target = target;
	return 0;
}

/* The error that `weld-worker --target` printed: only a name that cannot be is one of the caller's. */
static int
target_error(struct arena *arena, const char *program, const char *cpu, int status,
	struct str output)
{
	static const char llvm[] = "LLVM ERROR: ";
	struct str name;

	/* It knows the name, and ends its process when it is to compile for it. */
	if (output.len > sizeof llvm - 1 && memcmp(output.at, llvm, sizeof llvm - 1) == 0) {
		output.at += sizeof llvm - 1;
		output.len -= sizeof llvm - 1;
		return err_set(ERR_USAGE, "cpu %s: LLVM cannot compile for it: %s", cpu,
			worker_clean_line(arena, output.at, output.len));
	}
	if (status == WORKER_REPORTED && str_cut(&output, '\n', &name) &&
		str_is(name, err_name(ERR_USAGE)))
		return err_set(
			ERR_USAGE, "%s", worker_clean_line(arena, output.at, output.len));
	return err_set(ERR_WORKER, "%s --target: exit status %d: %s", program, status,
		worker_clean_line(arena, output.at, output.len));
}

int
lower_find_target(
	struct arena *arena, enum arch arch, const char *cpu, struct lower_target *ret_target)
{
	json_t *object AUTO(json_release) = NULL;
	struct str output = { 0 };
	char *program;
	int status = 0;

	if (program_find(arena, WORKER_PROGRAM, &program) < 0)
		return err_set(ERR_WORKER, "%s", err_message());
	const char *const argv[] = { program, "--target", arch_name(arch),
		cpu == NULL ? LOWER_NATIVE : cpu, NULL };
	struct process process = { .argv = argv };

	if (process_capture(arena, &process, &status, &output) < 0)
		return err_set(ERR_WORKER, "%s", err_message());
	if (status != 0)
		return target_error(arena, program, argv[3], status, output);
	if (json_read(output, &object) < 0 || copy_host(arena, object, ret_target) < 0)
		return err_set(ERR_WORKER, "%s --target: %s", program, err_message());
	return 0;
}

/* Of each unit of bodies, whose they are and their names. */
static json_t *
bodies_json(const struct lower_job *job)
{
	json_t *array = json_array();

	for (size_t i = 0; i < job->body_count; i++) {
		json_t *unit = json_object();

		json_object_set_new(unit, "library", json_string(job->bodies[i].library));
		json_object_set_new(unit, "names",
			json_from_strings(
				(char *const *)job->bodies[i].names, job->bodies[i].count));
		json_array_append_new(array, unit);
	}
	return array;
}

static int
write_job(const struct crew *crew, const struct lower_job *job, int fd)
{
	json_t *object AUTO(json_release) = json_object();
	struct strbuf text AUTO(strbuf_free) = { 0 };

	json_object_set_new(object, "name", json_string(job->name));
	json_object_set_new(object, "arch", json_string(arch_name(crew->target->arch)));
	json_object_set_new(object, "cpu", json_string(crew->target->cpu));
	json_object_set_new(object, "features", json_string(crew->target->features));
	json_object_set_new(object, "tier", json_integer(job->tier));
	json_object_set_new(object, "memory",
		json_integer(
			(json_int_t)(job->memory != 0 ? job->memory : WORKER_ADDRESS_SPACE)));
	json_object_set_new(object, "preserve_all", json_boolean(job->preserve_all));
	json_object_set_new(object, "preserve",
		json_from_strings((char *const *)job->preserve, job->preserve_count));
	json_object_set_new(
		object, "harden", json_string(harden_text(crew->arena, job->harden)));
	json_object_set_new(object, "bodies", bodies_json(job));
	json_object_set_new(object, "natives",
		json_from_strings((char *const *)job->natives, job->native_count));
	json_write(object, &text);
	return file_write_fd(fd, text.at, text.len);
}

/* Start the worker of one job; the files are open. */
static int
start_worker(
	const struct crew *crew, struct lower_job *job, int job_fd, struct running *running)
{
	/* What the contents of a unit can cause: a worker's other reasons are its own. */
	static const enum err believed[] = { ERR_PROFILE, ERR_SYMBOL, ERR_FORMAT, 0 };
	uint64_t memory = job->memory != 0 ? job->memory : WORKER_ADDRESS_SPACE;
	size_t count = job->unit_count + 3;
	const char **arguments = arena_array(crew->arena, count + 1, sizeof *arguments);
	int *fds = arena_array(crew->arena, count, sizeof *fds);

	fds[0] = job_fd;
	fds[1] = running->output;
	fds[2] = running->facts;
	for (size_t i = 0; i < job->unit_count; i++)
		fds[i + 3] = job->units[i];
	for (size_t i = 0; i < count; i++)
		arguments[i] = arena_printf(crew->arena, "%d", fds[i]);
	running->work = (struct worker_job){ .name = job->name,
		.program = crew->program,
		.arguments = arguments,
		.fds = fds,
		.fd_count = count,
		.stack = WORKER_STACK,
		.timeout_ms = job->timeout_ms,
		.no_memory = arena_printf(crew->arena,
			"than %" PRIu64
			" MB of memory (allow it: 'weld policy set memory SIZE'; the "
			"tiers fast and instant need less)",
			memory >> 20),
		.believed = believed };
	return worker_start(&running->work, &running->worker);
}

static void
close_files(struct running *running)
{
	worker_stop(&running->worker);
	file_close(&running->output);
	file_close(&running->facts);
	running->job = NULL;
}

static int
open_files(const struct crew *crew, const struct lower_job *job, struct running *running,
	int *job_fd)
{
	TRY(file_memory("job", job_fd));
	TRY(file_memory("object", &running->output));
	TRY(file_memory("facts", &running->facts));
	return write_job(crew, job, *job_fd);
}

static int
start_job(const struct crew *crew, struct lower_job *job, struct running *running)
{
	int job_fd AUTO(file_close) = -1;
	int ret;

	*running = (struct running){ .output = -1, .facts = -1 };
	ret = open_files(crew, job, running, &job_fd);
	if (ret < 0)
		ret = err_set(
			ERR_WORKER, "%s: cannot start a worker: %s", job->name, err_message());
	else
		ret = start_worker(crew, job, job_fd, running);
	if (ret < 0) {
		close_files(running);
		return ret;
	}
	running->job = job;
	return 0;
}

/* Seal a result, so that what is checked can no longer change, and read it. */
static int
seal(struct arena *arena, int fd, struct str *ret_bytes)
{
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
		0)
		return err_errno("seal result");
	TRY(file_read_fd(arena, fd, WORKER_OBJECT_MAX, ret_bytes));
	/* The offset is shared with the worker, which wrote to the end. */
	return lseek(fd, 0, SEEK_SET) < 0 ? err_errno("rewind result") : 0;
}

int
lower_check_result(enum arch arch, struct str object, struct str facts_bytes)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct elf_file elf;
	struct facts facts;

	TRY(elf_file_read(arena, object, &elf));
	if (elf.type != ET_REL || elf.machine != arch_elf_machine(arch))
		return err_set(ERR_FORMAT, "not a relocatable object for %s", arch_name(arch));
	TRY(err_context(facts_open(facts_bytes, &facts), "facts"));
	if (facts_image(&facts).kind != FACTS_OBJECT)
		return err_set(ERR_FORMAT, "facts: not those of an object");
	return 0;
}

static int
check_result(const struct crew *crew, const struct running *running)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str object, facts;

	TRY(seal(arena, running->output, &object));
	TRY(seal(arena, running->facts, &facts));
	return lower_check_result(crew->target->arch, object, facts);
}

/* Take the result of a worker that ended; the slot is free afterwards. */
static int
finish_job(struct crew *crew, struct running *running)
{
	struct lower_job *job = running->job;
	int ret;

	job->ret_time_ms = worker_time_ms(&running->worker);
	ret = worker_finish(&running->worker);
	if (ret >= 0 && check_result(crew, running) < 0)
		ret = err_set(ERR_WORKER, "%s: the worker's object is not valid: %s", job->name,
			err_message());
	if (ret >= 0) {
		job->ret_object = running->output;
		job->ret_facts = running->facts;
		running->output = running->facts = -1;
		log_debug("lower", "%s: %u ms", job->name, job->ret_time_ms);
	}
	close_files(running);
	return ret;
}

static struct running *
free_slot(struct crew *crew)
{
	for (unsigned i = 0; i < crew->parallel; i++)
		if (crew->slots[i].job == NULL)
			return &crew->slots[i];
	return NULL;
}

static int
run_jobs(struct crew *crew, struct lower_job *jobs, size_t count, lower_progress *progress,
	void *progress_data)
{
	struct worker *workers[PARALLEL_MAX];
	size_t started = 0;

	for (size_t i = 0; i < crew->parallel; i++)
		workers[i] = &crew->slots[i].worker;
	for (size_t done = 0; done < count; done++) {
		struct running *running = NULL;
		size_t index;

		while (started < count && (running = free_slot(crew)) != NULL)
			TRY(start_job(crew, &jobs[started++], running));
		TRY(worker_wait(workers, crew->parallel, &index));
		running = &crew->slots[index];
		index = (size_t)(running->job - jobs);
		TRY(finish_job(crew, running));
		if (progress != NULL)
			progress(progress_data, index);
	}
	return 0;
}

/* End what still runs and drop what is done. */
static void
abandon(struct crew *crew, struct lower_job *jobs, size_t count)
{
	for (unsigned i = 0; i < crew->parallel; i++)
		if (crew->slots[i].job != NULL)
			close_files(&crew->slots[i]);
	for (size_t i = 0; i < count; i++) {
		file_close(&jobs[i].ret_object);
		file_close(&jobs[i].ret_facts);
	}
}

static unsigned
choose_parallel(unsigned wanted)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (wanted == 0)
		wanted = cores > 0 ? (unsigned)cores : 1;
	return wanted < PARALLEL_MAX ? wanted : PARALLEL_MAX;
}

int
lower_run(const struct lower_target *target, struct lower_job *jobs, size_t job_count,
	unsigned parallel, lower_progress *progress, void *progress_data)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct crew crew = {
		.arena = arena, .target = target, .parallel = choose_parallel(parallel)
	};
	int ret;

	for (size_t i = 0; i < job_count; i++) {
		jobs[i].ret_object = jobs[i].ret_facts = -1;
		jobs[i].ret_time_ms = 0;
	}
	if (job_count == 0)
		return 0;
	if (program_find(arena, WORKER_PROGRAM, &crew.program) < 0)
		return err_set(ERR_WORKER, "%s", err_message());
	ret = run_jobs(&crew, jobs, job_count, progress, progress_data);
	if (ret < 0)
		abandon(&crew, jobs, job_count);
	return ret;
}
