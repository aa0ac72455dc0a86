/* SPDX-License-Identifier: MIT */
/* The root is in memory where there is such a file system: a target writes to it thousands of times a second. */
#include "tests/lib/fuzz_root.h"

#include "base/err.h"
#include "base/file.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char root[64]; /* as long as the process runs */

static void
remove_root(void)
{
	(void)file_remove_tree(AT_FDCWD, root);
}

const char *
fuzz_root_path(void)
{
	struct store *store AUTO(store_close) = NULL;

	if (root[0] != '\0')
		return root;
	snprintf(root, sizeof root, "%s/weld-fuzz-%ld",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
	atexit(remove_root);
	if (store_open(root, STORE_CREATE, &store) < 0)
		abort();
	return root;
}

void
fuzz_root_remove(const char *path)
{
	char whole[128];

	snprintf(whole, sizeof whole, "%s/%s", fuzz_root_path(), path);
	if (file_remove_tree(AT_FDCWD, whole) < 0)
		abort();
}

void
fuzz_root_write(const char *path, struct str contents)
{
	char whole[128];

	fuzz_root_remove(path);
	snprintf(whole, sizeof whole, "%s/%s", fuzz_root_path(), path);
	if (file_write(AT_FDCWD, whole, contents.at, contents.len, 0644) < 0)
		abort();
}
