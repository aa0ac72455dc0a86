/* SPDX-License-Identifier: MIT */
/* What pkgd refuses before it touches a root, and what it does in an empty one. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/protocol.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

struct refusal {
	const char *name;
	const char *request; /* JSON; $ROOT stands for a directory that is not there */
	int code;
	const char *message; /* a part of it */
};

static const struct refusal refusals[] = {
	{ "no method", "{\"parameters\": {}}", ERR_FORMAT, "method" },
	{ "no parameters", "{\"method\": \"org.weld.pkgd.List\"}", ERR_FORMAT, "parameters" },
	{ "another interface", "{\"method\": \"org.weld.other.List\", \"parameters\": {}}",
		ERR_NOT_FOUND, "no such method" },
	{ "an unknown method", "{\"method\": \"org.weld.pkgd.Nothing\", \"parameters\": {}}",
		ERR_NOT_FOUND, "no such method" },
	{ "no root", "{\"method\": \"org.weld.pkgd.List\", \"parameters\": {}}", ERR_FORMAT,
		"root" },
	{ "a relative root",
		"{\"method\": \"org.weld.pkgd.List\", \"parameters\": {\"root\": \"x\"}}",
		ERR_FORMAT, "absolute" },
	{ "an endless wait",
		"{\"method\": \"org.weld.pkgd.List\", \"parameters\": {\"root\": \"/x\", "
		"\"wait_s\": 1000000}}",
		ERR_FORMAT, "wait_s" },
	{ "names that are no list",
		"{\"method\": \"org.weld.pkgd.Install\", \"parameters\": {\"root\": \"$ROOT\", "
		"\"names\": 1}}",
		ERR_FORMAT, "names" },
	{ "a root that is not there",
		"{\"method\": \"org.weld.pkgd.List\", \"parameters\": {\"root\": \"$ROOT\"}}",
		ERR_NOT_FOUND, "nothing is installed there" },
	{ "a change of a root that is not there",
		"{\"method\": \"org.weld.pkgd.Relink\", \"parameters\": {\"root\": \"$ROOT\", "
		"\"command\": \"weld relink\"}}",
		ERR_NOT_FOUND, "nothing is installed there" },
	{ "a mark that is none",
		"{\"method\": \"org.weld.pkgd.Mark\", \"parameters\": {\"root\": \"$ROOT\", "
		"\"names\": [], \"mark\": \"red\"}}",
		ERR_USAGE, "red" },
};

static int
call(struct arena *arena, const char *text, const char *root, json_t **ret_reply)
{
	const char *place = strstr(text, "$ROOT");
	json_t *request AUTO(json_release) = NULL;

	if (place != NULL)
		text = arena_printf(
			arena, "%.*s%s%s", (int)(place - text), text, root, place + 5);
	if (json_read(str_from(text), &request) < 0)
		tap_bail("%s: %s", text, err_message());
	return pkgd_call(request, NULL, NULL, ret_reply);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	json_t *reply = NULL;
	const char *parent = getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR");
	char *directory;
	const char *root;

	if (file_temp_dir(arena, parent, &directory) < 0)
		tap_bail("%s", err_message());
	root = arena_printf(arena, "%s/root", directory);
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		int ret = call(arena, refusals[i].request, root, &reply);

		tap_is_number(ret, refusals[i].code, "%s: refused", refusals[i].name);
		tap_ok(ret < 0 && strstr(err_message(), refusals[i].message) != NULL,
			"%s: the message says so (%s)", refusals[i].name, err_message());
	}
	tap_ok(!file_exists(AT_FDCWD, root), "no root was made");
	tap_is_number(
		call(arena,
			"{\"method\": \"org.weld.pkgd.GetInfo\", \"parameters\": {\"root\": "
			"\"/\"}}",
			root, &reply),
		0, "GetInfo answers");
	tap_ok(json_array_size(json_object_get(reply, "methods")) > 20, "with the methods");
	json_release(&reply);
	file_remove_tree(AT_FDCWD, directory);
	return tap_done();
}
