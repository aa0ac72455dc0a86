/* SPDX-License-Identifier: MIT */
/*
 * json: reading JSON with errors that name the member, and writing it so that
 * the same data is always the same bytes.
 *
 * jansson's json_t is the JSON value of the whole project; this header is the
 * one place where jansson is included.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/hash.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct arena;

/* Drop a reference and set the variable to NULL: for AUTO(). */
void json_release(json_t **value);

/*
 * Parse one JSON text; duplicate keys and trailing bytes are refused.
 *
 * Owner:  the caller releases *ret_value
 * Errors: ERR_FORMAT, with line and column
 */
int json_read(struct str text, json_t **ret_value);

/*
 * Write in canonical form: keys sorted bytewise, no white space, UTF-8.
 *
 * Owner: the caller frees ret_text with strbuf_free()
 */
void json_write(const json_t *value, struct strbuf *ret_text);

/* Write for a person: indented by 2, keys sorted, a newline at the end. */
void json_write_pretty(const json_t *value, struct strbuf *ret_text);

/* The members of an object, by type. ERR_FORMAT, naming the key, when missing or of another type.
 * Strings with a NUL inside are refused. Values are borrowed from the object. */
int json_get_string(const json_t *object, const char *key, const char **ret_text);
int json_get_integer(const json_t *object, const char *key, int64_t *ret_number);
int json_get_bool(const json_t *object, const char *key, bool *ret_flag);
int json_get_array(const json_t *object, const char *key, json_t **ret_array);
int json_get_object(const json_t *object, const char *key, json_t **ret_object);
int json_get_digest(const json_t *object, const char *key, struct digest *ret_digest);

/* As json_get_string(), for a text in one line: no control characters, at most limit bytes.
 * Owner: the arena. Errors: ERR_LIMIT, ERR_FORMAT */
int json_get_text(struct arena *arena, const json_t *object, const char *key, size_t limit,
	const char **ret_text);

/* As json_get_integer(), for a number from 0 to limit. Errors: ERR_FORMAT */
int json_get_size(const json_t *object, const char *key, uint64_t limit, uint64_t *ret_number);

/* As json_get_string(), with a default for a missing member. */
int json_get_string_or(
	const json_t *object, const char *key, const char *fallback, const char **ret_text);

/* As json_get_array(), copied to a vector of strings; a missing member is an empty one.
 * Owner: the arena */
int json_get_strings(struct arena *arena, const json_t *object, const char *key,
	char ***ret_texts, size_t *ret_count);

/* Whether a text can stand in JSON: it is UTF-8. Others are dropped without a word. */
bool json_can_hold(const char *text);

/* An array of strings. Owner: the caller */
json_t *json_from_strings(char *const *texts, size_t count);

/* A digest in hex. Owner: the caller */
json_t *json_from_digest(const struct digest *digest);

#endif
