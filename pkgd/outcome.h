/* SPDX-License-Identifier: MIT */
/*
 * outcome: what became of a generation's images, as the answer to a change says it.
 */
#ifndef PKGD_OUTCOME_H
#define PKGD_OUTCOME_H

#include "base/json.h"
#include "linker/link.h"
#include "store/generation.h"

/* Set the members `new_slots` and `images` of an answer; `old` is the generation that was changed. */
void
outcome_report(const struct link_result *links, const struct generation *old, json_t *reply);

#endif
