/* SPDX-License-Identifier: MIT */
/*
 * service: programs that run as long as the machine, as packages declare them.
 *
 * weld makes the files that a service manager reads, as files of the generation. It starts, stops and enables
 * nothing: that is the administrator's business, who is told what to do.
 */
#ifndef PKGD_SERVICE_SERVICE_H
#define PKGD_SERVICE_SERVICE_H

#include "pkgd/plan.h"
#include "store/generation.h"

/*
 * Say in the plan which services come and go.
 */
void service_check(struct state *state, struct plan *plan);

/*
 * Make the files of all services and describe them in a generation, beside the outputs that it has.
 *
 * Each package has its manifest. `is_image`: the root is the system's, whoever makes it.
 *
 * Owner:  the arena of the state
 * Errors: those of policy_read() and objects_begin()
 * Source: weld-services(7)
 */
int service_make_all(
	struct state *state, const struct plan *plan, bool is_image, struct generation *next);

/*
 * Add to a reply, as "services", what an administrator has to do now that a generation has taken the place of
 * another: what came, went and changed, and what still runs an older program.
 *
 * Errors: ERR_IO
 */
int service_report(struct state *state, const struct generation *before,
	const struct generation *after, json_t *reply);

/* Add to a reply, as "services", those of an image's generation, and whether they start with the machine. */
void service_report_image(const struct generation *generation, json_t *reply);

#endif
