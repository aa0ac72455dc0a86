/* SPDX-License-Identifier: MIT */
/*
 * number: the numbers in questions and answers: four bytes, little endian.
 */
#ifndef REPO_SOLVE_WORKER_NUMBER_H
#define REPO_SOLVE_WORKER_NUMBER_H

#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

/* Append a number. */
static inline void
number_write(struct strbuf *bytes, uint32_t number)
{
	const uint8_t packed[4] = { (uint8_t)number, (uint8_t)(number >> 8),
		(uint8_t)(number >> 16), (uint8_t)(number >> 24) };

	strbuf_add(bytes, packed, sizeof packed);
}

/* Take a number off the front. Errors: ERR_FORMAT */
static inline int
number_take(struct str *rest, uint32_t *ret_number)
{
	const uint8_t *packed = (const uint8_t *)rest->at;

	if (rest->len < 4)
		return err_set(ERR_FORMAT, "a number is cut off");
	*ret_number = (uint32_t)packed[0] | (uint32_t)packed[1] << 8 |
		      (uint32_t)packed[2] << 16 | (uint32_t)packed[3] << 24;
	rest->at += 4;
	rest->len -= 4;
	return 0;
}

#endif
