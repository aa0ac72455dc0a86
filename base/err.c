/* SPDX-License-Identifier: MIT */
/*
 * One message buffer per thread. err_context() builds the new message beside
 * the old one, so that a context may quote err_message() itself.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_MAX 4096 /* bytes, the final NUL included */

static _Thread_local char message[MESSAGE_MAX];

/* Keep a message; one that was cut ends with a whole character: it can be told in JSON. */
static void
keep(char *text)
{
	size_t length = strlen(text);

	if (length == MESSAGE_MAX - 1) {
		while (length > 0 && (text[length - 1] & 0xc0) == 0x80)
			length--;
		if (length > 0 && (text[length - 1] & 0x80) != 0)
			length--;
		text[length] = '\0';
	}
	memcpy(message, text, length + 1);
}

int
err_set(enum err code, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	keep(text);
	return code;
}

static enum err
code_of_errno(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return ERR_NO_SPACE;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EEXIST:
		return ERR_EXISTS;
	default:
		return ERR_IO;
	}
}

int
err_errno(const char *format, ...)
{
	int number = errno;
	char text[MESSAGE_MAX];
	va_list args;
	size_t length;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	length = strlen(text);
	snprintf(text + length, sizeof text - length, ": %s", strerror(number));
	keep(text);
	errno = number;
	return code_of_errno(number);
}

int
err_context(int ret, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;
	size_t length;

	if (ret >= 0)
		return ret;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	length = strlen(text);
	snprintf(text + length, sizeof text - length, ": %s", message);
	keep(text);
	return ret;
}

const char *
err_message(void)
{
	return message;
}

const char *
err_name(int code)
{
	switch (code) {
#define ERR_NAME(code, value, name, status) \
	case code:                          \
		return name;
		ERR_CODES(ERR_NAME)
#undef ERR_NAME
	default:
		return "unknown";
	}
}

int
err_code(const char *name)
{
#define ERR_CODE(code, value, text, status) \
	if (strcmp(name, text) == 0)        \
		return code;
	ERR_CODES(ERR_CODE)
#undef ERR_CODE
	return ERR_FAILED;
}

int
err_exit_status(int code)
{
	if (code >= 0)
		return 0;
	switch (code) {
#define ERR_STATUS(code, value, name, status) \
	case code:                            \
		return status;
		ERR_CODES(ERR_STATUS)
#undef ERR_STATUS
	default:
		return 1;
	}
}
