/* SPDX-License-Identifier: MIT */
/*
 * target: what the static linker must be told for each architecture.
 */
#ifndef LINKER_IMAGE_TARGET_H
#define LINKER_IMAGE_TARGET_H

#include "kernel-iface/arch.h"

#include <stdint.h>

/* The linker's emulation: "elf_x86_64" ... */
const char *target_emulation(enum arch arch);

/* The largest page size that the architecture's kernels use, in bytes. */
uint64_t target_page_size(enum arch arch);

#endif
