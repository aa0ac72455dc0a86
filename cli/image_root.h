/* SPDX-License-Identifier: MIT */
/*
 * image_root: the root inside a system image, for commands that only look.
 */
#ifndef CLI_IMAGE_ROOT_H
#define CLI_IMAGE_ROOT_H

#include "base/json.h"

struct invocation;
struct scratch;

/*
 * With --image, let a request be about the root in that image instead of the usual one.
 *
 * The newest generation of a disk is unpacked into a scratch directory; a directory is looked at
 * where it is.
 *
 * Owner:  the caller frees *ret_scratch with scratch_free(), when the request was answered
 * Errors: ERR_NOT_FOUND, ERR_FORMAT (no image), as boot_image_unpack()
 */
int
image_root_choose(struct invocation *call, json_t *parameters, struct scratch **ret_scratch);

#endif
