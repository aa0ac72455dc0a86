/* SPDX-License-Identifier: MIT */
/*
 * The objects are compiled when weld is built and stand in embed.S between
 * pairs of symbols.
 */
#include "kernel-iface/objects.h"

#include "base/err.h"

#define EMBEDDED(name) extern const char kernel_##name[], kernel_##name##_end[]

EMBEDDED(start_x86_64);
EMBEDDED(start_aarch64);
EMBEDDED(start_riscv64);
EMBEDDED(support_x86_64);
EMBEDDED(support_aarch64);
EMBEDDED(support_riscv64);

struct embedded {
	const char *at;
	const char *end;
};

static const struct embedded start_objects[ARCH_COUNT] = {
	[ARCH_X86_64] = { kernel_start_x86_64, kernel_start_x86_64_end },
	[ARCH_AARCH64] = { kernel_start_aarch64, kernel_start_aarch64_end },
	[ARCH_RISCV64] = { kernel_start_riscv64, kernel_start_riscv64_end },
};

static const struct embedded support_objects[ARCH_COUNT] = {
	[ARCH_X86_64] = { kernel_support_x86_64, kernel_support_x86_64_end },
	[ARCH_AARCH64] = { kernel_support_aarch64, kernel_support_aarch64_end },
	[ARCH_RISCV64] = { kernel_support_riscv64, kernel_support_riscv64_end },
};

static int
find(const struct embedded *objects, enum arch arch, struct str *ret_object)
{
	if ((unsigned)arch >= ARCH_COUNT)
		return err_set(ERR_NOT_FOUND, "architecture %d: weld has no objects for it",
			(int)arch);
	*ret_object = (struct str){ objects[arch].at,
		(size_t)(objects[arch].end - objects[arch].at) };
	return 0;
}

int
kernel_start_object(enum arch arch, struct str *ret_object)
{
	return find(start_objects, arch, ret_object);
}

int
kernel_support_object(enum arch arch, struct str *ret_object)
{
	return find(support_objects, arch, ret_object);
}
