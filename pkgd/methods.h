/* SPDX-License-Identifier: MIT */
/*
 * methods: what stands behind the rows of the method table in call.c.
 */
#ifndef PKGD_METHODS_H
#define PKGD_METHODS_H

#include "pkgd/request.h"

int method_get_info(struct request *request);

#endif
