/* SPDX-License-Identifier: MIT */
/* What a plug-in of host may call, and what host asks of a plug-in. */
extern int host_calls;
int host_add(int a, int b);
int host_compare(const void *a, const void *b);
void host_say(const char *text);

typedef int greet_function(const char *name);
