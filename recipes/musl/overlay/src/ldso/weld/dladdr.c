/* SPDX-License-Identifier: MIT */
/* Which image and function an address belongs to; functions that are not exported have names, too. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include "image.h"

int dladdr(const void *address, Dl_info *info)
{
	struct image *image;
	const Elf64_Sym *symbol;

	__weld_lock();
	image = __weld_find_address((uintptr_t)address);
	if (image) {
		symbol = __weld_find_nearest(image, (uintptr_t)address);
		info->dli_fname = *image->map.l_name ? image->map.l_name : __progname_full;
		info->dli_fbase = (void *)(image_kind(image) != IMAGE_PROGRAM ? image->note->base
			: (uintptr_t)image->segments & -libc.page_size);
		info->dli_sname = symbol ? image->names + symbol->st_name : 0;
		info->dli_saddr = symbol ? (void *)(uintptr_t)symbol->st_value : 0;
	}
	__weld_unlock();
	return image != 0;
}
