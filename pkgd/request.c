/* SPDX-License-Identifier: MIT */
/* Events are built here and nowhere else, so that protocol.h and the code agree. */
#include "pkgd/request.h"

#include "base/arena.h"
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

static int
send_event(struct request *request, json_t *event)
{
	int ret = request->event == NULL ? 0 : request->event(request->event_data, event);

	json_decref(event);
	return ret;
}

static void
send_text(struct request *request, const char *kind, const char *format, va_list args)
{
	const char *text = arena_vprintf(request->arena, format, args);

	(void)send_event(request, json_pack("{s:s, s:s}", "event", kind, "text", text));
}

void
request_step(struct request *request, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	send_text(request, "step", format, args);
	va_end(args);
}

void
request_warn(struct request *request, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	send_text(request, "warning", format, args);
	va_end(args);
}

void
request_progress(struct request *request, const char *step, const char *object,
	const char *line, uint64_t done, uint64_t total)
{
	(void)send_event(
		request, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "event", "progress",
				 "step", step, "object", object, "line", line, "done",
				 (json_int_t)done, "total", (json_int_t)total));
}

/* What a plan says, as a digest; how long it may take is an estimate, and no part of it. */
static void
add_digest(json_t *plan)
{
	json_t *said AUTO(json_release) = json_copy(plan);
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct digest digest;

	json_object_del(said, "compile_ms");
	json_write(said, &text);
	digest = hash_bytes(text.at, text.len);
	json_object_set_new(plan, "digest", json_from_digest(&digest));
}

int
request_consent(struct request *request, json_t *plan)
{
	const char *agreed;
	const char *digest;

	TRY(request_string(request, "plan", &agreed));
	add_digest(plan);
	TRY(json_get_string(plan, "digest", &digest));
	json_object_set_new(plan, "event", json_string("plan"));
	if (request->event != NULL)
		TRY(request->event(request->event_data, plan));
	if (agreed != NULL && strcmp(agreed, digest) != 0)
		return err_set(ERR_CONSENT,
			"the plan is not the one that was agreed to any more "
			"(something else changed meanwhile)");
	return 0;
}

int
request_strings(struct request *request, const char *key, char ***ret_texts, size_t *ret_count)
{
	return json_get_strings(request->arena, request->parameters, key, ret_texts, ret_count);
}

int
request_string(struct request *request, const char *key, const char **ret_text)
{
	return json_get_string_or(request->parameters, key, NULL, ret_text);
}

bool
request_flag(const struct request *request, const char *key)
{
	return json_is_true(json_object_get(request->parameters, key));
}

int64_t
request_integer(const struct request *request, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(request->parameters, key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}
