/* SPDX-License-Identifier: MIT */
/*
 * start_up: functions that machine code has called when a program starts, as constructors of the IR.
 *
 * Assembly of before .init_array says so by a piece of code in the section .init, which the pieces of all objects
 * together make a function of. weld's images have no such function.
 */
#ifndef LINKER_DRIVER_START_UP_H
#define LINKER_DRIVER_START_UP_H

#include "linker/driver/native.h"

/*
 * Take the calls out of a native object's .init, when it is nothing but calls, and let the module's constructors
 * begin with them. Another .init stays, to be refused.
 *
 * Errors: ERR_FORMAT
 */
int start_up_translate(struct arena *arena, struct native_code *native, struct neutral *module);

#endif
