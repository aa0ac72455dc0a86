/* SPDX-License-Identifier: MIT */
/*
 * What the daemon answers by itself: org.varlink.service, and the operations.
 * Nothing here takes time.
 */
#include "pkgd/server/server.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/protocol.h"
#include "pkgd/server/journal.h"
#include "pkgd/server/reply.h"

#include <string.h>
#include <unistd.h>

typedef void
service_handler(struct server *server, struct connection *connection, const json_t *parameters);

static void
get_info(struct server *server, struct connection *connection, const json_t *parameters)
{
	(void)parameters;
	connection_send(connection,
		reply_answer(
			json_pack("{s:s, s:s, s:s, s:s, s:[s, s]}", "vendor", "weld", "product",
				"pkgd", "version", WELD_VERSION, "url", "https://varlink.org",
				"interfaces", server->service.name, server->interface.name)));
}

static void
get_description(struct server *server, struct connection *connection, const json_t *parameters)
{
	const char *name = json_string_value(json_object_get(parameters, "interface"));

	for (const struct interface *at = &server->interface; at != NULL; at = at->next)
		if (strcmp(at->name, name) == 0) {
			connection_send(connection,
				reply_answer(json_pack("{s:s}", "description", at->text)));
			return;
		}
	connection_send(connection, reply_error("org.varlink.service.InterfaceNotFound",
					    json_pack("{s:s}", "interface", name)));
}

/* Changes only: a question is nobody's business but its client's. */
static bool
is_listed(const struct operation *operation)
{
	return !operation->is_question && operation->method != NULL;
}

static void
list_operations(struct server *server, struct connection *connection, const json_t *parameters)
{
	json_t *list = json_array();

	(void)parameters;
	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		if (is_listed(at))
			json_array_append_new(list, operation_describe(at));
	connection_send(connection, reply_answer(json_pack("{s:o}", "operations", list)));
}

/* The operation of a number; without one what runs, what is next, or what was last. */
static struct operation *
find_operation(const struct server *server, const json_t *parameters)
{
	const json_t *number = json_object_get(parameters, "operation");
	struct operation *best = NULL;

	for (struct operation *at = server->operations; at != NULL; at = at->next) {
		if (!is_listed(at))
			continue;
		if (number != NULL && (json_int_t)at->number == json_integer_value(number))
			return at;
		if (number == NULL &&
			(best == NULL || best->phase == OPERATION_DONE ||
				best->phase == OPERATION_WAITING) &&
			(best == NULL || best->phase == OPERATION_DONE ||
				at->phase == OPERATION_RUNNING))
			best = at;
	}
	return best;
}

static void
refuse_number(struct connection *connection)
{
	(void)err_set(ERR_NOT_FOUND,
		"there is no such operation (see 'weld attach --list' and 'weld history')");
	connection_send(connection, reply_failure(ERR_NOT_FOUND));
}

static void
attach(struct server *server, struct connection *connection, const json_t *parameters)
{
	struct operation *operation = find_operation(server, parameters);

	if (operation == NULL) {
		refuse_number(connection);
		return;
	}
	connection->is_attached = true;
	operation_watch(operation, connection);
}

static void
cancel(struct server *server, struct connection *connection, const json_t *parameters)
{
	struct operation *operation = find_operation(server, parameters);
	const struct peer *peer = &connection->peer;
	char by[64];

	if (operation == NULL) {
		refuse_number(connection);
		return;
	}
	if (operation->peer.uid != peer->uid &&
		!access_allows(server->access, peer, "cancel")) {
		journal_warn("denied: Cancel of operation %llu for user %u, process %d",
			(unsigned long long)operation->number, (unsigned)peer->uid,
			(int)peer->pid);
		connection_send(
			connection, reply_error(REPLY_DENIED,
					    json_pack("{s:s, s:s}", "verb", "cancel", "message",
						    "only who asked for an "
						    "operation may cancel "
						    "it")));
		return;
	}
	snprintf(by, sizeof by, "by user %u", (unsigned)peer->uid);
	connection_send(connection,
		reply_answer(json_pack("{s:I, s:b}", "operation", (json_int_t)operation->number,
			"cancelled", operation_cancel(operation, by))));
}

static const struct {
	const char *method;
	service_handler *handler;
	const char *verb; /* NULL: everybody who gets a connection, or decided inside */
} services[] = {
	{ "org.varlink.service.GetInfo", get_info, NULL },
	{ "org.varlink.service.GetInterfaceDescription", get_description, NULL },
	{ PKGD_INTERFACE "Operations", list_operations, "read" },
	{ PKGD_INTERFACE "Attach", attach, "read" },
	{ PKGD_INTERFACE "Cancel", cancel, NULL },
};

bool
service_call(struct server *server, struct connection *connection, const char *method,
	const json_t *parameters)
{
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		const char *verb = services[i].verb;

		if (strcmp(services[i].method, method) != 0)
			continue;
		if (verb == NULL || access_allows(server->access, &connection->peer, verb)) {
			services[i].handler(server, connection, parameters);
			return true;
		}
		journal_warn("denied: %s for user %u, process %d: verb %s", method,
			(unsigned)connection->peer.uid, (int)connection->peer.pid, verb);
		connection_send(connection,
			reply_error(REPLY_DENIED, json_pack("{s:s, s:s}", "verb", verb,
							  "message", "this is not allowed")));
		return true;
	}
	return false;
}
