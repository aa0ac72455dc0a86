/* SPDX-License-Identifier: MIT */
/*
 * Does a repository hold what its metadata promise? Documents are verified as a
 * client would; then every package file, against targets, index and its own manifest.
 */
#include "repo/publish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/vec.h"
#include "repo/package.h"
#include "repo/publish/place.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define SOON (INT64_C(3) * 86400) /* seconds before expiry that are worth a finding */

typedef VEC(char *) findings_vec;

struct check {
	struct arena *arena;
	struct place *place;
	int64_t now;
	findings_vec findings;
};

static void
add_finding(struct check *check, char *text)
{
	vec_push(check->arena, &check->findings, text);
}

static void
check_expiry(struct check *check)
{
	for (size_t i = 0; i < TUF_ROLE_COUNT; i++) {
		const struct tuf_document *document = &check->place->documents[i];
		char text[TUF_TIME_SIZE];

		if (document->expires > check->now + SOON)
			continue;
		add_finding(
			check, arena_printf(check->arena,
				       "%s version %" PRIu64 " %s at %s (run 'weld repo sign')",
				       tuf_role_names[i], document->version,
				       document->expires > check->now ? "expires" : "expired",
				       tuf_format_time(document->expires, text)));
	}
}

/* The package's file is what targets and index say, and a sound package of that name. */
static int
check_package(struct check *check, const struct index_package *package)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct tuf_file file;
	struct manifest *manifest = NULL;
	struct digest digest;
	uint64_t size = 0;
	int fd AUTO(file_close) = -1;

	TRY(tuf_find_target(&check->place->documents[TUF_TARGETS], package->file, &file));
	if (file.length != package->download_size ||
		!digest_equal(&file.sha256, &package->sha256))
		return err_set(ERR_DIGEST, "index and targets do not agree");
	TRY(file_open(check->place->targets,
		place_target_name(arena, &package->sha256, package->file), &fd));
	TRY(file_size(fd, &size));
	TRY(hash_file(fd, &digest));
	if (size != package->download_size || !digest_equal(&digest, &package->sha256))
		return err_set(ERR_DIGEST, "the file is not the one that was signed");
	TRY(package_unpack(arena, NULL, fd, package->file, -1, &manifest));
	if (strcmp(manifest_file_name(arena, manifest), package->file) != 0)
		return err_set(ERR_FORMAT, "the package in it is %s",
			manifest_full_name(arena, manifest));
	return 0;
}

static void
check_targets(struct check *check)
{
	const struct index *index = &check->place->index;
	struct map known = { 0 };
	json_t *targets = NULL;
	const char *name;
	json_t *value;

	map_set(check->arena, &known, TUF_INDEX, NULL);
	for (size_t i = 0; i < index->len; i++) {
		const struct index_package *package = &index->packages[i];

		map_set(check->arena, &known, package->file, NULL);
		if (check_package(check, package) < 0)
			add_finding(check, arena_printf(check->arena, "%s: %s", package->file,
						   err_message()));
	}
	if (json_get_object(check->place->documents[TUF_TARGETS].body, "targets", &targets) < 0)
		return;
	json_object_foreach(targets, name, value) if (!map_has(&known, name)) add_finding(check,
		arena_printf(check->arena, "%.200s: a target that is not in the index", name));
}

/* Every bundle of a catalogue is there, and has what the catalogue says. */
static int
check_catalogue(struct check *check, const char *name, const struct tuf_file *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int targets = check->place->targets;
	struct lowered_catalogue catalogue;
	struct str bytes;

	TRY(file_read(arena, targets, place_target_name(arena, &file->sha256, name),
		LOWERED_CATALOGUE_MAX, &bytes));
	TRY(tuf_check_bytes(file, bytes));
	TRY(lowered_read(arena, bytes, &catalogue));
	for (size_t i = 0; i < catalogue.bundle_count; i++) {
		const struct lowered_bundle *bundle = &catalogue.bundles[i];
		struct lowered_contents *contents =
			arena_array(arena, bundle->object_count + 1, sizeof *contents);
		int fd AUTO(file_close) = -1;

		TRY(file_open(targets,
			place_target_name(arena, &bundle->sha256,
				lowered_bundle_name(arena, &catalogue, bundle)),
			&fd));
		TRY(lowered_bundle_read(arena, fd, bundle, contents));
	}
	return 0;
}

/* What a builder published: signed by its key, not expired, and all there. */
static int
check_builder(struct check *check, const struct tuf_delegation *delegation)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	char *name = arena_printf(check->arena, "%s.json", delegation->role);
	struct tuf_file file;
	struct str bytes;
	json_t *targets = NULL;
	const char *target;
	json_t *value;

	TRY(tuf_find_meta(&check->place->documents[TUF_SNAPSHOT], name, &file));
	TRY(file_read(check->arena, check->place->metadata,
		arena_printf(check->arena, "%" PRIu64 ".%s", file.version, name),
		TUF_TARGETS_MAX, &bytes));
	TRY(tuf_check_bytes(&file, bytes));
	TRY(tuf_read(bytes, TUF_TARGETS, &document));
	TRY(tuf_verify(&document, &delegation->keys));
	if (document.expires <= check->now + SOON)
		return err_set(ERR_EXPIRED, "expires (run 'weld repo lower')");
	TRY(json_get_object(document.body, "targets", &targets));
	json_object_foreach(targets, target, value)
	{
		TRY(tuf_find_target(&document, target, &file));
		TRY(err_context(check_catalogue(check, target, &file), "%.200s", target));
	}
	return 0;
}

static void
check_builders(struct check *check)
{
	struct tuf_delegation *list;
	size_t count;

	if (tuf_list_delegations(
		    check->arena, &check->place->documents[TUF_TARGETS], &list, &count) < 0)
		add_finding(check, arena_string(check->arena, err_message()));
	else
		for (size_t i = 0; i < count; i++)
			if (check_builder(check, &list[i]) < 0)
				add_finding(check, arena_printf(check->arena, "%.64s: %s",
							   list[i].role, err_message()));
}

int
publish_check(struct arena *arena, const char *directory, const struct publish_options *options,
	struct publish_report *ret_report)
{
	struct place place AUTO(
		place_close) = { .directory = -1, .metadata = -1, .targets = -1 };
	struct check check = {
		.arena = arena,
		.place = &place,
		.now = options != NULL && options->now != 0 ? options->now
							    : (int64_t)time(NULL),
	};

	*ret_report = (struct publish_report){ 0 };
	TRY(place_open(directory, &place));
	if (place_load(arena, &place, false) < 0) {
		add_finding(&check, arena_string(arena, err_message()));
	} else {
		check_expiry(&check);
		check_targets(&check);
		check_builders(&check);
		ret_report->version = place.documents[TUF_TIMESTAMP].version;
	}
	ret_report->total = place.index.len;
	ret_report->findings = check.findings.at;
	ret_report->finding_count = check.findings.len;
	if (check.findings.len > 0)
		return err_set(ERR_FINDINGS, "%s: %zu findings, the first: %s", directory,
			check.findings.len, check.findings.at[0]);
	return 0;
}
