/* SPDX-License-Identifier: MIT */
/* Borrowed strings and a growing buffer; growth doubles, so appending is linear over all. */
#include "base/str.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str
str_from(const char *text)
{
	return (struct str){ .at = text, .len = text == NULL ? 0 : strlen(text) };
}

bool
str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool
str_is(struct str s, const char *text)
{
	return str_equal(s, str_from(text));
}

bool
str_has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
str_has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

bool
str_cut(struct str *rest, char separator, struct str *ret_field)
{
	const char *end;

	*ret_field = (struct str){ 0 };
	if (rest->len == 0)
		return false;
	end = memchr(rest->at, separator, rest->len);
	if (end == NULL) {
		*ret_field = *rest;
		*rest = (struct str){ 0 };
		return true;
	}
	*ret_field = (struct str){ .at = rest->at, .len = (size_t)(end - rest->at) };
	rest->len -= ret_field->len + 1;
	rest->at = end + 1;
	return true;
}

char *
str_copy(struct arena *arena, struct str s)
{
	return arena_copy(arena, s.at, s.len);
}

int
str_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
reserve(struct strbuf *buf, size_t more)
{
	size_t wanted;
	size_t cap = buf->cap == 0 ? 64 : buf->cap;

	if (__builtin_add_overflow(buf->len, more, &wanted) || wanted > SIZE_MAX / 4)
		abort();
	wanted++; /* the NUL */
	if (wanted <= buf->cap)
		return;
	while (cap < wanted)
		cap *= 2;
	buf->at = realloc(buf->at, cap);
	if (buf->at == NULL)
		abort();
	buf->cap = cap;
}

void
strbuf_add(struct strbuf *buf, const void *bytes, size_t length)
{
	reserve(buf, length);
	if (length > 0)
		memcpy(buf->at + buf->len, bytes, length);
	buf->len += length;
	buf->at[buf->len] = '\0';
}

void
strbuf_add_string(struct strbuf *buf, const char *text)
{
	strbuf_add(buf, text, strlen(text));
}

void
strbuf_add_char(struct strbuf *buf, char c)
{
	strbuf_add(buf, &c, 1);
}

void
strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		abort();
	reserve(buf, (size_t)length);
	va_start(args, format);
	vsnprintf(buf->at + buf->len, (size_t)length + 1, format, args);
	va_end(args);
	buf->len += (size_t)length;
}

struct str
strbuf_str(const struct strbuf *buf)
{
	return (struct str){ .at = buf->at, .len = buf->len };
}

const char *
strbuf_string(const struct strbuf *buf)
{
	return buf->at == NULL ? "" : buf->at;
}

void
strbuf_free(struct strbuf *buf)
{
	free(buf->at);
	*buf = (struct strbuf){ 0 };
}
