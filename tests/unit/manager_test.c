/* SPDX-License-Identifier: MIT */
/* What service managers read of services: the whole of it for two, and what values must not be able to say. */
#include "pkgd/service/manager.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <string.h>

#define USERS                                              \
	"\"users\":[{\"name\":\"www\"}],\"directories\":[" \
	"{\"mode\":488,\"path\":\"var/lib/www\"},{\"mode\":488,\"path\":\"var/log/www\"}],"

static const char plain[] =
	"{" USERS "\"services\":[{\"name\":\"httpd\",\"program\":\"sbin/httpd\",\"arguments\":["
	"\"-d\",\"{prefix}/var/www\"],\"user\":\"www\",\"restart\":\"on-failure\",\"after\":["
	"\"syslog\"],\"needs\":[\"db\"],\"state\":[\"var/lib/www\",\"var/log/www\"]}]}";
/* Each argument would say something else where it is not quoted. */
static const char hostile[] =
	"{\"services\":[{\"name\":\"odd\",\"program\":\"bin/odd\",\"arguments\":["
	"\"a b\",\"\\\"\",\"'\",\"\\\\\",\"%h %%\",\"$HOME $(id) `id`\",\";\",\"# x\","
	"\"{prefix}/{prefix}\",\"\\\\n\\\\x41\",\"\xc3\xa9\",\"*\",\"\\\\\"],"
	"\"restart\":\"no\",\"unconfined\":true}]}";

static void
read_one(struct arena *arena, const char *text, struct declared *ret_declared)
{
	json_t *object AUTO(json_release) = NULL;

	if (json_read(str_from(text), &object) < 0 ||
		declared_read(arena, object, ret_declared) < 0)
		tap_bail("%s", err_message());
}

struct wanted {
	const char *declared;
	enum declared_service_file file;
	struct manager_place place;
	const char *golden; /* file; NULL: there is none */
};

#define SYSTEM                \
	{                     \
		"/weld", true \
	}
#define HOME                             \
	{                                \
		"/home/user/weld", false \
	}

static const struct wanted wanted[] = {
	{ plain, DECLARED_UNIT, SYSTEM, "service-unit.service" },
	{ plain, DECLARED_UNIT, HOME, "service-user.service" },
	{ plain, DECLARED_RUN, SYSTEM, "service-run.txt" },
	{ plain, DECLARED_FINISH, SYSTEM, "service-finish.txt" },
	{ plain, DECLARED_LOG, SYSTEM, "service-log.txt" },
	{ hostile, DECLARED_UNIT, SYSTEM, "service-hostile.service" },
	{ hostile, DECLARED_RUN, SYSTEM, "service-hostile.txt" },
	{ hostile, DECLARED_FINISH, SYSTEM, "service-finish-no.txt" },
};

static void
test_golden(struct arena *arena)
{
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		struct strbuf text AUTO(strbuf_free) = { 0 };
		const char *path = arena_printf(arena, GOLDEN "/%s", wanted[i].golden);
		struct declared declared;
		struct str golden;

		read_one(arena, wanted[i].declared, &declared);
		manager_write(
			wanted[i].file, &declared.services[0], "pack", &wanted[i].place, &text);
		if (file_read(arena, AT_FDCWD, path, 1 << 16, &golden) < 0)
			tap_bail("%s", err_message());
		tap_is_string(
			strbuf_string(&text), str_copy(arena, golden), "%s", wanted[i].golden);
	}
}

/* A root that the service would not see is not hidden from it. */
static void
test_places(struct arena *arena)
{
	static const struct {
		const char *standing;
		const char *with;
		const char *without;
	} places[] = {
		{ "/srv/weld", "ProtectHome=yes\nPrivateTmp=yes\n", "read-only" },
		{ "/home/x/weld", "ProtectHome=read-only\nPrivateTmp=yes\n",
			"ProtectHome=yes" },
		{ "/homes/x", "ProtectHome=yes\n", "read-only" },
		{ "/tmp/x", "ProtectHome=yes\n", "PrivateTmp" },
		{ "/var/tmp/x", "ProtectHome=yes\n", "PrivateTmp" },
	};
	struct declared declared;

	read_one(arena, plain, &declared);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct strbuf text AUTO(strbuf_free) = { 0 };
		struct manager_place place = { places[i].standing, true };

		manager_write(DECLARED_UNIT, &declared.services[0], "pack", &place, &text);
		tap_ok(strstr(strbuf_string(&text), places[i].with) != NULL &&
				strstr(strbuf_string(&text), places[i].without) == NULL,
			"a root at %s can be seen", places[i].standing);
	}
}

/* One that always starts again needs nothing that decides it. */
static void
test_restart(struct arena *arena)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct manager_place place = SYSTEM;
	struct declared declared;

	read_one(arena, plain, &declared);
	declared.services[0].restart = DECLARED_RESTART_ALWAYS;
	manager_write(DECLARED_FINISH, &declared.services[0], "pack", &place, &text);
	tap_ok(text.len == 0, "what always starts again has no program for its end");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	test_golden(arena);
	test_places(arena);
	test_restart(arena);
	return tap_done();
}
