/* SPDX-License-Identifier: MIT */
/* dlclose() stands beside dlopen(). */
typedef int nothing;
