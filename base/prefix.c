/* SPDX-License-Identifier: MIT */
/* In texts the path may have another length than the placeholder; in images the linker replaces it. */
#include "base/prefix.h"

#include "base/str.h"

#include <string.h>

void
prefix_fill_in(struct str text, const char *path, struct strbuf *ret_text)
{
	const char *end = text.at + text.len;
	const char *found;

	while ((found = memmem(text.at, (size_t)(end - text.at), WELD_PREFIX, PREFIX_LENGTH)) !=
		NULL) {
		strbuf_add(ret_text, text.at, (size_t)(found - text.at));
		strbuf_add_string(ret_text, path);
		text.at = found + PREFIX_LENGTH;
	}
	strbuf_add(ret_text, text.at, (size_t)(end - text.at));
}
