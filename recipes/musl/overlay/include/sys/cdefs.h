/* SPDX-License-Identifier: MIT */
/* Not of any standard, but many sources from BSD include it for these. */
#ifndef _SYS_CDEFS_H
#define _SYS_CDEFS_H

#ifdef __cplusplus
#define __BEGIN_DECLS extern "C" {
#define __END_DECLS }
#else
#define __BEGIN_DECLS
#define __END_DECLS
#endif

#define __CONCAT(a, b) a##b
#define __STRING(a) #a
#define __P(arguments) arguments
#define __THROW
#define __dead __attribute__((__noreturn__))
#define __packed __attribute__((__packed__))
#define __printflike(format, first) __attribute__((__format__(__printf__, format, first)))

#endif
