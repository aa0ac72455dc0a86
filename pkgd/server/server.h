/* SPDX-License-Identifier: MIT */
/*
 * server: what the daemon is doing: connections, operations, and the loop over both.
 *
 * A connection has at most one call at a time; the operation that answers it
 * has any number of connections that watch it, also none: a client that is gone
 * ends a question, and never a change.
 */
#ifndef PKGD_SERVER_SERVER_H
#define PKGD_SERVER_SERVER_H

#include "pkgd/methods.h"
#include "pkgd/server/access.h"
#include "pkgd/server/peer.h"
#include "pkgd/server/renew.h"
#include "pkgd/varlink/interface.h"
#include "pkgd/varlink/message.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define SERVER_CONNECTIONS_MAX 128u /* at once */
#define SERVER_CONNECTIONS_EACH 64u /* of one user but user 0 */
#define SERVER_CONNECTIONS_KEPT 32u /* for user 0 alone */
#define SERVER_QUESTIONS_MAX 16u /* processes that answer questions, at once */
#define SERVER_QUESTIONS_EACH 8u /* of one user but user 0 */
#define SERVER_QUESTIONS_KEPT 4u /* for user 0 alone */
#define SERVER_WAITING_MAX 64u /* changes that wait for their turn */
#define SERVER_DONE_MAX 16u /* finished changes that can still be asked for */
#define SERVER_TEXTS_MAX 32u /* steps and warnings that are told to who attaches */

enum operation_phase {
	OPERATION_WAITING,
	OPERATION_RUNNING,
	OPERATION_SETTLING, /* its process was ended; what it left is cleared away */
	OPERATION_DONE,
};

struct operation {
	struct operation *next;
	uint64_t number;
	const struct method *method; /* NULL: settles what an earlier daemon left */
	bool is_question;
	json_t *request; /* never changes after it was checked */
	char *command; /* as people call it */
	struct peer peer; /* who asked */
	enum operation_phase phase;
	int64_t asked_ms, started_ms, ended_ms;
	int64_t wait_until_ms; /* 0: as long as it takes */
	pid_t pid; /* of its process; 0: none */
	int fd; /* where its messages come from; -1: none */
	int poll_place; /* in server.polls; -1: not there */
	struct message_reader messages;
	json_t *plan; /* events that who attaches is told */
	json_t *progress;
	json_t *texts; /* a list */
	json_t *last; /* the message that ended it */
	char *failure; /* why it is settling */
	uint64_t generation; /* that was current when it began; 0: none */
	bool is_cancelled;
	bool is_answering; /* a question whose answer is under way */
	uint64_t told_holder; /* the operation that it was last told to wait for */
	int64_t kill_ms; /* when it is killed; 0: never */
};

struct connection {
	struct connection *next;
	int fd;
	int poll_place;
	struct peer peer;
	struct message_reader messages;
	struct strbuf out; /* not sent yet, from `sent` on */
	size_t sent;
	struct operation *operation; /* that answers the call; NULL: none is open */
	const struct interface *checked; /* what is sent must fit; NULL: not looked at */
	char *method; /* of the call that came last, in full; NULL: none came */
	bool wants_more; /* events, too */
	bool is_attached; /* came to an operation that somebody else began */
	bool is_closing; /* when all is sent */
	bool is_dead;
	int64_t active_ms; /* when something last went in or out */
};

struct server_options {
	const char *root;
	const char *socket; /* path; what LISTEN_FDS gives comes first */
	const char *access_file;
	unsigned idle_s; /* end after so many seconds without work; 0: never */
	unsigned stop_s; /* how long a change may go on after SIGTERM */
	bool is_trial; /* only show that it would start */
	bool checks_replies; /* against the interface: for tests */
};

struct server {
	struct server_options options;
	struct arena *arena;
	struct interface interface; /* org.weld.pkgd; the next one is */
	struct interface service; /* org.varlink.service */
	struct access *access;
	struct renew renew; /* whether our own program was replaced */
	int listener;
	int lock; /* beside a socket of our own: held as long as it is served; -1: none */
	int signals; /* signalfd */
	bool owns_socket; /* made it, and removes it */
	bool is_stopping;
	int64_t stop_until_ms;
	int64_t idle_since_ms;
	struct connection *connections; /* oldest first */
	struct operation *operations; /* oldest first */
	uint64_t last_number;
	/* Signals, the listener; then two changes under way, and those whose process is about to end. */
	struct pollfd
		polls[2 + SERVER_CONNECTIONS_MAX + SERVER_QUESTIONS_MAX + 2 + SERVER_DONE_MAX];
};

/* Milliseconds of a clock that is never set. */
int64_t server_now_ms(void);

/* loop.c: serve until told to end. Errors: ERR_IO */
int server_run(struct server *server);

/* connection.c */
void connection_accept(struct server *server);
/* One that an earlier program had, with what was received and not sent. */
void
connection_adopt(struct server *server, int fd, struct str in, struct str out, bool is_closing);
bool connection_is_room(const struct server *server);
/* Whether a call may come: none is open, and what was said before is on its way. */
bool connection_reads(const struct connection *connection);
void connection_receive(struct server *server, struct connection *connection);
void connection_serve(struct server *server, struct connection *connection);
void connection_flush(struct connection *connection);
void connection_check_time(struct connection *connection, int64_t now);
size_t connection_pending(const struct connection *connection);
/* Queue one message; takes the reference to it. */
void connection_send(struct connection *connection, json_t *message);
void connection_free(struct connection *connection);

/* call.c: what one message asks for; takes no reference. */
void call_serve(struct server *server, struct connection *connection, const json_t *message);

/* operation.c */
struct operation *operation_new(struct server *server, const struct method *method,
	json_t *request, const struct peer *peer);
/* One that is done, as an earlier program had it; texts and JSON are copied or counted. */
void operation_adopt(struct server *server, const struct operation *done);
void operation_watch(struct operation *operation, struct connection *connection);
void operation_receive(struct server *server, struct operation *operation);
bool operation_is_readable(const struct server *server, const struct operation *operation);
bool operation_cancel(struct operation *operation, const char *by);
/* End the clearing away, which waits perhaps for a writer that is not the daemon's: that is left to whoever comes next. */
void operation_leave_unsettled(struct operation *operation);
void operation_check_time(struct server *server, struct operation *operation, int64_t now);
/* Give the operations that wait their turn, as far as there are turns. */
void operation_start_next(struct server *server);
void operation_free(struct operation *operation);
/* What people are told of it: an object. */
json_t *operation_describe(const struct operation *operation);

/* service.c: org.varlink.service, and what the daemon says of itself. */
bool service_call(struct server *server, struct connection *connection, const char *method,
	const json_t *parameters);

#endif
