/* SPDX-License-Identifier: MIT */
/*
 * dlsym(): a handle's own symbols, then those of its slots, the closest first. RTLD_DEFAULT and
 * the handle of dlopen(NULL) mean the program, its slots and what was opened with
 * RTLD_GLOBAL. Of a program only what it keeps for plug-ins can be found.
 */
#include <dlfcn.h>
#include "dynlink.h"
#include "image.h"

static void *find_in(struct image *image, const char *name)
{
	void *found = __weld_find_symbol(image, name);

	for (uint32_t i = image_slots(image); i-- && !found; )
		found = __weld_find_symbol(image->needs[i], name);
	return found;
}

static void *find_global(const char *name)
{
	struct image *program = __weld_program();
	void *found = find_in(program, name);

	for (struct image *i = image_next(program); i && !found; i = image_next(i))
		if (i->is_global && i->is_brought) found = find_in(i, name);
	return found;
}

/* Behind the image that asks, in the order of the list. */
static void *find_next(const char *name, void *caller)
{
	struct image *image = __weld_find_address((uintptr_t)caller);
	void *found = 0;

	if (!image) return 0;
	for (image = image_next(image); image && !found; image = image_next(image))
		if (image->is_global) found = __weld_find_symbol(image, name);
	return found;
}

void *__dlsym(void *restrict handle, const char *restrict name, void *restrict caller)
{
	struct image *image;
	void *found = 0;

	__weld_lock();
	image = __weld_program();
	if (!image)
		__dl_seterr("dlsym: out of memory");
	else if (handle == RTLD_NEXT)
		found = find_next(name, caller);
	else if (handle == RTLD_DEFAULT || handle == image)
		found = find_global(name);
	else if ((image = __weld_from_handle(handle)))
		found = find_in(image, name);
	if (image && !found) __dl_seterr("Symbol not found: %s", name);
	__weld_unlock();
	return found;
}
