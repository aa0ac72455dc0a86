/* SPDX-License-Identifier: MIT */
/*
 * version: what `weld --version` prints; meson.build sets it.
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#ifndef WELD_VERSION
#define WELD_VERSION "unknown"
#endif

#endif
