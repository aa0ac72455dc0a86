/* SPDX-License-Identifier: MIT */
/*
 * carrier: the sections .weld.ir, .weld.native and .weld.link, and the object that brings
 * them into a linked file.
 */
#ifndef LINKER_DRIVER_CARRIER_H
#define LINKER_DRIVER_CARRIER_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct elf_file;

#define CARRIER_IR_SECTION ".weld.ir"
#define CARRIER_NATIVE_SECTION ".weld.native" /* the machine code of the file, one object */
#define CARRIER_LINK_SECTION ".weld.link"

struct carrier_link { /* what .weld.link says */
	bool is_program; /* else a library */
	const char *soname; /* NULL: none */
	const char *const *imports; /* names, in link order */
	size_t import_count;
};

/*
 * Write an object with the sections for this machine.
 *
 * The sections are marked so that they reach a relocatable output but never a
 * program that the object is linked into, unless is_program is set.
 *
 * Shape:  no .weld.ir when the bitcode is empty, no .weld.native when that is
 * Owner:  the caller frees ret_object with strbuf_free()
 */
void carrier_write(struct str bitcode, struct str native, const struct carrier_link *link,
	struct strbuf *ret_object);

/*
 * Read .weld.link.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (the file has none), ERR_FORMAT
 */
int
carrier_read(struct arena *arena, const struct elf_file *file, struct carrier_link *ret_link);

/*
 * Give the constructors and destructors of a relocatable object a priority: ld.lld puts them
 * before all those with a higher one or none.
 *
 * Owner:  the caller frees ret_object with strbuf_free(); it stays empty when there are none
 * Errors: ERR_FORMAT
 */
int carrier_order(struct str object, unsigned priority, struct strbuf *ret_object);

#endif
