/* SPDX-License-Identifier: MIT */
/*
 * trust/canonical: the bytes that are signed.
 */
#ifndef REPO_TRUST_CANONICAL_H
#define REPO_TRUST_CANONICAL_H

#include "base/json.h"

/*
 * Write a value in the canonical form that TUF signs.
 *
 * Owner:  the caller frees ret_text
 * Errors: ERR_FORMAT (a number that is no integer)
 * Source: OLPC Canonical JSON: keys sorted, no white space, only quotation mark and backslash
 * escaped in strings
 */
int canonical_write(const json_t *value, struct strbuf *ret_text);

#endif
