/* SPDX-License-Identifier: MIT */
#include "base/err.h"
#include "base/idle.h"
#include "tests/lib/tap.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct seen {
	int policy, nice;
	int child_policy;
};

static int
look(void *data)
{
	struct seen *seen = data;
	int status = 0;
	pid_t pid;

	seen->policy = sched_getscheduler(0);
	seen->nice = getpriority(PRIO_PROCESS, 0);
	pid = fork();
	if (pid == 0)
		_exit(sched_getscheduler(0));
	if (pid > 0)
		(void)waitpid(pid, &status, 0);
	seen->child_policy = WEXITSTATUS(status);
	return 7;
}

static int
fail(void *data)
{
	return err_set(ERR_RANGE, "%s is too much", (const char *)data);
}

int
main(void)
{
	char text[] = "this";
	struct seen seen = { 0 };

	tap_is_number(idle_run(look, &seen), 7, "what the work gives back");
	tap_is_number(seen.policy, SCHED_IDLE, "it ran at idle priority");
	tap_is_number(seen.nice, 19, "and was nice");
	tap_is_number(seen.child_policy, SCHED_IDLE, "so did a process that it started");
	tap_is_number(sched_getscheduler(0), SCHED_OTHER, "the caller has its own");
	tap_ok(getpriority(PRIO_PROCESS, 0) < 19, "and is not nice");
	tap_is_number(idle_run(fail, text), ERR_RANGE, "a failure is handed on");
	tap_is_string(err_message(), "this is too much", "with its message");
	return tap_done();
}
