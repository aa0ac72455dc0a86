/* SPDX-License-Identifier: MIT */
int ask(int index);
int twice(int number);
const char *how(void);
