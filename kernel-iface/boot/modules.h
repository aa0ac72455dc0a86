/* SPDX-License-Identifier: MIT */
/*
 * modules: which kernel modules an initrd needs, in the order in which they are loaded.
 */
#ifndef KERNEL_IFACE_BOOT_MODULES_H
#define KERNEL_IFACE_BOOT_MODULES_H

#include "base/str.h"
#include "base/vec.h"

struct arena;

struct module_list { /* files, relative to lib/modules/VERSION; needed ones first */
	VEC(const char *) files;
};

/*
 * Find modules by name, and what they need.
 *
 * `wanted` has a name a line, with comments behind '#'; `dep` and `builtin` are the kernel's
 * modules.dep and modules.builtin. What is built into the kernel needs no file. `kernel` names the
 * package for messages.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (neither a module nor built in: names it), ERR_FORMAT (modules.dep)
 * Source: modules.dep(5)
 */
int modules_find(struct arena *arena, struct str wanted, struct str dep, struct str builtin,
	const char *kernel, struct module_list *ret_list);

/* The name that a module's file is told by: "fs/erofs/erofs.ko" is "erofs", '-' counts as '_'.
 * Owner: the arena */
char *module_name(struct arena *arena, struct str file);

#endif
