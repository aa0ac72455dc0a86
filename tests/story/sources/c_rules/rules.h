/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* lib-cells.c, lib-counts.c: thread-local variables */
int cells_next(int step);
int cells_check(void);
int counts_add(int n);
char *counts_text(const char *add);

/* lib-below.c, lib-above.c, lib-hooks.c: constructors and destructors */
void below_say(const char *text);
void above_say(const char *text);
void hooks_say(const char *text);

/* lib-weak.c */
const char *weak_name(void);
const char *weak_report(void);

/* lib-names.c */
typedef int names_function(int);
extern int names_common[4];
extern int names_data;
int names_twice(int n);
int names_alias(int n);
int names_via_table(int n);
int names_guarded(int n);
int names_sum(void);
names_function *names_get(const char *which);
void *(*names_libc(void))(size_t);

/* lib-order1.c, lib-order2.c: both define order_name() */
const char *order_name(void);
const char *order1_own(void);
const char *order2_own(void);

/* lib-walk.c */
typedef int walk_step(int depth, void *data);
int walk(int depth, walk_step *step, void *data);
int walk_depth(void);
