/* SPDX-License-Identifier: MIT */
/*
 * json_text: JSON written for a person as it is made, without a value in memory first.
 *
 * A bill of a large root has half a million values; making them costs more than all else. Keys stand
 * in the order of the calls, everything is indented by two blanks.
 */
#ifndef PKGD_SBOM_JSON_TEXT_H
#define PKGD_SBOM_JSON_TEXT_H

#include "base/str.h"

#include <stdbool.h>

struct json_text { /* { 0 } is empty */
	struct strbuf out;
	unsigned depth;
	bool is_empty; /* nothing stands yet in what was begun last */
};

/* Begin an object or array; the key is NULL in arrays and at the top. */
void json_text_object(struct json_text *text, const char *key);
void json_text_array(struct json_text *text, const char *key);

/* End what was begun last. */
void json_text_end_object(struct json_text *text);
void json_text_end_array(struct json_text *text);

/* A string, which is UTF-8. */
void json_text_string(struct json_text *text, const char *key, const char *value);

/* The same, but nothing when there is no value or an empty one. */
void json_text_optional(struct json_text *text, const char *key, const char *value);

void json_text_bool(struct json_text *text, const char *key, bool value);
void json_text_number(struct json_text *text, const char *key, unsigned value);

#endif
