/* SPDX-License-Identifier: MIT */
/* What the linker is told of a package: the defences that it cannot bear. */
#include "pkgd/wanted.h"

#include "base/arena.h"
#include "tests/lib/tap.h"

static void
test_exceptions(void)
{
	static const struct {
		const char *texts[2];
		unsigned except;
	} rows[] = {
		{ { NULL }, HARDEN_NONE },
		{ { "cfi: calls through casts" }, HARDEN_CFI },
		{ { "bounds: reads ahead", "stack-clash: has its own stacks" },
			HARDEN_BOUNDS | HARDEN_STACK_CLASH },
		{ { "stack: is no defence" }, HARDEN_NONE },
		{ { "cfi-strict: one that this weld does not have", "cfi: but this" },
			HARDEN_CFI },
		{ { "cfi" }, HARDEN_NONE },
	};
	struct arena *arena = arena_new();

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct manifest_program program = { .path = "bin/x" };
		struct manifest_program plugin = { .path = "lib/x.so" };
		struct manifest_library library = { .name = "x" };
		struct manifest manifest = { .name = "x",
			.version = "1",
			.release = 1,
			.kind = MANIFEST_IR,
			.harden_except = { (char **)rows[i].texts, 0 },
			.libraries = &library,
			.library_count = 1,
			.programs = &program,
			.program_count = 1,
			.plugins = &plugin,
			.plugin_count = 1 };
		struct wanted wanted = { .arena = arena, .arch = ARCH_X86_64 };

		while (manifest.harden_except.len < 2 &&
			rows[i].texts[manifest.harden_except.len] != NULL)
			manifest.harden_except.len++;
		wanted_add_manifest(&wanted, &manifest, "/nowhere");
		tap_ok(wanted.programs.len == 1 && wanted.libraries.len == 1 &&
				wanted.plugins.len == 1 &&
				wanted.programs.at[0].harden_except == rows[i].except &&
				wanted.libraries.at[0].harden_except == rows[i].except &&
				wanted.plugins.at[0].harden_except == rows[i].except,
			"%s", rows[i].texts[0] == NULL ? "nothing" : rows[i].texts[0]);
	}
	arena_free(&arena);
}

int
main(void)
{
	test_exceptions();
	return tap_done();
}
