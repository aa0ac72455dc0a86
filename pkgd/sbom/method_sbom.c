/* SPDX-License-Identifier: MIT */
/* Bills of materials and licences: pkgd/sbom finds them out, this puts them into replies. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "pkgd/sbom/sbom.h"
#include "pkgd/sbom/texts.h"
#include "pkgd/state.h"

#include <stdlib.h>
#include <string.h>

struct format {
	const char *name;
	void (*write)(const struct sbom *sbom, struct strbuf *ret_text);
};

static const struct format formats[] = {
	{ "cyclonedx", sbom_cyclonedx },
	{ "spdx", sbom_spdx },
};

static int
find_format(struct request *request, const struct format **ret_format)
{
	const char *name = NULL;

	TRY(json_get_string(request->parameters, "format", &name));
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
		if (strcmp(formats[i].name, name) == 0) {
			*ret_format = &formats[i];
			return 0;
		}
	return err_set(ERR_USAGE, "%s: no such format (cyclonedx or spdx)", name);
}

int
method_sbom(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const struct format *format = NULL;
	char **names;
	char **files;
	size_t name_count;
	size_t file_count;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct sbom sbom;

	TRY(find_format(request, &format));
	TRY(request_strings(request, "names", &names, &name_count));
	TRY(request_strings(request, "files", &files, &file_count));
	if (name_count + file_count > 1)
		return err_set(ERR_USAGE, "a bill of materials is of one package");
	if (file_count > 0) {
		TRY(sbom_describe_file(request->arena, files[0], &sbom));
	} else {
		TRY(state_open(request, 0, "", &state));
		TRY(sbom_describe_root(&state, name_count > 0 ? names[0] : NULL, &sbom));
	}
	json_object_set_new(request->reply, "format", json_string(format->name));
	format->write(&sbom, &text);
	json_object_set_new(request->reply, "document", json_stringn(text.at, text.len));
	return 0;
}

struct licensing { /* what the reply to Licenses is made from */
	struct state *state;
	bool with_texts;
	struct map groups; /* expression -> the group's packages, json_t */
	json_t *problems;
	json_t *without_text;
};

static int
texts_json(struct licensing *licensing, const struct generation_package *package, json_t *list)
{
	const struct generation_file *texts;
	size_t count;

	TRY(texts_find(licensing->state, package, &texts, &count));
	for (size_t i = 0; i < count; i++) {
		const struct generation_file *file = &texts[i];
		json_t *entry = json_pack("{s:s, s:I, s:o}", "path", file->path, "size",
			(json_int_t)file->size, "sha256", json_from_digest(&file->digest));
		const char *text = NULL;

		json_array_append_new(list, entry);
		if (!licensing->with_texts)
			continue;
		TRY(texts_read(licensing->state, package, file, &text));
		json_object_set_new(entry, "text", json_string(text));
	}
	return 0;
}

static int
add_licence(struct licensing *licensing, const struct generation_package *package)
{
	struct arena *arena = licensing->state->arena;
	json_t *texts = json_array();
	json_t *entry = json_pack("{s:s, s:s, s:s, s:o}", "name", package->name, "version",
		state_version(arena, package->version, package->release), "stated",
		package->licence, "texts", texts);
	struct licence licence;
	json_t *group;

	licence_read(arena, package->licence, &licence);
	group = map_get(&licensing->groups, licence.expression);
	if (group == NULL) {
		group = json_array();
		map_set(arena, &licensing->groups, licence.expression, group);
	}
	json_array_append_new(group, entry);
	if (licence.problem != NULL)
		json_array_append_new(
			licensing->problems, json_pack("{s:s, s:s}", "name", package->name,
						     "problem", licence.problem));
	TRY(texts_json(licensing, package, texts));
	if (json_array_size(texts) == 0)
		json_array_append_new(licensing->without_text, json_string(package->name));
	return 0;
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct map_entry *)a)->key, ((const struct map_entry *)b)->key);
}

/* Hand the groups over, sorted by licence. */
static void
reply_groups(struct request *request, struct map *groups)
{
	json_t *list = json_array();

	if (groups->len > 0)
		qsort(groups->entries, groups->len, sizeof *groups->entries, compare_keys);
	for (size_t i = 0; i < groups->len; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:o}", "licence", groups->entries[i].key,
				      "packages", (json_t *)groups->entries[i].value));
	json_object_set_new(request->reply, "licences", list);
}

static int
add_licences(struct licensing *licensing, char *const *names, size_t count)
{
	const struct generation *generation = &licensing->state->current;

	for (size_t i = 0; i < count; i++) {
		const struct generation_package *package =
			state_find_installed(licensing->state, names[i]);

		if (package == NULL)
			return state_fail_not_installed(licensing->state, names[i]);
		TRY(add_licence(licensing, package));
	}
	for (size_t i = 0; count == 0 && i < generation->package_count; i++)
		TRY(add_licence(licensing, &generation->packages[i]));
	return 0;
}

int
method_licenses(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct licensing licensing = { .state = &state,
		.with_texts = request_flag(request, "texts"),
		.problems = json_array(),
		.without_text = json_array() };
	char **names;
	size_t count;
	int ret;

	json_object_set_new(request->reply, "problems", licensing.problems);
	json_object_set_new(request->reply, "without_text", licensing.without_text);
	TRY(request_strings(request, "names", &names, &count));
	TRY(state_open(request, 0, "", &state));
	ret = add_licences(&licensing, names, count);
	reply_groups(request, &licensing.groups);
	return ret;
}
