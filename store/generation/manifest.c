/* SPDX-License-Identifier: MIT */
/*
 * generations/N/manifest.json: struct generation as canonical JSON, and back. The member
 * names are those of the structs; addresses and sizes are integers, digests hex. Files stand in lists of
 * their own (files.h), which generations share.
 */
#include "store/generation/files.h"
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_FIRST \
	1 /* this and the second, which has outputs, have the files of packages inside */
#define FORMAT 3
#define UNREADABLE "(not readable)" /* a text that is no UTF-8, and cannot be JSON */

static json_t *
from_texts(const char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

/* Text that is not UTF-8 (a command that a person typed) cannot be JSON. */
static void
set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = json_string(text == NULL ? "" : text);

	json_object_set_new(object, key, value == NULL ? json_string(UNREADABLE) : value);
}

static void
set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void
set_flag(json_t *object, const char *key, bool flag)
{
	json_object_set_new(object, key, json_boolean(flag));
}

static void
set_digest(json_t *object, const char *key, const struct digest *digest)
{
	json_object_set_new(object, key, json_from_digest(digest));
}

/* A string; of what JSON need not escape, which is nearly all, without a value in between. */
static void
add_string(struct strbuf *out, const char *text)
{
	size_t length = strlen(text);
	bool is_plain = true;
	struct strbuf escaped AUTO(strbuf_free) = { 0 };
	json_t *value AUTO(json_release) = NULL;

	for (size_t i = 0; i < length && is_plain; i++)
		is_plain =
			text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\';
	if (is_plain) {
		strbuf_add_char(out, '"');
		strbuf_add(out, text, length);
		strbuf_add_char(out, '"');
		return;
	}
	value = json_string(text);
	if (value == NULL)
		value = json_string(UNREADABLE);
	json_write(value, &escaped);
	strbuf_add(out, escaped.at, escaped.len);
}

/* The members of an object, in the order of their keys. */
static void
add_key(struct strbuf *out, const char *key)
{
	strbuf_add_string(out, out->at[out->len - 1] == '{' ? "\"" : ",\"");
	strbuf_add_string(out, key);
	strbuf_add_string(out, "\":");
}

static void
add_text(struct strbuf *out, const char *key, const char *text)
{
	add_key(out, key);
	add_string(out, text == NULL ? "" : text);
}

static void
add_number(struct strbuf *out, const char *key, uint64_t number)
{
	add_key(out, key);
	strbuf_printf(out, "%" PRIu64, number);
}

static void
add_flag(struct strbuf *out, const char *key, bool flag)
{
	add_key(out, key);
	strbuf_add_string(out, flag ? "true" : "false");
}

static void
add_digest(struct strbuf *out, const char *key, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	add_text(out, key, digest_hex(digest, hex));
}

static void
add_texts(struct strbuf *out, const char *key, const char *const *texts, size_t count)
{
	add_key(out, key);
	strbuf_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strbuf_add_char(out, ',');
		add_string(out, texts[i]);
	}
	strbuf_add_char(out, ']');
}

static void
add_digests(struct strbuf *out, const char *key, const struct digest *digests, size_t count)
{
	char hex[DIGEST_HEX_SIZE];

	add_key(out, key);
	for (size_t i = 0; i < count; i++)
		strbuf_printf(
			out, "%c\"%s\"", i == 0 ? '[' : ',', digest_hex(&digests[i], hex));
	strbuf_add_char(out, ']');
}

/* There may be thousands: they are written as canonical JSON without being made values first. */
static void
add_package(struct strbuf *out, const struct generation_package *package)
{
	strbuf_add_char(out, '{');
	add_texts(out, "conflicts", package->conflicts, package->conflict_count);
	add_digest(out, "digest", &package->digest);
	add_number(out, "files_size", package->files_size);
	add_number(out, "installed_at", package->installed_at);
	add_flag(out, "is_held", package->is_held);
	add_flag(out, "is_manual", package->is_manual);
	if (package->is_plain)
		add_flag(out, "is_plain", true);
	add_text(out, "kind", package->kind);
	add_text(out, "licence", package->licence);
	add_digest(out, "list", &package->list);
	add_digest(out, "manifest", &package->manifest);
	add_text(out, "name", package->name);
	add_texts(out, "provides", package->provides, package->provide_count);
	add_number(out, "release", package->release);
	add_texts(out, "replaces", package->replaces, package->replace_count);
	add_text(out, "repository", package->repository);
	add_texts(out, "requires", package->requires, package->require_count);
	add_text(out, "store_name", package->store_name);
	add_text(out, "summary", package->summary);
	if (package->text_count > 0)
		add_digests(out, "texts", package->texts, package->text_count);
	add_text(out, "version", package->version);
	strbuf_add_char(out, '}');
}

static const struct digest no_layout = { 0 };

static void
set_optional(json_t *object, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0')
		set_text(object, key, text);
}

static json_t *
write_tls(const struct image_tls *tls)
{
	json_t *object = json_object();

	set_number(object, "start", tls->start);
	set_number(object, "size", tls->size);
	set_number(object, "align", tls->align);
	return object;
}

static json_t *
write_image(const struct generation_image *image)
{
	json_t *object = json_object();

	set_flag(object, "is_slot", image->is_slot);
	if (image->is_plugin)
		set_flag(object, "is_plugin", true);
	set_text(object, "name", image->name);
	set_text(object, "package", image->package);
	set_digest(object, "key", &image->key);
	set_digest(object, "digest", &image->digest);
	set_number(object, "file_size", image->file_size);
	set_optional(object, "tier", image->tier);
	set_optional(object, "cpu", image->cpu);
	set_optional(object, "builder", image->builder);
	if (image->has_facts)
		set_digest(object, "facts", &image->facts);
	if (image->has_sites)
		set_digest(object, "sites", &image->sites);
	set_text(object, "store_name", image->store_name);
	set_text(object, "store_file", image->store_file);
	json_object_set_new(object, "slots", from_texts(image->slots, image->slot_count));
	json_object_set_new(
		object, "privates", from_texts(image->privates, image->private_count));
	if (image->harden != NULL)
		set_text(object, "harden", image->harden);
	if (!digest_equal(&image->layout_id, &no_layout))
		set_digest(object, "layout_id", &image->layout_id);
	if (!image->is_slot && !image->is_plugin)
		return object;
	set_number(object, "base", image->base);
	set_number(object, "size", image->size);
	if (image->tls.size > 0)
		json_object_set_new(object, "tls", write_tls(&image->tls));
	return object;
}

static json_t *
write_decision(const struct generation_decision *decision)
{
	json_t *object = json_object();
	json_t *privates AUTO(json_release) = json_array();

	set_text(object, "library", decision->library);
	set_flag(object, "is_slot", decision->is_slot);
	set_text(object, "reason", decision->reason);
	set_number(object, "user_count", decision->user_count);
	set_number(object, "saved_bytes", decision->saved_bytes);
	for (size_t i = 0; i < decision->private_count; i++) {
		json_t *private = json_object();

		set_text(private, "program", decision->privates[i].program);
		set_text(private, "reason", decision->privates[i].reason);
		json_array_append_new(privates, private);
	}
	if (decision->private_count > 0)
		json_object_set(object, "privates", privates);
	return object;
}

static json_t *
write_output(const struct generation_output *output)
{
	json_t *object = json_object();

	set_text(object, "path", output->path);
	set_text(object, "package", output->package);
	if (output->trigger != NULL)
		set_text(object, "trigger", output->trigger);
	else
		set_text(object, "service", output->service);
	set_digest(object, "key", &output->key);
	set_digest(object, "digest", &output->digest);
	set_number(object, "size", output->size);
	set_text(object, "store_name", output->store_name);
	return object;
}

/* An array of values, which is released. */
static void
add_values(struct strbuf *out, const char *key, json_t *array)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	json_write(array, &text);
	add_key(out, key);
	strbuf_add(out, text.at, text.len);
	json_decref(array);
}

static void
add_packages(struct strbuf *out, const struct generation *generation)
{
	add_key(out, "packages");
	strbuf_add_char(out, '[');
	for (size_t i = 0; i < generation->package_count; i++) {
		if (i > 0)
			strbuf_add_char(out, ',');
		add_package(out, &generation->packages[i]);
	}
	strbuf_add_char(out, ']');
}

void
generation_write_manifest(const struct generation *generation, struct strbuf *ret_text)
{
	struct strbuf out = { 0 };
	json_t *images = json_array();
	json_t *decisions = json_array();
	json_t *outputs = json_array();

	for (size_t i = 0; i < generation->image_count; i++)
		json_array_append_new(images, write_image(&generation->images[i]));
	for (size_t i = 0; i < generation->decision_count; i++)
		json_array_append_new(decisions, write_decision(&generation->decisions[i]));
	for (size_t i = 0; i < generation->output_count; i++)
		json_array_append_new(outputs, write_output(&generation->outputs[i]));
	strbuf_add_char(&out, '{');
	add_text(&out, "command", generation->command);
	add_values(&out, "decisions", decisions);
	add_number(&out, "format", FORMAT);
	add_values(&out, "images", images);
	add_number(&out, "number", generation->number);
	if (generation->output_count > 0)
		add_values(&out, "outputs", outputs);
	else
		json_decref(outputs);
	add_packages(&out, generation);
	add_number(&out, "parent", generation->parent);
	add_number(&out, "time", generation->time);
	strbuf_add_char(&out, '}');
	*ret_text = out;
}

static int
get_text(struct arena *arena, const json_t *object, const char *key, const char **ret_text)
{
	const char *text;

	TRY(json_get_string(object, key, &text));
	*ret_text = arena_string(arena, text);
	return 0;
}

static int
get_number(const json_t *object, const char *key, uint64_t *ret_number)
{
	int64_t number;

	TRY(json_get_integer(object, key, &number));
	if (number < 0)
		return err_set(ERR_FORMAT, "%s: negative", key);
	*ret_number = (uint64_t)number;
	return 0;
}

static int
get_texts(struct arena *arena, const json_t *object, const char *key,
	const char *const **ret_texts, size_t *ret_count)
{
	char **texts;

	TRY(json_get_strings(arena, object, key, &texts, ret_count));
	*ret_texts = (const char *const *)texts;
	return 0;
}

/* Of an older generation, whose packages have no lists. */
static int
read_files(struct arena *arena, const json_t *array, struct generation_package *package)
{
	struct generation_file *files;

	TRY(files_from_json(arena, array, &files, &package->file_count));
	package->files = files;
	files_summarize(arena, package);
	return 0;
}

static int
read_list(struct arena *arena, const json_t *object, struct generation_package *package)
{
	const char *const *hex;
	struct digest *texts;

	package->is_plain = json_is_true(json_object_get(object, "is_plain"));
	TRY(get_number(object, "files_size", &package->files_size));
	TRY(json_get_digest(object, "list", &package->list));
	TRY(get_texts(arena, object, "texts", &hex, &package->text_count));
	texts = arena_array(arena, package->text_count + 1, sizeof *texts);
	for (size_t i = 0; i < package->text_count; i++)
		TRY(digest_parse(hex[i], &texts[i]));
	package->texts = texts;
	return 0;
}

static int
read_package_lists(
	struct arena *arena, const json_t *object, struct generation_package *package)
{
	const json_t *array;

	TRY(get_texts(arena, object, "requires", &package->requires, &package->require_count));
	TRY(get_texts(arena, object, "provides", &package->provides, &package->provide_count));
	TRY(get_texts(
		arena, object, "conflicts", &package->conflicts, &package->conflict_count));
	TRY(get_texts(arena, object, "replaces", &package->replaces, &package->replace_count));
	array = json_object_get(object, "files");
	if (array != NULL && json_is_array(array))
		return read_files(arena, array, package);
	return read_list(arena, object, package);
}

static int
read_package(struct arena *arena, const json_t *object, struct generation_package *package)
{
	TRY(get_text(arena, object, "name", &package->name));
	TRY(get_text(arena, object, "version", &package->version));
	TRY(get_number(object, "release", &package->release));
	TRY(get_text(arena, object, "summary", &package->summary));
	TRY(get_text(arena, object, "licence", &package->licence));
	TRY(get_text(arena, object, "kind", &package->kind));
	TRY(get_text(arena, object, "repository", &package->repository));
	TRY(json_get_digest(object, "digest", &package->digest));
	TRY(json_get_digest(object, "manifest", &package->manifest));
	TRY(get_text(arena, object, "store_name", &package->store_name));
	TRY(json_get_bool(object, "is_manual", &package->is_manual));
	TRY(json_get_bool(object, "is_held", &package->is_held));
	TRY(get_number(object, "installed_at", &package->installed_at));
	return err_context(
		read_package_lists(arena, object, package), "package %s", package->name);
}

static int
get_optional(struct arena *arena, const json_t *object, const char *key, const char **ret_text)
{
	const char *text;

	TRY(json_get_string_or(object, key, "", &text));
	*ret_text = arena_string(arena, text);
	return 0;
}

/* What has no thread-local variables says nothing of them. */
static int
read_tls(const json_t *object, struct image_tls *tls)
{
	if (object == NULL)
		return 0;
	TRY(get_number(object, "start", &tls->start));
	TRY(get_number(object, "size", &tls->size));
	return get_number(object, "align", &tls->align);
}

static int
read_image(struct arena *arena, const json_t *object, struct generation_image *image)
{
	TRY(json_get_bool(object, "is_slot", &image->is_slot));
	if (json_object_get(object, "is_plugin") != NULL)
		TRY(json_get_bool(object, "is_plugin", &image->is_plugin));
	TRY(get_text(arena, object, "name", &image->name));
	TRY(get_text(arena, object, "package", &image->package));
	TRY(json_get_digest(object, "key", &image->key));
	TRY(json_get_digest(object, "digest", &image->digest));
	TRY(get_number(object, "file_size", &image->file_size));
	TRY(get_optional(arena, object, "tier", &image->tier));
	TRY(get_optional(arena, object, "cpu", &image->cpu));
	TRY(get_optional(arena, object, "builder", &image->builder));
	image->has_facts = json_object_get(object, "facts") != NULL;
	if (image->has_facts)
		TRY(json_get_digest(object, "facts", &image->facts));
	image->has_sites = json_object_get(object, "sites") != NULL;
	if (image->has_sites)
		TRY(json_get_digest(object, "sites", &image->sites));
	TRY(get_text(arena, object, "store_name", &image->store_name));
	TRY(get_text(arena, object, "store_file", &image->store_file));
	TRY(get_texts(arena, object, "slots", &image->slots, &image->slot_count));
	TRY(get_texts(arena, object, "privates", &image->privates, &image->private_count));
	if (json_object_get(object, "harden") != NULL)
		TRY(get_text(arena, object, "harden", &image->harden));
	if (image->is_slot || json_object_get(object, "layout_id") != NULL)
		TRY(json_get_digest(object, "layout_id", &image->layout_id));
	if (!image->is_slot && !image->is_plugin)
		return 0;
	TRY(get_number(object, "base", &image->base));
	TRY(get_number(object, "size", &image->size));
	return read_tls(json_object_get(object, "tls"), &image->tls);
}

void
generation_write_decision(const struct generation_decision *decision, struct strbuf *ret_text)
{
	json_t *object AUTO(json_release) = write_decision(decision);

	json_write(object, ret_text);
}

void
generation_write_output(const struct generation_output *output, struct strbuf *ret_text)
{
	json_t *object AUTO(json_release) = write_output(output);

	json_write(object, ret_text);
}

void
generation_write_image(const struct generation_image *image, struct strbuf *ret_text)
{
	json_t *object AUTO(json_release) = write_image(image);

	json_write(object, ret_text);
}

int
generation_read_image(struct arena *arena, struct str text, struct generation_image *ret_image)
{
	json_t *object AUTO(json_release) = NULL;
	struct generation_image image = { 0 };

	TRY(json_read(text, &object));
	TRY(read_image(arena, object, &image));
	*ret_image = image;
	return 0;
}

static int
read_privates(struct arena *arena, const json_t *object, struct generation_decision *decision)
{
	struct generation_private *privates;
	json_t *array;

	if (json_object_get(object, "privates") == NULL)
		return 0;
	TRY(json_get_array(object, "privates", &array));
	decision->private_count = json_array_size(array);
	privates = arena_array(arena, decision->private_count, sizeof *privates);
	for (size_t i = 0; i < decision->private_count; i++) {
		const json_t *item = json_array_get(array, i);

		TRY(get_text(arena, item, "program", &privates[i].program));
		TRY(get_text(arena, item, "reason", &privates[i].reason));
	}
	decision->privates = privates;
	return 0;
}

static int
read_decision(struct arena *arena, const json_t *object, struct generation_decision *decision)
{
	TRY(get_text(arena, object, "library", &decision->library));
	TRY(json_get_bool(object, "is_slot", &decision->is_slot));
	TRY(get_text(arena, object, "reason", &decision->reason));
	TRY(get_number(object, "user_count", &decision->user_count));
	TRY(get_number(object, "saved_bytes", &decision->saved_bytes));
	return read_privates(arena, object, decision);
}

int
generation_read_decision(
	struct arena *arena, struct str text, struct generation_decision *ret_decision)
{
	json_t *object AUTO(json_release) = NULL;
	struct generation_decision decision = { 0 };

	TRY(json_read(text, &object));
	TRY(read_decision(arena, object, &decision));
	*ret_decision = decision;
	return 0;
}

static int
read_output(struct arena *arena, const json_t *object, struct generation_output *output)
{
	TRY(get_text(arena, object, "path", &output->path));
	TRY(get_text(arena, object, "package", &output->package));
	output->trigger = output->service = NULL;
	if (json_object_get(object, "service") == NULL)
		TRY(get_text(arena, object, "trigger", &output->trigger));
	else
		TRY(get_text(arena, object, "service", &output->service));
	TRY(json_get_digest(object, "key", &output->key));
	TRY(json_get_digest(object, "digest", &output->digest));
	TRY(get_number(object, "size", &output->size));
	return get_text(arena, object, "store_name", &output->store_name);
}

int
generation_read_output(
	struct arena *arena, struct str text, struct generation_output *ret_output)
{
	json_t *object AUTO(json_release) = NULL;
	struct generation_output output = { 0 };

	TRY(json_read(text, &object));
	TRY(read_output(arena, object, &output));
	*ret_output = output;
	return 0;
}

/* Where nothing was made, nothing is said of outputs. */
static int
read_outputs(struct arena *arena, const json_t *object, struct generation *generation)
{
	struct generation_output *outputs;
	json_t *array;

	if (json_object_get(object, "outputs") == NULL)
		return 0;
	TRY(json_get_array(object, "outputs", &array));
	generation->output_count = json_array_size(array);
	outputs = arena_array(arena, generation->output_count, sizeof *outputs);
	for (size_t i = 0; i < generation->output_count; i++)
		TRY(read_output(arena, json_array_get(array, i), &outputs[i]));
	generation->outputs = outputs;
	return 0;
}

static int
read_lists(struct arena *arena, const json_t *object, struct generation *generation)
{
	struct generation_package *packages;
	struct generation_image *images;
	struct generation_decision *decisions;
	json_t *array;

	TRY(json_get_array(object, "packages", &array));
	generation->package_count = json_array_size(array);
	packages = arena_array(arena, generation->package_count, sizeof *packages);
	for (size_t i = 0; i < generation->package_count; i++) {
		TRY(read_package(arena, json_array_get(array, i), &packages[i]));
		if (i > 0 && strcmp(packages[i - 1].name, packages[i].name) >= 0)
			return err_set(ERR_FORMAT, "packages are not sorted, or not unique");
	}
	TRY(json_get_array(object, "images", &array));
	generation->image_count = json_array_size(array);
	images = arena_array(arena, generation->image_count, sizeof *images);
	for (size_t i = 0; i < generation->image_count; i++)
		TRY(read_image(arena, json_array_get(array, i), &images[i]));
	TRY(json_get_array(object, "decisions", &array));
	generation->decision_count = json_array_size(array);
	decisions = arena_array(arena, generation->decision_count, sizeof *decisions);
	for (size_t i = 0; i < generation->decision_count; i++)
		TRY(read_decision(arena, json_array_get(array, i), &decisions[i]));
	generation->packages = packages;
	generation->images = images;
	generation->decisions = decisions;
	return read_outputs(arena, object, generation);
}

int
generation_read_manifest(
	struct arena *arena, struct str text, struct generation *ret_generation)
{
	json_t *object AUTO(json_release) = NULL;
	struct generation generation = { 0 };
	uint64_t format = 0;

	TRY(json_read(text, &object));
	TRY(get_number(object, "format", &format));
	if (format < FORMAT_FIRST || format > FORMAT)
		return err_set(ERR_FORMAT, "made by a newer weld (upgrade this one)");
	TRY(get_number(object, "number", &generation.number));
	TRY(get_number(object, "parent", &generation.parent));
	TRY(get_number(object, "time", &generation.time));
	TRY(get_text(arena, object, "command", &generation.command));
	TRY(read_lists(arena, object, &generation));
	*ret_generation = generation;
	return 0;
}

static int
compare_files(const void *a, const void *b)
{
	const struct generation_file *left = a;
	const struct generation_file *right = b;

	return strcmp(left->path, right->path);
}

static int
compare_packages(const void *a, const void *b)
{
	const struct generation_package *left = a;
	const struct generation_package *right = b;

	return strcmp(left->name, right->name);
}

static int
compare_images(const void *a, const void *b)
{
	const struct generation_image *left = a;
	const struct generation_image *right = b;

	if (left->is_slot != right->is_slot)
		return right->is_slot - left->is_slot;
	if (left->is_plugin != right->is_plugin)
		return left->is_plugin - right->is_plugin;
	return strcmp(left->name, right->name);
}

static int
compare_outputs(const void *a, const void *b)
{
	const struct generation_output *left = a;
	const struct generation_output *right = b;

	return strcmp(left->path, right->path);
}

/* A sorted copy of an array; an empty one may be NULL. */
static void *
copy_sorted(struct arena *arena, const void *at, size_t count, size_t size,
	int (*compare)(const void *a, const void *b))
{
	void *copy = arena_copy(arena, at, count * size);

	if (count > 0)
		qsort(copy, count, size, compare);
	return copy;
}

/* What is not said is empty, as it is when it is read. */
static void
fill_up(struct generation_package *package)
{
	const char **texts[] = { &package->version, &package->summary, &package->licence,
		&package->kind, &package->repository };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (*texts[i] == NULL)
			*texts[i] = "";
}

void
generation_copy(
	struct arena *arena, const struct generation *generation, struct generation *ret_copy)
{
	struct generation copy = *generation;
	struct generation_package *packages = copy_sorted(arena, generation->packages,
		generation->package_count, sizeof *packages, compare_packages);

	for (size_t i = 0; i < copy.package_count; i++) {
		fill_up(&packages[i]);
		if (packages[i].files != NULL)
			packages[i].files =
				copy_sorted(arena, packages[i].files, packages[i].file_count,
					sizeof *packages[i].files, compare_files);
	}
	copy.packages = packages;
	copy.images = copy_sorted(arena, generation->images, generation->image_count,
		sizeof *generation->images, compare_images);
	copy.outputs = copy_sorted(arena, generation->outputs, generation->output_count,
		sizeof *generation->outputs, compare_outputs);
	*ret_copy = copy;
}
