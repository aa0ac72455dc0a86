/* SPDX-License-Identifier: MIT */
/*
 * One function a kind reads its members, another writes them. declared_read() writes what it
 * read and compares: a member that no reader knows, an order that no writer makes and a default
 * that is spelled out are refused all at once.
 */
#include "repo/declared.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/manifest.h"
#include "repo/relation.h"

#include <string.h>

#define TEXT_MAX 1024 /* bytes, of an argument, pattern or shell */
#define LIST_MAX 64 /* elements */
#define SET(object, key, value) json_object_set_new((object), (key), (value))

static const char *const restart_names[] = { "no", "on-failure", "always" };

bool
declared_is_account(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= DECLARED_ACCOUNT_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == length &&
	       strchr("0123456789-", name[0]) == NULL;
}

char *
declared_service_path(struct arena *arena, const char *name, enum declared_service_file file)
{
	static const char *const names[] = {
		[DECLARED_RUN] = "run",
		[DECLARED_FINISH] = "finish",
		[DECLARED_LOG] = "log/run",
		[DECLARED_DOWN] = "down",
	};

	if (file == DECLARED_UNIT)
		return arena_printf(arena, "lib/systemd/system/%s.service", name);
	return arena_printf(arena, "etc/services/%s/%s", name, names[file]);
}

struct manifest_list
declared_paths(struct arena *arena, const struct declared *declared)
{
	size_t room =
		declared->trigger_count + declared->service_count * DECLARED_SERVICE_FILES + 1;
	struct manifest_list list = { .at = arena_array(arena, room, sizeof *list.at) };

	for (size_t i = 0; i < declared->trigger_count; i++)
		list.at[list.len++] = arena_string(arena, declared->triggers[i].output);
	for (size_t i = 0; i < declared->service_count; i++)
		for (int k = 0; k < DECLARED_SERVICE_FILES; k++)
			list.at[list.len++] = declared_service_path(arena,
				declared->services[i].name, (enum declared_service_file)k);
	return list;
}

static int
need_account(const char *key, const char *name)
{
	if (name == NULL || declared_is_account(name))
		return 0;
	return err_set(ERR_FORMAT,
		"member \"%s\": \"%.100s\" is not a name of an account (a-z 0-9 _ -, at most "
		"%d)",
		key, name, DECLARED_ACCOUNT_MAX);
}

static int
need_path(const char *key, const char *path, bool is_state)
{
	if (path == NULL)
		return 0;
	if (!manifest_is_path(path))
		return err_set(ERR_FORMAT,
			"member \"%s\": \"%.200s\" is not a path below the prefix", key, path);
	if (is_state != str_has_prefix(path, "var/"))
		return err_set(ERR_FORMAT, "member \"%s\": \"%s\" is %s", key, path,
			is_state ? "not below var/" : "below var/, where weld makes no files");
	return 0;
}

/* A member that need not be there; NULL without it. */
static int
get_optional(struct arena *arena, const json_t *object, const char *key, const char **ret_text)
{
	*ret_text = NULL;
	if (json_object_get(object, key) == NULL)
		return 0;
	return json_get_text(arena, object, key, TEXT_MAX, ret_text);
}

static int
get_account(struct arena *arena, const json_t *object, const char *key, const char **ret_name)
{
	TRY(get_optional(arena, object, key, ret_name));
	return need_account(key, *ret_name);
}

static int
get_list(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	TRY(json_get_strings(arena, object, key, &ret_list->at, &ret_list->len));
	if (ret_list->len > LIST_MAX)
		return err_set(
			ERR_LIMIT, "member \"%s\" has more than %d elements", key, LIST_MAX);
	for (size_t i = 0; i < ret_list->len; i++) {
		const char *text = ret_list->at[i];

		if (*text == '\0' || strlen(text) > TEXT_MAX)
			return err_set(
				ERR_FORMAT, "member \"%s\": an empty or too long string", key);
		for (const char *c = text; *c != '\0'; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				return err_set(
					ERR_FORMAT, "member \"%s\": a control character", key);
	}
	return 0;
}

static int
check_sorted(const char *key, const struct manifest_list *list)
{
	for (size_t i = 1; i < list->len; i++)
		if (strcmp(list->at[i - 1], list->at[i]) >= 0)
			return err_set(ERR_FORMAT,
				"member \"%s\" is not sorted, or %s is twice", key,
				list->at[i]);
	return 0;
}

/* Each placeholder is one that will be filled in, so that a typing error is not an argument. */
static int
check_arguments(const struct manifest_list *arguments, bool has_files)
{
	for (size_t i = 0; i < arguments->len; i++) {
		const char *at = arguments->at[i];

		if (has_files && strcmp(at, DECLARED_FILES) == 0)
			continue;
		while ((at = strpbrk(at, "{}")) != NULL) {
			if (!str_has_prefix(at, DECLARED_PREFIX))
				return err_set(ERR_FORMAT,
					"member \"arguments\": \"%s\": in braces there "
					"is " DECLARED_PREFIX "%s",
					arguments->at[i],
					has_files ? ", or " DECLARED_FILES
						    " as a whole argument"
						  : " only");
			at += strlen(DECLARED_PREFIX);
		}
	}
	return 0;
}

/* A name without a series: what follows "@" would be a unit's instance to a service manager. */
static bool
is_name(const char *text)
{
	return relation_is_name(text) && strchr(text, '@') == NULL;
}

static int
get_name(struct arena *arena, const json_t *object, const char **ret_name)
{
	TRY(json_get_text(arena, object, "name", RELATION_NAME_MAX, ret_name));
	if (!is_name(*ret_name))
		return err_set(ERR_FORMAT, "\"%s\" is not a name (a-z 0-9 + . _ -)", *ret_name);
	return 0;
}

static int
get_id(const json_t *object, uint64_t *ret_id)
{
	*ret_id = 0;
	if (json_object_get(object, "id") == NULL)
		return 0;
	TRY(json_get_size(object, "id", DECLARED_ID_MAX, ret_id));
	return *ret_id == 0 ? err_set(ERR_FORMAT, "member \"id\" is 0, which is root's") : 0;
}

static int
get_program(struct arena *arena, const json_t *object, const char **ret_path)
{
	TRY(json_get_text(arena, object, "program", TEXT_MAX, ret_path));
	return need_path("program", *ret_path, false);
}

static int
read_trigger(struct arena *arena, const json_t *object, void *item)
{
	struct declared_trigger *trigger = item;

	TRY(get_name(arena, object, &trigger->name));
	TRY(get_program(arena, object, &trigger->program));
	TRY(get_list(arena, object, "arguments", &trigger->arguments));
	TRY(check_arguments(&trigger->arguments, true));
	TRY(get_list(arena, object, "patterns", &trigger->patterns));
	if (trigger->patterns.len == 0)
		return err_set(ERR_FORMAT, "member \"patterns\" is empty");
	TRY(json_get_text(arena, object, "output", TEXT_MAX, &trigger->output));
	return need_path("output", trigger->output, false);
}

static int
read_group(struct arena *arena, const json_t *object, void *item)
{
	struct declared_group *group = item;

	TRY(json_get_text(arena, object, "name", TEXT_MAX, &group->name));
	TRY(need_account("name", group->name));
	return get_id(object, &group->id);
}

static int
read_user(struct arena *arena, const json_t *object, void *item)
{
	struct declared_user *user = item;

	TRY(json_get_text(arena, object, "name", TEXT_MAX, &user->name));
	TRY(need_account("name", user->name));
	TRY(get_id(object, &user->id));
	TRY(get_account(arena, object, "group", &user->group));
	TRY(get_list(arena, object, "groups", &user->groups));
	TRY(check_sorted("groups", &user->groups));
	for (size_t i = 0; i < user->groups.len; i++)
		TRY(need_account("groups", user->groups.at[i]));
	TRY(get_optional(arena, object, "home", &user->home));
	TRY(need_path("home", user->home, true));
	TRY(get_optional(arena, object, "shell", &user->shell));
	if (user->shell != NULL &&
		(user->shell[0] != '/' || !manifest_is_path(user->shell + 1) ||
			strchr(user->shell, ':') != NULL))
		return err_set(ERR_FORMAT, "member \"shell\": \"%s\" is not an absolute path",
			user->shell);
	TRY(get_optional(arena, object, "comment", &user->comment));
	if (user->comment == NULL)
		user->comment = "";
	if (strchr(user->comment, ':') != NULL ||
		(user->home != NULL && strchr(user->home, ':') != NULL))
		return err_set(ERR_FORMAT, "a colon cannot stand in /etc/passwd");
	return 0;
}

static int
read_directory(struct arena *arena, const json_t *object, void *item)
{
	struct declared_directory *directory = item;
	uint64_t mode;

	TRY(json_get_text(arena, object, "path", TEXT_MAX, &directory->path));
	TRY(need_path("path", directory->path, true));
	if (strchr(directory->path, ':') != NULL)
		return err_set(ERR_FORMAT, "member \"path\": a colon, which divides lists");
	TRY(json_get_size(object, "mode", 01777, &mode));
	directory->mode = (unsigned)mode;
	TRY(get_account(arena, object, "user", &directory->user));
	return get_account(arena, object, "group", &directory->group);
}

static int
read_restart(const json_t *object, enum declared_restart *ret_restart)
{
	const char *text = NULL;

	TRY(json_get_string(object, "restart", &text));
	for (int i = 0; i < 3; i++)
		if (strcmp(text, restart_names[i]) == 0) {
			*ret_restart = (enum declared_restart)i;
			return 0;
		}
	return err_set(ERR_FORMAT,
		"member \"restart\": \"%.40s\" is not one of no, on-failure, always", text);
}

/* A path that stands in the files of service managers, where quotes and such mean something. */
static int
need_plain(const char *key, const char *path)
{
	size_t plain = strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+@-");

	if (path[plain] == '\0')
		return 0;
	return err_set(ERR_FORMAT,
		"member \"%s\": \"%s\": of a service, letters, digits and / "
		". _ + @ - only",
		key, path);
}

/* A service manager has no "+" in names. */
static int
need_service(const char *name)
{
	if (is_name(name) && strchr(name, '+') == NULL)
		return 0;
	return err_set(ERR_FORMAT, "\"%s\" is not a name of a service (a-z 0-9 . _ -)", name);
}

static int
get_services(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	TRY(get_list(arena, object, key, ret_list));
	TRY(check_sorted(key, ret_list));
	for (size_t i = 0; i < ret_list->len; i++)
		TRY(err_context(need_service(ret_list->at[i]), "member \"%s\"", key));
	return 0;
}

static int
read_service(struct arena *arena, const json_t *object, void *item)
{
	struct declared_service *service = item;

	TRY(get_name(arena, object, &service->name));
	TRY(need_service(service->name));
	TRY(get_program(arena, object, &service->program));
	TRY(need_plain("program", service->program));
	TRY(get_list(arena, object, "arguments", &service->arguments));
	TRY(check_arguments(&service->arguments, false));
	TRY(get_account(arena, object, "user", &service->user));
	TRY(read_restart(object, &service->restart));
	TRY(get_services(arena, object, "after", &service->after));
	TRY(get_services(arena, object, "needs", &service->needs));
	TRY(get_list(arena, object, "state", &service->state));
	TRY(check_sorted("state", &service->state));
	for (size_t i = 0; i < service->state.len; i++) {
		TRY(need_path("state", service->state.at[i], true));
		TRY(need_plain("state", service->state.at[i]));
	}
	if (json_object_get(object, "unconfined") != NULL)
		TRY(json_get_bool(object, "unconfined", &service->is_unconfined));
	return 0;
}

static json_t *
from_list(const struct manifest_list *list)
{
	return json_from_strings(list->at, list->len);
}

static void
set_list(json_t *object, const char *key, const struct manifest_list *list)
{
	if (list->len > 0)
		SET(object, key, from_list(list));
}

static void
set_text(json_t *object, const char *key, const char *text)
{
	if (text != NULL && *text != '\0')
		SET(object, key, json_string(text));
}

static void
set_id(json_t *object, uint64_t id)
{
	if (id != 0)
		SET(object, "id", json_integer((json_int_t)id));
}

static json_t *
write_trigger(const void *item)
{
	const struct declared_trigger *trigger = item;
	json_t *object = json_object();

	set_text(object, "name", trigger->name);
	set_text(object, "program", trigger->program);
	set_list(object, "arguments", &trigger->arguments);
	set_list(object, "patterns", &trigger->patterns);
	set_text(object, "output", trigger->output);
	return object;
}

static json_t *
write_group(const void *item)
{
	const struct declared_group *group = item;
	json_t *object = json_object();

	set_text(object, "name", group->name);
	set_id(object, group->id);
	return object;
}

static json_t *
write_user(const void *item)
{
	const struct declared_user *user = item;
	json_t *object = json_object();

	set_text(object, "name", user->name);
	set_id(object, user->id);
	set_text(object, "group", user->group);
	set_list(object, "groups", &user->groups);
	set_text(object, "home", user->home);
	set_text(object, "shell", user->shell);
	set_text(object, "comment", user->comment);
	return object;
}

static json_t *
write_directory(const void *item)
{
	const struct declared_directory *directory = item;
	json_t *object = json_object();

	set_text(object, "path", directory->path);
	SET(object, "mode", json_integer((json_int_t)directory->mode));
	set_text(object, "user", directory->user);
	set_text(object, "group", directory->group);
	return object;
}

static json_t *
write_service(const void *item)
{
	const struct declared_service *service = item;
	json_t *object = json_object();

	set_text(object, "name", service->name);
	set_text(object, "program", service->program);
	set_list(object, "arguments", &service->arguments);
	set_text(object, "user", service->user);
	SET(object, "restart", json_string(restart_names[service->restart]));
	set_list(object, "after", &service->after);
	set_list(object, "needs", &service->needs);
	set_list(object, "state", &service->state);
	if (service->is_unconfined)
		SET(object, "unconfined", json_true());
	return object;
}

static const struct kind {
	const char *member;
	const char *key; /* that a list is sorted by */
	size_t size; /* bytes, of an item */
	size_t list; /* where in struct declared the list stands, */
	size_t count; /* and its length */
	int (*read)(struct arena *arena, const json_t *object, void *item);
	json_t *(*write)(const void *item);
} kinds[] = {
#define KIND(word, plural, key)                                                            \
	{                                                                                  \
#plural, key, sizeof(struct declared_##word),                              \
			offsetof(struct declared, plural),                                 \
			offsetof(struct declared, word##_count), read_##word, write_##word \
	}
	KIND(trigger, triggers, "name"),
	KIND(group, groups, "name"),
	KIND(user, users, "name"),
	{ "directories", "path", sizeof(struct declared_directory),
		offsetof(struct declared, directories),
		offsetof(struct declared, directory_count), read_directory, write_directory },
	KIND(service, services, "name"),
#undef KIND
};

#define KIND_COUNT (sizeof kinds / sizeof *kinds)

static char *
items_of(const struct declared *declared, const struct kind *kind, size_t *ret_count)
{
	char *items;

	memcpy(&items, (const char *)declared + kind->list, sizeof items);
	memcpy(ret_count, (const char *)declared + kind->count, sizeof *ret_count);
	return items;
}

/* The key of an item, which read() has found to be there. */
static const char *
key_of(const json_t *array, size_t i, const struct kind *kind)
{
	return json_string_value(json_object_get(json_array_get(array, i), kind->key));
}

static int
read_kind(struct arena *arena, const json_t *array, const struct kind *kind,
	struct declared *declared)
{
	size_t count = json_array_size(array);
	char *items = arena_array(arena, count + 1, kind->size);

	if (!json_is_array(array) || count == 0)
		return err_set(ERR_FORMAT, "member \"%s\" is empty or no list", kind->member);
	if (count > DECLARED_MAX)
		return err_set(ERR_LIMIT, "member \"%s\" has more than %d elements",
			kind->member, DECLARED_MAX);
	for (size_t i = 0; i < count; i++) {
		const json_t *object = json_array_get(array, i);
		const char *name = key_of(array, i, kind);

		TRY(err_context(kind->read(arena, object, items + i * kind->size), "%s: %.64s",
			kind->member, name == NULL ? "(without a name)" : name));
		if (i > 0 && strcmp(key_of(array, i - 1, kind), name) >= 0)
			return err_set(ERR_FORMAT,
				"member \"%s\" is not sorted, or %s is twice", kind->member,
				name);
	}
	memcpy((char *)declared + kind->list, &items, sizeof items);
	memcpy((char *)declared + kind->count, &count, sizeof count);
	return 0;
}

/* Find the member of a member that is not what reading and writing gives. */
static int
check_again(const json_t *array, const struct kind *kind, const struct declared *declared)
{
	size_t count;
	const char *items = items_of(declared, kind, &count);

	for (size_t i = 0; i < count; i++) {
		json_t *object = json_array_get(array, i);
		json_t *again AUTO(json_release) = kind->write(items + i * kind->size);
		const char *key;
		json_t *value;

		json_object_foreach(object, key,
			value) if (!json_equal(value, json_object_get(again,
							      key))) return err_set(ERR_FORMAT,
			"%s: %s: member \"%.64s\" is not known, or says "
			"nothing (leave it out)",
			kind->member, key_of(array, i, kind), key);
	}
	return 0;
}

static bool
has_user(const struct declared *declared, const char *name)
{
	for (size_t i = 0; i < declared->user_count; i++)
		if (strcmp(declared->users[i].name, name) == 0)
			return true;
	return false;
}

static bool
has_directory(const struct declared *declared, const char *path)
{
	for (size_t i = 0; i < declared->directory_count; i++)
		if (strcmp(declared->directories[i].path, path) == 0)
			return true;
	return false;
}

/* Who a service runs as, and where it writes, is there when the package is. */
static int
check_service(const struct declared *declared, const struct declared_service *service)
{
	if (service->user != NULL && !has_user(declared, service->user))
		return err_set(ERR_FORMAT, "services: %s: user %s is not among \"users\"",
			service->name, service->user);
	for (size_t i = 0; i < service->state.len; i++)
		if (!has_directory(declared, service->state.at[i]))
			return err_set(ERR_FORMAT,
				"services: %s: state %s is not among \"directories\"",
				service->name, service->state.at[i]);
	return 0;
}

int
declared_read(struct arena *arena, const json_t *object, struct declared *ret_declared)
{
	struct declared declared = { 0 };

	for (size_t i = 0; i < KIND_COUNT; i++) {
		const json_t *array = json_object_get(object, kinds[i].member);

		if (array == NULL)
			continue;
		TRY(read_kind(arena, array, &kinds[i], &declared));
		TRY(check_again(array, &kinds[i], &declared));
	}
	for (size_t i = 0; i < declared.service_count; i++)
		TRY(check_service(&declared, &declared.services[i]));
	*ret_declared = declared;
	return 0;
}

void
declared_write(const struct declared *declared, json_t *object)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		size_t count;
		const char *items = items_of(declared, &kinds[i], &count);
		json_t *array;

		if (count == 0)
			continue;
		array = json_array();
		for (size_t j = 0; j < count; j++)
			json_array_append_new(array, kinds[i].write(items + j * kinds[i].size));
		SET(object, kinds[i].member, array);
	}
}

bool
declared_equal(const struct declared *a, const struct declared *b)
{
	json_t *left AUTO(json_release) = json_object();
	json_t *right AUTO(json_release) = json_object();

	declared_write(a, left);
	declared_write(b, right);
	return json_equal(left, right);
}

bool
declared_is_empty(const struct declared *declared)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		size_t count;

		(void)items_of(declared, &kinds[i], &count);
		if (count > 0)
			return false;
	}
	return true;
}
