/* SPDX-License-Identifier: MIT */
/*
 * Any bytes, as a stream of messages cut anywhere and as an interface description: read or refused,
 * and a message that was read can be written and read again.
 */
#include "base/arena.h"
#include "base/err.h"
#include "pkgd/varlink/interface.h"
#include "pkgd/varlink/message.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

static void
write_and_read(const json_t *message)
{
	struct message_reader reader = { .limit = MESSAGE_REPLY_MAX };
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	json_t *again AUTO(json_release) = NULL;

	message_write(message, &bytes);
	if (message_feed(&reader, bytes.at, bytes.len) < 0 ||
		message_next(&reader, &again) != 1 || !json_equal(message, again))
		abort();
	message_free(&reader);
}

static void
read_messages(const uint8_t *bytes, size_t length)
{
	struct message_reader reader = { .limit = 4096, .depth_limit = MESSAGE_DEPTH_MAX };
	size_t piece = length == 0 ? 1 : 1 + bytes[0] % 64;
	int ret = 0;

	for (size_t at = 0; at < length && ret >= 0; at += piece) {
		json_t *message = NULL;

		ret = message_feed(
			&reader, bytes + at, length - at < piece ? length - at : piece);
		while (ret >= 0 && (ret = message_next(&reader, &message)) > 0) {
			write_and_read(message);
			json_release(&message);
		}
	}
	message_free(&reader);
}

static void
read_description(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct interface interface;
	json_t *value AUTO(json_release) = json_pack("{s:{s:[i]}, s:s}", "a", "b", 1, "c", "d");
	const char *path;

	if (interface_read(arena, (struct str){ (const char *)bytes, length }, &interface) < 0)
		return;
	for (const struct idl_member *member = interface.members; member != NULL;
		member = member->next)
		(void)interface_check(arena, &interface, member->type, value, &path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	read_messages(bytes, length);
	read_description(bytes, length);
	return 0;
}
