/* SPDX-License-Identifier: MIT */
/* Private or slot, and the refusals, by link_check(): nothing is lowered here. */
#include "base/arena.h"
#include "base/err.h"
#include "linker/link.h"
#include "tests/lib/tap.h"

#include <string.h>

static const char *const only_c[] = { "c" };
static const char *const only_cb[] = { "cb" };
static const char *const only_inflate[] = { "inflate" };
static const char *const only_inflateGone[] = { "inflateGone" };
static const char *const only_malloc[] = { "malloc" };
static const char *const only_nowhere[] = { "nowhere" };
static const char *const only_png[] = { "png" };
static const char *const only_user_callback[] = { "user_callback" };
static const char *const only_trace[] = { "trace" };
static const char *const only_z[] = { "z" };
static const char *const png_and_z[] = { "png", "z" };
static const char *const cb_and_png[] = { "cb", "png" };
static const char *const z_and_png[] = { "z", "png" };
static const char *const z_and_cb[] = { "z", "cb" };
static const char *const cb_and_z[] = { "cb", "z" };

static const struct link_export c_exports[] = { { "malloc", true, 0, "" },
	{ "write", true, 0, "" } };
static const struct link_export z_exports[] = { { "inflate", true, 0, "" } };
static const struct link_export png_exports[] = { { "png_read", true, 0, "" } };

static struct link_library
library(const char *name, const struct link_export *exports, size_t export_count,
	const char *import, const char *undefined)
{
	struct link_library ret = {
		.name = name, .package = name, .exports = exports, .export_count = export_count
	};
	static const char *texts[128];
	static size_t used;

	if (import != NULL) {
		texts[used] = import;
		ret.imports = &texts[used++];
		ret.import_count = 1;
	}
	if (undefined != NULL) {
		texts[used] = undefined;
		ret.undefined = &texts[used++];
		ret.undefined_count = 1;
	}
	return ret;
}

static const struct link_decision *
decision_of(const struct link_result *result, const char *name)
{
	for (size_t i = 0; i < result->decision_count; i++)
		if (strcmp(result->decisions[i].library, name) == 0)
			return &result->decisions[i];
	return NULL;
}

struct fixture {
	struct arena *arena;
	struct link_library
		libraries[4]; /* c, z, png (on z), cb (needs what its user defines) */
	struct link_program programs[3];
	struct link_request request;
	struct link_result result;
};

static void
set_up(struct fixture *fixture)
{
	*fixture = (struct fixture){ .arena = arena_new() };
	fixture->libraries[0] = library("c", c_exports, 2, NULL, NULL);
	fixture->libraries[0].sharing = LINK_SHARING_ALWAYS;
	fixture->libraries[1] = library("z", z_exports, 1, "c", "malloc");
	fixture->libraries[2] = library("png", png_exports, 1, "z", "inflate");
	fixture->libraries[3] = library("cb", NULL, 0, "c", "user_callback");
	fixture->programs[0] = (struct link_program){
		.path = "bin/a", .package = "a-1-1", .imports = only_png, .import_count = 1
	};
	fixture->programs[1] = (struct link_program){
		.path = "bin/b", .package = "b-1-1", .imports = only_c, .import_count = 1
	};
	fixture->programs[2] = (struct link_program){
		.path = "bin/c", .package = "c-1-1", .imports = only_c, .import_count = 1
	};
	fixture->request = (struct link_request){ .libraries = fixture->libraries,
		.library_count = 4,
		.programs = fixture->programs,
		.program_count = 2 };
}

/* The decision's reason, from the last call of is_slot(). */
static const char *
why(struct fixture *fixture, const char *name)
{
	return decision_of(&fixture->result, name)->reason;
}

/* Why a program has a library privately; NULL when it can share. */
static const char *
why_private(struct fixture *fixture, const char *name, const char *program)
{
	const struct link_decision *decision = decision_of(&fixture->result, name);

	for (size_t i = 0; i < decision->private_count; i++)
		if (strcmp(decision->privates[i].program, program) == 0)
			return decision->privates[i].reason;
	return NULL;
}

static bool
is_slot(struct fixture *fixture, const char *name)
{
	if (link_check(fixture->arena, &fixture->request, &fixture->result) < 0) {
		tap_ok(false, "link_check: %s", err_message());
		return false;
	}
	return decision_of(&fixture->result, name)->is_slot;
}

static void
test_users(void)
{
	struct fixture f;

	set_up(&f);
	tap_ok(!is_slot(&f, "png") && !is_slot(&f, "z"), "a library with one user is private");
	tap_ok(is_slot(&f, "c"), "libc is a slot");
	f.programs[1].imports = only_z;
	tap_ok(is_slot(&f, "z"), "a second user, through no other library, makes it a slot");
	tap_ok(!is_slot(&f, "png"), "what stands on it stays private");
	tap_ok(decision_of(&f.result, "z")->user_count == 2, "both users count: %s",
		why(&f, "z"));
	f.request.sharing = LINK_SHARING_NEVER;
	tap_ok(!is_slot(&f, "z") && !is_slot(&f, "c"), "the policy can forbid slots");
	f.request.sharing = LINK_SHARING_ALWAYS;
	tap_ok(is_slot(&f, "png"), "and ask for them");
	arena_free(&f.arena);
}

static void
test_eligibility(void)
{
	struct fixture f;
	bool has_slot;

	set_up(&f);
	f.programs[0].imports = only_png;
	f.programs[1].imports = only_png;
	f.libraries[1].tls_size = 8;
	has_slot = is_slot(&f, "z");
	tap_ok(has_slot, "thread-local variables of its own: %s", why(&f, "z"));
	f.libraries[1].tls_size = 1 << 20;
	has_slot = is_slot(&f, "z");
	tap_ok(!has_slot && strstr(why(&f, "z"), "more than a slot may have") != NULL,
		"too many of them: %s", why(&f, "z"));
	f.libraries[1].tls_size = 8;
	f.libraries[1].tls_export_count = 1;
	has_slot = is_slot(&f, "z");
	tap_ok(!has_slot && strstr(why(&f, "z"), "exports thread-local") != NULL,
		"thread-local variables for others: %s", why(&f, "z"));
	has_slot = is_slot(&f, "png");
	tap_ok(!has_slot, "nor what imports it: %s", why(&f, "png"));
	f.libraries[1].tls_size = f.libraries[1].tls_export_count = 0;
	f.programs[0].imports = only_cb;
	f.programs[1].imports = only_cb;
	f.programs[0].exports = f.programs[1].exports = only_user_callback;
	f.programs[0].export_count = f.programs[1].export_count = 1;
	has_slot = is_slot(&f, "cb");
	tap_ok(!has_slot, "needs what its user defines: %s", why(&f, "cb"));
	arena_free(&f.arena);
}

static void
test_own_allocator_is_no_user(void)
{
	struct fixture f;

	set_up(&f);
	f.programs[1].imports = only_z;
	f.programs[1].exports = only_malloc;
	f.programs[1].export_count = 1;
	tap_ok(!is_slot(&f, "z"), "a program with an allocator of its own shares nothing");
	tap_is_string(why_private(&f, "c", "bin/b"),
		"the program defines malloc, which the library may use itself", "for a reason");
	f.programs[1].exports = NULL;
	f.programs[1].export_count = 0;
	f.libraries[3] = library("cb", &c_exports[0], 1, "c", NULL);
	f.programs[1].imports = z_and_cb;
	f.programs[1].import_count = 2;
	(void)is_slot(&f, "c");
	tap_is_string(why_private(&f, "c", "bin/b"),
		"library cb defines malloc, which libc uses", "nor one whose library has one");
	arena_free(&f.arena);
}

/* What one program redefines is its own affair: others share. */
static void
test_redefinition(void)
{
	static const char *const nothing[] = { NULL };
	struct fixture f;

	set_up(&f);
	f.libraries[1].own_uses = nothing;
	f.request.program_count = 3;
	f.programs[0].imports = f.programs[1].imports = f.programs[2].imports = png_and_z;
	f.programs[0].import_count = f.programs[1].import_count = f.programs[2].import_count =
		2;
	f.programs[0].exports = only_inflate;
	f.programs[0].export_count = 1;
	tap_ok(is_slot(&f, "png") && is_slot(&f, "z"), "two others share");
	tap_is_number((long long)decision_of(&f.result, "png")->user_count, 2,
		"the one that redefines does not count");
	tap_is_string(why_private(&f, "png", "bin/a"),
		"the program defines inflate, which the library uses",
		"what another library defines and this one uses");
	tap_is_string(why_private(&f, "z", "bin/a"), NULL,
		"who defines it and does not use it can be shared");
	f.libraries[1].own_uses = only_inflate;
	f.libraries[1].own_use_count = 1;
	(void)is_slot(&f, "z");
	tap_is_string(why_private(&f, "z", "bin/a"),
		"the program defines inflate, which the library uses",
		"what the library defines and uses itself");
	tap_is_string(why_private(&f, "png", "bin/a"),
		"imports z: the program defines inflate, which the library uses",
		"and with it what imports the library");
	f.libraries[1].own_uses = NULL;
	f.libraries[1].own_use_count = 0;
	(void)is_slot(&f, "z");
	tap_is_string(why_private(&f, "z", "bin/a"),
		"the program defines inflate, which the library may use itself",
		"a package that does not say is taken at its worst");
	f.programs[1].exports = only_inflate;
	f.programs[1].export_count = 1;
	tap_ok(!is_slot(&f, "z"), "one user is left");
	arena_free(&f.arena);
}

static void
test_weak_references(void)
{
	static const char *const nothing[] = { NULL };
	static const struct link_export traces[] = { { "trace", true, 0, "" } };
	struct fixture f;

	set_up(&f);
	f.libraries[1].own_uses = nothing;
	f.libraries[1].weak_undefined = only_trace;
	f.libraries[1].weak_undefined_count = 1;
	f.programs[0].imports = f.programs[1].imports = only_z;
	tap_ok(is_slot(&f, "z"), "what nobody defines is no reason");
	f.programs[0].exports = only_trace;
	f.programs[0].export_count = 1;
	(void)is_slot(&f, "z");
	tap_is_string(why_private(&f, "z", "bin/a"),
		"the program defines trace, which the library uses",
		"what the program defines");
	f.programs[0].export_count = 0;
	f.libraries[3] = library("cb", traces, 1, "c", NULL);
	f.programs[0].imports = z_and_cb;
	f.programs[0].import_count = 2;
	(void)is_slot(&f, "z");
	tap_is_string(why_private(&f, "z", "bin/a"),
		"another library of the program defines trace, which this one uses when it is "
		"there",
		"what another library defines");
	tap_is_string(why_private(&f, "z", "bin/b"), NULL, "others share");
	arena_free(&f.arena);
}

/* Two libraries, z and cb, define inflate; png needs it and imports z. */
static void
test_clashes(void)
{
	struct fixture f;

	set_up(&f);
	f.request.sharing = LINK_SHARING_ALWAYS;
	f.libraries[3] = library("cb", z_exports, 1, "c", NULL);
	f.programs[0].imports = z_and_cb;
	f.programs[0].import_count = 2;
	f.programs[0].undefined = only_inflate;
	f.programs[0].undefined_count = 1;
	tap_ok(is_slot(&f, "z") && is_slot(&f, "cb"), "both can be slots");
	f.libraries[3].sharing = LINK_SHARING_NEVER;
	(void)is_slot(&f, "z");
	tap_is_string(why_private(&f, "z", "bin/a"),
		"library cb, which is linked into the program, defines inflate, too",
		"the first is meant, so it is merged beside the second");
	f.programs[0].imports = cb_and_z;
	tap_ok(is_slot(&f, "z") && why_private(&f, "z", "bin/a") == NULL,
		"when the second is meant, it need not be");
	f.libraries[3].sharing = LINK_SHARING_AUTO;
	f.programs[0].imports = cb_and_png;
	tap_ok(link_check(f.arena, &f.request, &f.result) == ERR_SYMBOL &&
			strstr(err_message(), "bin/a") != NULL &&
			strstr(err_message(), "cb (cb)") != NULL &&
			strstr(err_message(), "z (z)") != NULL &&
			strstr(err_message(), "inflate, and it is not clear which one png") !=
				NULL,
		"a library that imports only the second: %s", err_message());
	f.programs[0].exports = only_inflate;
	f.programs[0].export_count = 1;
	tap_ok(link_check(f.arena, &f.request, &f.result) == 0,
		"unless the program defines it");
	f.programs[0].export_count = 0;
	f.libraries[2].undefined_count = 0;
	f.programs[0].undefined_count = 0;
	tap_ok(link_check(f.arena, &f.request, &f.result) == 0, "or nobody uses it");
	f.libraries[2].exports = z_exports;
	f.libraries[3].export_count = 0;
	f.programs[0].imports = z_and_png;
	f.programs[0].undefined_count = 1;
	tap_ok(link_check(f.arena, &f.request, &f.result) == ERR_SYMBOL &&
			strstr(err_message(), "which one bin/a uses") != NULL,
		"C takes the first, weld what stands on it: %s", err_message());
	f.programs[0].imports = png_and_z;
	tap_ok(link_check(f.arena, &f.request, &f.result) == 0, "the other order is clear");
	arena_free(&f.arena);
}

static void
test_refusals(void)
{
	struct fixture f;
	bool has_slot;

	set_up(&f);
	f.programs[0].undefined = only_inflateGone;
	f.programs[0].undefined_count = 1;
	tap_ok(link_check(f.arena, &f.request, &f.result) == ERR_SYMBOL &&
			strstr(err_message(), "inflateGone") != NULL &&
			strstr(err_message(), "bin/a") != NULL,
		"a missing symbol names program and symbol: %s", err_message());
	f.programs[0].undefined_count = 0;
	f.programs[0].imports = only_cb;
	tap_ok(link_check(f.arena, &f.request, &f.result) == ERR_SYMBOL &&
			strstr(err_message(), "user_callback") != NULL,
		"so does one that a library needs: %s", err_message());
	f.programs[0].imports = only_nowhere;
	tap_ok(link_check(f.arena, &f.request, &f.result) == ERR_SYMBOL &&
			strstr(err_message(), "nowhere") != NULL,
		"a missing library is named: %s", err_message());
	f.programs[0].imports = only_png;
	f.libraries[1].imports = only_png;
	f.programs[1].imports = only_png;
	has_slot = is_slot(&f, "png") && is_slot(&f, "z");
	tap_ok(!has_slot, "a cycle of imports ends: %s", why(&f, "png"));
	f.libraries[2].name = "z";
	tap_ok(link_check(f.arena, &f.request, &f.result) == ERR_EXISTS,
		"two libraries of one name: %s", err_message());
	arena_free(&f.arena);
}

int
main(void)
{
	test_users();
	test_eligibility();
	test_own_allocator_is_no_user();
	test_redefinition();
	test_weak_references();
	test_clashes();
	test_refusals();
	return tap_done();
}
