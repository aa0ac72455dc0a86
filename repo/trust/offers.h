/* SPDX-License-Identifier: MIT */
/*
 * trust/offers: what a verified index says, as rows, so that a question reads what it needs.
 */
#ifndef REPO_TRUST_OFFERS_H
#define REPO_TRUST_OFFERS_H

#include "repo/index.h"
#include "repo/trust/state.h"

#include <stdbool.h>

/* Replace a repository's offers, within a transaction of the caller. Errors: ERR_IO */
int offers_store(struct trust *trust, const struct state_repo *repo, const struct index *index);

/* Whether the rows of a repository's last index are there. Errors: ERR_IO */
int offers_are_known(struct trust *trust, const struct state_repo *repo, bool *ret_are_known);

/* Make rows of the indexes that an older weld kept as text. Errors: ERR_FORMAT, ERR_IO */
int offers_adopt(struct trust *trust);

#endif
