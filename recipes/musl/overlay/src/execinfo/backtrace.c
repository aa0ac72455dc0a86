/* SPDX-License-Identifier: MIT */
#include <execinfo.h>
#include "unwind.h"

hidden void __weld_get_registers(struct frame *);

int backtrace(void **addresses, int size)
{
	struct frame frame = { .is_interrupted = 0 };
	int count = 0;

	__weld_get_registers(&frame);
	while (count < size && __unwind_step(&frame))
		addresses[count++] = (void *)frame.pc;
	return count;
}
