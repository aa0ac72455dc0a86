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

/*
 * How far a call reaches, in bytes both ways; beyond, the static linker puts a thunk behind the
 * caller. UINT64_MAX: everywhere in the window of program and arena.
 */
uint64_t target_call_reach(enum arch arch);

/* Bytes that a thunk takes, at most. */
#define TARGET_THUNK_SIZE UINT64_C(16)

/* Bytes of a jump from one place of a slot to any other. */
uint64_t target_jump_size(enum arch arch);

/* Write a jump into a linker script, from the symbol that names its own place to another one. */
void target_write_jump(enum arch arch, const char *from, const char *to, struct strbuf *script);

/* Whether a relocation, at an offset of a section, is of an instruction that goes to its symbol. */
bool target_is_branch(enum arch arch, uint32_t relocation, struct str section, uint64_t offset);

/* What to add to a relocation's addend to get the offset from its symbol that is meant. */
int64_t target_addend_bias(enum arch arch, uint32_t relocation);

#endif
