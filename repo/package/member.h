/* SPDX-License-Identifier: MIT */
/*
 * package/member: the one tar header that a member of a package may have.
 */
#ifndef REPO_PACKAGE_MEMBER_H
#define REPO_PACKAGE_MEMBER_H

#include "base/hash.h"

#include <stdint.h>

#define MEMBER_BLOCK 512 /* bytes */
#define MEMBER_NAME_SIZE 80 /* bytes, the NUL included */
#define MEMBER_MANIFEST "manifest.json"
#define MEMBER_MANIFEST_DIGEST "manifest.sha256"
#define MEMBER_OBJECTS "objects"

/* "objects/SHA256"; returns its argument. */
char *member_object_name(const struct digest *sha256, char name[MEMBER_NAME_SIZE]);

/*
 * The header of a regular file of mode 0644 without owner and time.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format"
 */
void member_header(const char *name, uint64_t size, unsigned char ret_header[MEMBER_BLOCK]);

/* The size that a header states; 0 when it states none. */
uint64_t member_size(const unsigned char header[MEMBER_BLOCK]);

/* The bytes of padding behind contents of this size. */
static inline uint64_t
member_padding(uint64_t size)
{
	return (MEMBER_BLOCK - size % MEMBER_BLOCK) % MEMBER_BLOCK;
}

#endif
