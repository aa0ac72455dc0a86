/* SPDX-License-Identifier: MIT */
/*
 * initrd: what the kernel unpacks before anything else, made of a system's tree.
 *
 * A kernel's package is told by boot/vmlinuz and lib/modules/VERSION; the modules that are needed
 * to start by share/weld-boot/modules; the first program is sbin/weld-boot.
 */
#ifndef KERNEL_IFACE_BOOT_INITRD_H
#define KERNEL_IFACE_BOOT_INITRD_H

#include <stdint.h>

struct arena;

/*
 * Make the initrd that finds a store partition: weld-boot with its slots, and modules.
 *
 * Errors: ERR_NOT_FOUND (something that a package of the system has to bring, a module, a tool),
 *         ERR_FORMAT, ERR_NO_SPACE, ERR_IO
 * Source: DESIGN.md, "System images"
 */
int initrd_make(struct arena *arena, const char *tree, const char *path, int64_t source_date);

/* Make the initrd that is the whole system. Errors: the same */
int
initrd_make_whole(struct arena *arena, const char *tree, const char *path, int64_t source_date);

#endif
