/* SPDX-License-Identifier: MIT */
/*
 * weld-solve: the search for a new state, in a process that can only compute.
 *
 * It takes two descriptors, locks itself in, and only then reads what packages say of each other.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/worker.h"
#include "kernel-iface/sandbox.h"
#include "repo/solve/worker/protocol.h"
#include "repo/solve/worker/search.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int system_calls[] = {
	SYS_write,
	SYS_lseek, /* to report a failure */
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_madvise,
	SYS_brk,
	SYS_futex,
	SYS_getrandom, /* malloc's secret */
	SYS_rt_sigreturn,
	SYS_exit_group,
#if SANDBOX_SANITIZED
	SYS_rt_sigprocmask,
	SYS_sigaltstack,
	SYS_mprotect,
	SYS_close,
#endif
};

static int
lock_in(void)
{
	const struct sandbox sandbox = {
		.address_space = SANDBOX_SANITIZED ? 0 : SOLVE_MEMORY,
		.cpu_seconds = SOLVE_TIMEOUT_MS / 1000,
		.file_size = SOLVE_ANSWER_MAX,
		.system_calls = system_calls,
		.system_call_count = sizeof system_calls / sizeof system_calls[0],
	};

	return sandbox_enter(&sandbox);
}

static int
answer_question(int question_fd, uint64_t size, int answer_fd)
{
	struct arena *arena = arena_new();
	struct strbuf bytes = { 0 };
	struct question question;
	struct answer answer;
	const char *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, question_fd, 0);

	if (at == MAP_FAILED)
		return err_errno("question");
	TRY(err_context(question_read(arena, (struct str){ at, size }, &question), "question"));
	TRY(search_run(arena, &question, &answer));
	answer_write(&answer, &bytes);
	return file_write_fd(answer_fd, bytes.at, bytes.len);
}

static int
run(int question_fd, int answer_fd)
{
	uint64_t size;

	TRY(file_size(question_fd, &size));
	TRY(lock_in());
	/* From here on this process can only compute. */
	return answer_question(question_fd, size, answer_fd);
}

int
main(int argc, char **argv)
{
	int question_fd = argc == 3 ? worker_parse_fd(argv[1]) : -1;
	int answer_fd = argc == 3 ? worker_parse_fd(argv[2]) : -1;
	int ret;

	if (question_fd < 0 || answer_fd < 0) {
		fputs("usage: weld-solve QUESTION ANSWER (run by weld)\n", stderr);
		return 2;
	}
	ret = run(question_fd, answer_fd);
	/* Nothing is cleared away: this process has done what it is for. */
	_exit(ret < 0 ? worker_report(ret) : 0);
}
