/* SPDX-License-Identifier: MIT */
/*
 * target: what the static linker must be told for each architecture.
 */
#ifndef LINKER_IMAGE_TARGET_H
#define LINKER_IMAGE_TARGET_H

#include "base/str.h"
#include "kernel-iface/arch.h"

#include <stdbool.h>
#include <stdint.h>

/* The linker's emulation: "elf_x86_64" ... */
const char *target_emulation(enum arch arch);

/* The largest page size that the architecture's kernels use, in bytes. */
uint64_t target_page_size(enum arch arch);

/* Whether thread-local variables are above the thread pointer; else below it. */
bool target_tls_is_above(enum arch arch);

/* Bytes between the thread pointer and the first variable that can be above it. */
uint64_t target_tls_gap(enum arch arch);

/* Whether a relocation, at an offset of a section, is of an instruction that goes to its symbol. */
bool target_is_branch(enum arch arch, uint32_t relocation, struct str section, uint64_t offset);

/* What to add to a relocation's addend to get the offset from its symbol that is meant. */
int64_t target_addend_bias(enum arch arch, uint32_t relocation);

#endif
