/* SPDX-License-Identifier: MIT */
/*
 * output: giving what was made its name in one step.
 */
#ifndef KERNEL_IFACE_BOOT_OUTPUT_H
#define KERNEL_IFACE_BOOT_OUTPUT_H

#include "kernel-iface/boot_image.h"

/*
 * Put a file or directory under the request's name, on the disk. What it takes the place of is left
 * where `made` was.
 *
 * Errors: as boot_check_output(), ERR_NO_SPACE, ERR_IO
 */
int output_publish(struct arena *arena, const struct boot_request *request, const char *made);

/* The bytes in a file, or in all files below a directory. Errors: ERR_IO */
int output_measure(struct arena *arena, const char *path, uint64_t *ret_size);

#endif
