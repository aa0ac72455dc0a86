/* SPDX-License-Identifier: MIT */
/* Private or slot, and the refusals, by link_check(): nothing is lowered here. */
#include "base/arena.h"
#include "base/err.h"
#include "linker/link.h"
#include "tests/lib/tap.h"

#include <string.h>

static const char *const only_c[] = { "c" };
static const char *const only_cb[] = { "cb" };
static const char *const only_free[] = { "free" };
static const char *const only_inflateGone[] = { "inflateGone" };
static const char *const only_nowhere[] = { "nowhere" };
static const char *const only_png[] = { "png" };
static const char *const only_user_callback[] = { "user_callback" };
static const char *const only_z[] = { "z" };

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
	static const char *texts[32];
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
	struct link_program programs[2];
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
	f.programs[1].exports = only_free;
	f.programs[1].export_count = 1;
	tap_ok(!is_slot(&f, "z"), "a program with an allocator of its own shares nothing");
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
	test_refusals();
	return tap_done();
}
