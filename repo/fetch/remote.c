/* SPDX-License-Identifier: MIT */
/*
 * weld-fetch gets a job and the items' descriptors, and says lines (repo/fetch/worker/protocol.h). It is
 * ended when it says nothing for too long. A line that cannot be ends it, too.
 *
 * (R1) It ends in bounded time whatever it says: each item that has ended and each byte that it says it
 * received bring so much more, and of neither can there be more than was asked for.
 */
#include "repo/fetch/remote.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/program.h"
#include "base/worker.h"
#include "repo/fetch/worker/protocol.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RESOLVING_S 10 /* beyond what libcurl measures: names can take long */

struct remote {
	const struct fetch_options *options;
	struct fetch_item *items;
	const size_t *indices; /* of those that are fetched */
	size_t count;
	size_t ended; /* of them */
	bool *is_ended;
	uint64_t before; /* bytes, of what others fetched */
	uint64_t received; /* bytes, as it said */
	uint64_t limit; /* bytes, of all of them */
	int64_t patience_ms; /* with the next line, and with an item that brings nothing */
	int64_t start_ms;
};

static unsigned
value_or(unsigned value, unsigned fallback)
{
	return value == 0 ? fallback : value;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* (R1) When it is ended, as things stand. */
static int64_t
deadline_ms(const struct remote *remote)
{
	unsigned rate = value_or(remote->options->low_speed_bytes, FETCH_LOW_SPEED_BYTES);

	return remote->start_ms + remote->patience_ms * (int64_t)(1 + remote->ended) +
	       (int64_t)(remote->received / rate * 1000);
}

/* What libcurl looks up in the environment. */
static const char *const variables[] = { "http_proxy", "https_proxy", "HTTPS_PROXY",
	"all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY" };

static json_t *
environment_json(void)
{
	json_t *object = json_object();

	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL)
			json_object_set_new(object, variables[i], json_string(value));
	}
	return object;
}

static json_t *
items_json(const struct remote *remote)
{
	json_t *array = json_array();

	for (size_t i = 0; i < remote->count; i++) {
		const struct fetch_item *item = &remote->items[remote->indices[i]];
		json_t *object = json_object();

		json_object_set_new(object, "url", json_string(item->url));
		json_object_set_new(object, "limit",
			json_integer(
				item->limit < INT64_MAX ? (json_int_t)item->limit : INT64_MAX));
		json_object_set_new(object, "fd", json_integer(item->fd));
		json_object_set_new(
			object, "may_be_missing", json_boolean(item->may_be_missing));
		json_array_append_new(array, object);
	}
	return array;
}

static int
write_job(const struct remote *remote, int fd)
{
	const struct fetch_options *options = remote->options;
	json_t *object AUTO(json_release) = json_object();
	struct strbuf text AUTO(strbuf_free) = { 0 };

	json_object_set_new(object, "connections", json_integer(options->connections));
	json_object_set_new(object, "low_speed_bytes", json_integer(options->low_speed_bytes));
	json_object_set_new(
		object, "low_speed_seconds", json_integer(options->low_speed_seconds));
	json_object_set_new(object, "connect_seconds", json_integer(options->connect_seconds));
	json_object_set_new(object, "environment", environment_json());
	json_object_set_new(object, "items", items_json(remote));
	json_write(object, &text);
	return file_write_fd(fd, text.at, text.len);
}

/* A number and what ends it; false when there is none, or it is too large. */
static bool
take_number(const char **text, char end, uint64_t *ret_number)
{
	uint64_t number = 0;
	const char *at = *text;

	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return false;
	if (*at != end)
		return false;
	*text = at + (end != '\0');
	*ret_number = number;
	return true;
}

static bool
take_index(struct remote *remote, const char **text, char end, struct fetch_item **ret_item)
{
	uint64_t index;

	if (!take_number(text, end, &index) || index >= remote->count ||
		remote->is_ended[index])
		return false;
	remote->is_ended[index] = true;
	remote->ended++;
	*ret_item = &remote->items[remote->indices[index]];
	return true;
}

/* Take one line; false when it cannot be. */
static bool
take_line(struct remote *remote, const char *line)
{
	const struct fetch_options *options = remote->options;
	struct fetch_item *item;
	uint64_t number;

	if (strncmp(line, "progress ", 9) == 0) {
		line += 9;
		if (!take_number(&line, '\0', &number) || number > remote->limit)
			return false;
		if (number > remote->received)
			remote->received = number;
		if (options->progress != NULL)
			options->progress(options->data, remote->before + number);
		return true;
	}
	if (strncmp(line, "done ", 5) == 0) {
		line += 5;
		if (!take_index(remote, &line, ' ', &item) ||
			!take_number(&line, '\0', &number) || number > item->limit)
			return false;
		item->ret_size = number;
		return true;
	}
	if (strncmp(line, "missing ", 8) == 0) {
		line += 8;
		if (!take_index(remote, &line, '\0', &item) || !item->may_be_missing)
			return false;
		item->ret_missing = true;
		return true;
	}
	return false;
}

/* Take the lines that are complete and keep the rest. */
static int
take_lines(struct remote *remote, const char *name, char *text, size_t *length)
{
	char *line = text;
	char *end;

	while ((end = memchr(line, '\n', *length)) != NULL) {
		*end = '\0';
		if (!take_line(remote, line))
			return err_set(ERR_WORKER,
				"%s: " FETCH_PROGRAM " said what it cannot mean", name);
		*length -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	if (*length >= FETCH_LINE_MAX)
		return err_set(
			ERR_WORKER, "%s: " FETCH_PROGRAM " said what it cannot mean", name);
	memmove(text, line, *length);
	return 0;
}

/* Listen until it has said everything. */
static int
listen(struct remote *remote, const char *name, int fd)
{
	char text[4096 + FETCH_LINE_MAX];
	size_t length = 0;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int ready = poll(&wait, 1, (int)remote->patience_ms);
		ssize_t got = ready > 0 ? read(fd, text + length, sizeof text - length) : -1;

		if (ready == 0)
			return err_set(ERR_WORKER,
				"%s: " FETCH_PROGRAM " said nothing for %d s", name,
				(int)(remote->patience_ms / 1000));
		if (now_ms() > deadline_ms(remote))
			return err_set(ERR_FETCH,
				"%s: too slow: %" PRIu64 " bytes in %d s (use another mirror)",
				name, remote->received,
				(int)((now_ms() - remote->start_ms) / 1000));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("%s: " FETCH_PROGRAM, name);
		if (got == 0)
			return 0;
		length += (size_t)got;
		TRY(take_lines(remote, name, text, &length));
	}
}

/* Once it says no more it has little time to end. */
static int
follow(struct remote *remote, struct worker_job *job, struct worker *worker, int fd)
{
	TRY(listen(remote, job->name, fd));
	job->timeout_ms = worker_time_ms(worker) + (unsigned)remote->patience_ms;
	TRY(worker_finish(worker));
	if (remote->ended != remote->count)
		return err_set(ERR_WORKER, "%s: " FETCH_PROGRAM " ended too early", job->name);
	return 0;
}

static int
run(struct arena *arena, struct remote *remote, int job_fd)
{
	static const enum err believed[] = { ERR_FETCH, ERR_LIMIT, ERR_NOT_FOUND, ERR_NO_SPACE,
		ERR_IO, 0 };
	const char *const arguments[] = { arena_printf(arena, "%d", job_fd), NULL };
	int *fds = arena_array(arena, remote->count + 1, sizeof *fds);
	struct worker_job job = { .name = remote->items[remote->indices[0]].url,
		.arguments = arguments,
		.fds = fds,
		.fd_count = remote->count + 1,
		.timeout_ms = UINT32_MAX, /* it is ended when it says nothing */
		.believed = believed };
	struct worker worker AUTO(worker_stop) = { 0 };
	int output[2];
	char *program;
	int ret;

	fds[remote->count] = job_fd;
	for (size_t i = 0; i < remote->count; i++)
		fds[i] = remote->items[remote->indices[i]].fd;
	if (program_find(arena, FETCH_PROGRAM, &program) < 0)
		return err_set(ERR_WORKER, "%s: %s", job.name, err_message());
	job.program = program;
	if (pipe2(output, O_CLOEXEC) < 0)
		return err_errno("%s: pipe", job.name);
	job.output_fd = output[1];
	ret = worker_start(&job, &worker);
	file_close(&output[1]);
	if (ret >= 0)
		ret = follow(remote, &job, &worker, output[0]);
	file_close(&output[0]);
	return ret;
}

int
remote_fetch(struct arena *arena, const struct fetch_options *options, struct fetch_item *items,
	const size_t *indices, size_t count, uint64_t received)
{
	struct remote remote = { .options = options,
		.items = items,
		.indices = indices,
		.count = count,
		.is_ended = arena_array(arena, count, sizeof(bool)),
		.before = received,
		.patience_ms =
			INT64_C(1000) *
			(value_or(options->connect_seconds, FETCH_CONNECT_SECONDS) +
				value_or(options->low_speed_seconds, FETCH_LOW_SPEED_SECONDS) +
				RESOLVING_S),
		.start_ms = now_ms() };
	int job AUTO(file_close) = -1;

	for (size_t i = 0; i < count; i++)
		if (__builtin_add_overflow(
			    remote.limit, items[indices[i]].limit, &remote.limit))
			remote.limit = UINT64_MAX;
	TRY(file_memory("job", &job));
	TRY(write_job(&remote, job));
	return run(arena, &remote, job);
}
