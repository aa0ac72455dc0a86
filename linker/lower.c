/* SPDX-License-Identifier: MIT */
/*
 * lower: run jobs in weld-worker processes and check what comes back.
 *
 * Each job has a process of its own, which cannot be harmed by another. The
 * parent waits on process descriptors, ends what is late, and believes nothing:
 * a result is an object only when our own reader accepts it, and an error text
 * is cleaned before it is shown. After the first failure no job is started and
 * those that run are ended.
 *
 * (I1) A slot is free, or holds a running process, its descriptor and its files.
 */
#include "linker/lower.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/process.h"
#include "base/program.h"
#include "linker/elf/elf_file.h"
#include "linker/facts.h"
#include "linker/worker/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS (30U * 60 * 1000) /* nobody waits longer for one unit */
#define PARALLEL_MAX 64

struct running { /* (I1) */
	struct lower_job *job; /* NULL: free */
	pid_t pid;
	int pid_fd;
	int output; /* memory file */
	int facts; /* memory file */
	int talk; /* memory file: what the worker says on standard error */
	uint64_t start; /* ms */
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

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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

/* Text that a worker wrote, as one clean line of an error message. */
static char *
clean_line(struct arena *arena, struct str text)
{
	char *line = str_copy(arena, text);
	char *end = strchr(line, '\n');

	if (end != NULL)
		*end = '\0';
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return line;
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
			clean_line(arena, output));
	}
	if (status == WORKER_REPORTED && str_cut(&output, '\n', &name) &&
		str_is(name, err_name(ERR_USAGE)))
		return err_set(ERR_USAGE, "%s", clean_line(arena, output));
	return err_set(ERR_WORKER, "%s --target: exit status %d: %s", program, status,
		clean_line(arena, output));
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

/* In the child: LLVM recurses over large functions, so the stack may grow. */
static int
raise_stack(void *data)
{
	struct rlimit stack;

	(void)data;
	if (getrlimit(RLIMIT_STACK, &stack) < 0)
		return -1;
	if (stack.rlim_max == RLIM_INFINITY || stack.rlim_max > WORKER_STACK)
		stack.rlim_cur = WORKER_STACK;
	return setrlimit(RLIMIT_STACK, &stack);
}

/* Start the worker of one job; the files are open. */
static int
start_worker(const struct crew *crew, const struct lower_job *job, int job_fd,
	struct running *running)
{
	size_t fd_count = job->unit_count + 3;
	const char **argv = arena_array(crew->arena, fd_count + 2, sizeof *argv);
	int *fds = arena_array(crew->arena, fd_count, sizeof *fds);
	static const char *const no_environment[] = { NULL };
	struct process process = { .argv = argv,
		.envp = no_environment,
		.stdout_fd = running->talk,
		.stderr_fd = running->talk,
		.keep_fds = fds,
		.keep_count = fd_count,
		.dies_with_caller = true,
		.before_exec = raise_stack };

	fds[0] = job_fd;
	fds[1] = running->output;
	fds[2] = running->facts;
	for (size_t i = 0; i < job->unit_count; i++)
		fds[i + 3] = job->units[i];
	argv[0] = crew->program;
	for (size_t i = 0; i < fd_count; i++)
		argv[i + 1] = arena_printf(crew->arena, "%d", fds[i]);
	TRY(process_start(&process, &running->pid));
	running->pid_fd = (int)syscall(SYS_pidfd_open, running->pid, 0);
	if (running->pid_fd < 0)
		return err_errno("%s: watch worker", job->name);
	return 0;
}

static void
close_files(struct running *running)
{
	file_close(&running->pid_fd);
	file_close(&running->output);
	file_close(&running->facts);
	file_close(&running->talk);
	running->job = NULL;
}

static int
start_job(const struct crew *crew, struct lower_job *job, struct running *running)
{
	int job_fd AUTO(file_close) = -1;
	int ret;

	*running = (struct running){ .pid = -1,
		.pid_fd = -1,
		.output = -1,
		.facts = -1,
		.talk = -1,
		.start = now_ms() };
	ret = file_memory("job", &job_fd);
	if (ret >= 0)
		ret = file_memory("object", &running->output);
	if (ret >= 0)
		ret = file_memory("facts", &running->facts);
	if (ret >= 0)
		ret = file_memory("messages", &running->talk);
	if (ret >= 0)
		ret = write_job(crew, job, job_fd);
	if (ret >= 0)
		ret = start_worker(crew, job, job_fd, running);
	if (ret < 0) {
		if (running->pid > 0) {
			int status;

			(void)kill(running->pid, SIGKILL);
			(void)process_wait(running->pid, &status);
		}
		close_files(running);
		return err_set(
			ERR_WORKER, "%s: cannot start a worker: %s", job->name, err_message());
	}
	running->job = job;
	return 0;
}

/* The error that a worker reported: only codes that a unit's contents can cause are believed. */
static int
reported_error(const struct crew *crew, const struct running *running)
{
	static const enum err codes[] = { ERR_PROFILE, ERR_SYMBOL, ERR_FORMAT };
	struct str rest, name;

	if (file_read_fd(crew->arena, running->output, WORKER_MESSAGE_MAX, &rest) < 0 ||
		!str_cut(&rest, '\n', &name))
		return err_set(ERR_WORKER, "%s: the worker failed without a reason",
			running->job->name);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (str_is(name, err_name(codes[i])))
			return err_set(codes[i], "%s", clean_line(crew->arena, rest));
	return err_set(ERR_WORKER, "%s: %s", running->job->name, clean_line(crew->arena, rest));
}

/* Whether a worker's last words are those of LLVM, the C++ library or ours without memory. */
static bool
ran_out_of_memory(const char *said)
{
	static const char *const words[] = { "out of memory", "bad_alloc",
		"Allocation failed" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(said, words[i]) != NULL)
			return true;
	return false;
}

/* The error for a worker that ended as it should not. */
static int
death(const struct crew *crew, const struct running *running, int status)
{
	struct str talk = { 0 };
	const char *said = "";

	if (file_read_fd(crew->arena, running->talk, WORKER_MESSAGE_MAX, &talk) >= 0 &&
		talk.len > 0)
		said = arena_printf(crew->arena, ": %s", clean_line(crew->arena, talk));
	if (ran_out_of_memory(said))
		return err_set(ERR_WORKER,
			"%s: the worker needs more than %" PRIu64
			" MB of memory (allow it: 'weld policy set memory SIZE'; the tiers "
			"fast and "
			"instant need less)",
			running->job->name,
			(running->job->memory != 0 ? running->job->memory
						   : WORKER_ADDRESS_SPACE) >>
				20);
	if (status > 128)
		return err_set(ERR_WORKER,
			"%s: the worker was ended by signal %d (%s)%s (the unit may be "
			"damaged)",
			running->job->name, status - 128, strsignal(status - 128), said);
	return err_set(ERR_WORKER, "%s: the worker ended with status %d%s", running->job->name,
		status, said);
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
finish_job(struct crew *crew, struct running *running, bool is_late)
{
	struct lower_job *job = running->job;
	int status, ret;

	ret = process_wait(running->pid, &status);
	job->ret_time_ms = (unsigned)(now_ms() - running->start);
	if (ret >= 0 && is_late)
		ret = err_set(ERR_WORKER,
			"%s: the worker took longer than %u s (the unit may be damaged)",
			job->name,
			(job->timeout_ms != 0 ? job->timeout_ms : DEADLINE_MS) / 1000);
	else if (ret >= 0 && status == WORKER_REPORTED)
		ret = reported_error(crew, running);
	else if (ret >= 0 && status != 0)
		ret = death(crew, running, status);
	else if (ret >= 0 && check_result(crew, running) < 0)
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

static uint64_t
deadline(const struct running *running)
{
	unsigned limit = running->job->timeout_ms;

	return running->start + (limit != 0 ? limit : DEADLINE_MS);
}

/* Wait until a worker ended or is late; *ret_late tells which. */
static int
wait_worker(struct crew *crew, struct running **ret_running, bool *ret_late)
{
	struct pollfd fds[PARALLEL_MAX];
	uint64_t first = UINT64_MAX, now;

	for (;;) {
		now = now_ms();
		for (unsigned i = 0; i < crew->parallel; i++) {
			struct running *running = &crew->slots[i];

			fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
			if (running->job == NULL)
				continue;
			fds[i].fd = running->pid_fd;
			if (deadline(running) <= now) {
				(void)kill(running->pid, SIGKILL);
				*ret_running = running;
				*ret_late = true;
				return 0;
			}
			if (deadline(running) < first)
				first = deadline(running);
		}
		if (poll(fds, crew->parallel, (int)(first - now) + 1) < 0 && errno != EINTR)
			return err_errno("wait for workers");
		for (unsigned i = 0; i < crew->parallel; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0) {
				*ret_running = &crew->slots[i];
				*ret_late = false;
				return 0;
			}
	}
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
	size_t started = 0;

	for (size_t done = 0; done < count; done++) {
		struct running *running = NULL;
		size_t index;
		bool is_late = false;

		while (started < count && (running = free_slot(crew)) != NULL)
			TRY(start_job(crew, &jobs[started++], running));
		TRY(wait_worker(crew, &running, &is_late));
		index = (size_t)(running->job - jobs);
		TRY(finish_job(crew, running, is_late));
		if (progress != NULL)
			progress(progress_data, index);
	}
	return 0;
}

/* End what still runs and drop what is done. */
static void
abandon(struct crew *crew, struct lower_job *jobs, size_t count)
{
	for (unsigned i = 0; i < crew->parallel; i++) {
		struct running *running = &crew->slots[i];
		int status;

		if (running->job == NULL)
			continue;
		(void)kill(running->pid, SIGKILL);
		while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
			;
		close_files(running);
	}
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
