/* SPDX-License-Identifier: MIT */
/*
 * intake: from package files, fetched or local, to verified directories in the store.
 */
#ifndef PKGD_INTAKE_H
#define PKGD_INTAKE_H

#include "pkgd/plan.h"
#include "pkgd/state.h"

/* Told of bytes received, and of each package that was unpacked. */
struct intake_progress {
	void (*fetched)(void *data, uint64_t bytes);
	void (*unpacked)(void *data, const char *label, size_t done, size_t total);
	void *data;
};

/*
 * Get every package of the plan into the store, and its manifest into the plan.
 *
 * What is in the store already is not fetched again. Each file is verified on
 * the descriptor that is unpacked.
 *
 * Errors: as trust_fetch(), package_unpack() and objects_finish()
 */
int
intake_packages(struct state *state, struct plan *plan, const struct intake_progress *progress);

#endif
