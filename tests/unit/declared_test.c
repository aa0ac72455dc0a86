/* SPDX-License-Identifier: MIT */
/* What a package declares survives writing and reading; whatever else is said is refused, by name. */
#include "repo/declared.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/recipe/declare.h"
#include "tests/lib/tap.h"

#include <string.h>

#define TRIGGER                                                     \
	"{\"name\":\"magic\",\"program\":\"bin/"                    \
	"file\",\"arguments\":[\"-C\",\"-m\",\"{prefix}/share/m\"," \
	"\"{files}\"],\"patterns\":[\"share/m/*\"],\"output\":\"share/m.mgc\"}"
#define USER                                                                          \
	"{\"name\":\"www\",\"id\":33,\"group\":\"web\",\"groups\":[\"log\",\"ssl\"]," \
	"\"home\":\"var/lib/www\",\"shell\":\"/bin/sh\",\"comment\":\"Web server\"}"
#define SERVICE                                                                                \
	"{\"name\":\"httpd\",\"program\":\"sbin/httpd\",\"arguments\":[\"-c\",\"{prefix}/etc/" \
	"h\"],"                                                                                \
	"\"user\":\"www\",\"restart\":\"always\",\"after\":[\"log\"],\"needs\":[\"net\"],"     \
	"\"state\":[\"var/lib/www\"],\"unconfined\":true}"

static const char everything[] =
	"{\"triggers\":[" TRIGGER
	"],\"groups\":[{\"name\":\"adm\"},{\"name\":\"web\",\"id\":33}],"
	"\"users\":[" USER
	",{\"name\":\"x\"}],\"directories\":[{\"path\":\"var/lib/www\",\"mode\":488,"
	"\"user\":\"www\",\"group\":\"web\"},{\"path\":\"var/tmp\",\"mode\":1023}],"
	"\"services\":[" SERVICE "]}";

static int
read_text(struct arena *arena, const char *text, struct declared *ret_declared)
{
	json_t *object AUTO(json_release) = NULL;

	if (json_read(str_from(text), &object) < 0)
		tap_bail("%s: %s", text, err_message());
	return declared_read(arena, object, ret_declared);
}

static void
test_everything(struct arena *arena)
{
	struct declared declared = { 0 };
	struct declared none = { 0 };
	struct declared again = { 0 };
	json_t *object AUTO(json_release) = json_object();

	if (read_text(arena, everything, &declared) < 0)
		tap_bail("%s", err_message());
	tap_is_string(declared.triggers[0].output, "share/m.mgc", "a trigger's output");
	tap_is_number((long long)declared.users[0].id, 33, "a user's id");
	tap_is_number((long long)declared.users[1].id, 0, "a user without one");
	tap_is_number(declared.directories[1].mode, 01777, "a mode with the sticky bit");
	tap_is_number(declared.services[0].restart, DECLARED_RESTART_ALWAYS, "when to restart");
	tap_ok(declared.services[0].is_unconfined, "whether it is confined");
	tap_is_number((long long)declared_paths(arena, &declared).len,
		1 + DECLARED_SERVICE_FILES, "the paths of what is made");
	declared_write(&declared, object);
	tap_ok(declared_read(arena, object, &again) == 0 && declared_equal(&declared, &again),
		"what is written is read again");
	again.users[0].id = 34;
	tap_ok(!declared_equal(&declared, &again), "another id is another declaration");
	tap_ok(!declared_is_empty(&declared) && declared_is_empty(&none), "empty or not");
	tap_ok(read_text(arena, "{\"name\":\"x\"}", &again) == 0 && declared_is_empty(&again),
		"other members are not looked at");
}

struct refused {
	const char *what;
	const char *text;
	const char *message;
};

#define ONE(kind, item) "{\"" kind "\":[" item "]}"
#define TRIGGER_OF(arguments, patterns, output)                                           \
	ONE("triggers", "{\"name\":\"m\",\"program\":\"bin/m\",\"arguments\":[" arguments \
			"],\"patterns\":[" patterns "],\"output\":\"" output "\"}")

static const struct refused refused[] = {
	{ "no list", "{\"users\":{}}", "users" },
	{ "an empty list", "{\"users\":[]}", "empty" },
	{ "no object", ONE("users", "1"), "without a name" },
	{ "a name twice", ONE("users", "{\"name\":\"a\"},{\"name\":\"a\"}"), "a is twice" },
	{ "names out of order", ONE("groups", "{\"name\":\"b\"},{\"name\":\"a\"}"),
		"not sorted" },
	{ "an unknown member", ONE("users", "{\"name\":\"a\",\"password\":\"x\"}"),
		"\"password\"" },
	{ "root's id", ONE("users", "{\"name\":\"a\",\"id\":0}"), "root's" },
	{ "a person's id", ONE("users", "{\"name\":\"a\",\"id\":1000}"), "\"id\"" },
	{ "a name that breaks passwd", ONE("users", "{\"name\":\"a:b\"}"), "not a name" },
	{ "a name with capitals", ONE("users", "{\"name\":\"Adm\"}"), "not a name" },
	{ "a name that is an option", ONE("users", "{\"name\":\"-a\"}"), "not a name" },
	{ "a name of 32 bytes", ONE("users", "{\"name\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
		"not a name" },
	{ "a comment that breaks passwd",
		ONE("users", "{\"name\":\"a\",\"comment\":\"x:0:0\"}"), "colon" },
	{ "a comment of two lines",
		ONE("users", "{\"name\":\"a\",\"comment\":\"x\\nroot2::0\"}"), "comment" },
	{ "a default that is spelled out", ONE("users", "{\"name\":\"a\",\"comment\":\"\"}"),
		"says nothing" },
	{ "a home outside", ONE("users", "{\"name\":\"a\",\"home\":\"../x\"}"), "\"home\"" },
	{ "a home that is not state", ONE("users", "{\"name\":\"a\",\"home\":\"lib/x\"}"),
		"not below var/" },
	{ "a shell that is relative", ONE("users", "{\"name\":\"a\",\"shell\":\"sh\"}"),
		"absolute" },
	{ "a group that is none", ONE("users", "{\"name\":\"a\",\"groups\":[\"0\"]}"),
		"groups" },
	{ "a directory outside var", ONE("directories", "{\"path\":\"etc\",\"mode\":493}"),
		"not below var/" },
	{ "a directory that is two in a list",
		ONE("directories", "{\"path\":\"var/a:b\",\"mode\":493}"), "colon" },
	{ "a set-id directory", ONE("directories", "{\"path\":\"var/x\",\"mode\":1024}"),
		"\"mode\"" },
	{ "an unknown restart",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"sometimes\"}"),
		"sometimes" },
	{ "state that is none",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"state\":[\"etc/x\"]}"),
		"not below var/" },
	{ "a service that breaks a unit's line",
		ONE("services", "{\"name\":\"s\","
				"\"program\":\"bin/"
				"s\",\"restart\":\"no\",\"arguments\":[\"a\\nUser=root\"]}"),
		"control character" },
	{ "all files for a service",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"arguments\":[\"{files}\"]}"),
		"{prefix} only" },
	{ "a service's program with a quote",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s'\",\"restart\":\"no\"}"),
		"\"program\"" },
	{ "a service with a name that systemd does not have",
		ONE("services", "{\"name\":\"s+\",\"program\":\"bin/s\",\"restart\":\"no\"}"),
		"name of a service" },
	{ "a service that needs what is no name",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"needs\":[\"a.b /c\"]}"),
		"\"needs\"" },
	{ "a service of a user who is not declared",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"user\":\"root\"}"),
		"user root is not among" },
	{ "state that is not declared",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"state\":[\"var/lib/x\"]}"),
		"var/lib/x is not among" },
	{ "state that would be two",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"state\":[\"var/a b\"]}"),
		"\"state\"" },
	{ "a service that says that it is confined",
		ONE("services", "{\"name\":\"s\",\"program\":\"bin/s\","
				"\"restart\":\"no\",\"unconfined\":false}"),
		"\"unconfined\"" },
	{ "a placeholder that is none", TRIGGER_OF("\"{root}\"", "\"a\"", "o"), "{prefix}" },
	{ "files within an argument", TRIGGER_OF("\"x{files}\"", "\"a\"", "o"),
		"whole argument" },
	{ "no patterns", TRIGGER_OF("", "", "o"), "" },
	{ "an output outside", TRIGGER_OF("\"x\"", "\"a\"", "/etc/passwd"), "output" },
	{ "an output in the user's state", TRIGGER_OF("\"x\"", "\"a\"", "var/x"), "var/" },
};

static void
test_refused(struct arena *arena)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct declared declared;
		int ret = read_text(arena, refused[i].text, &declared);

		tap_ok(ret < 0 && strstr(err_message(), refused[i].message) != NULL,
			"refused: %s (%s)", refused[i].what,
			ret < 0 ? err_message() : "no error");
	}
}

/* What a person writes: objects by name. */
static void
test_recipe(struct arena *arena)
{
	static const char text[] =
		"{\"users\":{\"z\":{},\"a\":{\"id\":7}},\"directories\":{\"var/"
		"b\":{\"mode\":\"0750\"},"
		"\"var/a\":{}},\"services\":{\"s\":{\"program\":\"bin/s\"},"
		"\"t\":{\"program\":\"bin/s\",\"restart\":false}}}";
	static const char bad[] = "{\"directories\":{\"var/b\":{\"mode\":\"rwx\"}}}";
	struct declared declared = { 0 };
	json_t *object AUTO(json_release) = NULL;
	json_t *wrong AUTO(json_release) = NULL;

	if (json_read(str_from(text), &object) < 0 || json_read(str_from(bad), &wrong) < 0 ||
		declare_read(arena, object, &declared) < 0)
		tap_bail("%s", err_message());
	tap_is_string(declared.users[0].name, "a", "a recipe's users are sorted");
	tap_is_number(declared.directories[1].mode, 0750, "a mode is octal");
	tap_is_number(declared.directories[0].mode, 0755, "and 0755 when it is not said");
	tap_is_number(declared.services[0].restart, DECLARED_RESTART_ON_FAILURE,
		"a service starts again after a failure");
	tap_is_number(declared.services[1].restart, DECLARED_RESTART_NO,
		"and does not where UCL takes the word for a truth value");
	tap_ok(declare_read(arena, wrong, &declared) == ERR_FORMAT &&
			strstr(err_message(), "octal") != NULL,
		"a mode that is none: %s", err_message());
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	test_everything(arena);
	test_refused(arena);
	test_recipe(arena);
	return tap_done();
}
