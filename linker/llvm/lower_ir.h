/* SPDX-License-Identifier: MIT */
/*
 * lower_ir: neutral bitcode to a relocatable object, in this process.
 *
 * The installing side never calls this: it hands jobs to weld-worker through
 * linker/lower.h. weld-cc and weld-ir, which compile what their own user wrote,
 * may call it directly.
 */
#ifndef LINKER_LLVM_LOWER_IR_H
#define LINKER_LLVM_LOWER_IR_H

#include "base/str.h"
#include "linker/lower.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct lower_ir; /* opaque: LLVM's target machine, for one job or several */

struct lower_ir_unit {
	const char *name; /* for messages */
	struct str bitcode;
};

struct lower_ir_job {
	const struct lower_ir_unit *units; /* merged in this order */
	size_t unit_count;
	const struct lower_bodies
		*bodies; /* of as many units behind those, which are not merged */
	size_t body_count;
	const char *const *preserve; /* symbols that stay visible outside the object */
	size_t preserve_count;
	bool preserve_all; /* keep every non-internal definition instead */
	unsigned harden; /* set of enum harden */
	const char *const *natives; /* functions that native objects define */
	size_t native_count;
};

/*
 * Ask LLVM for this machine's CPU and features.
 *
 * Owner: the arena
 */
void lower_ir_host(struct arena *arena, struct lower_target *ret_target);

/*
 * A CPU of an architecture, by LLVM's name.
 *
 * LLVM tells its names on standard error only: that is redirected for a moment. It ends the process
 * when it knows a CPU but cannot compile for it: one of 32 bits.
 *
 * Owner:  the arena
 * Errors: ERR_USAGE (no such CPU: names one that is near, or the architecture whose it is), ERR_IO
 */
int lower_ir_cpu(
	struct arena *arena, enum arch arch, const char *cpu, struct lower_target *ret_target);

/*
 * Prepare code generation for one target: all that LLVM needs files or the
 * environment for happens here.
 *
 * Owner:  the caller frees *ret_lower
 * Errors: ERR_NOT_FOUND (this LLVM has no such target or CPU)
 */
int lower_ir_new(
	const struct lower_target *target, enum lower_tier tier, struct lower_ir **ret_lower);

/* Free; NULL is accepted, *lower becomes NULL. */
void lower_ir_free(struct lower_ir **lower);

/*
 * Merge, verify, optimize and compile one job.
 *
 * The same job gives the same bytes. The facts are what linker/facts.h reads, of kind
 * FACTS_OBJECT; ret_facts may be NULL.
 *
 * Owner:  the caller frees ret_object and ret_facts with strbuf_free()
 * Errors: ERR_FORMAT (damaged bitcode), ERR_PROFILE (a unit is not neutral IR), ERR_SYMBOL (two units
 * define one preserved name in different ways)
 */
int lower_ir_run(struct lower_ir *lower, const struct lower_ir_job *job,
	struct strbuf *ret_object, struct strbuf *ret_facts);

#endif
