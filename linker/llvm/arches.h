/* SPDX-License-Identifier: MIT */
/*
 * arches: what LLVM is told of each architecture.
 */
#ifndef LINKER_LLVM_ARCHES_H
#define LINKER_LLVM_ARCHES_H

#include "kernel-iface/arch.h"

struct arches_row {
	const char *triple;
	const char *abi; /* "" where there is only one */
	const char *features; /* what each CPU must have, as LLVM's list */
};

/* The row of an architecture, once LLVM is ready to compile for it. Owner: static */
const struct arches_row *arches_find(enum arch arch);

#endif
