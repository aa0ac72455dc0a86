/* SPDX-License-Identifier: MIT */
/* The kernel says which file a process was started from, also when that has gone from its directory. */
#include "store/running.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "store/root/handle.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* The directory of the store that a process's program is in; NULL: none, or it cannot be seen. */
static const char *
store_name_of(struct arena *arena, const char *pid, const char *store_path)
{
	size_t length = strlen(store_path);
	char *exe;

	if (file_read_link(arena, AT_FDCWD, arena_printf(arena, "/proc/%s/exe", pid), &exe) <
			0 ||
		strncmp(exe, store_path, length) != 0 || exe[length] != '/')
		return NULL;
	exe += length + 1;
	exe[strcspn(exe, "/")] = '\0';
	return exe;
}

int
running_list(struct arena *arena, const struct store *store, struct running **ret_processes,
	size_t *ret_count)
{
	VEC(struct running) list = { 0 };
	int proc AUTO(file_close) = -1;
	char **names;
	size_t count;
	char *store_path;

	/* The path as the kernel shows it, whatever links the root's path goes through. */
	TRY(file_read_link(arena, AT_FDCWD,
		arena_printf(arena, "/proc/self/fd/%d", store->objects_dir), &store_path));
	TRY(file_open_dir(AT_FDCWD, "/proc", &proc));
	TRY(file_list(arena, proc, &names, &count));
	for (size_t i = 0; i < count; i++) {
		const char *store_name = isdigit((unsigned char)names[i][0])
						 ? store_name_of(arena, names[i], store_path)
						 : NULL;
		struct running process = { strtoull(names[i], NULL, 10), store_name };

		if (store_name != NULL)
			vec_push(arena, &list, process);
	}
	*ret_processes = list.at;
	*ret_count = list.len;
	return 0;
}
