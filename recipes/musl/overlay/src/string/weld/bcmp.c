/* SPDX-License-Identifier: MIT */
/* memcmp.c defines it. */
typedef int translation_unit_is_empty;
