/* SPDX-License-Identifier: MIT */
/*
 * What stands in front of a unit, whatever a file says: names are in order, modules are in the file, and what
 * is read whole is written as it was.
 */
#include "linker/bodies.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Whether every module is what the file says of it. */
static bool
read_modules(struct arena *arena, int fd, const struct bodies *bodies,
	struct body_module *ret_modules)
{
	for (size_t i = 0; i < bodies->offer_count; i++) {
		ret_modules[i].name = bodies->offers[i].name;
		if (bodies_read_module(arena, fd, &bodies->offers[i], &ret_modules[i].module) <
			0)
			return false;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf again AUTO(strbuf_free) = { 0 };
	int fd AUTO(file_close) = -1;
	struct body_module *modules;
	struct bodies bodies;
	uint64_t start;

	if (file_memory("unit", &fd) < 0 || file_write_fd(fd, bytes, length) < 0)
		abort();
	if (bodies_read(arena, fd, &bodies) < 0)
		return 0;
	if (bodies_skip((struct str){ (const char *)bytes, length }, &start) < 0 ||
		start > length)
		abort();
	modules = arena_array(arena, bodies.offer_count, sizeof *modules);
	if (!read_modules(arena, fd, &bodies, modules))
		return 0;
	bodies_write(modules, bodies.offer_count, bodies.calls, bodies.call_count, &again);
	if (start > 0 && bodies.offer_count + bodies.call_count > 0 &&
		!str_equal(strbuf_str(&again), (struct str){ (const char *)bytes, start }))
		abort();
	return 0;
}
