/* SPDX-License-Identifier: MIT */
/*
 * An operation from its request to its last message.
 *
 *     waiting --> running --> done          its process said its last message
 *        |           |
 *        |           +--> settling --> done its process ended without one
 *        +-----------------------------> done  cancelled, or waited too long
 *
 * Questions begin at once, up to a number; of changes one runs, in the order
 * in which they were asked. A question's bytes go to its client as they come;
 * a change's messages are read, and kept for who attaches.
 */
#include "pkgd/server/server.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/server/child.h"
#include "pkgd/server/journal.h"
#include "pkgd/server/reply.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE ((size_t)64 << 10) /* bytes */
#define UNSENT_MAX ((size_t)256 << 10) /* bytes that wait for a question's client */
#define BEHIND_MAX ((size_t)64 << 10) /* a client that has more to read misses progress */
#define TERM_MS 5000 /* from SIGTERM to SIGKILL */

static const char *const phases[] = {
	[OPERATION_WAITING] = "waiting",
	[OPERATION_RUNNING] = "running",
	[OPERATION_SETTLING] = "settling",
	[OPERATION_DONE] = "done",
};

static char *
copy_string(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

struct operation *
operation_new(struct server *server, const struct method *method, json_t *request,
	const struct peer *peer)
{
	const json_t *parameters = json_object_get(request, "parameters");
	const char *command = json_string_value(json_object_get(parameters, "command"));
	struct operation **last = &server->operations;
	struct operation *operation = calloc(1, sizeof *operation);

	if (operation == NULL)
		abort();
	*operation = (struct operation){ .number = ++server->last_number,
		.method = method,
		.is_question = method != NULL && access_is_question(method, parameters),
		.request = json_incref(request),
		.command = copy_string(command != NULL  ? command
				       : method != NULL ? method->name
							: "settle"),
		.peer = peer_copy(peer),
		.asked_ms = server_now_ms(),
		.fd = -1,
		.poll_place = -1,
		.messages = { .limit = MESSAGE_REPLY_MAX },
		.texts = json_array() };
	while (*last != NULL)
		last = &(*last)->next;
	*last = operation;
	return operation;
}

void
operation_adopt(struct server *server, const struct operation *done)
{
	struct operation *operation = operation_new(server, done->method, NULL, &done->peer);

	server->last_number--;
	operation->number = done->number;
	free(operation->command);
	operation->command = copy_string(done->command);
	operation->phase = OPERATION_DONE;
	operation->asked_ms = done->asked_ms;
	operation->started_ms = done->started_ms;
	operation->ended_ms = done->ended_ms;
	operation->plan = json_incref(done->plan);
	operation->progress = json_incref(done->progress);
	json_decref(operation->texts);
	operation->texts = json_incref(done->texts);
	operation->last = json_incref(done->last);
}

json_t *
operation_describe(const struct operation *operation)
{
	int64_t since = operation->phase == OPERATION_WAITING ? operation->asked_ms
							      : operation->started_ms;
	int64_t until =
		operation->phase == OPERATION_DONE ? operation->ended_ms : server_now_ms();

	return json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:O*}", "operation",
		(json_int_t)operation->number, "method",
		operation->method == NULL ? "" : operation->method->name, "command",
		operation->command, "phase", phases[operation->phase], "uid",
		(json_int_t)operation->peer.uid, "pid", (json_int_t)operation->peer.pid,
		"seconds", (json_int_t)((until - since) / 1000), "progress",
		operation->progress);
}

/* The answer of an operation as the one who attached gets it: with what it was. */
static json_t *
wrap_last(const struct operation *operation)
{
	json_t *parameters = json_object_get(operation->last, "parameters");

	if (json_object_get(operation->last, "error") != NULL)
		return json_incref(operation->last);
	return reply_answer(json_pack(
		"{s:o, s:O}", "operation", operation_describe(operation), "reply", parameters));
}

static void
send_last(const struct operation *operation, struct connection *connection)
{
	connection_send(connection,
		connection->is_attached ? wrap_last(operation) : json_incref(operation->last));
	connection->operation = NULL;
	connection->is_attached = false;
}

static void
send_all(
	struct server *server, const struct operation *operation, json_t *message, bool is_last)
{
	for (struct connection *at = server->connections; at != NULL; at = at->next) {
		if (at->operation != operation || at->is_dead)
			continue;
		if (is_last)
			send_last(operation, at);
		else if (at->wants_more && connection_pending(at) < BEHIND_MAX)
			connection_send(at, json_incref(message));
	}
}

static json_t *
number_event(const struct operation *operation)
{
	json_t *event AUTO(json_release) = json_pack("{s:s, s:I, s:s}", "event", "operation",
		"operation", (json_int_t)operation->number, "command", operation->command);

	return reply_event(event);
}

/* Who is first in line, as text for those behind. */
static json_t *
waiting_event(const struct operation *holder)
{
	char text[512];
	json_t *event AUTO(json_release) = operation_describe(holder);

	snprintf(text, sizeof text, "waits for '%.300s' by user %u, since %lld s",
		holder->command, (unsigned)holder->peer.uid,
		(long long)((server_now_ms() - holder->started_ms) / 1000));
	json_object_del(event, "progress");
	json_object_set_new(event, "event", json_string("waiting"));
	json_object_set_new(event, "text", json_string(text));
	return reply_event(event);
}

void
operation_watch(struct operation *operation, struct connection *connection)
{
	connection->operation = operation;
	if (connection->wants_more && !operation->is_question) {
		json_t *text;
		size_t i;

		connection_send(connection, number_event(operation));
		if (operation->plan != NULL)
			connection_send(connection, reply_event(operation->plan));
		json_array_foreach(operation->texts, i, text)
			connection_send(connection, reply_event(text));
		if (operation->progress != NULL)
			connection_send(connection, reply_event(operation->progress));
	}
	if (operation->phase == OPERATION_DONE)
		send_last(operation, connection);
}

/* The one line of the log that says how it went. */
static void
note_end(const struct operation *operation)
{
	const json_t *parameters = json_object_get(operation->last, "parameters");
	const char *error = json_string_value(json_object_get(operation->last, "error"));
	const char *message = json_string_value(json_object_get(parameters, "message"));
	long long generation = json_integer_value(json_object_get(parameters, "generation"));

	if (operation->is_question)
		return;
	if (error != NULL)
		journal_note("operation %llu: '%s' by user %u: %s: %s",
			(unsigned long long)operation->number, operation->command,
			(unsigned)operation->peer.uid, error, message == NULL ? "" : message);
	else
		journal_note("operation %llu: '%s' by user %u: done%s, generation %lld",
			(unsigned long long)operation->number, operation->command,
			(unsigned)operation->peer.uid,
			json_is_true(json_object_get(parameters, "nothing")) ? " (nothing)"
									     : "",
			generation);
}

/* Takes the reference to the message. */
static void
finish(struct server *server, struct operation *operation, json_t *message)
{
	operation->last = message;
	operation->phase = OPERATION_DONE;
	operation->ended_ms = server_now_ms();
	note_end(operation);
	send_all(server, operation, message, true);
}

static void
fail(struct server *server, struct operation *operation, const char *name, const char *text)
{
	finish(server, operation, reply_refusal(name, text));
}

static int
start(struct server *server, struct operation *operation)
{
	const json_t *request =
		operation->phase == OPERATION_SETTLING ? NULL : operation->request;
	bool is_watched = false;

	for (const struct connection *at = server->connections; at != NULL; at = at->next)
		is_watched = is_watched || (at->operation == operation && at->wants_more);

	struct child_work work = { .request = request,
		.root = server->options.root,
		.sends_events = !operation->is_question || is_watched,
		.needs_consent = !operation->is_question,
		.checked = server->options.checks_replies ? &server->interface : NULL };

	return child_start(&work, &operation->pid, &operation->fd);
}

/* The number that ROOT/current points to; 0: none. */
static uint64_t
current_generation(const struct server *server)
{
	char path[PATH_MAX];
	char target[64];
	uint64_t number = 0;
	ssize_t length;

	snprintf(path, sizeof path, "%s/current", server->options.root);
	length = readlink(path, target, sizeof target - 1);
	if (length > 0) {
		target[length] = '\0';
		(void)sscanf(target, "generations/%" SCNu64, &number);
	}
	return number;
}

static void
begin(struct server *server, struct operation *operation)
{
	operation->started_ms = server_now_ms();
	operation->generation = current_generation(server);
	operation->phase = operation->method == NULL ? OPERATION_SETTLING : OPERATION_RUNNING;
	if (!operation->is_question && operation->method != NULL)
		journal_note("operation %llu: '%s' by user %u (process %d): begins",
			(unsigned long long)operation->number, operation->command,
			(unsigned)operation->peer.uid, (int)operation->peer.pid);
	if (start(server, operation) < 0)
		finish(server, operation, reply_failure(ERR_IO));
}

/* Its process ended without an answer; what a change left is cleared away first. */
static void
settle(struct server *server, struct operation *operation, const char *failure)
{
	operation->failure = copy_string(failure);
	operation->phase = OPERATION_SETTLING;
	operation->kill_ms = 0;
	if (start(server, operation) < 0)
		fail(server, operation, REPLY_LOST, failure);
}

/* What holds after an operation whose process was lost, where the store had nothing to settle. */
static void
describe_settled(const struct operation *operation, uint64_t current, struct strbuf *text)
{
	if (current != operation->generation)
		strbuf_printf(text, "it was done: generation %" PRIu64 " is current", current);
	else if (operation->plan != NULL)
		strbuf_printf(text, "nothing has changed");
	else
		strbuf_printf(text,
			"generation %" PRIu64
			" is current as before (look whether the rest of it was done)",
			current);
}

/* Settled: the answer is why that was needed, and what holds now. */
static void
finish_settled(struct server *server, struct operation *operation, json_t *message)
{
	const json_t *parameters = json_object_get(message, "parameters");
	const char *notice = json_string_value(json_object_get(parameters, "notice"));
	const char *problem = json_string_value(json_object_get(parameters, "message"));
	struct strbuf text AUTO(strbuf_free) = { 0 };

	if (operation->method == NULL) {
		if (notice != NULL || problem != NULL)
			journal_warn("at the start: %s", notice != NULL ? notice : problem);
		operation->phase = OPERATION_DONE;
		operation->last = message;
		return;
	}
	strbuf_printf(&text, "%s; ", operation->failure);
	if (notice != NULL || problem != NULL)
		strbuf_printf(&text, "%s", notice != NULL ? notice : problem);
	else
		describe_settled(operation,
			(uint64_t)json_integer_value(json_object_get(parameters, "generation")),
			&text);
	json_decref(message);
	fail(server, operation, operation->is_cancelled ? REPLY_CANCELLED : REPLY_LOST,
		strbuf_string(&text));
}

static void
keep_event(struct operation *operation, const json_t *message)
{
	json_t *event = json_object_get(json_object_get(message, "parameters"), "event");
	const char *kind = json_string_value(json_object_get(event, "event"));
	json_t **place = kind == NULL                    ? NULL
			 : strcmp(kind, "plan") == 0     ? &operation->plan
			 : strcmp(kind, "progress") == 0 ? &operation->progress
							 : NULL;

	if (place != NULL) {
		json_decref(*place);
		*place = json_incref(event);
		return;
	}
	if (json_array_size(operation->texts) >= SERVER_TEXTS_MAX)
		json_array_remove(operation->texts, 0);
	json_array_append(operation->texts, event);
}

/* Takes the reference to the message. */
static void
take_message(struct server *server, struct operation *operation, json_t *message)
{
	if (reply_continues(message)) {
		keep_event(operation, message);
		send_all(server, operation, message, false);
		json_decref(message);
	} else if (operation->phase == OPERATION_SETTLING) {
		finish_settled(server, operation, message);
	} else {
		finish(server, operation, message);
	}
}

static int
end_process(struct operation *operation)
{
	int status = 0;

	file_close(&operation->fd);
	while (operation->pid > 0 && waitpid(operation->pid, &status, 0) < 0 && errno == EINTR)
		;
	operation->pid = 0;
	operation->kill_ms = 0;
	return status;
}

static void
describe_end(const struct operation *operation, int status, char *text, size_t size)
{
	if (operation->is_cancelled)
		snprintf(text, size, "cancelled: %s", operation->failure);
	else if (WIFSIGNALED(status))
		snprintf(text, size, "its process was ended by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "its process ended with status %d", WEXITSTATUS(status));
}

/* The end of its process. A change's last message has come before, or never will. */
static void
take_end(struct server *server, struct operation *operation)
{
	int status = end_process(operation);
	char text[512];

	if (operation->phase == OPERATION_DONE)
		return;
	describe_end(operation, status, text, sizeof text);
	free(operation->failure);
	operation->failure = NULL;
	if (!operation->is_question && operation->phase == OPERATION_RUNNING)
		settle(server, operation, text);
	else if (operation->method == NULL)
		operation->phase = OPERATION_DONE;
	else
		fail(server, operation, operation->is_cancelled ? REPLY_CANCELLED : REPLY_LOST,
			text);
}

static struct connection *
find_client(const struct server *server, const struct operation *operation)
{
	for (struct connection *at = server->connections; at != NULL; at = at->next)
		if (at->operation == operation && !at->is_dead)
			return at;
	return NULL;
}

bool
operation_is_readable(const struct server *server, const struct operation *operation)
{
	const struct connection *client;

	if (!operation->is_question)
		return true;
	client = find_client(server, operation);
	return client == NULL || connection_pending(client) < UNSENT_MAX;
}

/* Hand a question's bytes on; the process that ends well has said everything. */
static void
forward(struct server *server, struct operation *operation, const char *bytes, size_t length)
{
	struct connection *client = find_client(server, operation);

	if (client == NULL)
		return;
	if (connection_pending(client) == 0)
		client->active_ms = server_now_ms();
	strbuf_add(&client->out, bytes, length);
	operation->is_answering = bytes[length - 1] != '\0';
}

static void
end_question(struct server *server, struct operation *operation)
{
	struct connection *client = find_client(server, operation);
	int status = end_process(operation);
	char text[512];

	if (client == NULL || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
		operation->phase = OPERATION_DONE;
		if (client != NULL)
			client->operation = NULL;
	} else if (operation->is_answering) {
		/* Half an answer is in the stream: only its end can be told. */
		operation->phase = OPERATION_DONE;
		client->operation = NULL;
		client->is_closing = true;
	} else {
		describe_end(operation, status, text, sizeof text);
		fail(server, operation, operation->is_cancelled ? REPLY_CANCELLED : REPLY_LOST,
			text);
	}
}

void
operation_receive(struct server *server, struct operation *operation)
{
	char bytes[READ_SIZE];
	ssize_t got = read(operation->fd, bytes, sizeof bytes);
	json_t *message = NULL;
	bool is_forwarded = operation->is_question;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		if (is_forwarded)
			end_question(server, operation);
		else
			take_end(server, operation);
		return;
	}
	if (is_forwarded) {
		forward(server, operation, bytes, (size_t)got);
		return;
	}
	if (message_feed(&operation->messages, bytes, (size_t)got) < 0)
		return;
	while (operation->phase != OPERATION_DONE &&
		message_next(&operation->messages, &message) > 0)
		take_message(server, operation, message);
}

bool
operation_cancel(struct operation *operation, const char *by)
{
	if (operation->phase == OPERATION_DONE || operation->phase == OPERATION_SETTLING ||
		operation->is_cancelled)
		return false;
	operation->is_cancelled = true;
	free(operation->failure);
	operation->failure = copy_string(by);
	if (operation->pid > 0) {
		kill(operation->pid, operation->is_question ? SIGKILL : SIGTERM);
		operation->kill_ms = server_now_ms() + TERM_MS;
	}
	return true;
}

void
operation_leave_unsettled(struct operation *operation)
{
	if (operation->phase == OPERATION_SETTLING && operation->pid > 0)
		kill(operation->pid, SIGKILL);
}

void
operation_check_time(struct server *server, struct operation *operation, int64_t now)
{
	char text[512];

	if (operation->kill_ms > 0 && now >= operation->kill_ms && operation->pid > 0)
		kill(operation->pid, SIGKILL);
	if (operation->phase != OPERATION_WAITING)
		return;
	if (operation->is_cancelled) {
		snprintf(text, sizeof text,
			"cancelled before it began: %s; nothing has changed",
			operation->failure);
		fail(server, operation, REPLY_CANCELLED, text);
	} else if (operation->wait_until_ms > 0 && now >= operation->wait_until_ms) {
		fail(server, operation, REPLY_BUSY,
			"waited too long for its turn; nothing has changed");
	}
}

/* Changes take turns, and so does what works in the background: one of each at a time. */
enum turn { TURN_CHANGE, TURN_BACKGROUND, TURN_COUNT };

static enum turn
turn_of(const struct operation *operation)
{
	return operation->method != NULL && operation->method->kind == METHOD_BACKGROUND
		       ? TURN_BACKGROUND
		       : TURN_CHANGE;
}

static bool
holds_turn(const struct operation *operation)
{
	return !operation->is_question && (operation->phase == OPERATION_RUNNING ||
						  operation->phase == OPERATION_SETTLING);
}

/* Tell once who is in front, each time that this is somebody else. */
static void
tell_waiting(struct server *server, struct operation *operation, const struct operation *holder)
{
	if (operation->told_holder == holder->number)
		return;
	operation->told_holder = holder->number;

	json_t *event AUTO(json_release) = waiting_event(holder);

	send_all(server, operation, event, false);
}

/* Whether one more question may be answered now: nobody's keep another's from it. */
static bool
has_room(const struct server *server, const struct operation *question)
{
	size_t all = 0;
	size_t own = 0;

	for (const struct operation *at = server->operations; at != NULL; at = at->next) {
		if (!at->is_question || at->phase != OPERATION_RUNNING)
			continue;
		all++;
		own += at->peer.uid == question->peer.uid;
	}
	if (question->peer.uid == 0)
		return all < SERVER_QUESTIONS_MAX;
	return own < SERVER_QUESTIONS_EACH &&
	       all < SERVER_QUESTIONS_MAX - SERVER_QUESTIONS_KEPT;
}

void
operation_start_next(struct server *server)
{
	const struct operation *holders[TURN_COUNT] = { NULL };

	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		if (holds_turn(at))
			holders[turn_of(at)] = at;
	for (struct operation *at = server->operations; at != NULL; at = at->next) {
		const struct operation **holder = &holders[turn_of(at)];

		if (at->phase != OPERATION_WAITING || at->is_cancelled)
			continue;
		if (at->is_question && !has_room(server, at))
			continue;
		if (!at->is_question && *holder != NULL) {
			tell_waiting(server, at, *holder);
			continue;
		}
		begin(server, at);
		if (holds_turn(at))
			*holder = at;
	}
}

void
operation_free(struct operation *operation)
{
	if (operation->pid > 0)
		kill(operation->pid, SIGKILL);
	end_process(operation);
	json_decref(operation->request);
	json_decref(operation->plan);
	json_decref(operation->progress);
	json_decref(operation->texts);
	json_decref(operation->last);
	message_free(&operation->messages);
	free(operation->command);
	free(operation->failure);
	peer_free(&operation->peer);
	free(operation);
}
