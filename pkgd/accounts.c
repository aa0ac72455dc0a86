/* SPDX-License-Identifier: MIT */
/*
 * weld makes no accounts: it says which are missing, and the package is installed all the same. What
 * would not even be missed by name, a directory or a service, is not left out silently: such a
 * package is refused before anything is fetched.
 */
#include "pkgd/accounts.h"

#include "base/err.h"

#include <grp.h>
#include <pwd.h>

static void
warn_missing(struct state *state, const char *label, const char *kind, const char *name,
	bool is_image)
{
	if (is_image)
		request_warn(state->request,
			"%s needs the %s %s: add it to the etc/%s of the image", label, kind,
			name, *kind == 'u' ? "passwd" : "group");
	else
		request_warn(state->request,
			"%s needs the %s %s, which this machine does not have (make it: %sadd "
			"--system %s)",
			label, kind, name, kind, name);
}

static int
refuse_rest(const struct declared *declared, const char *label)
{
	if (declared->directory_count > 0)
		return err_set(ERR_FAILED,
			"%s: declares the directory %s, and this weld does not make such (a "
			"newer "
			"one may)",
			label, declared->directories[0].path);
	if (declared->service_count > 0)
		return err_set(ERR_FAILED,
			"%s: declares the service %s, and this weld does not run such (a newer "
			"one "
			"may)",
			label, declared->services[0].name);
	return 0;
}

int
accounts_check(struct state *state, const struct plan *plan, bool is_image)
{
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		const struct declared *declared =
			package->manifest != NULL ? &package->manifest->declared
						  : &package->candidate->package->declared;
		const char *label = generation_package_label(state->arena, &package->entry);

		if (package->action == SOLVE_KEPT)
			continue;
		TRY(refuse_rest(declared, label));
		for (size_t i = 0; i < declared->group_count; i++)
			if (is_image || getgrnam(declared->groups[i].name) == NULL)
				warn_missing(state, label, "group", declared->groups[i].name,
					is_image);
		for (size_t i = 0; i < declared->user_count; i++)
			if (is_image || getpwnam(declared->users[i].name) == NULL)
				warn_missing(state, label, "user", declared->users[i].name,
					is_image);
	}
	return 0;
}
