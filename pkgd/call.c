/* SPDX-License-Identifier: MIT */
/*
 * From a request to the function that answers it: read what all methods have
 * in common, look the method up, run it, hand back its reply or its failure.
 */
#include "pkgd/protocol.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/methods.h"
#include "pkgd/request.h"

#include <string.h>

#define WAIT_MAX_S 86400 /* seconds */

static const struct method methods[] = {
	{ "GetInfo", method_get_info, "read", METHOD_QUERY },
	{ "Install", method_install, "install", METHOD_PLANNED },
	{ "Remove", method_remove, "remove", METHOD_PLANNED },
	{ "Autoremove", method_autoremove, "remove", METHOD_PLANNED },
	{ "Upgrade", method_upgrade, "upgrade", METHOD_PLANNED },
	{ "Mark", method_mark, "mark", METHOD_PLANNED },
	{ "Relink", method_relink, "relink", METHOD_PLANNED },
	{ "Apply", method_apply, "apply", METHOD_PLANNED },
	{ "RunRoot", method_run_root, "", METHOD_LOCAL },
	{ "ConfigList", method_config_list, "read", METHOD_QUERY },
	{ "ConfigMerge", method_config_merge, "config", METHOD_CHANGE },
	{ "List", method_list, "read", METHOD_QUERY },
	{ "Search", method_search, "read", METHOD_QUERY },
	{ "Info", method_info, "read", METHOD_QUERY },
	{ "Files", method_files, "read", METHOD_QUERY },
	{ "Owns", method_owns, "read", METHOD_QUERY },
	{ "Provides", method_provides, "read", METHOD_QUERY },
	{ "Why", method_why, "read", METHOD_QUERY },
	{ "Tree", method_tree, "read", METHOD_QUERY },
	{ "Leaves", method_leaves, "read", METHOD_QUERY },
	{ "Graph", method_graph, "read", METHOD_QUERY },
	{ "Audit", method_audit, "read", METHOD_QUERY },
	{ "Symbols", method_symbols, "read", METHOD_QUERY },
	{ "Binds", method_binds, "read", METHOD_QUERY },
	{ "WhyNot", method_why_not, "read", METHOD_QUERY },
	{ "CanReplace", method_can_replace, "read", METHOD_QUERY },
	{ "Slots", method_slots, "read", METHOD_QUERY },
	{ "Debug", method_debug, "", METHOD_LOCAL },
	{ "Improve", method_improve, "improve", METHOD_BACKGROUND },
	{ "ImproveStatus", method_improve_status, "read", METHOD_QUERY },
	{ "ImproveStop", method_improve_stop, "improve", METHOD_QUERY },
	{ "History", method_history, "read", METHOD_QUERY },
	{ "Generations", method_generations, "read", METHOD_QUERY },
	{ "Rollback", method_rollback, "rollback", METHOD_PLANNED },
	{ "Diff", method_diff, "read", METHOD_QUERY },
	{ "RepoAdd", method_repo_add, "repo", METHOD_CHANGE },
	{ "RepoList", method_repo_list, "read", METHOD_QUERY },
	{ "RepoRemove", method_repo_remove, "repo", METHOD_CHANGE },
	{ "RepoEnable", method_repo_enable, "repo", METHOD_CHANGE },
	{ "RepoPriority", method_repo_priority, "repo", METHOD_CHANGE },
	{ "Update", method_update, "update", METHOD_CHANGE },
	{ "RepoLower", method_repo_lower, "", METHOD_LOCAL },
	{ "ImageRoot", method_image_root, "", METHOD_LOCAL },
	{ "Verify", method_verify, "verify", METHOD_QUERY },
	{ "Repair", method_repair, "repair", METHOD_CHANGE },
	{ "Gc", method_gc, "gc", METHOD_CHANGE },
	{ "Sbom", method_sbom, "read", METHOD_QUERY },
	{ "Sql", method_sql, "read", METHOD_QUERY },
	{ "Licenses", method_licenses, "read", METHOD_QUERY },
	{ "PolicyShow", method_policy_show, "read", METHOD_QUERY },
	{ "PolicySet", method_policy_set, "policy", METHOD_CHANGE },
};

int
method_get_info(struct request *request)
{
	json_t *names = json_array();

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		json_array_append_new(names, json_string(methods[i].name));
	json_object_set_new(request->reply, "product", json_string("weld"));
	json_object_set_new(request->reply, "methods", names);
	return 0;
}

const struct method *
method_at(size_t place)
{
	return place < sizeof methods / sizeof methods[0] ? &methods[place] : NULL;
}

int
method_find(const char *full_name, const struct method **ret_method)
{
	size_t skip = strlen(PKGD_INTERFACE);

	if (strncmp(full_name, PKGD_INTERFACE, skip) == 0)
		for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
			if (strcmp(full_name + skip, methods[i].name) == 0) {
				*ret_method = &methods[i];
				return 0;
			}
	return err_set(ERR_NOT_FOUND, "%s: pkgd has no such method", full_name);
}

bool
pkgd_is_served(const char *name)
{
	const struct method *method;

	return method_find(name, &method) >= 0 && method->kind != METHOD_UNKNOWN &&
	       method->kind != METHOD_LOCAL;
}

static int
read_request(const json_t *json, struct request *request, const struct method **ret_method)
{
	const char *method;
	json_t *parameters;
	int64_t wait_s;

	TRY(json_get_string(json, "method", &method));
	TRY(json_get_object(json, "parameters", &parameters));
	TRY(method_find(method, ret_method));
	request->parameters = parameters;
	TRY(json_get_string(parameters, "root", &request->root));
	if (request->root[0] != '/')
		return err_set(
			ERR_FORMAT, "%s: the root is not an absolute path", request->root);
	wait_s = request_integer(request, "wait_s", 0);
	if (wait_s < 0 || wait_s > WAIT_MAX_S)
		return err_set(ERR_FORMAT, "wait_s: not from 0 to %d", WAIT_MAX_S);
	request->wait_s = (unsigned)wait_s;
	request->is_dry_run = request_flag(request, "dry_run");
	request->is_offline = request_flag(request, "offline");
	return 0;
}

int
pkgd_call(const json_t *json, pkgd_event *event, void *data, json_t **ret_reply)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	json_t *reply AUTO(json_release) = json_object();
	struct request request = {
		.arena = arena, .event = event, .event_data = data, .reply = reply
	};
	const struct method *method = NULL;

	TRY(read_request(json, &request, &method));
	TRY(method->handler(&request));
	*ret_reply = json_incref(reply);
	return 0;
}
