/* SPDX-License-Identifier: MIT */
/*
 * Rules are read once, names resolved then: a decision looks at numbers only. Paths that a caller
 * names would be opened with this process's rights and not with his, and a package file is
 * believed because the root's owner says so: both are for the owner alone, and no rule changes that.
 */
#include "pkgd/server/access.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/ucl.h"
#include "base/vec.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 << 10) /* bytes */

struct rule {
	char **verbs;
	size_t verb_count;
	bool is_for_all;
	VEC(uid_t) users;
	VEC(gid_t) groups;
};

struct access {
	struct arena *arena;
	VEC(struct rule) rules;
	struct proxy proxy;
};

/* What a parameter asks for beside its method's own verb. */
static const struct {
	const char *method;
	const char *parameter;
	const char *verb;
} besides[] = {
	{ "Install", "files", ACCESS_LOCAL_FILES },
	{ "Install", "may_downgrade", "rollback" },
	{ "Upgrade", "full", "rollback" },
	{ "Upgrade", "full", "remove" },
	{ "Audit", "advisories", ACCESS_LOCAL_FILES },
	{ "Audit", "waivers", ACCESS_LOCAL_FILES },
	{ "Sbom", "files", ACCESS_LOCAL_FILES },
};

/* That of a method which is served, or the one for ending what others began. */
static bool
is_verb(const char *text)
{
	const struct method *method;

	for (size_t i = 0; (method = method_at(i)) != NULL; i++)
		if (text[0] != '\0' && strcmp(method->verb, text) == 0)
			return true;
	return strcmp(text, "cancel") == 0;
}

static int
read_verbs(struct access *access, const json_t *json, struct rule *rule)
{
	TRY(json_get_strings(access->arena, json, "verbs", &rule->verbs, &rule->verb_count));
	for (size_t i = 0; i < rule->verb_count; i++) {
		if (strcmp(rule->verbs[i], ACCESS_LOCAL_FILES) == 0)
			return err_set(ERR_FORMAT, "verb " ACCESS_LOCAL_FILES
						   ": only the owner of the root has it");
		if (!is_verb(rule->verbs[i]))
			return err_set(ERR_FORMAT, "%s: no such verb (see weld-pkgd.conf(5))",
				rule->verbs[i]);
	}
	return rule->verb_count > 0 ? 0 : err_set(ERR_FORMAT, "no verbs");
}

/* A user or group, by name or by number. */
static int
read_id(const json_t *value, const char *what, bool is_group, uint32_t *ret_id)
{
	const char *name = json_string_value(value);
	json_int_t number = json_integer_value(value);

	if (json_is_integer(value) && number >= 0 && number < UINT32_MAX) {
		*ret_id = (uint32_t)number;
		return 0;
	}
	if (name == NULL)
		return err_set(ERR_FORMAT, "%s: neither a name nor a number", what);
	if (is_group) {
		const struct group *group = getgrnam(name);

		if (group != NULL)
			*ret_id = group->gr_gid;
		return group != NULL ? 0 : err_set(ERR_NOT_FOUND, "%s: no such group", name);
	}
	const struct passwd *user = getpwnam(name);

	if (user != NULL)
		*ret_id = user->pw_uid;
	return user != NULL ? 0 : err_set(ERR_NOT_FOUND, "%s: no such user", name);
}

static int
read_callers(struct access *access, const json_t *json, struct rule *rule)
{
	const json_t *users = json_object_get(json, "users");
	const json_t *groups = json_object_get(json, "groups");
	uint32_t id;

	if ((users != NULL && !json_is_array(users)) ||
		(groups != NULL && !json_is_array(groups)))
		return err_set(ERR_FORMAT, "users, groups: not a list");
	for (size_t i = 0; i < json_array_size(users); i++) {
		const json_t *user = json_array_get(users, i);

		if (json_is_string(user) && strcmp(json_string_value(user), "*") == 0) {
			rule->is_for_all = true;
			continue;
		}
		TRY(read_id(user, "users", false, &id));
		vec_push(access->arena, &rule->users, id);
	}
	for (size_t i = 0; i < json_array_size(groups); i++) {
		TRY(read_id(json_array_get(groups, i), "groups", true, &id));
		vec_push(access->arena, &rule->groups, id);
	}
	if (!rule->is_for_all && rule->users.len + rule->groups.len == 0)
		return err_set(ERR_FORMAT, "for nobody (name users or groups)");
	return 0;
}

static int
read_rule(struct access *access, const json_t *json)
{
	static const char *const known[] = { "verbs", "users", "groups" };
	struct rule rule = { 0 };
	const char *key;
	json_t *value;

	if (!json_is_object(json))
		return err_set(ERR_FORMAT, "not an object");
	json_object_foreach((json_t *)json, key, value)
	{
		bool is_known = false;

		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			is_known = is_known || strcmp(known[i], key) == 0;
		if (!is_known)
			return err_set(ERR_FORMAT, "%s: neither verbs, users nor groups", key);
	}
	TRY(read_verbs(access, json, &rule));
	TRY(read_callers(access, json, &rule));
	vec_push(access->arena, &access->rules, rule);
	return 0;
}

static int
read_rules(struct access *access, const json_t *json)
{
	const json_t *allow = json_object_get(json, "allow");
	const json_t *proxy = json_object_get(json, "proxy");

	if (json_object_size(json) > (size_t)(allow != NULL) + (proxy != NULL))
		return err_set(ERR_FORMAT, "something beside 'allow' and 'proxy'");
	TRY(proxy_read(access->arena, proxy, &access->proxy));
	/* One rule is an object, several are a list of them: UCL's way to repeat a key. */
	if (json_is_object(allow))
		return read_rule(access, allow);
	if (allow != NULL && !json_is_array(allow))
		return err_set(ERR_FORMAT, "allow: not a rule");
	for (size_t i = 0; i < json_array_size(allow); i++)
		TRY(err_context(
			read_rule(access, json_array_get(allow, i)), "rule %zu", i + 1));
	return 0;
}

/* Whoever can write to the file has every right that it can give. */
static int
check_file(int fd, struct stat *ret_info)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return err_errno("status");
	*ret_info = info;
	if (info.st_uid != 0 && info.st_uid != geteuid())
		return err_set(ERR_IO, "belongs to user %u", (unsigned)info.st_uid);
	if (info.st_mode & (S_IWGRP | S_IWOTH))
		return err_set(ERR_IO, "others can write to it (run 'chmod go-w')");
	return 0;
}

static int
read_file(struct access *access, const char *path)
{
	int fd AUTO(file_close) = -1;
	json_t *json AUTO(json_release) = NULL;
	struct stat info = { 0 };
	struct str text;
	int ret = file_open(AT_FDCWD, path, &fd);

	if (ret == ERR_NOT_FOUND) {
		TRY(ucl_read(str_from("allow { verbs = [read]; users = [\"*\"] }"), &json));
		return read_rules(access, json);
	}
	TRY(ret);
	TRY(check_file(fd, &info));
	TRY(file_read_fd(access->arena, fd, FILE_MAX, &text));
	TRY(ucl_read(text, &json));
	TRY(read_rules(access, json));
	if (access->proxy.has_password && (info.st_mode & (S_IRGRP | S_IROTH)))
		return err_set(
			ERR_IO, "has a password, and others can read it (run 'chmod go-r')");
	return 0;
}

int
access_read(const char *path, struct access **ret_access)
{
	struct arena *arena = arena_new();
	struct access *access = ARENA_NEW(arena, struct access);
	int ret;

	access->arena = arena;
	ret = err_context(read_file(access, path), "%s", path);
	if (ret < 0)
		access_free(&access);
	else
		*ret_access = access;
	return ret;
}

void
access_free(struct access **access)
{
	struct arena *arena = *access == NULL ? NULL : (*access)->arena;

	*access = NULL;
	arena_free(&arena);
}

const struct proxy *
access_proxy(const struct access *access)
{
	return &access->proxy;
}

static bool
rule_is_for(const struct rule *rule, const struct peer *peer)
{
	VEC_EACH (const uid_t, user, &rule->users)
		if (*user == peer->uid)
			return true;
	VEC_EACH (const gid_t, group, &rule->groups)
		if (peer_is_in(peer, *group))
			return true;
	return rule->is_for_all;
}

bool
access_allows(const struct access *access, const struct peer *peer, const char *verb)
{
	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	VEC_EACH (const struct rule, rule, &access->rules)
		for (size_t i = 0; i < rule->verb_count; i++)
			if (strcmp(rule->verbs[i], verb) == 0 && rule_is_for(rule, peer))
				return true;
	return false;
}

static bool
is_asked_for(const json_t *value)
{
	return json_is_true(value) || json_array_size(value) > 0;
}

bool
access_is_question(const struct method *method, const json_t *parameters)
{
	return method->kind == METHOD_QUERY ||
	       (method->kind == METHOD_PLANNED &&
		       json_is_true(json_object_get(parameters, "dry_run")));
}

/* A successor that is a file, as the method itself tells it from a version. */
static bool
names_file(const struct method *method, const json_t *parameters)
{
	const char *successor = json_string_value(json_object_get(parameters, "new"));

	return strcmp(method->name, "CanReplace") == 0 && successor != NULL &&
	       (strchr(successor, '/') != NULL || str_has_suffix(successor, ".weld"));
}

int
access_check(const struct access *access, const struct peer *peer, const struct method *method,
	const json_t *parameters, const char **ret_verb)
{
	bool is_question = access_is_question(method, parameters);
	const char *missing = NULL;

	if (method->kind == METHOD_UNKNOWN || method->kind == METHOD_LOCAL)
		missing = method->name;
	else if (!access_allows(access, peer,
			 is_question && method->kind == METHOD_PLANNED ? "read" : method->verb))
		missing = method->verb;
	else if (names_file(method, parameters) &&
		 !access_allows(access, peer, ACCESS_LOCAL_FILES))
		missing = ACCESS_LOCAL_FILES;
	for (size_t i = 0; missing == NULL && i < sizeof besides / sizeof besides[0]; i++) {
		/* A question about a change needs none of the change's rights; a path is one. */
		bool counts = !is_question || strcmp(besides[i].verb, ACCESS_LOCAL_FILES) == 0;

		if (counts && strcmp(besides[i].method, method->name) == 0 &&
			is_asked_for(json_object_get(parameters, besides[i].parameter)) &&
			!access_allows(access, peer, besides[i].verb))
			missing = besides[i].verb;
	}
	if (missing == NULL)
		return 0;
	*ret_verb = missing;
	return err_set(ERR_FAILED, "user %u may not %s here (verb %s; see weld-pkgd.conf(5))",
		(unsigned)peer->uid, method->name, missing);
}
