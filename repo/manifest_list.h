/* SPDX-License-Identifier: MIT */
/*
 * manifest_list: a list of strings in what a package says of itself.
 */
#ifndef REPO_MANIFEST_LIST_H
#define REPO_MANIFEST_LIST_H

#include <stddef.h>

struct manifest_list { /* of strings */
	char **at;
	size_t len;
};

#endif
