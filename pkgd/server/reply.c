/* SPDX-License-Identifier: MIT */
/* The shapes are those of org.weld.pkgd.varlink and of varlink itself. */
#include "pkgd/server/reply.h"

#include "base/arena.h"
#include "base/err.h"

json_t *
reply_event(const json_t *event)
{
	return json_pack(
		"{s:{s:o}, s:b}", "parameters", "event", json_deep_copy(event), "continues", 1);
}

json_t *
reply_answer(json_t *parameters)
{
	return json_pack("{s:o}", "parameters", parameters);
}

json_t *
reply_error(const char *name, json_t *parameters)
{
	/* What cannot stand in JSON is left out: there is an answer in any case. */
	return json_pack("{s:s, s:o}", "error", name, "parameters",
		parameters == NULL ? json_object() : parameters);
}

json_t *
reply_failure(int code)
{
	const char *message =
		json_can_hold(err_message()) ? err_message() : "failed (the reason is no text)";

	return reply_error(REPLY_FAILED,
		json_pack("{s:s, s:s}", "code", err_name(code), "message", message));
}

json_t *
reply_refusal(const char *name, const char *message)
{
	return reply_error(name, json_pack("{s:s}", "message", message));
}

json_t *
reply_needs_consent(json_t *plan)
{
	json_object_del(plan, "event");
	return reply_error(REPLY_NEEDS_CONSENT,
		json_pack("{s:s, s:O}", "message", "needs consent to its plan", "plan", plan));
}

bool
reply_continues(const json_t *message)
{
	return json_is_true(json_object_get(message, "continues"));
}

static int
check_parameters(
	const struct interface *interface, const struct idl_type *type, const json_t *message)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path;

	return interface_check(
		arena, interface, type, json_object_get(message, "parameters"), &path);
}

int
reply_check(const struct interface *served, const char *method, const json_t *message)
{
	const char *error = json_string_value(json_object_get(message, "error"));
	const char *name = error != NULL ? error : method != NULL ? method : "nothing";
	const struct interface *interface;
	const struct idl_member *member = interface_find_served(
		served, error != NULL ? IDL_ERROR : IDL_METHOD, name, &interface);
	const json_t *parameters = json_object_get(message, "parameters");

	if (member == NULL)
		return err_set(ERR_FORMAT, "reply of %s: it is not described", name);
	if (error == NULL &&
		(json_object_get(parameters, "event") != NULL) != reply_continues(message))
		return err_set(ERR_FORMAT, "reply of %s: an event and an end", name);
	return err_context(check_parameters(interface,
				   error != NULL ? member->type : member->reply, message),
		"reply of %s", name);
}
