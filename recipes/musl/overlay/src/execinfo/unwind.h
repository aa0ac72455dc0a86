/* SPDX-License-Identifier: MIT */
/* unwind: from a function's frame to its caller's, by the tables in .eh_frame. */
#ifndef UNWIND_H
#define UNWIND_H

#include <features.h>

#define REGISTERS 33 /* by their DWARF numbers: general registers of all our CPUs */

struct frame {
	unsigned long at[REGISTERS];
	unsigned long pc;
	int is_interrupted; /* pc is the next instruction, not the one behind a call */
};

/* Step to the caller; 0 where there is none, or nothing known of it. */
hidden int __unwind_step(struct frame *);

#endif
