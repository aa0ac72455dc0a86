/* SPDX-License-Identifier: MIT */
/* Verbs by callers, as a table; and rules that are refused. Whoever runs the test owns the root. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/server/access.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OWNER, ROOT, ADMIN, MEMBER, GUEST, CALLERS };

static const char *const caller_names[] = { "the owner", "user 0", "an admin", "a member",
	"a guest" };

static gid_t staff[] = { 70000, 70001 };

static const char rules[] =
	"allow { verbs = [read]; users = [\"*\"] }\n"
	"allow { verbs = [install, update, cancel]; groups = [70001] }\n"
	"allow { verbs = [install, remove, upgrade, rollback]; users = [71000] }\n";

struct decision {
	const char *method;
	const char *parameters;
	const char *may; /* a letter for each caller: y or n */
};

static const struct decision decisions[] = {
	{ "List", "{}", "yyyyy" },
	{ "Sql", "{}", "yyyyy" },
	{ "Audit", "{}", "yyyyy" },
	{ "Audit", "{\"advisories\": [\"/etc/shadow\"]}", "yynnn" },
	{ "Audit", "{\"waivers\": [\"/etc/shadow\"]}", "yynnn" },
	{ "Sbom", "{\"files\": [\"/x.weld\"]}", "yynnn" },
	{ "CanReplace", "{\"old\": \"z\", \"new\": \"1.3\"}", "yyyyy" },
	{ "CanReplace", "{\"old\": \"z\", \"new\": \"./z\"}", "yynnn" },
	{ "CanReplace", "{\"old\": \"z\", \"new\": \"z-1-1.weld\"}", "yynnn" },
	{ "Install", "{}", "yyyyn" },
	{ "Install", "{\"dry_run\": true}", "yyyyy" },
	{ "Install", "{\"dry_run\": false}", "yyyyn" },
	{ "Install", "{\"files\": []}", "yyyyn" },
	{ "Install", "{\"files\": [\"/x.weld\"]}", "yynnn" },
	{ "Install", "{\"files\": [\"/x.weld\"], \"dry_run\": true}", "yynnn" },
	{ "Install", "{\"may_downgrade\": true}", "yyynn" },
	{ "Install", "{\"may_downgrade\": true, \"dry_run\": true}", "yyyyy" },
	{ "Remove", "{}", "yyynn" },
	{ "Autoremove", "{}", "yyynn" },
	{ "Upgrade", "{}", "yyynn" },
	{ "Upgrade", "{\"full\": true}", "yyynn" },
	{ "Rollback", "{}", "yyynn" },
	{ "Update", "{}", "yynyn" },
	{ "Update", "{\"dry_run\": true}", "yynyn" },
	{ "Mark", "{}", "yynnn" },
	{ "Apply", "{}", "yynnn" },
	{ "Relink", "{}", "yynnn" },
	{ "Improve", "{}", "yynnn" },
	{ "ImproveStop", "{}", "yynnn" },
	{ "ConfigMerge", "{}", "yynnn" },
	{ "Repair", "{\"dry_run\": true}", "yynnn" },
	{ "Verify", "{}", "yynnn" },
	{ "Gc", "{}", "yynnn" },
	{ "Gc", "{\"dry_run\": true}", "yynnn" },
	{ "PolicySet", "{\"dry_run\": true}", "yynnn" },
	{ "RepoAdd", "{}", "yynnn" },
	{ "RepoRemove", "{}", "yynnn" },
	{ "RepoEnable", "{}", "yynnn" },
	{ "RepoPriority", "{}", "yynnn" },
	{ "RepoLower", "{}", "nnnnn" },
	{ "ImageRoot", "{}", "nnnnn" },
	{ "Debug", "{}", "nnnnn" },
};

static const struct {
	const char *name;
	const char *text;
	int code;
} bad_rules[] = {
	{ "no UCL", "allow {", ERR_FORMAT },
	{ "another key", "deny { verbs = [read]; users = [1] }", ERR_FORMAT },
	{ "another member", "allow { verbs = [read]; users = [1]; hosts = [x] }", ERR_FORMAT },
	{ "no such verb", "allow { verbs = [reed]; users = [1] }", ERR_FORMAT },
	{ "every verb", "allow { verbs = [\"*\"]; users = [1] }", ERR_FORMAT },
	{ "local files", "allow { verbs = [local-files]; users = [1] }", ERR_FORMAT },
	{ "no verbs", "allow { users = [1] }", ERR_FORMAT },
	{ "nobody", "allow { verbs = [read] }", ERR_FORMAT },
	{ "a negative user", "allow { verbs = [read]; users = [-1] }", ERR_FORMAT },
	{ "a user that is none", "allow { verbs = [read]; users = [nobody-of-this-name] }",
		ERR_NOT_FOUND },
	{ "a group that is none", "allow { verbs = [read]; groups = [nobody-of-this-name] }",
		ERR_NOT_FOUND },
	{ "a proxy that is no section", "proxy = \"http://p:1\"", ERR_FORMAT },
	{ "a proxy without a scheme", "proxy { http = \"p:1\" }", ERR_FORMAT },
	{ "a proxy without a host", "proxy { https = \"http://\" }", ERR_FORMAT },
	{ "a proxy with a line break", "proxy { http = \"http://p:1\\nX\" }", ERR_FORMAT },
	{ "another proxy", "proxy { ftp = \"http://p:1\" }", ERR_FORMAT },
	{ "exceptions in one text", "proxy { except = \"a,b\" }", ERR_FORMAT },
	{ "two exceptions in one", "proxy { except = [\"a,b\"] }", ERR_FORMAT },
	{ "a password for all to read", "proxy { http = \"http://u:p@h:1\" }", ERR_IO },
	{ "a group for all", "allow { verbs = [read]; groups = [\"*\"] }", ERR_NOT_FOUND },
};

static void
write_rules(const char *path, const char *text, mode_t mode)
{
	(void)unlink(path);
	if (file_create(AT_FDCWD, path, text, strlen(text), mode) < 0 || chmod(path, mode) < 0)
		tap_bail("%s", err_message());
}

static void
test_decisions(const char *path)
{
	const struct peer callers[CALLERS] = { { .uid = geteuid() }, { .uid = 0 },
		{ .uid = 71000, .gid = 71000 },
		{ .uid = 72000, .gid = 72000, .groups = staff, .group_count = 2 },
		{ .uid = 73000, .gid = 70002, .groups = staff, .group_count = 1 } };
	struct access *access = NULL;

	write_rules(path, rules, 0644);
	if (access_read(path, &access) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < sizeof decisions / sizeof decisions[0]; i++) {
		const struct decision *row = &decisions[i];
		json_t *parameters AUTO(json_release) = json_loads(row->parameters, 0, NULL);
		char name[128];
		const struct method *method = NULL;

		snprintf(name, sizeof name, PKGD_INTERFACE "%s", row->method);
		if (method_find(name, &method) < 0)
			tap_bail("%s", err_message());
		for (int k = 0; k < CALLERS; k++) {
			const char *verb = NULL;
			bool may = access_check(
					   access, &callers[k], method, parameters, &verb) >= 0;

			tap_ok(may == (row->may[k] == 'y'), "bug class 26: %s %s: %s %s",
				row->method, row->parameters, caller_names[k],
				row->may[k] == 'y' ? "may" : "may not");
		}
	}
	tap_ok(!access_allows(access, &callers[MEMBER], "no-such-verb"),
		"a verb that no rule names is nobody's");
	access_free(&access);
}

/* Every verb that a method asks for can be given. */
static void
test_verbs(const char *path)
{
	const struct peer guest = { .uid = 73000, .gid = 73000 };
	const struct method *method;

	for (size_t i = 0; (method = method_at(i)) != NULL; i++) {
		struct access *access = NULL;
		char text[128];

		if (method->verb[0] == '\0')
			continue;
		snprintf(text, sizeof text, "allow { verbs = [%s]; users = [73000] }\n",
			method->verb);
		write_rules(path, text, 0644);
		tap_ok(access_read(path, &access) >= 0 &&
				access_allows(access, &guest, method->verb),
			"%s: a rule can give the verb %s", method->name, method->verb);
		access_free(&access);
	}
}

static void
test_files(struct arena *arena, const char *path)
{
	const struct peer guest = { .uid = 73000, .gid = 73000 };
	struct access *access = NULL;

	for (size_t i = 0; i < sizeof bad_rules / sizeof bad_rules[0]; i++) {
		write_rules(path, bad_rules[i].text, 0644);
		tap_is_number(access_read(path, &access), bad_rules[i].code, "%s: refused",
			bad_rules[i].name);
		tap_ok(strstr(err_message(), path) != NULL, "%s: the file is named",
			bad_rules[i].name);
	}
	write_rules(path, rules, 0664);
	tap_is_number(
		access_read(path, &access), ERR_IO, "rules that others can write: refused");
	(void)unlink(path);
	tap_is_number(access_read(path, &access), 0, "no rules");
	tap_ok(access_allows(access, &guest, "read") &&
			!access_allows(access, &guest, "install"),
		"everybody reads, and nobody else changes");
	access_free(&access);
	write_rules(path, "", 0644);
	tap_is_number(access_read(path, &access), 0, "an empty file");
	tap_ok(!access_allows(access, &guest, "read"), "allows nothing");
	access_free(&access);
	(void)arena;
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *parent = getenv("TMPDIR") == NULL ? "/tmp" : getenv("TMPDIR");
	char *directory;
	const char *path;

	if (file_temp_dir(arena, parent, &directory) < 0)
		tap_bail("%s", err_message());
	path = arena_printf(arena, "%s/rules", directory);
	test_decisions(path);
	test_verbs(path);
	test_files(arena, path);
	file_remove_tree(AT_FDCWD, directory);
	return tap_done();
}
