/* SPDX-License-Identifier: MIT */
/*
 * parameters: what the kernel command line says of the generation to run.
 *
 *     weld.generation=N weld.store=DIGEST,BLOCKS
 */
#ifndef PARAMETERS_H
#define PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#define PARAMETERS_DIGEST_SIZE 65 /* bytes: a SHA-256 in hex and NUL */

struct parameters {
	uint64_t generation; /* 0: not said */
	bool has_store; /* false: the initrd is the whole system */
	char digest[PARAMETERS_DIGEST_SIZE]; /* root of the hash tree, in small letters */
	uint64_t blocks; /* of 4096 bytes, of the file system; the hash tree follows them */
};

/*
 * Read a command line; words that are not weld's are left alone.
 *
 * Returns NULL, or what is wrong with it. Of a word that stands there twice the last counts.
 */
const char *parameters_read(const char *line, struct parameters *ret_parameters);

#endif
