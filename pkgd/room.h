/* SPDX-License-Identifier: MIT */
/*
 * room: whether the disk has room for the packages that come, before anything is fetched.
 */
#ifndef PKGD_ROOM_H
#define PKGD_ROOM_H

#include "pkgd/plan.h"

/*
 * Check that the root's file system has as many bytes free as the packages that come take, as they are fetched
 * and as they are unpacked.
 *
 * What is linked of them is not known yet: the disk may still fill up later, and nothing is lost then either.
 *
 * Errors: ERR_NO_SPACE (with both figures), ERR_LIMIT (more bytes than can be counted), ERR_IO
 */
int room_check(const struct state *state, const struct plan *plan);

#endif
