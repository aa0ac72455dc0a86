/* SPDX-License-Identifier: MIT */
/*
 * deep: is what is installed what lowering and linking its packages here give?
 */
#ifndef PKGD_DEEP_H
#define PKGD_DEEP_H

#include "pkgd/state.h"

struct deep_finding {
	const char *path; /* of the image: "bin/lua" */
	const char *package; /* "lua-5.4.4-1" */
	const char *problem;
};

/*
 * Lower and link everything of the current generation again, beside what is there, and compare
 * objects and images byte for byte. What builders published is lowered for their targets.
 *
 * An object is compared where the cache has it; an image always. Nothing in the root is changed.
 *
 * Owner:  the arena of the state
 * Errors: as link_all(), plan_read_manifest()
 */
int deep_verify(struct state *state, struct deep_finding **ret_findings, size_t *ret_count,
	size_t *ret_compared);

#endif
