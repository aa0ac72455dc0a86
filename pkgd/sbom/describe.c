/* SPDX-License-Identifier: MIT */
/*
 * From a generation: first which packages are told of (all, or one and what it
 * requires), then their elements in the order of their names, then images,
 * then what ties them. Who meets a requirement is found by the provided names,
 * so that 200 packages cost 200 look-ups and not 40,000.
 */
#include "pkgd/sbom/sbom.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/plan.h"
#include "pkgd/sbom/texts.h"
#include "repo/package.h"
#include "repo/version.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_MAX INT64_C(253402300799) /* seconds: the year 9999 ends */

struct provider { /* one who provides a name */
	size_t package;
	struct relation relation;
	struct provider *next;
};

struct describing {
	struct state *state;
	struct arena *arena;
	const struct generation *generation;
	struct map providers; /* name -> struct provider */
	struct map labels; /* "jq-1.6-1" -> struct generation_package */
	bool *is_told; /* by package */
	size_t *elements; /* by package */
	struct sbom *sbom;
};

static void
add_provider(struct describing *describing, size_t package, const struct relation *relation)
{
	struct provider *provider = ARENA_NEW(describing->arena, struct provider);

	*provider = (struct provider){ package, *relation,
		map_get(&describing->providers, relation->name) };
	map_set(describing->arena, &describing->providers, relation->name, provider);
}

static int
collect_providers(struct describing *describing)
{
	struct arena *arena = describing->arena;

	for (size_t i = describing->generation->package_count; i-- > 0;) {
		const struct generation_package *package = &describing->generation->packages[i];
		struct relation relation = { .name = package->name,
			.operators = RELATION_EQUAL,
			.version = state_version(arena, package->version, package->release) };

		map_set(arena, &describing->labels, generation_package_label(arena, package),
			(void *)package);
		add_provider(describing, i, &relation);
		for (size_t k = 0; k < package->provide_count; k++) {
			TRY(relation_parse(arena, package->provides[k], &relation));
			add_provider(describing, i, &relation);
		}
	}
	return 0;
}

/* The next package that meets a requirement, from this provider on. */
static const struct provider *
next_meeting(const struct provider *provider, const struct relation *wanted)
{
	while (provider != NULL && !version_meets(&provider->relation, wanted))
		provider = provider->next;
	return provider;
}

/* The package that has a library; SIZE_MAX when none does. */
static size_t
package_of_library(const struct describing *describing, const char *library)
{
	const struct provider *provider = map_get(
		&describing->providers, arena_printf(describing->arena, "lib:%s", library));

	return provider == NULL ? SIZE_MAX : provider->package;
}

/* Tell of a package, and of all that it requires. */
static int
tell_of(struct describing *describing, size_t first)
{
	const struct generation *generation = describing->generation;
	VEC(size_t) waiting = { 0 };

	vec_push(describing->arena, &waiting, first);
	while (waiting.len > 0) {
		const struct generation_package *package;
		size_t index = waiting.at[--waiting.len];

		if (describing->is_told[index])
			continue;
		describing->is_told[index] = true;
		package = &generation->packages[index];
		for (size_t i = 0; i < package->require_count; i++) {
			const struct provider *provider;
			struct relation wanted;

			TRY(relation_parse(describing->arena, package->requires[i], &wanted));
			provider = map_get(&describing->providers, wanted.name);
			for (provider = next_meeting(provider, &wanted); provider != NULL;
				provider = next_meeting(provider->next, &wanted))
				vec_push(describing->arena, &waiting, provider->package);
		}
	}
	return 0;
}

static int
choose_packages(struct describing *describing, const char *name)
{
	const struct generation *generation = describing->generation;

	describing->is_told =
		arena_array(describing->arena, generation->package_count + 1, sizeof(bool));
	for (size_t i = 0; i < generation->package_count; i++)
		if (name == NULL)
			describing->is_told[i] = true;
		else if (strcmp(generation->packages[i].name, name) == 0)
			return tell_of(describing, i);
	return name == NULL ? 0 : state_fail_not_installed(describing->state, name);
}

static int
add_package(struct describing *describing, size_t index)
{
	const struct generation_package *package = &describing->generation->packages[index];
	const struct manifest *manifest = NULL;

	if (!describing->is_told[index])
		return 0;
	TRY(plan_read_manifest(
		describing->state->arena, describing->state, package, &manifest));
	describing->elements[index] =
		sbom_add_package(describing->sbom, manifest, &package->digest);
	sbom_set_property(describing->sbom, describing->elements[index], "weld:repository",
		package->repository);
	if (describing->sbom->elements.at[0].kind == SBOM_ROOT)
		sbom_relate(
			describing->sbom, 0, SBOM_CONTAINS, describing->elements[index], NULL);
	return 0;
}

/* The package that the bill is about comes first, the others by name. */
static int
add_packages(struct describing *describing, const char *name)
{
	const struct generation *generation = describing->generation;

	describing->elements =
		arena_array(describing->arena, generation->package_count + 1, sizeof(size_t));
	for (size_t i = 0; name != NULL && i < generation->package_count; i++)
		if (strcmp(generation->packages[i].name, name) == 0)
			TRY(add_package(describing, i));
	for (size_t i = 0; i < generation->package_count; i++)
		if (name == NULL || strcmp(generation->packages[i].name, name) != 0)
			TRY(add_package(describing, i));
	return 0;
}

static int
relate_packages(struct describing *describing, size_t index)
{
	const struct generation_package *package = &describing->generation->packages[index];

	for (size_t i = 0; i < package->require_count && describing->is_told[index]; i++) {
		const struct provider *provider;
		struct relation wanted;

		TRY(relation_parse(describing->arena, package->requires[i], &wanted));
		provider = map_get(&describing->providers, wanted.name);
		for (provider = next_meeting(provider, &wanted); provider != NULL;
			provider = next_meeting(provider->next, &wanted))
			if (provider->package != index)
				sbom_relate(describing->sbom, describing->elements[index],
					SBOM_REQUIRES, describing->elements[provider->package],
					package->requires[i]);
	}
	return 0;
}

/* Why a library is private or has a slot. */
static void
add_decision(struct describing *describing, const struct generation_decision *decision)
{
	struct sbom *sbom = describing->sbom;
	size_t library = sbom_find(
		sbom, arena_printf(describing->arena, "library:%s", decision->library));

	if (library == SIZE_MAX)
		return;
	sbom_set_property(
		sbom, library, "weld:sharing", decision->is_slot ? "slot" : "private");
	sbom_set_property(sbom, library, "weld:sharing-reason", decision->reason);
}

/* The package of an image; SIZE_MAX when it is not told of. */
static size_t
package_of_image(const struct describing *describing, const struct generation_image *image)
{
	const struct generation_package *package = map_get(&describing->labels, image->package);
	size_t index;

	if (package == NULL)
		return SIZE_MAX;
	index = (size_t)(package - describing->generation->packages);
	return describing->is_told[index] ? index : SIZE_MAX;
}

static const char *
image_reference(const struct describing *describing, bool is_slot, const char *name)
{
	return arena_printf(describing->arena, is_slot ? "slot:%s" : "program:%s", name);
}

static void
set_slot_properties(
	struct describing *describing, size_t element, const struct generation_image *image)
{
	struct sbom *sbom = describing->sbom;
	char hex[DIGEST_HEX_SIZE];

	sbom_set_property(sbom, element, "weld:layout-id",
		arena_string(sbom->arena, digest_hex(&image->layout_id, hex)));
	sbom_set_property(sbom, element, "weld:base",
		arena_printf(sbom->arena, "0x%" PRIx64, image->base));
	sbom_set_property(sbom, element, "weld:reserved",
		arena_printf(sbom->arena, "%" PRIu64, image->size));
}

/* Licences of the libraries that an image has inside. */
static void
conclude_licence(struct describing *describing, size_t element, size_t package,
	const struct generation_image *image)
{
	const struct generation_package *packages = describing->generation->packages;
	const char **more =
		arena_array(describing->arena, image->private_count + 1, sizeof(char *));
	size_t count = 0;

	for (size_t i = 0; i < image->private_count; i++) {
		size_t from = package_of_library(describing, image->privates[i]);

		if (from != SIZE_MAX)
			more[count++] = packages[from].licence;
	}
	sbom_conclude_licence(
		describing->sbom, element, packages[package].licence, more, count);
}

static void
add_image(struct describing *describing, const struct generation_image *image)
{
	struct sbom *sbom = describing->sbom;
	size_t package = package_of_image(describing, image);
	char hex[DIGEST_HEX_SIZE];
	size_t element;

	if (package == SIZE_MAX)
		return;
	element = sbom_add(sbom, image->is_slot ? SBOM_SLOT : SBOM_PROGRAM,
		image_reference(describing, image->is_slot, image->name), image->name,
		sbom->elements.at[describing->elements[package]].version);
	sbom->elements.at[element].digest = image->digest;
	sbom->elements.at[element].file =
		image->is_slot ? arena_printf(sbom->arena, "slots/%s-%.16s", image->name,
					 digest_hex(&image->layout_id, hex))
			       : generation_plugin_path(image);
	sbom_set_property(sbom, element, "weld:key",
		arena_string(sbom->arena, digest_hex(&image->key, hex)));
	if (image->is_slot)
		set_slot_properties(describing, element, image);
	conclude_licence(describing, element, package, image);
	sbom_relate(sbom, describing->elements[package], SBOM_CONTAINS, element, NULL);
}

/* Images, once all are there, to the libraries inside them and the slots that they call. */
static void
relate_image(struct describing *describing, const struct generation_image *image)
{
	struct sbom *sbom = describing->sbom;
	size_t own = sbom_find(sbom, image_reference(describing, image->is_slot, image->name));
	char hex[DIGEST_HEX_SIZE];

	if (own == SIZE_MAX || package_of_image(describing, image) == SIZE_MAX)
		return;
	for (size_t i = 0; i < image->private_count; i++) {
		size_t library = sbom_find(sbom,
			arena_printf(describing->arena, "library:%s", image->privates[i]));

		if (library != SIZE_MAX)
			sbom_relate(sbom, own, SBOM_LINKS_PRIVATELY, library, NULL);
	}
	for (size_t i = 0; i < image->slot_count; i++) {
		size_t slot =
			sbom_find(sbom, image_reference(describing, true, image->slots[i]));

		if (slot != SIZE_MAX && slot != own)
			sbom_relate(sbom, own, SBOM_BINDS, slot, NULL);
	}
	if (image->is_slot) {
		size_t library = sbom_find(
			sbom, arena_printf(describing->arena, "library:%s", image->name));

		if (library != SIZE_MAX)
			sbom_relate(sbom, own, SBOM_MADE_FROM, library,
				arena_printf(describing->arena, "layout %.16s",
					digest_hex(&image->layout_id, hex)));
	}
}

/* Whether a package's licence has a reference of this id. */
static bool
states(const struct sbom_element *element, const char *id)
{
	for (size_t i = 0; i < element->licence.reference_count; i++)
		if (strcmp(element->licence.references[i].id, id) == 0)
			return true;
	return false;
}

/* A text for each licence that the list does not have: those of the first package that states it. */
static int
find_text(struct describing *describing, struct sbom_licence *licence)
{
	const struct generation *generation = describing->generation;

	licence->text = "";
	for (size_t i = 0; i < generation->package_count && licence->text[0] == '\0'; i++)
		if (describing->is_told[i] &&
			states(&describing->sbom->elements.at[describing->elements[i]],
				licence->reference.id))
			TRY(texts_read_all(
				describing->state, &generation->packages[i], &licence->text));
	return 0;
}

/* SOURCE_DATE_EPOCH, or the time of what is described. */
static int
choose_time(int64_t fallback, int64_t *ret_time)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long time;

	*ret_time = fallback;
	if (epoch == NULL || epoch[0] == '\0')
		return 0;
	errno = 0;
	time = strtoll(epoch, &end, 10);
	if (errno != 0 || *end != '\0' || time < 0 || time > EPOCH_MAX)
		return err_set(ERR_USAGE,
			"SOURCE_DATE_EPOCH: \"%s\" is no number of seconds since 1970", epoch);
	*ret_time = time;
	return 0;
}

static void
add_root(struct sbom *sbom, const struct generation *generation)
{
	size_t root = sbom_add(sbom, SBOM_ROOT, "root", "weld-root",
		arena_printf(sbom->arena, "%" PRIu64, generation->number));

	sbom->elements.at[root].summary = "Packages that weld installed and linked";
	sbom_set_property(sbom, root, "weld:generation",
		arena_printf(sbom->arena, "%" PRIu64, generation->number));
}

int
sbom_describe_root(struct state *state, const char *name, struct sbom *ret_sbom)
{
	const struct generation *generation = &state->current;
	struct describing describing = { .state = state,
		.arena = state->arena,
		.generation = generation,
		.sbom = ret_sbom };

	*ret_sbom = (struct sbom){ .arena = state->arena };
	TRY(choose_time(
		generation->number == 0 ? -1 : (int64_t)generation->time, &ret_sbom->time));
	TRY(collect_providers(&describing));
	TRY(choose_packages(&describing, name));
	if (name == NULL)
		add_root(ret_sbom, generation);
	TRY(add_packages(&describing, name));
	for (size_t i = 0; i < generation->decision_count; i++)
		add_decision(&describing, &generation->decisions[i]);
	for (size_t i = 0; i < generation->image_count; i++)
		add_image(&describing, &generation->images[i]);
	/* From here on no element is added. */
	for (size_t i = 0; i < generation->package_count; i++)
		TRY(relate_packages(&describing, i));
	for (size_t i = 0; i < generation->image_count; i++)
		relate_image(&describing, &generation->images[i]);
	VEC_EACH (struct sbom_licence, licence, &ret_sbom->licences)
		TRY(find_text(&describing, licence));
	sbom_finish(ret_sbom);
	return 0;
}

/* A program as its package ships it, before anything is linked. */
static void
add_program(struct sbom *sbom, const struct manifest *manifest,
	const struct manifest_program *program)
{
	size_t element = sbom_add(sbom, SBOM_PROGRAM,
		arena_printf(sbom->arena, "program:%s", program->path), program->path,
		sbom->elements.at[0].version);

	sbom->elements.at[element].file = program->path;
	sbom->elements.at[element].digest = program->code.unit;
	sbom_set_licence(sbom, element, manifest->licence);
	sbom_set_property(sbom, element, "weld:form", "IR, linked when it is installed");
	for (size_t i = 0; i < program->imports.len; i++)
		sbom_set_property(sbom, element, "weld:import", program->imports.at[i]);
	sbom_relate(sbom, 0, SBOM_CONTAINS, element, NULL);
}

int
sbom_describe_file(struct arena *arena, const char *path, struct sbom *ret_sbom)
{
	struct manifest *manifest = NULL;
	int fd AUTO(file_close) = -1;
	struct digest digest;

	*ret_sbom = (struct sbom){ .arena = arena };
	TRY(choose_time(-1, &ret_sbom->time));
	TRY(file_open(AT_FDCWD, path, &fd));
	TRY(package_unpack(arena, NULL, fd, path, -1, &manifest));
	TRY(err_context(hash_file(fd, &digest), "%s", path));
	sbom_add_package(ret_sbom, manifest, &digest);
	for (size_t i = 0; i < manifest->program_count; i++)
		add_program(ret_sbom, manifest, &manifest->programs[i]);
	for (size_t i = 0; i < manifest->requires.len; i++)
		sbom_set_property(ret_sbom, 0, "weld:requires", manifest->requires.at[i]);
	VEC_EACH (struct sbom_licence, licence, &ret_sbom->licences)
		licence->text = "";
	sbom_finish(ret_sbom);
	return 0;
}
