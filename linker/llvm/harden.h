/* SPDX-License-Identifier: MIT */
/*
 * harden: the defences of linker/harden.h that are a matter of IR.
 */
#ifndef LINKER_LLVM_HARDEN_H
#define LINKER_LLVM_HARDEN_H

#include "linker/harden.h"
#include "linker/llvm/module.h"

struct harden_job {
	unsigned set; /* of enum harden: those that the architecture has */
	const char *const *natives; /* functions that native objects define */
	size_t native_count;
};

/*
 * Before optimizing: give the native functions whose address is taken a function that stands for
 * them, with a type word in front of it.
 */
void module_harden_natives(struct neutral *module, const struct harden_job *job);

/*
 * After optimizing: add checks of bounds and types, and say on each function what code generation
 * is to add.
 *
 * Errors: ERR_FAILED (LLVM lacks a pass)
 */
int module_harden(
	struct neutral *module, LLVMTargetMachineRef machine, const struct harden_job *job);

/*
 * The part of module_harden() in harden_bounds.c: accesses to objects of a known size stay inside.
 *
 * Errors: ERR_FAILED (LLVM lacks a pass)
 */
int module_harden_bounds(struct neutral *module, LLVMTargetMachineRef machine);

#endif
