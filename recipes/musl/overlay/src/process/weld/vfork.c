/* SPDX-License-Identifier: MIT */
/* Native: see the assembly of each architecture. */
typedef int translation_unit_is_empty;
