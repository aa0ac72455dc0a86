/* SPDX-License-Identifier: MIT */
/*
 * objects: the relocatable objects that every image is linked with.
 */
#ifndef KERNEL_IFACE_OBJECTS_H
#define KERNEL_IFACE_OBJECTS_H

#include "base/str.h"
#include "kernel-iface/arch.h"

/*
 * Entry point and mapper: defines `_start`; needs `main`, `__libc_start_main`
 * and the image note's symbol.
 *
 * Owner:  static
 * Errors: ERR_NOT_FOUND (this build has none for the architecture)
 */
int kernel_start_object(enum arch arch, struct str *ret_object);

/*
 * `__weld_syscall` and the translations it makes.
 *
 * Owner:  static
 * Errors: ERR_NOT_FOUND
 */
int kernel_support_object(enum arch arch, struct str *ret_object);

#endif
