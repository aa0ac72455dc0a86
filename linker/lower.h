/* SPDX-License-Identifier: MIT */
/*
 * lower: turn neutral units into relocatable machine code, in worker processes.
 *
 * A job's units are a program and libraries, or one library. They are merged in order: what the
 * program defines takes the place of a library's own, of two libraries each keeps
 * its own. Then they are internalized but for the preserved symbols, optimized as the tier says and compiled: static relocation model,
 * small code model, a section for each function and datum. Units of bodies are not merged: in the tier full their
 * functions are there to be inlined. The worker locks
 * itself in before it reads a byte of IR. The same job gives the same bytes.
 */
#ifndef LINKER_LOWER_H
#define LINKER_LOWER_H

#include "base/str.h"
#include "kernel-iface/arch.h"
#include "linker/harden.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* Of what lowering does: raised when a job gives other bytes than before. */
#define LOWER_REVISION 10

/* What every object of this build of weld is lowered by: "LLVM 22.1.8, lowering 4". */
const char *lower_producer(void);

enum lower_tier {
	LOWER_INSTANT, /* fast instruction selection, no optimization */
	LOWER_FAST, /* code generation on the IR as packed */
	LOWER_FULL, /* the whole pipeline */
};

#define LOWER_TIERS 3

/* The word for a tier: "instant", "fast", "full". */
const char *lower_tier_name(enum lower_tier tier);

struct lower_target {
	enum arch arch;
	const char *cpu; /* LLVM's name: "skylake", "generic" */
	const char *features; /* LLVM's list: "+avx2,-avx512f"; may be "" */
	const char *producer; /* LLVM's version and that of lowering: part of every key */
};

struct lower_bodies { /* of a unit whose functions may be inlined, and are defined elsewhere */
	const char *library; /* for messages: "zlib-1.2.13-1: library z" */
	const char *const *names;
	size_t count;
};

struct lower_job {
	const char *name; /* for messages: "jq-1.6-1: bin/jq" */
	const int *units; /* open bitcode files, merged in this order */
	size_t unit_count;
	const struct lower_bodies *bodies; /* the last units are such, one each */
	size_t body_count;
	const char *const *preserve; /* symbols that stay visible outside the object */
	size_t preserve_count;
	bool preserve_all; /* keep every non-internal definition instead */
	unsigned harden; /* set of enum harden: those of HARDEN_OBJECT that the target has */
	const char *const
		*natives; /* functions that native objects define: they have no type word */
	size_t native_count;
	enum lower_tier tier;
	uint64_t memory; /* bytes that the worker may use; 0: WORKER_ADDRESS_SPACE */
	unsigned timeout_ms; /* 0: half an hour */
	int ret_object; /* out: a sealed memory file with an ELF object; the caller closes it */
	int ret_facts; /* out: likewise, with its facts as linker/facts.h reads them */
	unsigned ret_time_ms; /* out: how long it took */
};

/* Told after each job that ended well; `index` is the job's. */
typedef void lower_progress(void *data, size_t index);

#define LOWER_NATIVE "native" /* in the place of a CPU's name: this machine's */

/*
 * Ask the worker what to compile for: an architecture, and a CPU of it by LLVM's name; NULL is
 * LOWER_NATIVE, which another machine's architecture does not have.
 *
 * Owner:  the arena
 * Errors: ERR_USAGE (LLVM has no such CPU for the architecture: names one that is near, or the
 *         architecture whose it is), ERR_WORKER (cannot be run)
 */
int lower_find_target(
	struct arena *arena, enum arch arch, const char *cpu, struct lower_target *ret_target);

/*
 * Check an object and its facts as what a worker gives is checked, by our own readers.
 *
 * Errors: ERR_FORMAT
 */
int lower_check_result(enum arch arch, struct str object, struct str facts);

/*
 * Run jobs, at most `parallel` at once, 0 for one per core; all or nothing.
 *
 * Errors: ERR_PROFILE (a unit is not neutral IR: names the function), ERR_SYMBOL (two units
 * define one preserved name in different ways), ERR_WORKER (a worker died, was killed by a limit or hung: names the job and the remedy)
 */
int lower_run(const struct lower_target *target, struct lower_job *jobs, size_t job_count,
	unsigned parallel, lower_progress *progress, void *progress_data);

#endif
