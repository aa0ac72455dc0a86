/* SPDX-License-Identifier: MIT */
/* Texts are read from the package's own directory in the store, not through the generation. */
#include "pkgd/sbom/texts.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"

#include <string.h>

int
texts_find(struct state *state, const struct generation_package *package,
	const struct generation_file **ret_texts, size_t *ret_count)
{
	const struct generation_file *files;
	struct generation_file *texts;
	size_t file_count;
	size_t count = 0;

	TRY(generation_files(state->arena, state->store, package, &files, &file_count));
	texts = arena_array(state->arena, file_count + 1, sizeof *texts);
	for (size_t i = 0; i < file_count; i++)
		if (files[i].kind == GENERATION_FILE &&
			str_has_prefix(files[i].path, TEXTS_DIRECTORY))
			texts[count++] = files[i];
	*ret_texts = texts;
	*ret_count = count;
	return 0;
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
	const struct generation_file *texts;
	const char *all = "";
	size_t count;

	TRY(texts_find(state, package, &texts, &count));
	for (size_t i = 0; i < count; i++) {
		const char *text = NULL;

		TRY(texts_read(state, package, &texts[i], &text));
		all = arena_printf(
			state->arena, "%s%s%s", all, all[0] == '\0' ? "" : "\n", text);
	}
	*ret_text = all;
	return 0;
}
