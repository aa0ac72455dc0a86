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

struct method {
	const char *name;
	request_handler *handler;
};

static const struct method methods[] = {
	{ "GetInfo", method_get_info },
	{ "Install", method_install },
	{ "Remove", method_remove },
	{ "Autoremove", method_autoremove },
	{ "Upgrade", method_upgrade },
	{ "Mark", method_mark },
	{ "Relink", method_relink },
	{ "Apply", method_apply },
	{ "ConfigList", method_config_list },
	{ "ConfigMerge", method_config_merge },
	{ "List", method_list },
	{ "Search", method_search },
	{ "Info", method_info },
	{ "Files", method_files },
	{ "Owns", method_owns },
	{ "Provides", method_provides },
	{ "Why", method_why },
	{ "Tree", method_tree },
	{ "Leaves", method_leaves },
	{ "Graph", method_graph },
	{ "Audit", method_audit },
	{ "Symbols", method_symbols },
	{ "Binds", method_binds },
	{ "WhyNot", method_why_not },
	{ "CanReplace", method_can_replace },
	{ "Slots", method_slots },
	{ "Debug", method_debug },
	{ "Improve", method_improve },
	{ "ImproveStatus", method_improve_status },
	{ "ImproveStop", method_improve_stop },
	{ "History", method_history },
	{ "Generations", method_generations },
	{ "Rollback", method_rollback },
	{ "Diff", method_diff },
	{ "RepoAdd", method_repo_add },
	{ "RepoList", method_repo_list },
	{ "RepoRemove", method_repo_remove },
	{ "RepoEnable", method_repo_enable },
	{ "RepoPriority", method_repo_priority },
	{ "Update", method_update },
	{ "RepoLower", method_repo_lower },
	{ "ImageRoot", method_image_root },
	{ "Verify", method_verify },
	{ "Repair", method_repair },
	{ "Gc", method_gc },
	{ "Sbom", method_sbom },
	{ "Sql", method_sql },
	{ "Licenses", method_licenses },
	{ "PolicyShow", method_policy_show },
	{ "PolicySet", method_policy_set },
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

static int
find_method(const char *full_name, request_handler **ret_handler)
{
	size_t skip = strlen(PKGD_INTERFACE);

	if (strncmp(full_name, PKGD_INTERFACE, skip) == 0)
		for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
			if (strcmp(full_name + skip, methods[i].name) == 0) {
				*ret_handler = methods[i].handler;
				return 0;
			}
	return err_set(ERR_NOT_FOUND, "%s: pkgd has no such method", full_name);
}

static int
read_request(const json_t *json, struct request *request, request_handler **ret_handler)
{
	const char *method;
	json_t *parameters;
	int64_t wait_s;

	TRY(json_get_string(json, "method", &method));
	TRY(json_get_object(json, "parameters", &parameters));
	TRY(find_method(method, ret_handler));
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
	request_handler *handler = NULL;

	TRY(read_request(json, &request, &handler));
	TRY(handler(&request));
	*ret_reply = json_incref(reply);
	return 0;
}
