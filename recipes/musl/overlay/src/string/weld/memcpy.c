/* SPDX-License-Identifier: MIT */
/* memmove.c defines it: there is nothing to gain from not looking at overlap. */
typedef int translation_unit_is_empty;
