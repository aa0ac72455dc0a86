/* SPDX-License-Identifier: MIT */
/*
 * plan_view: the plan of a transaction as a person reads it.
 */
#ifndef CLI_PLAN_VIEW_H
#define CLI_PLAN_VIEW_H

#include "base/json.h"

#include <stdbool.h>
#include <stdio.h>

struct invocation;

/* Print the plan that a "plan" event carries. */
void plan_view_print(const struct invocation *call, const json_t *plan, FILE *stream);

/* Whether a plan changes marks of packages and nothing else. */
bool plan_view_is_marks(const json_t *plan);

/* Print the line that says what a finished transaction did. */
void plan_view_summary(const struct invocation *call, const json_t *reply);

/* Print the commands that an administrator may want for services that came, went or changed. */
void plan_view_services(const struct invocation *call, const json_t *reply);

#endif
