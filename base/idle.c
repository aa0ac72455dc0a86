/* SPDX-License-Identifier: MIT */
/*
 * On Linux all three priorities belong to a thread and are inherited. A thread and not the whole
 * process, because who has given up its priority may not take it back: what the
 * caller does afterwards, with others waiting for it, must not be idle.
 */
#include "base/idle.h"

#include "base/err.h"
#include "base/str.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICEST 19
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_IDLE (3 << 13) /* class 3 */

struct idle {
	int (*work)(void *data);
	void *data;
	int ret;
	struct strbuf message;
};

/* What the kernel does not have is done without. */
static void
step_back(void)
{
	const struct sched_param none = { 0 };

	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICEST);
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_IDLE);
}

static void *
run(void *data)
{
	struct idle *idle = data;

	step_back();
	idle->ret = idle->work(idle->data);
	/* Messages belong to their thread. */
	if (idle->ret < 0)
		strbuf_printf(&idle->message, "%s", err_message());
	return NULL;
}

int
idle_run(int (*work)(void *data), void *data)
{
	struct idle idle = { .work = work, .data = data };
	pthread_t thread;
	int failure = pthread_create(&thread, NULL, run, &idle);
	int ret;

	if (failure != 0) {
		errno = failure;
		return err_errno("start a thread");
	}
	(void)pthread_join(thread, NULL);
	ret = idle.ret;
	if (ret < 0)
		ret = err_set((enum err)ret, "%s", strbuf_string(&idle.message));
	strbuf_free(&idle.message);
	return ret;
}
