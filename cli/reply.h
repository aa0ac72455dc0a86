/* SPDX-License-Identifier: MIT */
/*
 * reply: members of pkgd's replies, with an empty value for what is not there.
 */
#ifndef CLI_REPLY_H
#define CLI_REPLY_H

#include "base/json.h"

/* A string member; "" when it is missing. Owner: the object */
const char *reply_text(const json_t *object, const char *key);

/* An integer member; 0 when it is missing. */
int64_t reply_number(const json_t *object, const char *key);

/* Whether a member is true. */
bool reply_flag(const json_t *object, const char *key);

/* The strings of an array with a separator between them. Owner: the arena */
const char *reply_join(struct arena *arena, const json_t *list, const char *separator);

#endif
