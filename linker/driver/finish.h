/* SPDX-License-Identifier: MIT */
/*
 * finish: lower the merged module for this machine and link it.
 *
 * What comes out runs here and now, and carries its neutral IR.
 */
#ifndef LINKER_DRIVER_FINISH_H
#define LINKER_DRIVER_FINISH_H

#include "base/str.h"
#include "linker/driver/gather.h"

#include <stddef.h>

struct arena;
struct carrier_link;
struct native_code;

/*
 * Link what was gathered to the output that the options name.
 *
 * ld.lld's messages, such as undefined symbols, go to standard error.
 *
 * Errors: ERR_BUILD (ld.lld refused and has said why), ERR_PROFILE, ERR_SYMBOL, ERR_FORMAT,
 * ERR_NO_SPACE, ERR_IO
 */
int finish_link(struct gather *gather, const char *output);

/*
 * Make a weld library: a relocatable object for this machine with what is carried.
 *
 * One that keeps its IR in .weld.ir is lowered on the tier instant, for a build to go on; one that
 * does not is for a sysroot, made once and used much: that is lowered on the tier fast.
 *
 * Errors: as finish_link()
 */
int finish_library(struct arena *arena, struct str bitcode, bool keep_ir,
	const struct carrier_link *link, const struct native_code *native, const char *output);

#endif
