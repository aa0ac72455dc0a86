/* SPDX-License-Identifier: MIT */
/* Counts and bytes for the person, and each image for who asks with --json. */
#include "pkgd/outcome.h"

#include <string.h>

static void
report_slots(const struct link_result *links, const struct generation *old, json_t *reply)
{
	json_t *slots = json_array();

	for (size_t i = 0; i < links->image_count; i++) {
		const struct link_image *image = &links->images[i];
		uint64_t users = 0;
		bool is_new = image->kind == LINK_SLOT;

		for (size_t k = 0; k < old->image_count; k++)
			if (old->images[k].is_slot &&
				strcmp(old->images[k].name, image->name) == 0)
				is_new = false;
		for (size_t k = 0; k < links->decision_count; k++)
			if (strcmp(links->decisions[k].library, image->name) == 0)
				users = links->decisions[k].user_count;
		if (is_new)
			json_array_append_new(slots,
				json_pack("{s:s, s:I, s:I, s:I}", "name", image->name, "base",
					(json_int_t)image->base, "size",
					(json_int_t)image->size, "users", (json_int_t)users));
	}
	json_object_set_new(reply, "new_slots", slots);
}

static void
report_images(const struct link_result *links, json_t *reply)
{
	static const char *const outcomes[] = {
		[LINK_KEPT] = "kept",
		[LINK_REBOUND] = "rebound",
		[LINK_LINKED] = "linked",
		[LINK_LOWERED] = "lowered",
	};
	static const char *const kinds[] = {
		[LINK_PROGRAM] = "program", [LINK_SLOT] = "slot", [LINK_PLUGIN] = "plugin"
	};
	json_int_t counts[sizeof outcomes / sizeof outcomes[0]] = { 0 };
	json_int_t bytes[sizeof outcomes / sizeof outcomes[0]] = { 0 };
	json_t *images = json_object();
	json_int_t published = 0;
	json_t *list = json_array();

	for (size_t i = 0; i < links->image_count; i++) {
		const struct link_image *image = &links->images[i];

		counts[image->outcome]++;
		bytes[image->outcome] += (json_int_t)image->written;
		published += image->outcome == LINK_LINKED && image->origin[0] != '\0';
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:I}", "name", image->name, "kind",
				      kinds[image->kind], "outcome", outcomes[image->outcome],
				      "written", (json_int_t)image->written));
	}
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
		json_object_set_new(images, outcomes[i], json_integer(counts[i]));
	json_object_set_new(images, "published", json_integer(published));
	json_object_set_new(images, "written",
		json_pack("{s:I, s:I, s:I}", "rebound", bytes[LINK_REBOUND], "linked",
			bytes[LINK_LINKED], "lowered", bytes[LINK_LOWERED]));
	json_object_set_new(images, "list", list);
	json_object_set_new(reply, "images", images);
}

void
outcome_report(const struct link_result *links, const struct generation *old, json_t *reply)
{
	report_slots(links, old, reply);
	report_images(links, reply);
}
