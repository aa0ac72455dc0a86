/* SPDX-License-Identifier: MIT */
/*
 * Accounts are made by the programs that the system's administrator would use, which hold the lock of
 * the password files and replace them whole. Their arguments are checked names and numbers, as
 * an array. Accounts come first, of all packages: directories may belong to them.
 */
#include "pkgd/accounts.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "base/vec.h"
#include "pkgd/policy.h"
#include "store/store.h"

#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_ROOT "/weld" /* the one whose accounts are the machine's */
#define TOOL_TIMEOUT_MS 60000
#define NO_SHELL "/usr/sbin/nologin"
#define NO_HOME "/nonexistent"
#define IMAGE_NO_SHELL "/bin/false"
#define IMAGE_LIST "accounts" /* below ROOT/state: for etc/rc.accounts of package system */
#define UNNAMED ".weld-new" /* a directory until it is as it is to be */

struct accounts {
	struct state *state;
	bool is_image;
	bool can_make;
	const char *label; /* of the package at hand */
};

typedef VEC(const char *) words;

/* Whether this root's packages may have accounts made, by who is asked. */
static int
begin(struct state *state, bool is_image, struct accounts *ret_accounts)
{
	struct policy policy;
	bool is_wanted;

	TRY(state_policy(state, &policy));
	is_wanted = policy.accounts == POLICY_ACCOUNTS_MAKE ||
		    (policy.accounts == POLICY_ACCOUNTS_AUTO &&
			    strcmp(state->request->root, SYSTEM_ROOT) == 0);
	*ret_accounts = (struct accounts){ .state = state,
		.is_image = is_image,
		.can_make = is_wanted && !is_image && geteuid() == 0 };
	return 0;
}

/* 1. Say what will be done */

static void
warn_missing(const struct accounts *accounts, const char *kind, const char *name)
{
	request_warn(accounts->state->request,
		"%s needs the %s %s, which this machine does not have (make it: %sadd --system "
		"%s)",
		accounts->label, kind, name, kind, name);
}

static void
add_to_plan(
	const struct accounts *accounts, struct plan *plan, const char *kind, const char *name)
{
	if (!accounts->can_make && !accounts->is_image) {
		warn_missing(accounts, kind, name);
		return;
	}
	json_array_append_new(json_object_get(plan->event, "makes"),
		json_pack("{s:s, s:s, s:s}", "kind", kind, "name", name, "package",
			accounts->label));
}

static void
warn_other(const struct accounts *accounts, const char *kind, const char *name,
	const char *what, const char *there, const char *wanted)
{
	request_warn(accounts->state->request,
		"%s: the %s %s is there with another %s (%s, not %s): it stays as it is",
		accounts->label, kind, name, what, there, wanted);
}

static const char *
id_text(const struct accounts *accounts, uint64_t id)
{
	return arena_printf(accounts->state->arena, "%" PRIu64, id);
}

static void
check_group(
	const struct accounts *accounts, struct plan *plan, const struct declared_group *group)
{
	const struct group *there = accounts->is_image ? NULL : getgrnam(group->name);

	if (there == NULL)
		add_to_plan(accounts, plan, "group", group->name);
	else if (group->id != 0 && there->gr_gid != group->id)
		warn_other(accounts, "group", group->name, "id",
			id_text(accounts, there->gr_gid), id_text(accounts, group->id));
}

static const char *
home_in_image(const struct accounts *accounts, const struct declared_user *user)
{
	if (user->home == NULL)
		return NO_HOME;
	return arena_printf(accounts->state->arena, "%s/state/%s",
		store_standing(accounts->state->store), user->home);
}

static const char *
home_of(const struct accounts *accounts, const struct declared_user *user)
{
	if (user->home == NULL)
		return NO_HOME;
	return store_path(accounts->state->arena, accounts->state->store,
		arena_printf(accounts->state->arena, "state/%s", user->home));
}

static void
check_user(const struct accounts *accounts, struct plan *plan, const struct declared_user *user)
{
	const struct passwd *there = accounts->is_image ? NULL : getpwnam(user->name);

	if (there == NULL)
		add_to_plan(accounts, plan, "user", user->name);
	else if (user->id != 0 && there->pw_uid != user->id)
		warn_other(accounts, "user", user->name, "id", id_text(accounts, there->pw_uid),
			id_text(accounts, user->id));
	else if (user->home != NULL && strcmp(there->pw_dir, home_of(accounts, user)) != 0)
		warn_other(accounts, "user", user->name, "home", there->pw_dir,
			home_of(accounts, user));
	else if (user->shell != NULL && strcmp(there->pw_shell, user->shell) != 0)
		warn_other(accounts, "user", user->name, "shell", there->pw_shell, user->shell);
}

static const char *
place_of(const struct accounts *accounts, const char *path)
{
	return arena_printf(accounts->state->arena, "state/%s", path);
}

static void
check_directory(const struct accounts *accounts, struct plan *plan,
	const struct declared_directory *directory)
{
	int root = store_root_dir(accounts->state->store);

	if (file_exists(root, place_of(accounts, directory->path)))
		return;
	json_array_append_new(json_object_get(plan->event, "makes"),
		json_pack("{s:s, s:s, s:s}", "kind", "directory", "name", directory->path,
			"package", accounts->label));
	if (directory->user != NULL && !accounts->is_image && geteuid() != 0)
		request_warn(accounts->state->request,
			"%s: %s is to belong to the user %s, and cannot be given away here",
			accounts->label, directory->path, directory->user);
}

int
accounts_check(struct state *state, struct plan *plan, bool is_image)
{
	struct accounts accounts;

	TRY(begin(state, is_image, &accounts));
	json_object_set_new(plan->event, "makes", json_array());
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		const struct declared *declared = plan_declared(package);

		if (package->action == SOLVE_KEPT)
			continue;
		accounts.label = generation_package_label(state->arena, &package->entry);
		for (size_t i = 0; i < declared->group_count; i++)
			check_group(&accounts, plan, &declared->groups[i]);
		for (size_t i = 0; i < declared->user_count; i++)
			check_user(&accounts, plan, &declared->users[i]);
		for (size_t i = 0; i < declared->directory_count; i++)
			check_directory(&accounts, plan, &declared->directories[i]);
	}
	return 0;
}

/* 2. Do it */

static int
run_tool(const struct accounts *accounts, const char *kind, const char *name, words *argv)
{
	struct arena *arena = accounts->state->arena;
	static const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C", NULL };
	struct process process = { .envp = environment, .timeout_ms = TOOL_TIMEOUT_MS };
	struct str output, line;
	int status = 0;

	vec_push(arena, argv, "--");
	vec_push(arena, argv, name);
	vec_push(arena, argv, NULL);
	process.argv = argv->at;
	request_step(accounts->state->request, "%s: %s %s", accounts->label, argv->at[0], name);
	TRY(err_context(process_capture(arena, &process, &status, &output),
		"%s: the %s %s cannot be made", accounts->label, kind, name));
	if (status == 0)
		return 0;
	str_cut(&output, '\n', &line);
	return err_set(ERR_FAILED, "%s: the %s %s cannot be made: " STR_FMT, accounts->label,
		kind, name, STR_ARG(line));
}

static void
add_option(const struct accounts *accounts, words *argv, const char *option, const char *value)
{
	vec_push(accounts->state->arena, argv, option);
	vec_push(accounts->state->arena, argv, value);
}

/* Ask for an id, unless another account has it. */
static void
add_id(const struct accounts *accounts, words *argv, const char *option, uint64_t id,
	const char *owner)
{
	if (id == 0)
		return;
	if (owner == NULL)
		add_option(accounts, argv, option, id_text(accounts, id));
	else
		request_warn(accounts->state->request,
			"%s: the id %" PRIu64 " belongs to %s: another one is taken",
			accounts->label, id, owner);
}

static int
make_group(const struct accounts *accounts, const struct declared_group *group)
{
	const struct group *other;
	words argv = { 0 };

	if (getgrnam(group->name) != NULL)
		return 0;
	vec_push(accounts->state->arena, &argv, "groupadd");
	vec_push(accounts->state->arena, &argv, "--system");
	other = group->id == 0 ? NULL : getgrgid((gid_t)group->id);
	add_id(accounts, &argv, "--gid", group->id, other == NULL ? NULL : other->gr_name);
	return run_tool(accounts, "group", group->name, &argv);
}

/* The group of a user: one that is named, or of the user's own name, there or made with it. */
static void
add_groups(const struct accounts *accounts, const struct declared_user *user, words *argv)
{
	struct arena *arena = accounts->state->arena;
	const char *group = user->group == NULL ? user->name : user->group;
	const char *further = "";

	if (getgrnam(group) != NULL || user->group != NULL)
		add_option(accounts, argv, "--gid", group);
	else
		vec_push(arena, argv, "--user-group");
	for (size_t i = 0; i < user->groups.len; i++)
		further = arena_printf(
			arena, "%s%s%s", further, i == 0 ? "" : ",", user->groups.at[i]);
	if (user->groups.len > 0)
		add_option(accounts, argv, "--groups", further);
}

static int
make_user(const struct accounts *accounts, const struct declared_user *user)
{
	const struct passwd *other;
	words argv = { 0 };

	if (getpwnam(user->name) != NULL)
		return 0;
	vec_push(accounts->state->arena, &argv, "useradd");
	vec_push(accounts->state->arena, &argv, "--system");
	vec_push(accounts->state->arena, &argv, "--no-create-home");
	other = user->id == 0 ? NULL : getpwuid((uid_t)user->id);
	add_id(accounts, &argv, "--uid", user->id, other == NULL ? NULL : other->pw_name);
	add_groups(accounts, user, &argv);
	add_option(accounts, &argv, "--home-dir", home_of(accounts, user));
	add_option(accounts, &argv, "--shell", user->shell == NULL ? NO_SHELL : user->shell);
	if (user->comment[0] != '\0')
		add_option(accounts, &argv, "--comment", user->comment);
	return run_tool(accounts, "user", user->name, &argv);
}

/* Whose a new directory is: ours, where nobody is named or there is no such account. */
static int
give_away(const struct accounts *accounts, const struct declared_directory *directory, int fd)
{
	const struct passwd *user = directory->user == NULL ? NULL : getpwnam(directory->user);
	uid_t uid = user == NULL ? (uid_t)-1 : user->pw_uid;
	gid_t gid = user == NULL ? (gid_t)-1 : user->pw_gid;
	const struct group *group =
		directory->group == NULL ? NULL : getgrnam(directory->group);

	if (geteuid() != 0)
		return 0;
	if (group != NULL)
		gid = group->gr_gid;
	if ((directory->user != NULL && user == NULL) ||
		(directory->group != NULL && group == NULL))
		request_warn(accounts->state->request,
			"%s: %s has not the owner that it is to have, which is not there",
			accounts->label, directory->path);
	if (fchown(fd, uid, gid) < 0)
		return err_errno("%s", directory->path);
	return 0;
}

/* A directory of a name that nobody uses, opened: it is ours and empty, whatever was left there. */
static int
make_unnamed(int parent, int *ret_fd)
{
	struct stat info;

	TRY(file_remove_tree(parent, UNNAMED));
	if (mkdirat(parent, UNNAMED, 0700) < 0)
		return err_errno("%s", UNNAMED);
	TRY(file_open_beneath(parent, UNNAMED, O_RDONLY | O_DIRECTORY, 0, ret_fd));
	if (fstat(*ret_fd, &info) < 0 || info.st_uid != geteuid())
		return err_set(ERR_IO, "somebody else makes directories there");
	return 0;
}

/* Whom it belongs to is known on the machine only, and nobody but root can give it away. */
static bool
is_left_to_machine(const struct accounts *accounts, const struct declared_directory *directory)
{
	return accounts->is_image && (directory->user != NULL || directory->group != NULL);
}

/* It gets its name last: a directory that is there is as it is to be. */
static int
make_directory(const struct accounts *accounts, const struct declared_directory *directory)
{
	const char *place = place_of(accounts, directory->path);
	const char *name = strrchr(place, '/') + 1;
	int root = store_root_dir(accounts->state->store);
	int parent AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	if (file_exists(root, place) || is_left_to_machine(accounts, directory))
		return 0;
	TRY(file_make_dirs_beneath(root,
		arena_copy(accounts->state->arena, place, (size_t)(name - 1 - place)), 0755,
		&parent));
	TRY(make_unnamed(parent, &fd));
	TRY(give_away(accounts, directory, fd));
	if (fchmod(fd, (mode_t)directory->mode) < 0)
		return err_errno("%s", directory->path);
	TRY(file_sync(fd));
	if (renameat(parent, UNNAMED, parent, name) < 0)
		return err_errno("%s", directory->path);
	return file_sync_dir(parent);
}

static int
make_accounts(const struct accounts *accounts, const struct declared *declared)
{
	for (size_t i = 0; i < declared->group_count; i++)
		TRY(make_group(accounts, &declared->groups[i]));
	for (size_t i = 0; i < declared->user_count; i++)
		TRY(make_user(accounts, &declared->users[i]));
	return 0;
}

static void
list_package(
	const struct accounts *accounts, const struct declared *declared, struct strbuf *text)
{
	for (size_t i = 0; i < declared->group_count; i++) {
		const struct declared_group *group = &declared->groups[i];

		strbuf_printf(text, "group:%s:%s\n", group->name,
			group->id == 0 ? "" : id_text(accounts, group->id));
	}
	for (size_t i = 0; i < declared->user_count; i++) {
		const struct declared_user *user = &declared->users[i];

		strbuf_printf(text, "user:%s:%s:%s:", user->name,
			user->id == 0 ? "" : id_text(accounts, user->id),
			user->group == NULL ? user->name : user->group);
		for (size_t k = 0; k < user->groups.len; k++)
			strbuf_printf(text, "%s%s", k == 0 ? "" : " ", user->groups.at[k]);
		strbuf_printf(text, ":%s:%s:%s\n", home_in_image(accounts, user),
			user->shell == NULL ? IMAGE_NO_SHELL : user->shell, user->comment);
	}
	for (size_t i = 0; i < declared->directory_count; i++) {
		const struct declared_directory *directory = &declared->directories[i];

		if (is_left_to_machine(accounts, directory))
			strbuf_printf(text, "directory:%o:%s:%s:%s/state/%s\n", directory->mode,
				directory->user == NULL ? "" : directory->user,
				directory->group == NULL ? "" : directory->group,
				store_standing(accounts->state->store), directory->path);
	}
}

/*
 * An image gets a list: its machine makes what is missing there when it starts. Its password files are the machine's own
 * from the first start on, so that what is written into those of an image would reach no machine that was started before.
 */
static int
list_for_image(struct accounts *accounts, const struct plan *plan)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	VEC_EACH (const struct plan_package, package, &plan->packages)
		list_package(accounts, plan_declared(package), &text);
	return file_replace(store_root_dir(accounts->state->store), "state/" IMAGE_LIST,
		strbuf_string(&text), text.len, 0644);
}

int
accounts_make(struct state *state, const struct plan *plan, bool is_image)
{
	struct accounts accounts;

	TRY(begin(state, is_image, &accounts));
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		accounts.label = generation_package_label(state->arena, &package->entry);
		if (accounts.can_make && package->action != SOLVE_KEPT)
			TRY(make_accounts(&accounts, plan_declared(package)));
	}
	if (is_image)
		TRY(list_for_image(&accounts, plan));
	/* From here on there is whom directories can belong to. */
	VEC_EACH (const struct plan_package, package, &plan->packages) {
		const struct declared *declared = plan_declared(package);

		accounts.label = generation_package_label(state->arena, &package->entry);
		for (size_t i = 0;
			package->action != SOLVE_KEPT && i < declared->directory_count; i++)
			TRY(err_context(make_directory(&accounts, &declared->directories[i]),
				"%s: directory %s", accounts.label,
				declared->directories[i].path));
	}
	return 0;
}
