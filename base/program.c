/* SPDX-License-Identifier: MIT */
/*
 * program: a short list of directories, the first that has the program wins.
 *
 * The running program's own directory comes from /proc/self/exe, never from
 * argv or PATH, so that a caller cannot substitute a program of their own.
 */
#include "base/program.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From a program's directory to the folders of a build tree that make programs. */
static const char *const folders[] = {
	"",
	"../linker/",
	"../repo/fetch/",
	"../repo/package/",
	"../repo/solve/",
	"../repo/serve/",
	"../linker/driver/",
	"../cli/",
	"../../linker/",
	"../../repo/fetch/",
	"../../repo/package/",
	"../../repo/solve/",
	"../../repo/serve/",
	"../../linker/driver/",
	"../../cli/",
};

int
program_find(struct arena *arena, const char *name, char **ret_path)
{
	const char *libexec = getenv("WELD_LIBEXEC");
	char *self, *slash, *path;

	if (libexec != NULL && libexec[0] != '\0') {
		path = arena_printf(arena, "%s/%s", libexec, name);
		if (access(path, X_OK) < 0)
			return err_set(ERR_NOT_FOUND,
				"%s: no such program (WELD_LIBEXEC names its directory)", path);
		*ret_path = path;
		return 0;
	}
	TRY(file_read_link(arena, AT_FDCWD, "/proc/self/exe", &self));
	slash = strrchr(self, '/');
	if (slash != NULL)
		slash[1] = '\0';
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		path = arena_printf(arena, "%s%s%s", self, folders[i], name);
		if (access(path, X_OK) == 0) {
			*ret_path = path;
			return 0;
		}
	}
	return err_set(ERR_NOT_FOUND,
		"%s: not found beside %s (set WELD_LIBEXEC to its directory)", name, self);
}
