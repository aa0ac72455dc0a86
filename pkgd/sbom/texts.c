/* SPDX-License-Identifier: MIT */
/* Texts are read from the package's own directory in the store, not through the generation. */
#include "pkgd/sbom/texts.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include <string.h>

const struct generation_file *
texts_next(const struct generation_package *package, size_t from)
{
	for (size_t i = from; i < package->file_count; i++)
		if (package->files[i].kind == GENERATION_FILE &&
			str_has_prefix(package->files[i].path, TEXTS_DIRECTORY))
			return &package->files[i];
	return NULL;
}

/* Upstream's texts may be in Latin 1: what JSON cannot hold is turned from that into UTF-8. */
static const char *
to_utf8(struct arena *arena, struct str text)
{
	struct strbuf fresh AUTO(strbuf_free) = { 0 };
	const char *copy = str_copy(arena, text);

	if (json_can_hold(copy))
		return copy;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (c < 0x80) {
			strbuf_add_char(&fresh, (char)c);
		} else {
			strbuf_add_char(&fresh, (char)(0xc0 | c >> 6));
			strbuf_add_char(&fresh, (char)(0x80 | (c & 0x3f)));
		}
	}
	return arena_string(arena, strbuf_string(&fresh));
}

int
texts_read(struct state *state, const struct generation_package *package,
	const struct generation_file *file, const char **ret_text)
{
	char hex[DIGEST_HEX_SIZE];
	const char *path = arena_printf(state->arena, "store/%s/objects/%s",
		package->store_name, digest_hex(&file->digest, hex));
	struct digest digest;
	struct str text;

	TRY(err_context(file_read(state->arena, store_root_dir(state->store), path,
				TEXTS_SIZE_MAX, &text),
		"%s", file->path));
	digest = hash_bytes(text.at, text.len);
	if (!digest_equal(&digest, &file->digest))
		return err_set(ERR_DIGEST, "%s/%s: changed on disk (run 'weld repair')",
			store_root(state->store), path);
	if (memchr(text.at, '\0', text.len) != NULL)
		text = str_from("(This is no text.)\n");
	*ret_text = to_utf8(state->arena, text);
	return 0;
}

int
texts_read_all(
	struct state *state, const struct generation_package *package, const char **ret_text)
{
	const struct generation_file *file = texts_next(package, 0);
	const char *all = "";

	for (; file != NULL; file = texts_next(package, (size_t)(file - package->files) + 1)) {
		const char *text = NULL;

		TRY(texts_read(state, package, file, &text));
		all = arena_printf(
			state->arena, "%s%s%s", all, all[0] == '\0' ? "" : "\n", text);
	}
	*ret_text = all;
	return 0;
}
