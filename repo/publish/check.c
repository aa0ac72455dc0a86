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
	TRY(package_unpack(arena, fd, package->file, -1, &manifest));
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
