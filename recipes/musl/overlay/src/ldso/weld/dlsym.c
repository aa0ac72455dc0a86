/* SPDX-License-Identifier: MIT */
/* As upstream's, which has this in assembly: who asks matters to RTLD_NEXT. */
#include <dlfcn.h>
#include "dynlink.h"

void *dlsym(void *restrict handle, const char *restrict name)
{
	return __dlsym(handle, name, __builtin_return_address(0));
}
