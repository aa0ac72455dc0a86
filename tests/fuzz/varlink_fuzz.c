/* SPDX-License-Identifier: MIT */
/*
 * Any bytes, as a stream of messages cut anywhere and as an interface description: read or refused,
 * and a message that was read can be written and read again. A call's parameters are checked against what
 * pkgd serves.
 */
#include "pkgd/varlink/interface.h"
#include "pkgd/varlink/message.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

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

/* What pkgd serves; read once. */
static const struct interface *
served(void)
{
	static struct interface interface;
	static struct arena *arena; /* as long as the process runs */
	struct str text;

	if (arena != NULL)
		return &interface;
	arena = arena_new();
	if (file_read(arena, AT_FDCWD, INTERFACE, (size_t)1 << 20, &text) < 0 ||
		interface_read(arena, text, &interface) < 0)
		abort();
	return &interface;
}

static void
check_call(const json_t *message)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *name = json_string_value(json_object_get(message, "method"));
	const json_t *parameters = json_object_get(message, "parameters");
	const struct idl_member *member;
	const char *path = NULL;

	if (name == NULL || !str_has_prefix(name, "org.weld.pkgd.") ||
		!json_is_object(parameters))
		return;
	member = interface_find(served(), IDL_METHOD, name + strlen("org.weld.pkgd."));
	if (member != NULL &&
		interface_check(arena, served(), member->type, parameters, &path) < 0 &&
		path == NULL)
		abort();
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
			check_call(message);
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
