/* SPDX-License-Identifier: MIT */
/*
 * From a message to what answers it. The request that the operation gets is
 * built here from a checked copy of the parameters, the caller is who the
 * kernel said he is, and what was allowed is what is carried out: nothing looks
 * at the client again.
 */
#include "pkgd/server/server.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/protocol.h"
#include "pkgd/server/journal.h"
#include "pkgd/server/reply.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVICE "org.varlink.service"
#define COMMAND_MAX 300 /* bytes */
#define LOCK_WAIT_S 600 /* for a writer beside the daemon: 'weld' in a process of its own */

struct call {
	const char *method; /* in full */
	json_t *parameters; /* a copy without null members */
	bool more;
	bool oneway;
};

static int
read_flag(const json_t *message, const char *key, bool *ret_flag)
{
	const json_t *value = json_object_get(message, key);

	if (value != NULL && !json_is_boolean(value))
		return err_set(ERR_FORMAT, "%s", key);
	*ret_flag = json_is_true(value);
	return 0;
}

/* Only what is no null: a member that is null is one that is not there. */
static json_t *
without_nulls(json_t *parameters)
{
	json_t *copy = json_object();
	const char *key;
	json_t *value;

	json_object_foreach(parameters, key, value) if (!json_is_null(value))
		json_object_set_new(copy, key, json_deep_copy(value));
	return copy;
}

/* The error's message is the member that is wrong. */
static int
read_call(const json_t *message, struct call *call)
{
	static const char *const known[] = { "method", "parameters", "more", "oneway",
		"upgrade" };
	json_t *parameters = json_object_get(message, "parameters");
	const char *key;
	json_t *value;
	bool upgrade = false;

	json_object_foreach((json_t *)message, key, value)
	{
		bool is_known = false;

		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			is_known = is_known || strcmp(known[i], key) == 0;
		if (!is_known)
			return err_set(ERR_FORMAT, "%s", key);
	}
	if (json_get_string(message, "method", &call->method) < 0)
		return err_set(ERR_FORMAT, "method");
	if (parameters != NULL && !json_is_object(parameters))
		return err_set(ERR_FORMAT, "parameters");
	TRY(read_flag(message, "more", &call->more));
	TRY(read_flag(message, "oneway", &call->oneway));
	TRY(read_flag(message, "upgrade", &upgrade));
	if (upgrade || (call->more && call->oneway))
		return err_set(ERR_FORMAT, upgrade ? "upgrade" : "oneway");
	call->parameters = without_nulls(parameters);
	return 0;
}

static void
refuse(struct connection *connection, const char *error, const char *key, const char *value)
{
	connection_send(connection, reply_error(error, json_pack("{s:s}", key, value)));
}

/*
 * What history calls the change. Who is not the owner is named in it, whatever he calls his request,
 * and a long one is cut where a character begins.
 */
static void
set_command(struct arena *arena, const struct method *method, const struct peer *peer,
	json_t *parameters)
{
	const char *given = json_string_value(json_object_get(parameters, "command"));
	char *command = arena_string(arena, given != NULL ? given : method->name);
	size_t length = strlen(command);
	const char *rest = "";

	if (length > COMMAND_MAX) {
		for (length = COMMAND_MAX; (command[length] & 0xc0) == 0x80;)
			length--;
		command[length] = '\0';
		rest = " ...";
	}
	for (char *c = command; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	command = arena_printf(arena, "%s%s", command, rest);
	if (peer->uid != geteuid())
		command = arena_printf(arena, "%s (user %u)", command, (unsigned)peer->uid);
	json_object_set_new(parameters, "command", json_string(command));
}

static int
check_root(const struct server *server, json_t *parameters)
{
	const char *root = json_string_value(json_object_get(parameters, "root"));

	if (root != NULL && strcmp(root, server->options.root) != 0)
		return err_set(ERR_FORMAT, "root: this daemon's is %s", server->options.root);
	json_object_set_new(parameters, "root", json_string(server->options.root));
	return 0;
}

static size_t
count_waiting(const struct server *server)
{
	size_t count = 0;

	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		count += !at->is_question && at->phase == OPERATION_WAITING;
	return count;
}

static void
begin_operation(struct server *server, struct connection *connection,
	const struct method *method, const struct call *call)
{
	json_int_t wait_s = json_integer_value(json_object_get(call->parameters, "wait_s"));
	json_t *request AUTO(json_release) = NULL;
	struct operation *operation;

	if (!access_is_question(method, call->parameters) &&
		count_waiting(server) >= SERVER_WAITING_MAX) {
		refuse(connection, REPLY_BUSY, "message", "too many changes wait already");
		return;
	}
	json_object_set_new(call->parameters, "wait_s",
		json_integer(wait_s > 0 && wait_s < LOCK_WAIT_S ? wait_s : LOCK_WAIT_S));
	request =
		json_pack("{s:s, s:O}", "method", call->method, "parameters", call->parameters);
	operation = operation_new(server, method, request, &connection->peer);
	if (wait_s > 0)
		operation->wait_until_ms =
			server_now_ms() + (wait_s > 86400 ? 86400 : wait_s) * 1000;
	if (!call->oneway)
		operation_watch(operation, connection);
}

static void
deny(struct connection *connection, const struct method *method, const char *verb)
{
	const struct peer *peer = &connection->peer;

	journal_warn("denied: %s for user %u, group %u, process %d: verb %s", method->name,
		(unsigned)peer->uid, (unsigned)peer->gid, (int)peer->pid, verb);
	connection_send(connection,
		reply_error(REPLY_DENIED,
			json_pack("{s:s, s:s}", "verb", verb, "message", err_message())));
}

static void
refuse_interface(struct arena *arena, struct connection *connection, const char *method)
{
	const char *dot = strrchr(method, '.');

	refuse(connection, SERVICE ".InterfaceNotFound", "interface",
		dot == NULL ? method
			    : str_copy(arena, (struct str){ method, (size_t)(dot - method) }));
}

static void
serve_method(struct server *server, struct connection *connection, const struct call *call)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const struct interface *interface;
	const struct idl_member *member =
		interface_find_served(&server->interface, IDL_METHOD, call->method, &interface);
	const struct method *method = NULL;
	const char *wrong = "";

	if (interface == NULL) {
		refuse_interface(arena, connection, call->method);
		return;
	}
	if (member == NULL) {
		refuse(connection, SERVICE ".MethodNotFound", "method", call->method);
		return;
	}
	if (interface_check(arena, interface, member->type, call->parameters, &wrong) < 0) {
		refuse(connection, SERVICE ".InvalidParameter", "parameter", wrong);
		return;
	}
	if (service_call(server, connection, call->method, call->parameters))
		return;
	if (method_find(call->method, &method) < 0) {
		refuse(connection, SERVICE ".MethodNotFound", "method", call->method);
		return;
	}
	if (access_check(server->access, &connection->peer, method, call->parameters, &wrong) <
		0) {
		deny(connection, method, wrong);
		return;
	}
	if (check_root(server, call->parameters) < 0) {
		connection_send(connection, reply_failure(ERR_FORMAT));
		return;
	}
	set_command(arena, method, &connection->peer, call->parameters);
	begin_operation(server, connection, method, call);
}

void
call_serve(struct server *server, struct connection *connection, const json_t *message)
{
	struct call call = { 0 };
	size_t had = connection->out.len;

	if (read_call(message, &call) < 0) {
		refuse(connection, SERVICE ".InvalidParameter", "parameter", err_message());
		return;
	}
	connection->wants_more = call.more;
	free(connection->method);
	connection->method = strdup(call.method);
	if (connection->method == NULL)
		abort();
	serve_method(server, connection, &call);
	/* Who wants no answer gets none, whatever it would be. */
	if (call.oneway && connection->operation == NULL)
		connection->out.len = had;
	json_release(&call.parameters);
}
