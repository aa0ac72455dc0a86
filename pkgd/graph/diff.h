/* SPDX-License-Identifier: MIT */
/*
 * diff: in which images and slots two generations differ.
 */
#ifndef PKGD_GRAPH_DIFF_H
#define PKGD_GRAPH_DIFF_H

#include "base/json.h"

struct arena;
struct generation;

/*
 * A list of {"action": "add"|"remove"|"change", "kind": "program"|"slot", "name", ...}, as
 * weld-diff(1) describes it, by kind and name.
 *
 * Owner: the caller
 */
json_t *diff_images(
	struct arena *arena, const struct generation *before, const struct generation *after);

#endif
