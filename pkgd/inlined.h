/* SPDX-License-Identifier: MIT */
/*
 * inlined: which functions of slots the images of a package have copies of.
 */
#ifndef PKGD_INLINED_H
#define PKGD_INLINED_H

#include "base/json.h"
#include "pkgd/state.h"

/*
 * One object for each image and each library that it has copies from: {"image", "package", "functions"}.
 *
 * Owner:  the caller
 * Errors: ERR_FORMAT (damaged facts), ERR_IO
 */
int inlined_json(const struct state *state, const char *package, json_t **ret_list);

#endif
