/* SPDX-License-Identifier: MIT */
/*
 * libc's start code calls main, constructors and, through exit(), destructors. weld's own native
 * code (kernel-iface/mapper, kernel-iface/support) calls the same - there searches begin anyway -,
 * and the rest of it are jump tables. musl's returns to a frame that was entered before, or, in
 * __clone, calls what a new thread or child begins with.
 */
#include "pkgd/audit/native.h"

#include "base/str.h"

#include <string.h>

static const struct {
	const char *name;
	const char *type;
} libc_calls[] = {
	{ "__clone", "i32 (ptr)" },
	{ "__cp_begin", "" },
	{ "__cp_cancel", "" },
	{ "__cp_end", "" },
	{ "__set_thread_area", "" },
	{ "__setjmp", "" },
	{ "__sigsetjmp", "" },
	{ "__syscall_cp_asm", "" },
	{ "__unmapself", "" },
	{ "_longjmp", "" },
	{ "_setjmp", "" },
	{ "longjmp", "" },
	{ "setjmp", "" },
	{ "siglongjmp", "" },
	{ "sigsetjmp", "" },
	{ "vfork", "" },
};

const char *
native_call(const struct facts *facts, uint32_t index)
{
	struct facts_entity entity = facts_entity(facts, index);
	struct facts_origin origin = facts_origin(facts, entity.origin);

	if ((entity.flags & FACTS_NATIVE) == 0)
		return strcmp(entity.source_name, "__libc_start_main") == 0 &&
				       str_has_prefix(origin.package, "musl-")
			       ? ""
			       : NULL;
	if (strcmp(origin.package, "weld") == 0)
		return "";
	for (size_t i = 0; i < sizeof libc_calls / sizeof libc_calls[0]; i++)
		if (str_has_prefix(origin.package, "musl-") && strcmp(origin.unit, "c") == 0 &&
			strcmp(libc_calls[i].name, entity.source_name) == 0)
			return libc_calls[i].type;
	return NULL;
}
