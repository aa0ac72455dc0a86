/* SPDX-License-Identifier: MIT */
/*
 * compile: C source to neutral bitcode, through clang.
 */
#ifndef LINKER_DRIVER_COMPILE_H
#define LINKER_DRIVER_COMPILE_H

#include "base/str.h"
#include "linker/driver/options.h"

struct arena;

/*
 * Compile one source and normalize it; clang's messages go to standard error.
 *
 * Owner:  the caller frees ret_bitcode with strbuf_free()
 * Errors: ERR_BUILD (clang refused the source and has said why), ERR_PROFILE, ERR_USAGE
 * (WELD_SYSROOT is not set), ERR_IO
 */
int compile_source(struct arena *arena, const struct options *options,
	const struct item *source, struct strbuf *ret_bitcode);

/* Whether the source is assembly: of it there is never IR. */
bool compile_is_assembly(const struct item *source);

/*
 * Whether compile_native() makes machine code of a source: of assembly, and, while WELD_ARCH says for which
 * architecture a build is, of what WELD_NATIVE_SOURCES_ARCH lists for that one (globs with ':' between them).
 */
bool compile_is_native(const struct item *source);

/*
 * Compile or assemble one source to machine code, for native_target(); only when WELD_ASSEMBLY=1
 * says that the recipe wants it.
 *
 * Owner:  the caller frees ret_object with strbuf_free()
 * Errors: ERR_BUILD, ERR_USAGE (not wanted), ERR_IO
 */
int compile_native(struct arena *arena, const struct options *options,
	const struct item *source, struct strbuf *ret_object);

/*
 * Let clang do what needs no code: -E, -M, -fsyntax-only.
 *
 * ret_status is clang's exit status.
 */
int compile_front_end(struct arena *arena, const struct options *options, int *ret_status);

/* The default output of a source: its file name with another suffix. Owner: the arena */
char *compile_output_name(struct arena *arena, const char *source, const char *suffix);

#endif
