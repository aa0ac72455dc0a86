/* SPDX-License-Identifier: MIT */
/*
 * trust/state: the rows of the trust database.
 */
#ifndef REPO_TRUST_STATE_H
#define REPO_TRUST_STATE_H

#include "base/db.h"
#include "base/str.h"
#include "repo/trust.h"
#include "repo/trust/clock.h"
#include "repo/trust/tuf.h"

struct trust {
	struct db *db;
};

struct state_repo {
	int64_t id;
	const char *name;
	const char *url;
	struct clock_mark updated; /* the last time; { 0 }: never */
};

/*
 * Find a repository by its name.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND, ERR_IO
 */
int state_find(struct arena *arena, struct trust *trust, const char *name,
	struct state_repo *ret_repo);

/*
 * The trusted bytes of a role's document.
 *
 * Returns 1 when there is one, 0 when there is none.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (the database is damaged), ERR_IO
 */
int state_load(struct arena *arena, struct trust *trust, const struct state_repo *repo,
	enum tuf_role role, struct str *ret_bytes);

/*
 * Replace a role's document by a newer one, within a transaction of the caller.
 *
 * Errors: ERR_ROLLBACK (another process has stored a later version), ERR_IO
 */
int state_store(struct trust *trust, const struct state_repo *repo,
	const struct tuf_document *document, struct str bytes);

/* Forget a role's document. Errors: ERR_IO */
int state_drop(struct trust *trust, const struct state_repo *repo, enum tuf_role role);

/*
 * Note that a repository was updated now, at no earlier time than was believed before.
 *
 * Errors: ERR_IO
 */
int
state_touch(struct trust *trust, const struct state_repo *repo, const struct clock_mark *now);

/* This moment, by the clock or as the options say. */
void state_now(const struct trust_options *options, struct clock_mark *ret_now);

/*
 * Fail when what a repository said has expired: by the clock, or by what time it is at the earliest.
 * The remedy is the end of the message.
 *
 * Errors: ERR_EXPIRED
 */
int state_check_expiry(const struct state_repo *repo, const struct clock_mark *now,
	int64_t expires, const char *remedy);

#endif
