/* SPDX-License-Identifier: MIT */
/*
 * program: where weld's own programs stand.
 *
 * Installed, they stand beside each other; in a build tree each stands in the
 * folder that makes it.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

struct arena;

/*
 * Find one of weld's programs by its name, such as "weld-worker".
 *
 * Looked for in WELD_LIBEXEC alone when that is set; else in the directory of
 * the running program, then in the other folders of its build tree.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND, ERR_IO
 */
int program_find(struct arena *arena, const char *name, char **ret_path);

#endif
