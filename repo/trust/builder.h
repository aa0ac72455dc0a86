/* SPDX-License-Identifier: MIT */
/*
 * trust/builder: what builders published in a repository.
 */
#ifndef REPO_TRUST_BUILDER_H
#define REPO_TRUST_BUILDER_H

#include "repo/trust/state.h"

/*
 * Fetch and verify what the wanted builders published, after the repository itself was updated.
 *
 * Returns 1 when something changed. What fails is told by the options' `warn`.
 *
 * Errors: ERR_FORMAT, ERR_IO
 */
int builder_update(struct trust *trust, const struct state_repo *repo,
	const struct trust_options *options);

#endif
