/* SPDX-License-Identifier: MIT */
/* Sizes are those of the signed index: what a package says of itself is not known yet, and must be the same. */
#include "pkgd/room.h"

#include "base/err.h"
#include "store/objects.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Bytes that a package takes: its file goes when it is unpacked, but not before. */
static int
add_package(const struct plan_package *package, uint64_t *needed)
{
	const struct index_package *offer = package->candidate->package;

	if (__builtin_add_overflow(*needed, offer->installed_size, needed) ||
		__builtin_add_overflow(*needed, offer->download_size, needed))
		return err_set(ERR_LIMIT, "%s: the packages are too large to be counted",
			package->entry.name);
	return 0;
}

/* Bytes that this process may write; UINT64_MAX where the file system does not say. */
static int
find_room(const struct state *state, uint64_t *ret_bytes)
{
	struct statvfs info;
	uint64_t blocks;

	if (fstatvfs(store_root_dir(state->store), &info) < 0)
		return err_errno("%s: room", store_root(state->store));
	blocks = geteuid() == 0 ? info.f_bfree : info.f_bavail;
	if (info.f_blocks == 0 ||
		__builtin_mul_overflow(blocks, (uint64_t)info.f_frsize, ret_bytes))
		*ret_bytes = UINT64_MAX;
	return 0;
}

int
room_check(const struct state *state, const struct plan *plan)
{
	uint64_t needed = 0;
	uint64_t free_bytes = 0;

	VEC_EACH (const struct plan_package, package, &plan->packages)
		if (package->candidate != NULL &&
			!objects_has(state->store, package->entry.store_name))
			TRY(add_package(package, &needed));
	if (needed == 0)
		return 0;
	TRY(find_room(state, &free_bytes));
	if (needed <= free_bytes)
		return 0;
	return err_set(ERR_NO_SPACE,
		"%s: not enough space: the packages take %" PRIu64 " bytes, and %" PRIu64
		" are free",
		store_root(state->store), needed, free_bytes);
}
