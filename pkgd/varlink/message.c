/* SPDX-License-Identifier: MIT */
/*
 * One buffer: messages are cut off its front, and what is left moves there once
 * none is complete. The NUL is looked for in each byte once, so a sender that
 * sends single bytes costs no more than one that does not. Depth is counted
 * before the parser, which recurses, sees anything.
 */
#include "pkgd/varlink/message.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

static size_t
find_end(struct message_reader *reader)
{
	const char *at = reader->bytes.at;
	const char *end;

	if (reader->searched < reader->start)
		reader->searched = reader->start;
	if (reader->searched == reader->bytes.len)
		return SIZE_MAX;
	end = memchr(at + reader->searched, '\0', reader->bytes.len - reader->searched);
	if (end == NULL) {
		reader->searched = reader->bytes.len;
		return SIZE_MAX;
	}
	reader->searched = (size_t)(end - at);
	return reader->searched;
}

static void
drop_read(struct message_reader *reader)
{
	size_t left = reader->bytes.len - reader->start;

	if (reader->start == 0)
		return;
	memmove(reader->bytes.at, reader->bytes.at + reader->start, left);
	reader->bytes.len = left;
	reader->searched -= reader->searched < reader->start ? reader->searched : reader->start;
	reader->start = 0;
}

int
message_feed(struct message_reader *reader, const void *bytes, size_t length)
{
	drop_read(reader);
	strbuf_add(&reader->bytes, bytes, length);
	if (find_end(reader) == SIZE_MAX && reader->bytes.len >= reader->limit)
		return err_set(ERR_LIMIT, "message: longer than %zu bytes", reader->limit - 1);
	return 0;
}

static int
check_depth(struct str text, unsigned limit)
{
	unsigned depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '['))
			depth++;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > limit)
			return err_set(ERR_FORMAT, "message: nested deeper than %u", limit);
	}
	return 0;
}

int
message_next(struct message_reader *reader, json_t **ret_message)
{
	size_t end = find_end(reader);
	struct str text;
	json_t *message = NULL;

	if (end == SIZE_MAX)
		return 0;
	text = (struct str){ reader->bytes.at + reader->start, end - reader->start };
	reader->start = end + 1;
	if (text.len >= reader->limit)
		return err_set(ERR_LIMIT, "message: longer than %zu bytes", reader->limit - 1);
	if (reader->depth_limit > 0)
		TRY(check_depth(text, reader->depth_limit));
	TRY(err_context(json_read(text, &message), "message"));
	if (!json_is_object(message)) {
		json_release(&message);
		return err_set(ERR_FORMAT, "message: not an object");
	}
	*ret_message = message;
	return 1;
}

bool
message_is_begun(const struct message_reader *reader)
{
	return reader->bytes.len > reader->start;
}

void
message_free(struct message_reader *reader)
{
	strbuf_free(&reader->bytes);
	reader->start = 0;
	reader->searched = 0;
}

/* Members keep their order: that is how people are shown them. */
void
message_write(const json_t *message, struct strbuf *buf)
{
	char *text = json_dumps(message, JSON_COMPACT);

	if (text == NULL)
		abort();
	strbuf_add(buf, text, strlen(text) + 1);
	free(text);
}
