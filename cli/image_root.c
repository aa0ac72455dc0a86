/* SPDX-License-Identifier: MIT */
/* A root knows by itself that it stands elsewhere (ROOT/path), so it can be read anywhere. */
#include "cli/image_root.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "cli/options.h"
#include "kernel-iface/boot_image.h"

#include <stdlib.h>
#include <sys/stat.h>

/* Where there is room for what a disk holds. */
static const char *
scratch_parent(void)
{
	const char *parent = getenv("TMPDIR");

	return parent != NULL && parent[0] == '/' ? parent : "/var/tmp";
}

static int
find_root(struct invocation *call, const char *image, struct scratch **ret_scratch,
	char **ret_root)
{
	struct stat info;

	if (stat(image, &info) < 0)
		return err_errno("%s", image);
	if (S_ISDIR(info.st_mode)) {
		*ret_root = arena_printf(call->arena, "%s" BOOT_STANDING, image);
		if (!file_exists(AT_FDCWD, arena_printf(call->arena, "%s/store", *ret_root)))
			return err_set(ERR_FORMAT,
				"%s: is no image with its file system in it (only those of the "
				"formats disk and dir can be looked into)",
				image);
		return 0;
	}
	TRY(scratch_new(scratch_parent(), ret_scratch));
	return boot_image_unpack(call->arena, image,
		arena_printf(call->arena, "%s/image", scratch_path(*ret_scratch)), ret_root);
}

int
image_root_choose(struct invocation *call, json_t *parameters, struct scratch **ret_scratch)
{
	const char *image = option_value(call, "image", NULL);
	char *root = NULL;
	char *real;

	if (image == NULL)
		return 0;
	TRY(find_root(call, image, ret_scratch, &root));
	real = realpath(root, NULL);
	if (real == NULL)
		return err_errno("%s", root);
	image = arena_string(call->arena, real);
	free(real);
	if (!json_can_hold(image))
		return err_set(ERR_USAGE, "--image: its path is not UTF-8 text");
	json_object_set_new(parameters, "root", json_string(image));
	return 0;
}
