/* SPDX-License-Identifier: MIT */
/*
 * The steps: which advisories affect what is installed; which images have code of those packages;
 * for each of these one search, and the findings of all advisories out of its marks.
 */
#include "pkgd/audit/audit.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/audit/evidence.h"
#include "pkgd/audit/holding.h"
#include "pkgd/audit/library.h"
#include "repo/relation.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct hit { /* an advisory that affects an installed package */
	const struct advisory *advisory;
	VEC(const struct advisory_symbol *) symbols;
	struct map known; /* the symbols, by text */
	bool is_whole_package;
};

struct target { /* an installed package that advisories affect */
	const struct generation_package *package;
	const char *label; /* "zlib-1.2.13-1" */
	VEC(struct hit *) hits;
	bool has_symbols; /* some hit has */
	bool is_linked; /* some image has to do with it */
};

struct named { /* the installed packages that a name stands for */
	VEC(const struct generation_package *) packages;
};

struct auditing {
	struct audit *audit;
	struct arena *arena;
	struct holding holding;
	struct library library;
	struct map
		packages; /* struct named by name; those of a series by their plain name, too */
	struct map wanted; /* the names to look at */
	struct map by_key; /* hits, by advisory and package */
	struct map by_package; /* targets, by the package's name */
	VEC(struct target *) targets;
	VEC(const struct generation_image *) concerned;
};

static struct target *
find_target(struct auditing *auditing, const struct generation_package *package)
{
	struct target *target = map_get(&auditing->by_package, package->name);

	if (target == NULL) {
		target = ARENA_NEW(auditing->arena, struct target);
		target->package = package;
		target->label = generation_package_label(auditing->arena, package);
		map_set(auditing->arena, &auditing->by_package, package->name, target);
		vec_push(auditing->arena, &auditing->targets, target);
	}
	return target;
}

static void
add_hit(struct auditing *auditing, const struct advisory *advisory,
	const struct advisory_affected *affected, const struct generation_package *package)
{
	const char *key = arena_printf(auditing->arena, "%s %s", advisory->id, package->name);
	struct target *target = find_target(auditing, package);
	struct hit *hit = map_get(&auditing->by_key, key);

	if (hit == NULL) {
		hit = ARENA_NEW(auditing->arena, struct hit);
		hit->advisory = advisory;
		map_set(auditing->arena, &auditing->by_key, key, hit);
		vec_push(auditing->arena, &target->hits, hit);
	}
	hit->is_whole_package = hit->is_whole_package || affected->symbol_count == 0;
	target->has_symbols = target->has_symbols || affected->symbol_count > 0;
	for (size_t i = 0; i < affected->symbol_count; i++) {
		const struct advisory_symbol *symbol = &affected->symbols[i];

		if (map_has(&hit->known, symbol->text))
			continue;
		map_set(auditing->arena, &hit->known, symbol->text, NULL);
		vec_push(auditing->arena, &hit->symbols, symbol);
	}
}

/* 1 when the advisory affects the installed version. */
static size_t
find_hit(struct auditing *auditing, const struct advisory *advisory,
	const struct advisory_affected *affected, const struct generation_package *package)
{
	if (!advisory_affects(
		    affected, arena_printf(auditing->arena, "%s-%llu", package->version,
				      (unsigned long long)package->release)))
		return 0;
	add_hit(auditing, advisory, affected, package);
	return 1;
}

/* Who writes advisories names what upstream calls the package: that is every series of it. */
static size_t
find_hits_of_name(struct auditing *auditing, const struct advisory *advisory,
	const struct advisory_affected *affected)
{
	const struct named *named = map_get(&auditing->packages, affected->package);
	size_t count = 0;

	for (size_t i = 0; named != NULL && i < named->packages.len; i++)
		count += find_hit(auditing, advisory, affected, named->packages.at[i]);
	return count;
}

/* Which advisories affect an installed version. */
static void
find_hits(struct auditing *auditing)
{
	const struct advisory_list *list = auditing->audit->advisories;

	for (size_t i = 0; i < list->at.len; i++) {
		const struct advisory *advisory = &list->at.at[i];
		size_t count = 0;

		for (size_t k = 0; k < advisory->affected_count; k++)
			count += find_hits_of_name(auditing, advisory, &advisory->affected[k]);
		auditing->audit->matching += count > 0;
	}
}

static bool
is_wanted(const struct auditing *auditing, const struct generation_image *image)
{
	const struct generation_package *package =
		map_get(&auditing->holding.labels, image->package);

	return auditing->audit->name_count == 0 || map_has(&auditing->wanted, image->name) ||
	       (package != NULL && map_has(&auditing->wanted, package->name));
}

/* An image that is asked for, or a program with such a plug-in. */
static bool
has_wanted(const struct auditing *auditing, const struct generation_image *image)
{
	const struct holding_plugin *plugin = holding_find_plugins(&auditing->holding, image);

	for (; plugin != NULL; plugin = plugin->next)
		if (is_wanted(auditing, plugin->image))
			return true;
	return is_wanted(auditing, image);
}

/*
 * Programs, and slots that are asked for by name or that no program is bound to: the others run
 * in programs only.
 */
static bool
is_searched(const struct auditing *auditing, const struct generation_image *image)
{
	/* What a plug-in does, its program does. */
	if (image->is_plugin || !has_wanted(auditing, image))
		return false;
	if (!image->is_slot)
		return true;
	return holding_is_unused(&auditing->holding, image) ||
	       map_has(&auditing->wanted, image->name);
}

/* Which images have to do with a target. */
static void
find_concerned(struct auditing *auditing)
{
	const struct generation *generation = auditing->audit->generation;

	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];
		bool is_concerned = false;

		for (size_t k = 0; k < auditing->targets.len; k++) {
			struct target *target = auditing->targets.at[k];

			if (target->is_linked && is_concerned)
				continue;
			if (!holding_concerns(&auditing->holding, image, target->package))
				continue;
			target->is_linked = true;
			is_concerned = is_concerned || target->has_symbols;
		}
		if (is_concerned && is_searched(auditing, image))
			vec_push(auditing->arena, &auditing->concerned, image);
	}
}

static void
add_finding(struct auditing *auditing, struct audit_finding finding)
{
	struct audit *audit = auditing->audit;
	const char *image = finding.image == NULL ? "" : finding.image->name;

	for (size_t i = 0; i < audit->waiver_count && finding.waiver == NULL; i++)
		if (audit->waivers[i].flaw == NULL &&
			waiver_covers(&audit->waivers[i], finding.advisory,
				finding.package->name, image, finding.symbol))
			finding.waiver = &audit->waivers[i];
	vec_push(auditing->arena, &audit->findings, finding);
}

/* What the search of one image says to one advisory. */
static void
add_findings_of(struct auditing *auditing, const struct reach *reach,
	const struct target *target, const struct hit *hit, struct audit_finding finding)
{
	bool is_trouble = finding.note[0] != '\0';

	finding.advisory = hit->advisory;
	finding.package = target->package;
	for (size_t i = 0; i < hit->symbols.len; i++) {
		struct audit_finding one = finding;

		one.symbol = hit->symbols.at[i]->text;
		if (!is_trouble)
			evidence_find(reach, auditing->arena, target->label, hit->symbols.at[i],
				&one);
		add_finding(auditing, one);
	}
}

/* The same to all that have to do with the image; `trouble` is why it could not be searched, or "". */
static void
add_image_findings(struct auditing *auditing, const struct reach *reach,
	const struct generation_image *image, const char *trouble)
{
	struct audit_finding finding = {
		.image = image, .state = AUDIT_POSSIBLE, .note = trouble
	};

	for (size_t i = 0; i < auditing->targets.len; i++) {
		const struct target *target = auditing->targets.at[i];

		if (!holding_concerns(&auditing->holding, image, target->package))
			continue;
		for (size_t k = 0; k < target->hits.len; k++)
			add_findings_of(auditing, reach, target, target->hits.at[k], finding);
	}
}

static void
search_images(struct auditing *auditing)
{
	struct reach *reach;
	size_t count = auditing->concerned.len;
	uint32_t *indexes = arena_array(auditing->arena, count + 1, sizeof indexes[0]);
	const char **troubles = arena_array(auditing->arena, count + 1, sizeof troubles[0]);

	for (size_t i = 0; i < count; i++) {
		troubles[i] = "";
		if (library_load(&auditing->library, auditing->concerned.at[i], &indexes[i]) <
			0)
			troubles[i] = arena_string(auditing->arena, err_message());
	}
	/* From here on no image is added. */
	reach = reach_new(auditing->arena, &auditing->audit->images);
	for (size_t i = 0; i < count; i++) {
		if (troubles[i][0] == '\0') {
			reach_search(reach, indexes[i]);
			auditing->audit->searched++;
		}
		add_image_findings(auditing, reach, auditing->concerned.at[i], troubles[i]);
	}
}

/* What concerns a package without an image: that nothing contains it, or that no more is known. */
static void
add_package_finding(
	struct auditing *auditing, const struct target *target, const struct hit *hit)
{
	bool is_opaque = strcmp(target->package->kind, "ir") != 0;
	struct audit_finding finding = { .advisory = hit->advisory,
		.package = target->package,
		.symbol = "",
		.note = "the advisory names no function",
		.state = AUDIT_POSSIBLE };

	if (hit->is_whole_package)
		add_finding(auditing, finding);
	finding.note =
		is_opaque ? "the package was not compiled by weld: nothing is known" : "";
	finding.state = is_opaque ? AUDIT_POSSIBLE : AUDIT_ABSENT;
	for (size_t i = 0; i < hit->symbols.len && !target->is_linked; i++) {
		finding.symbol = hit->symbols.at[i]->text;
		add_finding(auditing, finding);
	}
}

static void
add_package_findings(struct auditing *auditing)
{
	for (size_t i = 0; i < auditing->targets.len; i++) {
		const struct target *target = auditing->targets.at[i];

		if (auditing->audit->name_count > 0 &&
			!map_has(&auditing->wanted, target->package->name))
			continue;
		for (size_t k = 0; k < target->hits.len; k++)
			add_package_finding(auditing, target, target->hits.at[k]);
	}
}

static const char *
image_name(const struct audit_finding *finding)
{
	return finding->image == NULL ? "" : finding->image->name;
}

static int
compare_findings(const void *a, const void *b)
{
	const struct audit_finding *left = a;
	const struct audit_finding *right = b;
	int order = strcmp(left->advisory->id, right->advisory->id);

	if (order == 0)
		order = strcmp(left->package->name, right->package->name);
	if (order == 0)
		order = strcmp(image_name(left), image_name(right));
	return order != 0 ? order : strcmp(left->symbol, right->symbol);
}

static void
add_name(struct auditing *auditing, const char *name, const struct generation_package *package)
{
	struct named *named = map_get(&auditing->packages, name);

	if (named == NULL) {
		named = ARENA_NEW(auditing->arena, struct named);
		map_set(auditing->arena, &auditing->packages, name, named);
	}
	vec_push(auditing->arena, &named->packages, package);
}

static void
collect_packages(struct auditing *auditing)
{
	const struct generation *generation = auditing->audit->generation;

	for (size_t i = 0; i < generation->package_count; i++) {
		const struct generation_package *package = &generation->packages[i];

		add_name(auditing, package->name, package);
		if (*relation_series(package->name) != '\0')
			add_name(auditing, relation_plain_name(auditing->arena, package->name),
				package);
	}
}

/* The names that were given are packages, programs or slots of this generation. */
static int
check_names(struct auditing *auditing)
{
	const struct audit *audit = auditing->audit;

	for (size_t i = 0; i < audit->name_count; i++) {
		const struct named *named = map_get(&auditing->packages, audit->names[i]);
		bool is_known = named != NULL;

		for (size_t k = 0; k < audit->generation->image_count && !is_known; k++)
			is_known =
				strcmp(audit->generation->images[k].name, audit->names[i]) == 0;
		if (!is_known)
			return err_set(ERR_NOT_FOUND,
				"%s: no installed package, program or slot has this name",
				audit->names[i]);
		map_set(auditing->arena, &auditing->wanted, audit->names[i], NULL);
		for (size_t k = 0; named != NULL && k < named->packages.len; k++)
			map_set(auditing->arena, &auditing->wanted, named->packages.at[k]->name,
				NULL);
	}
	return 0;
}

int
audit_run(struct audit *audit)
{
	struct auditing auditing = { .audit = audit, .arena = audit->arena };
	const struct generation *generation = audit->generation;

	audit_images_init(&audit->images, audit->arena);
	holding_init(&auditing.holding, audit->arena, generation);
	library_init(&auditing.library, audit->store, &auditing.holding, &audit->images);
	collect_packages(&auditing);
	TRY(check_names(&auditing));
	find_hits(&auditing);
	find_concerned(&auditing);
	search_images(&auditing);
	add_package_findings(&auditing);
	if (audit->findings.len > 0)
		qsort(audit->findings.at, audit->findings.len, sizeof audit->findings.at[0],
			compare_findings);
	return 0;
}

bool
audit_counts(const struct audit_finding *finding)
{
	return finding->state >= AUDIT_POSSIBLE && finding->waiver == NULL;
}

const char *
audit_state_name(enum audit_state state)
{
	static const char *const names[] = {
		[AUDIT_ABSENT] = "absent",
		[AUDIT_UNREACHABLE] = "unreachable",
		[AUDIT_POSSIBLE] = "possible",
		[AUDIT_REACHABLE] = "reachable",
	};

	return names[state];
}
