/* SPDX-License-Identifier: MIT */
/*
 * package: the .weld file, a canonical zstd tar of a manifest and its objects.
 *
 * Nothing is ever extracted by a path from the archive: every member stands at
 * the one place, with the one header, that the manifest dictates, and becomes
 * a file named by its verified digest.
 */
#ifndef REPO_PACKAGE_H
#define REPO_PACKAGE_H

#include "repo/archiver.h"
#include "repo/manifest.h"

#define PACKAGE_SUFFIX ".weld"

/*
 * Write a package; the same manifest and objects give the same bytes.
 *
 * objects_dir is an open directory with a file for each object, named by its
 * SHA-256 in hex. The manifest's objects are collected and measured here; each
 * object is hashed again while it is written. The file is not synced.
 *
 * Errors: ERR_FORMAT (the manifest), ERR_NOT_FOUND (an object), ERR_DIGEST (an object is not what
 * its name says), ERR_LIMIT, ERR_NO_SPACE, ERR_IO
 */
int package_write(const struct manifest *manifest, int objects_dir, int output_fd);

/*
 * Read only the manifest of an open package; `label` names it in messages.
 *
 * What follows the manifest is not looked at.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, ERR_LIMIT, ERR_WORKER, ERR_IO
 */
int package_read_manifest(
	struct arena *arena, int fd, const char *label, struct manifest **ret_manifest);

/*
 * Verify a whole package and unpack it into an open, empty directory.
 *
 * Writes `manifest.json` and `objects/SHA256`, mode 0444, or 0555 where a file of the
 * package with those contents is executable. Files are created anew, never
 * opened through links. On failure the caller removes the directory. With
 * directory -1 the package is only verified. Nothing is synced. The file's offset does not move.
 *
 * Owner:  the arena; `archiver` NULL: one is started, which takes two milliseconds
 * Errors: ERR_FORMAT (damaged, or not canonical), ERR_DIGEST (an object), ERR_LIMIT (larger than
 * the manifest says), ERR_EXISTS, ERR_NO_SPACE, ERR_WORKER (what decompresses it died or hung), ERR_IO
 */
int package_unpack(struct arena *arena, struct archiver *archiver, int fd, const char *label,
	int directory, struct manifest **ret_manifest);

#endif
