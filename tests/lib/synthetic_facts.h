/* SPDX-License-Identifier: MIT */
/*
 * synthetic_facts: what a synthetic image would contain and call.
 *
 * Every exported function calls the next one of its library and functions of its own; the first of a
 * library, l0001_f00, also calls libraries behind it. A program's main calls what its manifest says is
 * undefined. Tables hold callbacks, which some functions call through pointers. In every image the
 * library's function l0001_bad is called by l0001_f13 only, and copied into l0001_f14.
 */
#ifndef TESTS_LIB_SYNTHETIC_FACTS_H
#define TESTS_LIB_SYNTHETIC_FACTS_H

#include "base/str.h"
#include "repo/manifest.h"
#include "store/generation.h"

struct arena;

/* Write the facts of an image. Owner: the caller frees ret_bytes */
int synthetic_facts(struct arena *arena, const struct generation_image *image,
	const struct manifest *manifest, struct strbuf *ret_bytes);

#endif
