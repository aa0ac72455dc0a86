/* SPDX-License-Identifier: MIT */
/*
 * modules: the kernel's modules that the initrd brings.
 */
#ifndef MODULES_H
#define MODULES_H

/*
 * Load every module that DIRECTORY/order names, one file name a line, in this order.
 *
 * A module that is there already or finds no device is well; what else goes wrong is said, and the
 * rest is loaded: whether something was needed shows when it is missing.
 */
void modules_load(const char *directory);

#endif
