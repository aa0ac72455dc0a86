/* SPDX-License-Identifier: MIT */
/*
 * One JSON object. Bytes of clients are in hex: half a message need not be text. Who is at the
 * other end of a connection is not written down but asked of the kernel again.
 */
#include "pkgd/server/handover.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/methods.h"
#include "pkgd/protocol.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMAT 1
#define STATE_MAX \
	((size_t)2 << 30) /* bytes: replies that are kept, calls and answers under way */

static json_t *
hex_of(const char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		const char pair[2] = { digits[byte >> 4], digits[byte & 15] };

		strbuf_add(&text, pair, sizeof pair);
	}
	return json_string(strbuf_string(&text));
}

static int
bytes_of(const json_t *object, const char *key, struct strbuf *ret_bytes)
{
	const char *hex;
	unsigned byte;

	TRY(json_get_string(object, key, &hex));
	for (; *hex != '\0'; hex += 2) {
		if (sscanf(hex, "%2x", &byte) != 1 || hex[1] == '\0')
			return err_set(ERR_FORMAT, "%s: not in hex", key);
		strbuf_add(ret_bytes, &(char){ (char)byte }, 1);
	}
	return 0;
}

/* 1. Writing */

static json_t *
write_connection(const struct connection *connection)
{
	const struct message_reader *in = &connection->messages;

	return json_pack("{s:i, s:o, s:o, s:b}", "fd", connection->fd, "in",
		hex_of(in->bytes.at + in->start, in->bytes.len - in->start), "out",
		hex_of(connection->out.at + connection->sent, connection_pending(connection)),
		"is_closing", connection->is_closing);
}

static json_t *
write_operation(const struct operation *operation)
{
	const struct peer *peer = &operation->peer;

	return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:O*, s:O*, s:O, s:O}",
		"number", (json_int_t)operation->number, "method", operation->method->name,
		"command", operation->command, "uid", (json_int_t)peer->uid, "gid",
		(json_int_t)peer->gid, "pid", (json_int_t)peer->pid, "asked_ms",
		(json_int_t)operation->asked_ms, "started_ms",
		(json_int_t)operation->started_ms, "ended_ms", (json_int_t)operation->ended_ms,
		"plan", operation->plan, "progress", operation->progress, "texts",
		operation->texts, "last", operation->last);
}

static json_t *
write_state(const struct server *server)
{
	json_t *connections = json_array();
	json_t *operations = json_array();

	for (const struct connection *at = server->connections; at != NULL; at = at->next)
		if (!at->is_dead)
			json_array_append_new(connections, write_connection(at));
	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		if (!at->is_question && at->method != NULL)
			json_array_append_new(operations, write_operation(at));
	return json_pack("{s:i, s:i, s:i, s:b, s:I, s:I, s:o, s:o}", "format", FORMAT,
		"listener", server->listener, "lock", server->lock, "owns_socket",
		server->owns_socket, "idle_s", (json_int_t)server->options.idle_s,
		"last_number", (json_int_t)server->last_number, "connections", connections,
		"operations", operations);
}

int
handover_write(const struct server *server, int *ret_fd)
{
	json_t *state AUTO(json_release) = write_state(server);
	struct strbuf text AUTO(strbuf_free) = { 0 };
	int fd AUTO(file_close) = -1;

	json_write(state, &text);
	TRY(file_memory("pkgd-handover", &fd));
	TRY(file_write_fd(fd, text.at, text.len));
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int
keep_one(int fd, bool stays)
{
	if (fd >= 0 && fcntl(fd, F_SETFD, stays ? 0 : FD_CLOEXEC) < 0)
		return err_errno("handover");
	return 0;
}

int
handover_keep_open(const struct server *server, int fd, bool stays)
{
	TRY(keep_one(fd, stays));
	TRY(keep_one(server->listener, stays));
	TRY(keep_one(server->lock, stays));
	for (const struct connection *at = server->connections; at != NULL; at = at->next)
		if (!at->is_dead)
			TRY(keep_one(at->fd, stays));
	return 0;
}

/* 2. Reading */

bool
handover_is_there(void)
{
	return getenv(HANDOVER_VARIABLE) != NULL;
}

int
handover_read(json_t **ret_state)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *end;
	long number = strtol(getenv(HANDOVER_VARIABLE), &end, 10);
	int fd AUTO(file_close) =
		*end == '\0' && number > 2 && number < INT_MAX ? (int)number : -1;
	json_t *state AUTO(json_release) = NULL;
	struct str text;
	int64_t format;

	/* It was written by a process that shares the place in the file. */
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno("handover");
	TRY(file_read_fd(arena, fd, STATE_MAX, &text));
	TRY(json_read(text, &state));
	TRY(json_get_integer(state, "format", &format));
	if (format != FORMAT)
		return err_set(ERR_FORMAT, "handover: of another version (restart pkgd)");
	*ret_state = state;
	state = NULL;
	return 0;
}

static int
take_connection(struct server *server, const json_t *json)
{
	struct strbuf in AUTO(strbuf_free) = { 0 };
	struct strbuf out AUTO(strbuf_free) = { 0 };
	bool is_closing;
	int64_t fd;

	TRY(json_get_integer(json, "fd", &fd));
	TRY(json_get_bool(json, "is_closing", &is_closing));
	TRY(bytes_of(json, "in", &in));
	TRY(bytes_of(json, "out", &out));
	TRY(keep_one((int)fd, false));
	connection_adopt(server, (int)fd, (struct str){ in.at, in.len },
		(struct str){ out.at, out.len }, is_closing);
	return 0;
}

static int
take_operation(struct server *server, const json_t *json)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct operation done = { 0 };
	int64_t number, uid, gid, pid;
	const char *method, *command;

	TRY(json_get_integer(json, "number", &number));
	TRY(json_get_string(json, "method", &method));
	TRY(json_get_string(json, "command", &command));
	TRY(json_get_integer(json, "uid", &uid));
	TRY(json_get_integer(json, "gid", &gid));
	TRY(json_get_integer(json, "pid", &pid));
	TRY(json_get_integer(json, "asked_ms", &done.asked_ms));
	TRY(json_get_integer(json, "started_ms", &done.started_ms));
	TRY(json_get_integer(json, "ended_ms", &done.ended_ms));
	TRY(method_find(arena_printf(arena, PKGD_INTERFACE "%s", method), &done.method));
	done.number = (uint64_t)number;
	done.command = (char *)command;
	done.peer = (struct peer){ .pid = (pid_t)pid, .uid = (uid_t)uid, .gid = (gid_t)gid };
	done.plan = json_object_get(json, "plan");
	done.progress = json_object_get(json, "progress");
	done.texts = json_object_get(json, "texts");
	done.last = json_object_get(json, "last");
	if (done.texts == NULL || done.last == NULL)
		return err_set(ERR_FORMAT, "handover: an operation without an end");
	operation_adopt(server, &done);
	return 0;
}

int
handover_take(struct server *server, const json_t *state)
{
	json_t *connections, *operations, *at;
	int64_t listener, lock, idle_s, last_number;
	size_t i;

	TRY(json_get_integer(state, "listener", &listener));
	TRY(json_get_integer(state, "lock", &lock));
	TRY(json_get_bool(state, "owns_socket", &server->owns_socket));
	TRY(json_get_integer(state, "idle_s", &idle_s));
	TRY(json_get_integer(state, "last_number", &last_number));
	TRY(json_get_array(state, "connections", &connections));
	TRY(json_get_array(state, "operations", &operations));
	server->listener = (int)listener;
	server->lock = (int)lock;
	server->options.idle_s = (unsigned)idle_s;
	server->last_number = (uint64_t)last_number;
	TRY(handover_keep_open(server, -1, false));
	json_array_foreach(connections, i, at) TRY(take_connection(server, at));
	json_array_foreach(operations, i, at) TRY(take_operation(server, at));
	return 0;
}
