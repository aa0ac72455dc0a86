/* SPDX-License-Identifier: MIT */
/*
 * One thread, one poll(2). Each round: wait; give way to a newer program; take what came from signals,
 * clients and operations; let operations begin; send; forget what is over.
 * Nothing in a round waits for anybody: what takes time is in other processes.
 */
#include "pkgd/server/server.h"

#include "base/err.h"
#include "base/file.h"
#include "pkgd/server/journal.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 250 /* how exact limits of time are */
#define SETTLE_MS 5000 /* for what was ended, when the daemon ends */

int64_t
server_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static bool
is_unfinished(const struct operation *operation)
{
	return operation->phase != OPERATION_DONE;
}

static bool
has_work(const struct server *server)
{
	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		if (is_unfinished(at))
			return true;
	return server->connections != NULL;
}

static nfds_t
set_polls(struct server *server)
{
	bool takes_more =
		!server->is_stopping && !renew_is_near(server) && connection_is_room(server);
	nfds_t count = 0;

	server->polls[count++] = (struct pollfd){ server->signals, POLLIN, 0 };
	server->polls[count++] =
		(struct pollfd){ takes_more ? server->listener : -1, POLLIN, 0 };
	for (struct connection *at = server->connections; at != NULL; at = at->next) {
		short events = (short)((connection_reads(at) ? POLLIN : 0) |
				       (connection_pending(at) > 0 ? POLLOUT : 0));

		at->poll_place = (int)count;
		server->polls[count++] = (struct pollfd){ at->fd, events, 0 };
	}
	for (struct operation *at = server->operations; at != NULL; at = at->next) {
		at->poll_place = -1;
		if (at->fd < 0 || !operation_is_readable(server, at))
			continue;
		at->poll_place = (int)count;
		server->polls[count++] = (struct pollfd){ at->fd, POLLIN, 0 };
	}
	return count;
}

/* A change goes on for a while; all others end now. */
static void
begin_stop(struct server *server)
{
	int64_t now = server_now_ms();

	if (server->is_stopping)
		now -= server->options.stop_s * INT64_C(1000);
	else
		journal_note("told to end");
	server->is_stopping = true;
	server->stop_until_ms = now + server->options.stop_s * INT64_C(1000);
	for (struct operation *at = server->operations; at != NULL; at = at->next)
		if (at->phase == OPERATION_WAITING || (is_unfinished(at) && at->is_question))
			(void)operation_cancel(at, "the daemon ends");
}

static void
reload(struct server *server)
{
	struct access *access = NULL;

	if (access_read(server->options.access_file, &access) < 0 ||
		proxy_use(access_proxy(access)) < 0) {
		journal_warn("rules not read again, the old ones hold: %s", err_message());
		access_free(&access);
		return;
	}
	access_free(&server->access);
	server->access = access;
	journal_note("rules read again");
}

static void
take_signals(struct server *server)
{
	struct signalfd_siginfo info;

	while (read(server->signals, &info, sizeof info) == sizeof info)
		switch (info.ssi_signo) {
		case SIGHUP:
			reload(server);
			break;
		case SIGTERM:
		case SIGINT:
			begin_stop(server);
			break;
		default: /* means nothing to us */
			break;
		}
}

static short
seen(const struct server *server, int place)
{
	return place < 0 ? 0 : server->polls[place].revents;
}

static void
take_all(struct server *server)
{
	if (seen(server, 0) != 0)
		take_signals(server);
	for (struct connection *at = server->connections; at != NULL; at = at->next) {
		short events = seen(server, at->poll_place);

		if (events & POLLIN)
			connection_receive(server, at);
		else if (events & (POLLHUP | POLLERR))
			at->is_dead = true;
		at->poll_place = -1;
	}
	for (struct operation *at = server->operations; at != NULL; at = at->next) {
		if (seen(server, at->poll_place) != 0)
			operation_receive(server, at);
		at->poll_place = -1;
	}
	/* Last, so that a new connection is not taken for one that was polled. */
	if (seen(server, 1) != 0)
		connection_accept(server);
}

static void
check_time(struct server *server)
{
	int64_t now = server_now_ms();

	for (struct connection *at = server->connections; at != NULL; at = at->next)
		connection_check_time(at, now);
	for (struct operation *at = server->operations; at != NULL; at = at->next)
		operation_check_time(server, at, now);
	if (!server->is_stopping || now < server->stop_until_ms)
		return;
	for (struct operation *at = server->operations; at != NULL; at = at->next)
		if (at->phase == OPERATION_RUNNING)
			(void)operation_cancel(at, "the daemon ends");
		else if (now >= server->stop_until_ms + SETTLE_MS)
			operation_leave_unsettled(at);
}

static bool
is_watched(const struct server *server, const struct operation *operation)
{
	for (const struct connection *at = server->connections; at != NULL; at = at->next)
		if (at->operation == operation && !at->is_dead)
			return true;
	return false;
}

static void
forget_connections(struct server *server)
{
	struct connection **place = &server->connections;

	while (*place != NULL) {
		struct connection *at = *place;

		connection_flush(at);
		if (!at->is_dead) {
			place = &at->next;
			continue;
		}
		*place = at->next;
		connection_free(at);
	}
}

/* Questions end with their client; of changes the newest that are done are kept. */
static void
forget_operations(struct server *server)
{
	struct operation **place = &server->operations;
	size_t done = 0;

	for (struct operation *at = server->operations; at != NULL; at = at->next) {
		if (at->is_question && is_unfinished(at) && !is_watched(server, at))
			(void)operation_cancel(at, "its client is gone");
		done += at->phase == OPERATION_DONE;
	}
	while (*place != NULL) {
		struct operation *at = *place;
		bool is_over = at->phase == OPERATION_DONE && !is_watched(server, at) &&
			       (at->is_question || at->method == NULL || at->plan == NULL ||
				       done > SERVER_DONE_MAX);

		if (!is_over) {
			place = &at->next;
			continue;
		}
		done--;
		*place = at->next;
		operation_free(at);
	}
}

static bool
is_over(struct server *server)
{
	int64_t now = server_now_ms();

	if (has_work(server)) {
		server->idle_since_ms = now;
		if (!server->is_stopping)
			return false;
		for (const struct operation *at = server->operations; at != NULL; at = at->next)
			if (is_unfinished(at))
				return false;
		return true;
	}
	return server->is_stopping ||
	       (server->options.idle_s > 0 &&
		       now - server->idle_since_ms >= server->options.idle_s * INT64_C(1000));
}

int
server_run(struct server *server)
{
	server->idle_since_ms = server_now_ms();
	while (!is_over(server)) {
		bool is_timed = has_work(server) || server->options.idle_s > 0 ||
				server->is_stopping || server->renew.trial > 0 ||
				server->renew.is_ready;

		if (poll(server->polls, set_polls(server), is_timed ? TICK_MS : -1) < 0 &&
			errno != EINTR)
			return err_errno("poll");
		renew_check(server);
		renew_become(server);
		/* From here on we are the program that is installed, or have to go on. */
		take_all(server);
		check_time(server);
		operation_start_next(server);
		for (struct connection *at = server->connections; at != NULL; at = at->next)
			connection_serve(server, at);
		forget_connections(server);
		forget_operations(server);
	}
	return 0;
}
