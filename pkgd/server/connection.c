/* SPDX-License-Identifier: MIT */
/*
 * A connection is read only while it has no open call and little of what was
 * answered waits for it, so a client that sends ahead waits in the kernel's
 * buffer and not in ours. Who begins a message and does not end it, or does not
 * read what it asked for, is closed.
 */
#include "pkgd/server/server.h"

#include "base/err.h"
#include "base/file.h"
#include "pkgd/server/journal.h"
#include "pkgd/server/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE ((size_t)16 << 10) /* bytes */
#define UNREAD_MAX ((size_t)64 << 10) /* bytes of answers; then no further call is looked at */
#define HALF_MESSAGE_MS 10000
#define UNREAD_MS 60000
#define QUIET_MS 600000 /* without any call */

static size_t
count_of(const struct server *server, uid_t uid)
{
	size_t count = 0;

	for (const struct connection *at = server->connections; at != NULL; at = at->next)
		count += at->peer.uid == uid;
	return count;
}

static size_t
count_all(const struct server *server)
{
	size_t count = 0;

	for (const struct connection *at = server->connections; at != NULL; at = at->next)
		count++;
	return count;
}

static struct connection *
add_connection(struct server *server, int fd, struct peer peer)
{
	struct connection **last = &server->connections;
	struct connection *connection = calloc(1, sizeof *connection);

	if (connection == NULL)
		abort();
	*connection = (struct connection){ .fd = fd,
		.peer = peer,
		.checked = server->options.checks_replies ? &server->interface : NULL,
		.poll_place = -1,
		.active_ms = server_now_ms(),
		.messages = { .limit = MESSAGE_CALL_MAX, .depth_limit = MESSAGE_DEPTH_MAX } };
	while (*last != NULL)
		last = &(*last)->next;
	*last = connection;
	return connection;
}

static void
take_connection(struct server *server, int fd)
{
	struct connection *connection;
	struct peer peer;
	bool is_full;

	/* Whoever is not known, is nobody: there is no way to go on without a peer. */
	if (peer_read(fd, &peer) < 0) {
		journal_warn("connection refused: %s", err_message());
		close(fd);
		return;
	}
	is_full =
		peer.uid != 0 &&
		(count_of(server, peer.uid) >= SERVER_CONNECTIONS_EACH ||
			count_all(server) >= SERVER_CONNECTIONS_MAX - SERVER_CONNECTIONS_KEPT);
	connection = add_connection(server, fd, peer);
	if (!is_full)
		return;
	journal_warn("connection refused: user %u has too many", (unsigned)peer.uid);
	connection_send(connection,
		reply_refusal(REPLY_BUSY, "too many connections (try again later)"));
	connection->is_closing = true;
}

void
connection_adopt(struct server *server, int fd, struct str in, struct str out, bool is_closing)
{
	struct connection *connection;
	struct peer peer;

	if (peer_read(fd, &peer) < 0) {
		journal_warn("connection lost: %s", err_message());
		close(fd);
		return;
	}
	connection = add_connection(server, fd, peer);
	connection->is_closing = is_closing;
	strbuf_add(&connection->out, out.at, out.len);
	/* It was within the limit when it came. */
	(void)message_feed(&connection->messages, in.at, in.len);
}

/* As many as there is room for: the others wait in the kernel until somebody leaves. */
void
connection_accept(struct server *server)
{
	for (size_t count = count_all(server); count < SERVER_CONNECTIONS_MAX; count++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		take_connection(server, fd);
	}
}

bool
connection_is_room(const struct server *server)
{
	return count_all(server) < SERVER_CONNECTIONS_MAX;
}

size_t
connection_pending(const struct connection *connection)
{
	return connection->out.len - connection->sent;
}

void
connection_send(struct connection *connection, json_t *message)
{
	if (connection->checked != NULL &&
		reply_check(connection->checked, connection->method, message) < 0) {
		journal_warn("%s", err_message());
		json_decref(message);
		message = reply_failure(ERR_FORMAT);
	}
	if (connection_pending(connection) == 0)
		connection->active_ms = server_now_ms();
	message_write(message, &connection->out);
	json_decref(message);
}

void
connection_flush(struct connection *connection)
{
	while (connection_pending(connection) > 0) {
		ssize_t sent = send(connection->fd, connection->out.at + connection->sent,
			connection_pending(connection), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			connection->is_dead = connection->is_dead ||
					      (errno != EAGAIN && errno != EWOULDBLOCK);
			return;
		}
		connection->sent += (size_t)sent;
		connection->active_ms = server_now_ms();
	}
	/* A large answer is not kept for the small ones that follow. */
	if (connection->out.cap > READ_SIZE)
		strbuf_free(&connection->out);
	connection->out.len = 0;
	connection->sent = 0;
	connection->is_dead = connection->is_dead || connection->is_closing;
}

/* There is no next message to find after one that is none. */
static void
refuse(struct connection *connection)
{
	connection_send(connection, reply_failure(ERR_FORMAT));
	connection->is_closing = true;
}

bool
connection_reads(const struct connection *connection)
{
	return connection->operation == NULL && !connection->is_closing &&
	       connection_pending(connection) < UNREAD_MAX;
}

void
connection_serve(struct server *server, struct connection *connection)
{
	while (!server->is_stopping && !renew_is_near(server)) {
		json_t *message AUTO(json_release) = NULL;
		int ret;

		if (connection_pending(connection) >= UNREAD_MAX)
			connection_flush(connection);
		if (connection->is_dead || !connection_reads(connection))
			return;
		ret = message_next(&connection->messages, &message);
		if (ret < 0)
			refuse(connection);
		if (ret <= 0)
			return;
		call_serve(server, connection, message);
	}
}

void
connection_receive(struct server *server, struct connection *connection)
{
	char bytes[READ_SIZE];
	ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		connection->is_closing = true;
		connection->is_dead = connection_pending(connection) == 0;
		return;
	}
	if (got < 0)
		return;
	if (!message_is_begun(&connection->messages))
		connection->active_ms = server_now_ms();
	if (message_feed(&connection->messages, bytes, (size_t)got) < 0)
		refuse(connection);
	else
		connection_serve(server, connection);
}

void
connection_check_time(struct connection *connection, int64_t now)
{
	int64_t quiet = now - connection->active_ms;

	if (connection_pending(connection) > 0)
		connection->is_dead = connection->is_dead || quiet > UNREAD_MS;
	else if (connection->operation != NULL)
		return;
	else if (message_is_begun(&connection->messages))
		connection->is_dead = connection->is_dead || quiet > HALF_MESSAGE_MS;
	else
		connection->is_dead = connection->is_dead || quiet > QUIET_MS;
}

void
connection_free(struct connection *connection)
{
	file_close(&connection->fd);
	peer_free(&connection->peer);
	message_free(&connection->messages);
	strbuf_free(&connection->out);
	free(connection->method);
	free(connection);
}
