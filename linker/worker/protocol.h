/* SPDX-License-Identifier: MIT */
/*
 * protocol: what weld and weld-worker hand each other.
 *
 * `weld-worker JOB OUTPUT FACTS UNIT...` are the numbers of inherited descriptors. JOB is a
 * memory file with one JSON object: name, arch, cpu, features, tier, memory,
 * preserve, preserve_all, harden, natives. OUTPUT and FACTS are empty memory files: the object and its facts go in.
 * `weld-worker --target ARCH CPU` prints arch, cpu, features and producer as JSON. Both report errors
 * as base/worker.h says.
 */
#ifndef LINKER_WORKER_PROTOCOL_H
#define LINKER_WORKER_PROTOCOL_H

#define WORKER_PROGRAM "weld-worker"
#define WORKER_UNIT_MAX ((size_t)1 << 30) /* bytes of one unit */
#define WORKER_OBJECT_MAX ((size_t)1 << 30) /* bytes of an object */
#define WORKER_ADDRESS_SPACE \
	((uint64_t)2 << 30) /* bytes, LLVM itself included, unless a job says otherwise */
#define WORKER_STACK ((uint64_t)256 << 20) /* bytes: LLVM recurses over large functions */

#endif
