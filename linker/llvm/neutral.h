/* SPDX-License-Identifier: MIT */
/*
 * neutral: one module of neutral IR: made from what the compiler wrote,
 * checked, described.
 *
 * Neutral IR says nothing of a CPU; neutral(5) has the profile. A module here
 * owns its LLVM context, so modules are independent of each other and may be
 * used in different threads. Every message begins with the module's name and,
 * where there is one, the function's.
 */
#ifndef LINKER_LLVM_NEUTRAL_H
#define LINKER_LLVM_NEUTRAL_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct neutral; /* opaque: an LLVM module and its context */

struct neutral_symbol {
	const char *name;
	bool is_function; /* else data */
	bool is_weak;
	bool is_thread_local;
	bool is_used; /* of a definition: others of the module refer to it by its name */
	uint64_t size; /* bytes, of defined data; 0 for a function and for what is undefined */
	const char *type; /* the IR type as text: "i32 (ptr, i64)" */
};

struct neutral_info { /* lists are sorted by name, but for constructors and destructors */
	const struct neutral_symbol *exports; /* defined, not internal, not hidden */
	size_t export_count;
	const struct neutral_symbol *undefined; /* used and not defined */
	size_t undefined_count;
	const char *const *constructors; /* function names, in the order in which they run */
	size_t constructor_count;
	const char *const *destructors; /* function names, in the order in which they run */
	size_t destructor_count;
	uint64_t tls_size; /* bytes of thread-local storage, alignment included */
	const char *const *tls_exports; /* exported thread-local variables */
	size_t tls_export_count;
};

/*
 * Read bitcode.
 *
 * `name` is kept for messages: the object's path or the package's unit.
 *
 * Owner:  the caller frees *ret_module; bitcode is not needed afterwards
 * Errors: ERR_FORMAT (not bitcode, or not LLVM 22's)
 */
int neutral_read(const char *name, struct str bitcode, struct neutral **ret_module);

/* Free a module; NULL is accepted, *module becomes NULL. */
void neutral_free(struct neutral **module);

/*
 * Write bitcode: the same module always gives the same bytes.
 *
 * Owner: the caller frees ret_bitcode with strbuf_free()
 */
void neutral_write(const struct neutral *module, struct strbuf *ret_bitcode);

/* Write IR as text, for a person. Owner: the caller frees ret_text */
void neutral_print(const struct neutral *module, struct strbuf *ret_text);

/*
 * Keep debug information from here on, as few will want it: what normalizing drops otherwise.
 *
 * The code does not change by it.
 */
void neutral_keep_debug(struct neutral *module);

/*
 * List the sources that debug information names, sorted.
 *
 * Shape: paths as the compiler knew them, joined with their directories
 * Owner: the arena
 */
void neutral_list_sources(struct arena *arena, const struct neutral *module,
	const char *const **ret_paths, size_t *ret_count);

/*
 * Optimize one source, as clang would have at a level: "1", "2", "3", "s", "z".
 *
 * Before it is normalized. Done here and not by clang, so that inlined functions are seen and
 * recorded, and without a CPU's costs.
 *
 * Errors: ERR_FAILED (no such level)
 */
int neutral_optimize(struct neutral *module, const char *level);

/*
 * Turn what clang made for the profile's target into neutral IR.
 *
 * Variadic functions and calls take one more pointer, to the arguments in
 * 8-byte slots; target triple, data layout, target attributes, producer and
 * debug info go; module flags become the same everywhere. Nothing is
 * optimized. Normalizing what is normalized changes nothing.
 *
 * Errors: ERR_PROFILE (a variadic call that cannot be rewritten: names the function)
 */
int neutral_normalize(struct neutral *module);

/*
 * Optimize once, before a unit is packed: nothing that depends on a CPU.
 *
 * No vectorizing, no unrolling, no code generation. Exported definitions stay.
 *
 * Errors: ERR_FORMAT (damaged IR)
 */
int neutral_simplify(struct neutral *module);

/*
 * Whether a function takes variable arguments in C: as the module declares or defines it, or, when it does
 * neither, as everybody knows of a function of libc.
 *
 * Machine code passes such arguments in another way than neutral code does.
 */
bool neutral_is_variadic(const struct neutral *module, const char *name);

/*
 * Let a function run before all constructors that the module has.
 *
 * Errors: ERR_SYMBOL (the module does not have it)
 */
int neutral_add_constructor(struct neutral *module, const char *name);

/* Hide the named definitions: other objects of an image may use them, other images may not. */
void neutral_hide(struct neutral *module, const char *const *names, size_t count);

/*
 * Make all definitions internal but the named ones, and drop what is unused.
 *
 * Functions that code generation may call (memcpy, __multf3) stay when defined.
 */
int neutral_internalize(struct neutral *module, const char *const *preserve, size_t count);

/*
 * Move the contents of another module behind those of this one.
 *
 * Owner:  takes `other` in any case
 * Errors: ERR_SYMBOL (both define a name), ERR_FORMAT (damaged IR)
 */
int neutral_merge(struct neutral *module, struct neutral **other);

/*
 * Give the module the triple and data layout of the profile's front end, for tools that
 * insist on them, such as ld.lld; neutral_normalize() takes them off again.
 */
void neutral_set_target(struct neutral *module);

/*
 * Check that a module is neutral IR.
 *
 * Errors: ERR_PROFILE: names module, function and what is forbidden
 * Source: neutral(5)
 */
int neutral_verify(const struct neutral *module);

/*
 * List what a module offers and needs.
 *
 * Owner: the arena
 */
int neutral_describe(
	struct arena *arena, const struct neutral *module, struct neutral_info *ret_info);

#endif
