/* SPDX-License-Identifier: MIT */
/*
 * protocol: what weld and weld-archive hand each other.
 *
 * `weld-archive SOCKET` gets messages over a socket that keeps their borders: one byte, an
 * enum archive_work, and the descriptors of input, output and status. For each it makes a process, which writes
 * to the output what the input becomes, and to the status "ok", or an error's wire
 * name, a newline and its message. What ends before that died. The socket's end is weld-archive's.
 */
#ifndef REPO_PACKAGE_WORKER_PROTOCOL_H
#define REPO_PACKAGE_WORKER_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_PROGRAM "weld-archive"
#define ARCHIVE_OK "ok" /* the status of what ended well */
#define ARCHIVE_FDS 3 /* with each message */

enum archive_work {
	ARCHIVE_UNPACK = 'u', /* of a file that can be read at any place */
	ARCHIVE_PACK = 'p', /* of a stream */
};

#define ARCHIVE_MEMORY \
	((uint64_t)512 << 20) /* bytes of address space: zstd's window has 128 MiB */
#define ARCHIVE_CPU_SECONDS 900 /* for one file */
#define ARCHIVE_STATUS_MAX ((size_t)4096) /* bytes; a pipe takes as many at once */

#endif
