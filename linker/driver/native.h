/* SPDX-License-Identifier: MIT */
/*
 * native: the machine code of a linked file, one object that is carried beside its IR.
 *
 * It is for one architecture: that of WELD_ARCH, or this machine's.
 */
#ifndef LINKER_DRIVER_NATIVE_H
#define LINKER_DRIVER_NATIVE_H

#include "kernel-iface/arch.h"
#include "linker/driver/gather.h"

struct arena;
struct map;
struct neutral;

struct native_code {
	const char *name; /* for messages: that of the first object that came in */
	struct str object; /* empty: there is no machine code */
	enum arch arch; /* of the object */
};

/*
 * The architecture that machine code is made for: WELD_ARCH, or this machine's.
 *
 * Errors: ERR_USAGE (WELD_ARCH names none)
 */
int native_target(enum arch *ret_arch);

/*
 * Join the native objects of a link; definitions that are not keys of `visible` become hidden.
 *
 * `visible` may be NULL: nothing is hidden.
 *
 * Owner:  the arena of gather
 * Errors: ERR_FORMAT (an object for another architecture), ERR_BUILD (ld.lld refused and has said why)
 */
int
native_merge(struct gather *gather, const struct map *visible, struct native_code *ret_native);

/*
 * Check a native object and the module beside it: what it may be at all, and that no call between
 * the two has variable arguments, which machine code passes in another way.
 *
 * No object is right, too.
 *
 * Errors: ERR_FORMAT, ERR_PROFILE: names object and symbol
 */
int native_check(
	struct arena *arena, const struct native_code *native, const struct neutral *module);

#endif
