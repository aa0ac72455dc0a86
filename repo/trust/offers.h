/* SPDX-License-Identifier: MIT */
/*
 * trust/offers: what a verified index says, as rows, so that a question reads what it needs.
 */
#ifndef REPO_TRUST_OFFERS_H
#define REPO_TRUST_OFFERS_H

#include "repo/index.h"
#include "repo/trust/state.h"

/* Replace a repository's offers, within a transaction of the caller. Errors: ERR_IO */
int offers_store(struct trust *trust, const struct state_repo *repo, const struct index *index);

/* Make rows of the indexes that an older weld kept as text. Errors: ERR_FORMAT, ERR_IO */
int offers_adopt(struct trust *trust);

#endif
