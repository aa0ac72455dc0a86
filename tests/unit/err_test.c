/* SPDX-License-Identifier: MIT */
/* err: codes, messages, contexts and exit statuses. */
#include "base/err.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
	int number;
	int code;
} errno_rows[] = {
	{ ENOSPC, ERR_NO_SPACE },
	{ EDQUOT, ERR_NO_SPACE },
	{ ENOENT, ERR_NOT_FOUND },
	{ EEXIST, ERR_EXISTS },
	{ EACCES, ERR_IO },
	{ EIO, ERR_IO },
};

static const struct {
	int code;
	int status;
	const char *name;
} code_rows[] = {
	{ 0, 0, "unknown" },
	{ 7, 0, "unknown" },
	{ ERR_FAILED, 1, "failed" },
	{ ERR_USAGE, 2, "usage" },
	{ ERR_NOTHING, 3, "nothing" },
	{ ERR_CONSENT, 4, "consent" },
	{ ERR_FINDINGS, 5, "findings" },
	{ ERR_SIGNATURE, 1, "signature" },
	{ -9999, 1, "unknown" },
};

static int
hand_on(int ret)
{
	TRY(ret);
	return 42;
}

int
main(void)
{
	char longest[9000];

	tap_is_number(err_set(ERR_FORMAT, "%s: line %d", "x", 3), ERR_FORMAT, "err_set code");
	tap_is_string(err_message(), "x: line 3", "err_set message");
	tap_is_number(
		err_context(ERR_FORMAT, "file %s", "y"), ERR_FORMAT, "context keeps code");
	tap_is_string(err_message(), "file y: x: line 3", "context stands in front");
	tap_is_number(err_context(5, "never"), 5, "context of a success changes nothing");
	tap_is_string(err_message(), "file y: x: line 3", "message of a success stays");
	err_set(ERR_FAILED, "inner");
	err_context(ERR_FAILED, "outer (%s)", err_message());
	tap_is_string(err_message(), "outer (inner): inner", "a context may quote the message");
	for (size_t i = 0; i < sizeof errno_rows / sizeof errno_rows[0]; i++) {
		errno = errno_rows[i].number;
		tap_is_number(err_errno("call"), errno_rows[i].code, "errno %d",
			errno_rows[i].number);
		tap_is_number(
			errno, errno_rows[i].number, "errno %d is kept", errno_rows[i].number);
	}
	errno = ENOENT;
	err_errno("a/b: open");
	tap_is_string(err_message(), "a/b: open: No such file or directory", "errno's text");
	for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++) {
		tap_is_number(err_exit_status(code_rows[i].code), code_rows[i].status,
			"exit status of %d", code_rows[i].code);
		tap_is_string(err_name(code_rows[i].code), code_rows[i].name, "name of %d",
			code_rows[i].code);
	}
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	err_set(ERR_FAILED, "%s", longest);
	tap_is_number((long long)strlen(err_message()), 4095, "a long message is cut");
	err_context(ERR_FAILED, "front");
	tap_ok(strncmp(err_message(), "front: aaa", 10) == 0, "context of a long message");
	for (size_t i = 0; i + 1 < sizeof longest; i++)
		longest[i] = "\xe2\x82\xac"[i % 3];
	for (size_t skip = 0; skip < 3; skip++) {
		err_set(ERR_FAILED, "%.*s%s", (int)skip, "aaa", longest);
		tap_is_number((long long)(strlen(err_message()) - skip) % 3, 0,
			"it is cut between characters, %zu in front", skip);
	}
	tap_is_number(hand_on(ERR_IO), ERR_IO, "TRY hands a failure on");
	tap_is_number(hand_on(3), 42, "TRY goes on after a positive value");
	return tap_done();
}
