/* SPDX-License-Identifier: MIT */
/*
 * file: reading, and writing so that a crash leaves the old file or the new.
 *
 * Everything is relative to an open directory; AT_FDCWD serves where the path
 * comes from the person who called us. Paths that come from outside go through
 * file_open_beneath(), which never follows a link and never leaves the directory.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/str.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

/* Close *fd if it is open and set it to -1: for AUTO(). errno is kept. */
void file_close(int *fd);

/*
 * Open a directory.
 *
 * Owner:  the caller closes *ret_fd
 * Errors: ERR_NOT_FOUND, ERR_IO
 */
int file_open_dir(int dir, const char *path, int *ret_fd);

/*
 * Open a file to read; links are followed.
 *
 * Errors: ERR_NOT_FOUND, ERR_IO
 */
int file_open(int dir, const char *path, int *ret_fd);

/*
 * Open with any open(2) flags, but never through a symbolic link and never
 * outside the directory.
 *
 * Errors: ERR_NOT_FOUND, ERR_IO
 * Source: openat2(2), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
 */
int file_open_beneath(int dir, const char *path, int flags, mode_t mode, int *ret_fd);

/*
 * Read a whole open file from offset 0; a NUL follows the contents.
 *
 * Errors: ERR_LIMIT (longer than limit bytes), ERR_IO
 */
int file_read_fd(struct arena *arena, int fd, size_t limit, struct str *ret_contents);

/*
 * Read so many bytes at an offset, fewer only where the file ends; *ret_length says how many.
 *
 * Errors: ERR_IO
 */
int file_read_at(int fd, uint64_t offset, void *bytes, size_t size, size_t *ret_length);

/* Read a whole file by path; errors as file_read_fd(), and ERR_NOT_FOUND. */
int file_read(
	struct arena *arena, int dir, const char *path, size_t limit, struct str *ret_contents);

/*
 * Write all bytes at the file's offset.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_write_fd(int fd, const void *bytes, size_t length);

/*
 * Create a file that must not exist, write it and sync it.
 *
 * On failure nothing is left. The directory is not synced.
 *
 * Errors: ERR_EXISTS, ERR_NO_SPACE, ERR_IO
 */
int file_create(int dir, const char *name, const void *bytes, size_t length, mode_t mode);

/* As file_create(), but not synced: for what does not outlive the operation, or is synced with others. */
int file_write(int dir, const char *name, const void *bytes, size_t length, mode_t mode);

/*
 * Put contents under a name, replacing what was there in one step, durably.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_replace(int dir, const char *name, const void *bytes, size_t length, mode_t mode);

/*
 * Point a symbolic link at a target, replacing the old link in one step, durably.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_replace_link(int dir, const char *name, const char *target);

/*
 * Make a symbolic link that must not exist. The directory is not synced.
 *
 * Errors: ERR_EXISTS, ERR_NO_SPACE, ERR_IO
 */
int file_make_link(int dir, const char *name, const char *target);

/*
 * Give a file or symbolic link another name, which must not exist; links are not followed.
 *
 * Errors: ERR_NOT_FOUND, ERR_EXISTS, ERR_NO_SPACE, ERR_IO (too many names, another file system)
 */
int file_make_name(int from_dir, const char *from, int to_dir, const char *to);

/* Sync a file's contents: fdatasync(2). Errors: ERR_NO_SPACE, ERR_IO */
int file_sync(int fd);

/* Let the disk begin with a file's contents; nothing is promised. */
void file_begin_sync(int fd);

/* Sync a directory's entries: fsync(2). Errors: ERR_IO */
int file_sync_dir(int dir);

/* Sync the whole file system that an open file is on: syncfs(2). Errors: ERR_NO_SPACE, ERR_IO */
int file_sync_all(int fd);

/*
 * Rename and replace. Errors: ERR_NOT_FOUND, ERR_NO_SPACE, ERR_IO
 */
int file_rename(int from_dir, const char *from, int to_dir, const char *to);

/*
 * Let two files or directories change places in one step.
 *
 * Errors: ERR_NOT_FOUND, ERR_IO (also when the file system cannot)
 */
int file_exchange(int dir, const char *a, const char *b);

/*
 * Copy the whole of one open file to another at their offsets, in the kernel where it can.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_copy(int from_fd, int to_fd);

/*
 * Make a directory and its parents; existing ones are kept.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_make_dirs(int dir, const char *path, mode_t mode);

/*
 * Make a directory and its parents below an open one, and open it.
 *
 * A link is followed only where nobody but root and we can have put it: in a directory that others
 * cannot write to.
 *
 * Owner:  the caller closes *ret_fd
 * Errors: ERR_RANGE (the path is too long), ERR_NO_SPACE, ERR_IO (a link or a file stands in the way: names it)
 */
int file_make_dirs_beneath(int dir, const char *path, mode_t mode, int *ret_fd);

/*
 * Remove a file, link or whole tree; a missing one is fine. Links are not followed.
 *
 * Errors: ERR_IO
 */
int file_remove_tree(int dir, const char *path);

/*
 * The names in an open directory, sorted, without "." and "..".
 *
 * Owner:  the arena
 * Errors: ERR_IO
 */
int file_list(struct arena *arena, int dir, char ***ret_names, size_t *ret_count);

/*
 * Whether something stands at the path; links are not followed. What cannot be found out counts as no:
 * who removes, replaces or forgets something because of the answer asks file_is_there().
 */
bool file_exists(int dir, const char *path);

/*
 * Whether something stands at the path, where "I do not know" is another answer than "no".
 *
 * Errors: ERR_IO
 */
int file_is_there(int dir, const char *path, bool *ret_is_there);

/*
 * Whether another open file of any process, whoever owns it, is this one: opened, or mapped and closed.
 * Where the file system cannot tell, it is none.
 */
bool file_is_in_use(int fd);

/*
 * The target of a symbolic link.
 *
 * Errors: ERR_NOT_FOUND, ERR_IO
 */
int file_read_link(struct arena *arena, int dir, const char *path, char **ret_target);

/* The size in bytes of an open file. Errors: ERR_IO */
int file_size(int fd, uint64_t *ret_size);

/*
 * Make an unnamed file in memory.
 *
 * Errors: ERR_IO
 * Source: memfd_create(2)
 */
int file_memory(const char *name, int *ret_fd);

/*
 * Make a new file without a name on the file system of an open directory, to read and write.
 *
 * Nobody else has it open, and it is gone when it is closed.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 * Source: open(2), O_TMPFILE
 */
int file_unnamed(int dir, int *ret_fd);

/*
 * Give a complete file of file_unnamed() a name, replacing what was there in one step, durably.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_publish(int fd, int dir, const char *name, mode_t mode);

/*
 * Make a fresh directory with a random name below `parent`, such as "weld.x7Qa2b".
 *
 * Owner:  the caller removes it; the name is in the arena
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int file_temp_dir(struct arena *arena, const char *parent, char **ret_path);

#define FILE_FAULT_KILL (-1) /* in the place of an errno: the process is killed */

/*
 * Fail the n-th write, sync, link or rename from now on with this errno, or kill the process
 * just before it: for tests. 0 turns it off.
 *
 * WELD_FAULT=N:ERRNO or N:kill in the environment does the same.
 */
void file_inject_fault(unsigned long nth, int number);

/* How many faults could have been injected so far. */
unsigned long file_fault_count(void);

#endif
