/* SPDX-License-Identifier: MIT */
/*
 * A version script is read as tokens: words, and the signs { } ; :. A node is
 * NAME { global: words; local: words; } PARENT; where `extern "C" { words; }`
 * may stand for a word.
 */
#include "linker/driver/script.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>

#define SCRIPT_MAX ((size_t)16 << 20) /* bytes */

struct reader {
	struct arena *arena;
	const char *path;
	struct str rest;
	unsigned line;
	char *word; /* the current token: a word, or one sign; NULL at the end */
	bool is_sign;
	struct script *script;
};

static bool
is_sign(char c)
{
	return c == '{' || c == '}' || c == ';' || c == ':';
}

static void
skip(struct reader *reader, size_t count)
{
	for (; count > 0 && reader->rest.len > 0; count--) {
		if (reader->rest.at[0] == '\n')
			reader->line++;
		reader->rest.at++;
		reader->rest.len--;
	}
}

static void
skip_blanks(struct reader *reader)
{
	while (reader->rest.len > 0) {
		const char *at = reader->rest.at;
		size_t len = reader->rest.len;
		const char *end;

		if (isspace((unsigned char)at[0])) {
			skip(reader, 1);
		} else if (at[0] == '#') {
			end = memchr(at, '\n', len);
			skip(reader, end != NULL ? (size_t)(end - at) : len);
		} else if (len > 1 && at[0] == '/' && at[1] == '*') {
			end = memmem(at + 2, len - 2, "*/", 2);
			skip(reader, end != NULL ? (size_t)(end + 2 - at) : len);
		} else {
			return;
		}
	}
}

static void
next(struct reader *reader)
{
	const char *at;
	size_t len = 0;

	skip_blanks(reader);
	at = reader->rest.at;
	reader->word = NULL;
	reader->is_sign = false;
	if (reader->rest.len == 0)
		return;
	if (is_sign(at[0])) {
		reader->is_sign = true;
		len = 1;
	} else if (at[0] == '"') {
		skip(reader, 1);
		at = reader->rest.at;
		while (len < reader->rest.len && at[len] != '"')
			len++;
	} else {
		while (len < reader->rest.len && !isspace((unsigned char)at[len]) &&
			(!is_sign(at[len]) || (at[len] == ':' && len + 1 < reader->rest.len &&
						      at[len + 1] == ':')))
			len++;
	}
	reader->word = str_copy(reader->arena, (struct str){ at, len });
	skip(reader, len);
	if (reader->rest.len > 0 && reader->rest.at[0] == '"')
		skip(reader, 1);
}

static bool
at_sign(const struct reader *reader, char sign)
{
	return reader->word != NULL && reader->is_sign && reader->word[0] == sign;
}

static int
unexpected(const struct reader *reader)
{
	return err_set(ERR_FORMAT, "%s:%u: unexpected %s%s%s in version script", reader->path,
		reader->line, reader->word != NULL ? "'" : "",
		reader->word != NULL ? reader->word : "end", reader->word != NULL ? "'" : "");
}

static int
read_body(struct reader *reader)
{
	bool is_local = false;
	unsigned depth = 0;

	while (reader->word != NULL) {
		char *word = reader->word;

		if (at_sign(reader, '}') && depth == 0)
			return 0;
		if (reader->is_sign) {
			if (at_sign(reader, '{') || at_sign(reader, ':'))
				return unexpected(reader);
			if (at_sign(reader, '}'))
				depth--;
			next(reader);
			continue;
		}
		next(reader);
		if (at_sign(reader, ':')) {
			is_local = strcmp(word, "local") == 0;
			next(reader);
		} else if (strcmp(word, "extern") == 0 && reader->word != NULL &&
			   !reader->is_sign) {
			next(reader);
			if (!at_sign(reader, '{'))
				return unexpected(reader);
			depth++;
			next(reader);
		} else {
			vec_push(reader->arena,
				is_local ? &reader->script->local : &reader->script->global,
				word);
		}
	}
	return unexpected(reader);
}

int
script_add_versions(struct arena *arena, const char *path, struct script *script)
{
	struct reader reader = { .arena = arena, .path = path, .line = 1, .script = script };

	TRY(file_read(arena, AT_FDCWD, path, SCRIPT_MAX, &reader.rest));
	next(&reader);
	while (reader.word != NULL) {
		while (reader.word != NULL && !reader.is_sign)
			next(&reader);
		if (!at_sign(&reader, '{'))
			return unexpected(&reader);
		next(&reader);
		TRY(read_body(&reader));
		next(&reader);
		while (reader.word != NULL && !reader.is_sign)
			next(&reader);
		if (at_sign(&reader, ';'))
			next(&reader);
	}
	return 0;
}

int
script_add_list(struct arena *arena, const char *path, struct script *script)
{
	struct str rest;
	struct str line;

	script->is_list = true;
	TRY(file_read(arena, AT_FDCWD, path, SCRIPT_MAX, &rest));
	while (str_cut(&rest, '\n', &line)) {
		while (line.len > 0 && isspace((unsigned char)line.at[line.len - 1]))
			line.len--;
		while (line.len > 0 && isspace((unsigned char)line.at[0]))
			line = (struct str){ line.at + 1, line.len - 1 };
		if (line.len > 0)
			vec_push(arena, &script->global, str_copy(arena, line));
	}
	return 0;
}

static bool
has_exact(const struct strings *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->len; i++)
		if (strcmp(patterns->at[i], name) == 0)
			return true;
	return false;
}

static bool
has_match(const struct strings *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->len; i++)
		if (fnmatch(patterns->at[i], name, 0) == 0)
			return true;
	return false;
}

bool
script_exports(const struct script *script, const char *name)
{
	if (has_exact(&script->global, name))
		return true;
	if (script->is_list || has_exact(&script->local, name))
		return false;
	return has_match(&script->global, name) || !has_match(&script->local, name);
}
