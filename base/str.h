/* SPDX-License-Identifier: MIT */
/*
 * str: borrowed strings with a length, and a buffer that grows.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct str { /* borrows: the bytes belong to someone else, no NUL is needed */
	const char *at;
	size_t len; /* bytes */
};

struct strbuf { /* owns; { 0 } is empty; `at` has a NUL at `len` once something was added */
	char *at;
	size_t len; /* bytes */
	size_t cap; /* bytes */
};

#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).len, (s).at

/* Borrow a NUL-terminated string; NULL gives the empty one. */
struct str str_from(const char *text);

/* Whether two strings have the same bytes. */
bool str_equal(struct str a, struct str b);

/* Whether s has the bytes of text. */
bool str_is(struct str s, const char *text);

/* Whether a NUL-terminated string begins with a prefix. */
bool str_has_prefix(const char *text, const char *prefix);

/* Whether a NUL-terminated string ends with a suffix. */
bool str_has_suffix(const char *text, const char *suffix);

/*
 * Cut the next field, up to the separator or the end, from the front of *rest.
 *
 * Returns false when nothing was left.
 */
bool str_cut(struct str *rest, char separator, struct str *ret_field);

/* Copy into the arena, with a NUL. */
char *str_copy(struct arena *arena, struct str s);

/* Compare two `char *` array elements bytewise: for qsort and bsearch. */
int str_compare(const void *a, const void *b);

/* Append bytes. */
void strbuf_add(struct strbuf *buf, const void *bytes, size_t length);

/* Append a NUL-terminated string. */
void strbuf_add_string(struct strbuf *buf, const char *text);

/* Append one byte. */
void strbuf_add_char(struct strbuf *buf, char c);

/* Append formatted text. */
void strbuf_printf(struct strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Borrow what the buffer holds: valid until it changes. */
struct str strbuf_str(const struct strbuf *buf);

/* The contents as a C string, "" when empty: valid until it changes. */
const char *strbuf_string(const struct strbuf *buf);

/* Free the bytes; the buffer is empty and usable afterwards. */
void strbuf_free(struct strbuf *buf);

#endif
