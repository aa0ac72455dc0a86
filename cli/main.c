/* SPDX-License-Identifier: MIT */
/* weld: read the command line, run one command of the table, report its failure once. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/output.h"

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A command line that cannot be read must still be answered in JSON when that was asked for. */
static void
guess_output(struct output *output, int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--json") == 0)
			output->is_json = true;
}

static int
run(struct invocation *call, int argc, char **argv)
{
	TRY(options_parse(call, argc, argv));
	TRY(output_decide(call, call->output));
	if (option_given(call, "version"))
		return cmd_version(call);
	if (call->command == NULL) {
		help_overview(call);
		return option_given(call, "help") ? 0 : err_exit_status(ERR_USAGE);
	}
	if (option_given(call, "help")) {
		help_command(call, call->command);
		return 0;
	}
	return call->command->run(call);
}

int
main(int argc, char **argv)
{
	struct output output = { 0 };
	struct invocation call = { .output = &output };
	int ret;

	setlocale(LC_TIME, "");
	/* What others shall not read gets its mode by name; the rest is for every user's eyes. */
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	/* JSON is very many small pieces; to join them again at each large free() costs a fifth. */
	mallopt(M_MXFAST, 0);
	call.arena = arena_new();
	guess_output(&output, argc, argv);
	ret = run(&call, argc, argv);
	if (ret < 0) {
		output_failure(&call, ret);
		ret = err_exit_status(ret);
	}
	arena_free(&call.arena);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		/* Whoever closed the pipe has what he wanted; all others miss something. */
		if (errno != EPIPE)
			fprintf(stderr, "weld: error: standard output: %s\n", strerror(errno));
		return ret == 0 ? 1 : ret;
	}
	return ret;
}
