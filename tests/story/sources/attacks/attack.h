/* SPDX-License-Identifier: MIT */
/*
 * attack: one attack for each defence. Each ends the program with status 0 and a line that says
 * what it reached, or with 1 when it reached nothing; or something ends it.
 */
#ifndef ATTACK_H
#define ATTACK_H

#include <stddef.h>
#include <stdint.h>

/* What no compiler knows: a number that is zero. */
extern volatile size_t nothing;

/* Nobody calls it: who gets here has taken over. */
_Noreturn void forbidden(void);

void attack_return_address(void);
void attack_guard_page(void);
void attack_overread(void);
void attack_pointer(void);
void attack_destructors(void);
void attack_registers(void);

/* Looks a byte up behind a check of its index, as code that Spectre reads through does. */
int look_up(size_t index);

/* Say what was reached, and end. */
_Noreturn void reached(const char *what);

#endif
