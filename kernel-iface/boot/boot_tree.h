/* SPDX-License-Identifier: MIT */
/*
 * boot_tree: the file system of a system image as a directory, made of a root of weld.
 */
#ifndef KERNEL_IFACE_BOOT_BOOT_TREE_H
#define KERNEL_IFACE_BOOT_BOOT_TREE_H

struct arena;

/*
 * Make the tree in a new directory. The root's contents are moved into it, not copied: both must be
 * on one file system, and the root is of no use afterwards.
 *
 *     weld/               store, generations, current, db, path; state (empty)
 *     weld/defaults/      what the state begins with
 *     bin sbin lib usr etc var -> weld/current/..., or empty where that has nothing
 *     root home           -> weld/state/...
 *     dev proc sys run tmp (empty)
 *
 * Errors: ERR_EXISTS, ERR_NOT_FOUND (root is none), ERR_NO_SPACE, ERR_IO
 * Source: DESIGN.md, "System images"
 */
int boot_tree_make(const char *root, const char *directory);

/*
 * Fill the tree's state with its defaults, as a machine does when it starts: for a tree that is
 * used as a directory. Errors: ERR_NO_SPACE, ERR_IO
 */
int boot_tree_fill_state(struct arena *arena, const char *directory);

/*
 * Move the defaults of a tree back to where a root has its state.
 *
 * Errors: ERR_FORMAT (links where a tree has directories and files), ERR_NOT_FOUND, ERR_IO
 */
int boot_tree_restore_root(struct arena *arena, const char *directory);

/* The path of something in the current generation of a tree. Owner: the arena */
char *boot_tree_path(struct arena *arena, const char *directory, const char *relative);

#endif
