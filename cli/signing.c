/* SPDX-License-Identifier: MIT */
/* A passphrase never travels in arguments or the environment: others can read those. */
#include "cli/signing.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int
signing_directory(const struct invocation *call, const char **ret_directory)
{
	const char *directory = option_value(call, "keys", NULL);
	char *standard;

	if (directory == NULL) {
		TRY(key_default_directory(call->arena, &standard));
		directory = standard;
	}
	*ret_directory = directory;
	return 0;
}

/*
 * Ask once, without showing what is typed. Signals wait meanwhile: whoever interrupts this would
 * be left with a terminal that shows nothing.
 */
static int
ask_secret(const char *question, struct strbuf *ret_secret)
{
	static const int stopping[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct termios before;
	struct termios silent;
	int terminal AUTO(file_close) = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	sigset_t held;
	sigset_t usual;
	int ret;

	if (terminal < 0 || tcgetattr(terminal, &before) < 0)
		return err_set(ERR_CONSENT, "a passphrase is needed, and there is no terminal "
					    "(use --passphrase-fd)");
	sigemptyset(&held);
	for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++)
		sigaddset(&held, stopping[i]);
	sigprocmask(SIG_BLOCK, &held, &usual);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	dprintf(terminal, "%s: ", question);
	tcsetattr(terminal, TCSAFLUSH, &silent);
	ret = key_read_passphrase(terminal, ret_secret);
	tcsetattr(terminal, TCSAFLUSH, &before);
	dprintf(terminal, "\n");
	sigprocmask(SIG_SETMASK, &usual, NULL);
	return ret;
}

int
signing_passphrase(const struct invocation *call, const char *key, bool is_new,
	struct strbuf *ret_passphrase)
{
	struct strbuf first AUTO(key_forget_passphrase) = { 0 };
	struct strbuf second AUTO(key_forget_passphrase) = { 0 };
	long fd;

	if (option_given(call, "passphrase-fd")) {
		TRY(option_number(call, "passphrase-fd", 0, 1 << 20, 0, &fd));
		return key_read_passphrase((int)fd, ret_passphrase);
	}
	TRY(ask_secret(arena_printf(call->arena, "Passphrase of key %s", key), &first));
	if (is_new) {
		TRY(ask_secret("The same again", &second));
		if (!str_equal(strbuf_str(&first), strbuf_str(&second)))
			return err_set(ERR_FORMAT, "%s: the two passphrases differ", key);
	}
	*ret_passphrase = first;
	first = (struct strbuf){ 0 };
	return 0;
}

/* The key to sign with when none was named. */
static int
only_key(const struct invocation *call, const char *directory, const char **ret_name)
{
	struct key_info *infos;
	size_t count;

	TRY(key_list(call->arena, directory, &infos, &count));
	if (count == 0)
		return err_set(
			ERR_NOT_FOUND, "%s: no key (run 'weld key generate NAME')", directory);
	if (count > 1)
		return err_set(
			ERR_USAGE, "%s: %zu keys (say which with --key)", directory, count);
	*ret_name = infos[0].name;
	return 0;
}

int
signing_open_named(const struct invocation *call, const char *name, struct key **ret_key)
{
	const char *directory;
	struct strbuf passphrase AUTO(key_forget_passphrase) = { 0 };
	struct key_info info;
	struct str text;

	TRY(signing_directory(call, &directory));
	TRY(key_find(call->arena, directory, name, &info));
	if (!info.is_encrypted)
		return key_open(directory, name, NULL, ret_key);
	TRY(signing_passphrase(call, name, false, &passphrase));
	text = strbuf_str(&passphrase);
	return key_open(directory, name, &text, ret_key);
}

int
signing_open(const struct invocation *call, struct key **ret_key)
{
	const char *directory;
	const char *name = option_value(call, "key", NULL);

	TRY(signing_directory(call, &directory));
	if (name == NULL)
		TRY(only_key(call, directory, &name));
	return signing_open_named(call, name, ret_key);
}
