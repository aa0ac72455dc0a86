/* SPDX-License-Identifier: MIT */
/* A table: of one architecture the better levels stand behind the lesser ones. */
#include "linker/level.h"

#include "linker/lower.h"

#include <string.h>

static const struct level levels[] = {
	{ "x86-64-v1", ARCH_X86_64, "x86-64" },
	{ "x86-64-v2", ARCH_X86_64, "x86-64-v2" },
	{ "x86-64-v3", ARCH_X86_64, "x86-64-v3" },
	{ "x86-64-v4", ARCH_X86_64, "x86-64-v4" },
	{ "aarch64", ARCH_AARCH64, "generic" },
	{ "riscv64", ARCH_RISCV64, "generic-rv64" },
};

#define LEVEL_COUNT (sizeof levels / sizeof *levels)

const struct level *
level_find(const char *name)
{
	for (size_t i = 0; i < LEVEL_COUNT; i++)
		if (strcmp(levels[i].name, name) == 0)
			return &levels[i];
	return NULL;
}

const char *
level_names(void)
{
	return "x86-64-v1, x86-64-v2, x86-64-v3, x86-64-v4, aarch64, riscv64";
}

/* Whether this machine can run code of a level. */
static bool
machine_has(const struct level *level)
{
	if (level->arch != arch_host())
		return false;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (strcmp(level->name, "x86-64-v2") == 0)
		return __builtin_cpu_supports("x86-64-v2") != 0;
	if (strcmp(level->name, "x86-64-v3") == 0)
		return __builtin_cpu_supports("x86-64-v3") != 0;
	if (strcmp(level->name, "x86-64-v4") == 0)
		return __builtin_cpu_supports("x86-64-v4") != 0;
#endif
	return true;
}

size_t
level_list(enum arch arch, const char *cpu, const struct level **ret_levels)
{
	bool is_native = cpu == NULL || strcmp(cpu, LOWER_NATIVE) == 0;
	bool is_below = false;
	size_t count = 0;

	for (size_t i = LEVEL_COUNT; i > 0; i--) {
		const struct level *level = &levels[i - 1];

		if (level->arch != arch)
			continue;
		is_below = is_below ||
			   (is_native ? machine_has(level) : strcmp(level->cpu, cpu) == 0);
		if (is_below)
			ret_levels[count++] = level;
	}
	return count;
}
