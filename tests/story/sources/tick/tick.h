/* SPDX-License-Identifier: MIT */
/* A library with one small function, and one that is not. */
#ifndef TICK_H
#define TICK_H

int tick_scale(int value); /* small */
int tick_total(const int *values, int count); /* has a state */

#endif
