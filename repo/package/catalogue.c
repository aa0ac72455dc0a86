/* SPDX-License-Identifier: MIT */
/*
 * Catalogues: parsed from bytes whose signature was verified, and still read strictly, because
 * a builder can be wrong, too.
 */
#include "repo/lowered.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "repo/relation.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 4096 /* bytes, of a list of CPU features */
#define LABEL_MAX 256 /* bytes */

static int
compare_objects(const void *a, const void *b)
{
	const struct lowered_object *left = a;
	const struct lowered_object *right = b;

	return memcmp(left->key.bytes, right->key.bytes, DIGEST_SIZE);
}

static int
compare_bundles(const void *a, const void *b)
{
	const struct lowered_bundle *left = a;
	const struct lowered_bundle *right = b;
	int order = strcmp(left->package, right->package);

	return order != 0 ? order
			  : memcmp(left->package_sha256.bytes, right->package_sha256.bytes,
				    DIGEST_SIZE);
}

/* A name that becomes a part of a file's name. */
static int
read_name(struct arena *arena, const json_t *object, const char *key, const char **ret_name)
{
	TRY(json_get_text(arena, object, key, LABEL_MAX, ret_name));
	for (const char *c = *ret_name; *c != '\0'; c++)
		if (strchr("/\\%", *c) != NULL || (unsigned char)*c > 0x7f)
			return err_set(ERR_FORMAT, "%s \"%s\": not a name", key, *ret_name);
	if ((*ret_name)[0] == '\0' || (*ret_name)[0] == '.')
		return err_set(ERR_FORMAT, "%s \"%s\": not a name", key, *ret_name);
	return 0;
}

static int
read_object(const json_t *item, struct lowered_object *object)
{
	TRY(json_get_digest(item, "key", &object->key));
	TRY(json_get_digest(item, "object", &object->object));
	TRY(json_get_size(item, "object_size", LOWERED_OBJECT_MAX, &object->object_size));
	TRY(json_get_digest(item, "facts", &object->facts));
	return json_get_size(item, "facts_size", LOWERED_OBJECT_MAX, &object->facts_size);
}

static int
read_objects(struct arena *arena, const json_t *item, struct lowered_bundle *bundle)
{
	json_t *array = NULL;
	uint64_t total = 0;

	TRY(json_get_array(item, "objects", &array));
	bundle->object_count = json_array_size(array);
	bundle->objects = arena_array(arena, bundle->object_count + 1, sizeof *bundle->objects);
	for (size_t i = 0; i < bundle->object_count; i++) {
		struct lowered_object *object = &bundle->objects[i];

		TRY(read_object(json_array_get(array, i), object));
		total += object->object_size + object->facts_size;
		if (total > LOWERED_BUNDLE_MAX)
			return err_set(ERR_LIMIT, "too many objects");
		if (i > 0 && compare_objects(object - 1, object) >= 0)
			return err_set(ERR_FORMAT, "keys are not sorted, or not unique");
	}
	return 0;
}

static int
read_bundle(struct arena *arena, const json_t *item, struct lowered_bundle *bundle)
{
	TRY(read_name(arena, item, "package", &bundle->package));
	TRY(json_get_digest(item, "package_sha256", &bundle->package_sha256));
	TRY(json_get_digest(item, "sha256", &bundle->sha256));
	TRY(json_get_size(item, "size", LOWERED_BUNDLE_MAX, &bundle->size));
	return err_context(read_objects(arena, item, bundle), "%s", bundle->package);
}

static int
read_bundles(struct arena *arena, const json_t *root, struct lowered_catalogue *catalogue)
{
	json_t *array = NULL;

	TRY(json_get_array(root, "bundles", &array));
	catalogue->bundle_count = json_array_size(array);
	catalogue->bundles =
		arena_array(arena, catalogue->bundle_count + 1, sizeof *catalogue->bundles);
	for (size_t i = 0; i < catalogue->bundle_count; i++) {
		struct lowered_bundle *bundle = &catalogue->bundles[i];

		TRY(err_context(
			read_bundle(arena, json_array_get(array, i), bundle), "bundle %zu", i));
		if (i > 0 && compare_bundles(bundle - 1, bundle) >= 0)
			return err_set(ERR_FORMAT, "bundles are not sorted, or not unique");
	}
	return 0;
}

static int
read_slots(struct arena *arena, const json_t *root, struct lowered_catalogue *catalogue)
{
	json_t *array = NULL;
	struct manifest_list *slots = &catalogue->slots;

	TRY(json_get_array(root, "slots", &array));
	TRY(json_get_strings(arena, root, "slots", &slots->at, &slots->len));
	for (size_t i = 0; i < slots->len; i++)
		if (!relation_is_full_name(slots->at[i]) ||
			(i > 0 && strcmp(slots->at[i - 1], slots->at[i]) >= 0))
			return err_set(ERR_FORMAT, "slots: not names in order");
	return 0;
}

static int
read_all(struct arena *arena, const json_t *root, struct lowered_catalogue *catalogue)
{
	int64_t format = 0;

	TRY(json_get_integer(root, "format", &format));
	if (format != LOWERED_FORMAT)
		return err_set(ERR_FORMAT,
			"format %lld is not known (a newer weld may read it)",
			(long long)format);
	TRY(read_name(arena, root, "builder", &catalogue->builder));
	TRY(read_name(arena, root, "level", &catalogue->level));
	TRY(json_get_text(arena, root, "arch", LABEL_MAX, &catalogue->arch));
	TRY(json_get_text(arena, root, "cpu", LABEL_MAX, &catalogue->cpu));
	TRY(json_get_text(arena, root, "features", TEXT_MAX, &catalogue->features));
	TRY(json_get_text(arena, root, "producer", LABEL_MAX, &catalogue->producer));
	TRY(json_get_text(arena, root, "tier", LABEL_MAX, &catalogue->tier));
	TRY(read_slots(arena, root, catalogue));
	return read_bundles(arena, root, catalogue);
}

int
lowered_read(struct arena *arena, struct str text, struct lowered_catalogue *ret_catalogue)
{
	json_t *root AUTO(json_release) = NULL;
	struct lowered_catalogue catalogue = { 0 };
	int ret;

	if (text.len > LOWERED_CATALOGUE_MAX)
		return err_set(ERR_LIMIT, "catalogue of objects: longer than %llu bytes",
			(unsigned long long)LOWERED_CATALOGUE_MAX);
	ret = json_read(text, &root);
	if (ret >= 0)
		ret = json_is_object(root) ? read_all(arena, root, &catalogue)
					   : err_set(ERR_FORMAT, "not an object");
	TRY(err_context(ret, "catalogue of objects"));
	*ret_catalogue = catalogue;
	return 0;
}

static json_t *
from_object(const struct lowered_object *object)
{
	return json_pack("{s:o, s:o, s:I, s:o, s:I}", "key", json_from_digest(&object->key),
		"object", json_from_digest(&object->object), "object_size",
		(json_int_t)object->object_size, "facts", json_from_digest(&object->facts),
		"facts_size", (json_int_t)object->facts_size);
}

static json_t *
from_bundle(struct arena *arena, const struct lowered_bundle *bundle)
{
	struct lowered_object *sorted =
		arena_array(arena, bundle->object_count + 1, sizeof *sorted);
	json_t *objects = json_array();

	if (bundle->object_count > 0) {
		memcpy(sorted, bundle->objects, bundle->object_count * sizeof *sorted);
		qsort(sorted, bundle->object_count, sizeof *sorted, compare_objects);
	}
	for (size_t i = 0; i < bundle->object_count; i++)
		json_array_append_new(objects, from_object(&sorted[i]));
	return json_pack("{s:s, s:o, s:o, s:I, s:o}", "package", bundle->package,
		"package_sha256", json_from_digest(&bundle->package_sha256), "sha256",
		json_from_digest(&bundle->sha256), "size", (json_int_t)bundle->size, "objects",
		objects);
}

void
lowered_write(const struct lowered_catalogue *catalogue, struct strbuf *ret_text)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct lowered_bundle *sorted =
		arena_array(arena, catalogue->bundle_count + 1, sizeof *sorted);
	json_t *bundles = json_array();
	json_t *root AUTO(json_release) = json_pack(
		"{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "format", LOWERED_FORMAT,
		"builder", catalogue->builder, "level", catalogue->level, "arch",
		catalogue->arch, "cpu", catalogue->cpu, "features", catalogue->features,
		"producer", catalogue->producer, "tier", catalogue->tier, "slots",
		json_from_strings(catalogue->slots.at, catalogue->slots.len));

	if (catalogue->bundle_count > 0) {
		memcpy(sorted, catalogue->bundles, catalogue->bundle_count * sizeof *sorted);
		qsort(sorted, catalogue->bundle_count, sizeof *sorted, compare_bundles);
	}
	for (size_t i = 0; i < catalogue->bundle_count; i++)
		json_array_append_new(bundles, from_bundle(arena, &sorted[i]));
	json_object_set_new(root, "bundles", bundles);
	json_write(root, ret_text);
}

char *
lowered_catalogue_name(struct arena *arena, const char *builder, const char *level)
{
	return arena_printf(arena, "objects-%s-%s.json", builder, level);
}

char *
lowered_bundle_name(struct arena *arena, const struct lowered_catalogue *catalogue,
	const struct lowered_bundle *bundle)
{
	return arena_printf(arena, "objects-%s-%s-%s" LOWERED_BUNDLE_SUFFIX, catalogue->builder,
		catalogue->level, bundle->package);
}
