/* SPDX-License-Identifier: MIT */
/* As upstream's, with the mapper's function for the destructors, and before it dlopen()'s. */
#include <stdlib.h>
#include <stdint.h>
#include "libc.h"

extern hidden void (*__weld_fini)(void), (*__weld_close_all)(void);
hidden void __stdio_exit(void);

_Noreturn void exit(int code)
{
	__funcs_on_exit();
	if (__weld_close_all) __weld_close_all();
	if (__weld_fini) __weld_fini();
	__stdio_exit();
	_Exit(code);
}
