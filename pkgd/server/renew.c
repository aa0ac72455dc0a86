/* SPDX-License-Identifier: MIT */
/*
 * The path is that by which the program was started, not what it resolved to: a link that points to another
 * generation's program by then is a new program. The new one is first tried in a process of its
 * own, with all that it would be handed: what is damaged, for another machine, or cannot read its rules never
 * takes over.
 */
#include "pkgd/server/renew.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "pkgd/server/handover.h"
#include "pkgd/server/journal.h"
#include "pkgd/server/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
look_at(const char *path, struct renew_file *ret_file)
{
	struct stat info;

	if (stat(path, &info) < 0)
		return false;
	*ret_file = (struct renew_file){ info.st_dev, info.st_ino, info.st_size, info.st_ctim };
	return true;
}

static bool
is_same(const struct renew_file *a, const struct renew_file *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

int
renew_watch(struct renew *renew, char **argv)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char directory[4096];
	char *path = argv[0];

	*renew = (struct renew){ .argv = argv, .handed = -1 };
	if (strchr(path, '/') == NULL)
		TRY(file_read_link(arena, AT_FDCWD, "/proc/self/exe", &path));
	else if (path[0] != '/' && getcwd(directory, sizeof directory) != NULL)
		path = arena_printf(arena, "%s/%s", directory, path);
	renew->path = strdup(path);
	if (renew->path == NULL)
		abort();
	/* What cannot be seen now is not waited for. */
	if (!look_at(renew->path, &renew->own))
		journal_warn("%s: cannot be looked at: it is not known when another takes its "
			     "place",
			renew->path);
	return 0;
}

/* Whoever does not end in time is ended by the kernel. */
static int
limit_time(void *data)
{
	(void)data;
	alarm(RENEW_TRIAL_S);
	return 0;
}

/* The words of our own command, with one more, or with none. */
static const char **
words_of(const struct renew *renew, const char *more)
{
	size_t count = 0;
	const char **words;

	while (renew->argv[count] != NULL)
		count++;
	words = calloc(count + 2, sizeof *words);
	if (words == NULL)
		abort();
	memcpy(words, renew->argv, count * sizeof *words);
	words[0] = renew->path;
	words[count] = more;
	return words;
}

static char *
variable_of(int fd)
{
	char *text;

	if (asprintf(&text, HANDOVER_VARIABLE "=%d", fd) < 0)
		abort();
	return text;
}

static int
start_trial(struct server *server)
{
	struct renew *renew = &server->renew;
	const char **words;
	char *variable;
	int ret;

	TRY(handover_write(server, &renew->handed));
	words = words_of(renew, RENEW_TRIAL);
	variable = variable_of(renew->handed);
	ret = process_start(&(struct process){ .argv = words,
				    .envp = (const char *[]){ variable, NULL },
				    .keep_fds = &renew->handed,
				    .keep_count = 1,
				    .dies_with_caller = true,
				    .before_exec = limit_time },
		&renew->trial);
	free(words);
	free(variable);
	return ret;
}

/* The old program stays, and this file is not tried again. */
static void
give_up(struct renew *renew, const char *why)
{
	journal_warn("%s was replaced, and the new program does not start (%s): the old one "
		     "goes on",
		renew->path, why);
	file_close(&renew->handed);
	renew->own = renew->next;
	renew->is_ready = false;
}

static void
look_at_trial(struct renew *renew)
{
	int status;
	char why[64];

	if (waitpid(renew->trial, &status, WNOHANG) != renew->trial)
		return;
	renew->trial = 0;
	file_close(&renew->handed);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		renew->is_ready = true;
		return;
	}
	if (WIFSIGNALED(status))
		snprintf(why, sizeof why, "ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof why, "status %d", WEXITSTATUS(status));
	give_up(renew, why);
}

void
renew_check(struct server *server)
{
	struct renew *renew = &server->renew;
	struct renew_file now;

	if (server->is_stopping)
		return;
	if (renew->trial > 0)
		look_at_trial(renew);
	/* While a package manager replaces it, there may be none for a moment. */
	if (renew->trial > 0 || renew->own.inode == 0 || !look_at(renew->path, &now))
		return;
	if (is_same(&now, renew->is_ready ? &renew->next : &renew->own))
		return;
	renew->is_ready = false;
	renew->next = now;
	if (start_trial(server) < 0)
		give_up(renew, err_message());
}

/* A process that said its last word is waited for: the next program would not know of it. */
static bool
has_change(const struct server *server)
{
	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		if (!at->is_question && (at->phase != OPERATION_DONE || at->pid > 0))
			return true;
	return false;
}

static bool
has_question(const struct server *server)
{
	for (const struct operation *at = server->operations; at != NULL; at = at->next)
		if (at->is_question && at->phase != OPERATION_DONE)
			return true;
	return false;
}

bool
renew_is_near(const struct server *server)
{
	return server->renew.is_ready && !server->is_stopping && !has_change(server);
}

void
renew_become(struct server *server)
{
	struct renew *renew = &server->renew;
	const char **words;
	char *variable;
	int fd AUTO(file_close) = -1;

	if (!renew_is_near(server) || has_question(server))
		return;
	/* From here on nothing is under way: all that there is can be written down. */
	if (handover_write(server, &fd) < 0 || handover_keep_open(server, fd, true) < 0) {
		give_up(renew, err_message());
		return;
	}
	journal_note("%s was replaced: the new program goes on", renew->path);
	words = words_of(renew, NULL);
	variable = variable_of(fd);
	execve(renew->path, (char *const *)words, (char *const[]){ variable, NULL });
	give_up(renew, strerror(errno));
	free(words);
	free(variable);
	(void)handover_keep_open(server, fd, false);
}
