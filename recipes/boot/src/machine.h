/* SPDX-License-Identifier: MIT */
/*
 * machine: from the kernel's first program to /sbin/init.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "parameters.h"

/* Read /proc/cmdline; fails with a message. */
void machine_parameters(struct parameters *ret_parameters);

/* Bring the machine up, as the first program; ends in /sbin/init or in a panic with a message. */
__attribute__((noreturn)) void machine_start(void);

#endif
