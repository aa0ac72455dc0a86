/* SPDX-License-Identifier: MIT */
/*
 * native: what native functions call through pointers, where facts cannot tell.
 *
 * In machine code a call through a pointer looks like a jump table, and a return that was prepared
 * by hand like a jump to anywhere. For the few such functions that are in nearly every program, and
 * for libc's start code, it is known what they do.
 */
#ifndef PKGD_AUDIT_NATIVE_H
#define PKGD_AUDIT_NATIVE_H

#include "linker/facts.h"

/*
 * The type of the functions that a function calls through a pointer; "" when it calls none,
 * NULL when nothing is known.
 */
const char *native_call(const struct facts *facts, uint32_t entity);

#endif
