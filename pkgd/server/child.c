/* SPDX-License-Identifier: MIT */
/*
 * Fork without exec: the daemon has one thread, so the copy is whole. The copy
 * keeps the standard streams and its pipe, nothing of other clients, and dies
 * with the daemon: then the lock is free, and the next start settles what was
 * left.
 */
#include "pkgd/server/child.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/protocol.h"
#include "pkgd/server/reply.h"
#include "pkgd/varlink/message.h"
#include "store/store.h"

#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SETTLE_WAIT_MS (10u * 60 * 1000) /* for a writer that is not the daemon's */

struct child {
	const struct child_work *work;
	int fd;
	json_t *plan; /* that was not agreed to */
};

static int
send_message(const struct child *child, const json_t *message)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	message_write(message, &bytes);
	return file_write_fd(child->fd, bytes.at, bytes.len);
}

static bool
is_plan(const json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "event"));

	return kind != NULL && strcmp(kind, "plan") == 0;
}

/* Whether the request says yes: to this plan, to any, or to none because nothing is done. */
static bool
is_agreed(const struct child *child, const json_t *plan)
{
	const json_t *parameters = json_object_get(child->work->request, "parameters");

	return !child->work->needs_consent ||
	       json_is_false(json_object_get(plan, "needs_consent")) ||
	       json_is_true(json_object_get(parameters, "dry_run")) ||
	       json_is_true(json_object_get(parameters, "yes")) ||
	       json_is_string(json_object_get(parameters, "plan"));
}

/* Whether what we are about to say is what the description promises. */
static int
check_message(const struct child *child, const json_t *message)
{
	const json_t *method = json_object_get(child->work->request, "method");

	return child->work->checked == NULL || method == NULL
		       ? 0
		       : reply_check(child->work->checked, json_string_value(method), message);
}

static int
receive_event(void *data, const json_t *event)
{
	struct child *child = data;
	json_t *message AUTO(json_release) = reply_event(event);

	TRY(check_message(child, message));
	if (is_plan(event)) {
		json_decref(child->plan);
		child->plan = json_copy((json_t *)event);
	}
	if (child->work->sends_events)
		TRY(send_message(child, message));
	if (is_plan(event) && !is_agreed(child, event))
		return err_set(ERR_CONSENT, "needs consent to its plan");
	return 0;
}

/* What is left of an interrupted change is cleared away by whoever takes the lock next: by us. */
static int
settle(const struct child_work *work, json_t **ret_reply)
{
	struct store *store AUTO(store_close) = NULL;
	int ret = store_open(work->root, 0, &store);
	const char *notice;
	uint64_t current;

	*ret_reply = json_object();
	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	TRY(store_lock(store, "pkgd: settle", SETTLE_WAIT_MS));
	notice = store_notice(store);
	if (notice != NULL)
		json_object_set_new(*ret_reply, "notice", json_string(notice));
	TRY(store_current(store, &current));
	json_object_set_new(*ret_reply, "generation", json_integer((json_int_t)current));
	return 0;
}

static void
work_and_answer(struct child *child)
{
	json_t *reply = NULL;
	json_t *message;
	int ret = child->work->request == NULL
			  ? settle(child->work, &reply)
			  : pkgd_call(child->work->request, receive_event, child, &reply);

	if (ret == ERR_CONSENT && child->plan != NULL)
		message = reply_needs_consent(child->plan);
	else if (ret < 0)
		message = reply_failure(ret);
	else
		message = reply_answer(reply);
	ret = check_message(child, message);
	if (ret < 0)
		message = reply_failure(ret);
	if (send_message(child, message) < 0)
		_exit(1);
}

static void
become_child(pid_t parent, int *fd)
{
	sigset_t none;

	/* 3 is the pipe, and nothing else is open behind the standard streams. */
	if (*fd != 3 && dup3(*fd, 3, O_CLOEXEC) < 0)
		_exit(1);
	*fd = 3;
	if (syscall(SYS_close_range, 4U, ~0U, 0U) < 0)
		_exit(1);
	/* The parent may have ended before we asked to be told. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int
child_start(const struct child_work *work, pid_t *ret_pid, int *ret_fd)
{
	struct child child = { .work = work };
	pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno("operation: pipe");
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return err_errno("operation: fork");
	}
	if (pid == 0) {
		child.fd = ends[1];
		become_child(parent, &child.fd);
		work_and_answer(&child);
		_exit(0);
	}
	close(ends[1]);
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		close(ends[0]);
		return err_errno("operation: pipe");
	}
	*ret_pid = pid;
	*ret_fd = ends[0];
	return 0;
}
