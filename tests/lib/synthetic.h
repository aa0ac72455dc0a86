/* SPDX-License-Identifier: MIT */
/*
 * synthetic: roots with as many packages as wanted, and packages like those in them, for questions
 * that read and do not run: units and images are plain text.
 *
 * Package 0 is musl with libc. Of all others every third one, beginning with 1, has a library
 * (lib0001: library l0001 with functions l0001_f00.. and data l0001_d0..), the rest a program
 * (app0002: bin/app0002). A library uses smaller ones, a program three libraries; some libraries require a
 * program that requires them. The same numbers always give the same root.
 */
#ifndef TESTS_LIB_SYNTHETIC_H
#define TESTS_LIB_SYNTHETIC_H

#include <stddef.h>

enum synthetic_change { /* how a library's package differs from that in the root */
	SYNTHETIC_SAME,
	SYNTHETIC_VANISH, /* f00 is gone */
	SYNTHETIC_RETYPE, /* f00 has another type */
	SYNTHETIC_RESIZE, /* d0 is larger */
};

/*
 * Make a root of `count` packages at a path where nothing is yet.
 *
 * Errors: as store_open(), objects_finish() and generation_create()
 */
int synthetic_root(const char *root, size_t count);

/*
 * Write a package as directory/NAME-VERSION-1.weld, as the root of `count` packages has it but for
 * the version and the change. `built_with` is a package that stood in its sysroot, "NAME = VERSION", or NULL.
 *
 * Errors: as package_write()
 */
int synthetic_package(const char *directory, size_t index, size_t count, const char *version,
	enum synthetic_change change, const char *built_with);

#endif
