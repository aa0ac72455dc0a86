/* SPDX-License-Identifier: MIT */
/*
 * For the image of a program and for each of its slots: find which units have variants with debug
 * information, lower from those what the image was made of, its main part or the pieces that stand for
 * it, for the very target and tier, and append what comes of it to a copy of the image.
 */
#include "linker/debug.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "linker/debug/dwarf.h"
#include "linker/image/inline.h"
#include "linker/image/parts.h"
#include "linker/image/pieces.h"
#include "linker/image/state.h"
#include "linker/unit.h"

#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 30) /* bytes */

struct debugging {
	struct link_state *state;
	const char *units; /* directory */
	const char *output; /* directory */
};

/* The variant of a unit with debug information; NULL without one. */
static const char *
find_variant(const struct debugging *it, const struct link_unit *unit)
{
	char hex[DIGEST_HEX_SIZE];
	const char *path = arena_printf(
		it->state->arena, "%s/%s.bc", it->units, digest_hex(&unit->digest, hex));

	return file_exists(AT_FDCWD, path) ? path : NULL;
}

/* The package of the n-th unit of a main part. */
static const char *
package_of(const struct image *image, size_t number)
{
	return number == 0 ? image->result.package
			   : image->merged[image->merged_count - number]->link->package;
}

/* List the packages of units without debug information; how many units have some. */
static size_t
count_variants(
	const struct debugging *it, const struct image *image, struct link_debug_image *result)
{
	const struct part *part = image->main;
	const char **missing = arena_array(it->state->arena, part->unit_count, sizeof *missing);

	for (size_t i = 0; i < part->unit_count; i++)
		if (find_variant(it, part->units[i]) == NULL)
			missing[result->missing_count++] = package_of(image, i);
	result->missing = missing;
	return part->unit_count - result->missing_count;
}

/* Which piece of its unit the index-th object of an image is: those of a unit stand side by side. */
static size_t
piece_number(const struct image *image, size_t index)
{
	const struct link_unit *unit = pieces_get(image, image->tier, index)->units[0];
	size_t number = 0;

	while (number < index &&
		pieces_get(image, image->tier, index - number - 1)->units[0] == unit)
		number++;
	return number;
}

/* Put the piece with debug information in the place of the variant's file. */
static int
open_piece(struct arena *arena, size_t number, int *fd)
{
	struct unit_piece *pieces = NULL;
	size_t count;

	TRY(unit_read_head(arena, *fd, &pieces, &count));
	if (number >= count)
		return err_set(ERR_DIGEST,
			"the unit with debug information is not cut as the image's is");
	return unit_extract_piece(arena, &pieces[number], fd);
}

/* Open what the index-th object of an image is to be lowered from; nothing, where no unit has a variant. */
static int
open_job(const struct debugging *it, const struct image *image, size_t index,
	struct lower_job *ret_job)
{
	struct arena *arena = it->state->arena;
	const struct part *part = pieces_get(image, image->tier, index);
	size_t count = part->unit_count + inline_count(part, image->tier);
	int *fds = arena_array(arena, count, sizeof *fds);
	bool has_variant = false;

	*ret_job = parts_job(it->state, part, image->tier);
	for (size_t i = 0; i < part->unit_count; i++)
		has_variant = has_variant || find_variant(it, part->units[i]) != NULL;
	if (!has_variant)
		return 0;
	for (size_t i = 0; i < count; i++)
		fds[i] = -1;
	ret_job->units = fds;
	ret_job->unit_count = count;
	for (size_t i = 0; i < part->unit_count; i++) {
		const char *path = find_variant(it, part->units[i]);

		TRY(file_open(AT_FDCWD, path != NULL ? path : part->units[i]->path, &fds[i]));
		if (part->piece != NULL)
			TRY(err_context(open_piece(arena, piece_number(image, index), &fds[i]),
				"%s", part->name));
	}
	return inline_open(arena, part, image->tier, fds + part->unit_count);
}

static void
close_job(struct lower_job *job)
{
	for (size_t i = 0; i < job->unit_count; i++) {
		int fd = job->units[i];

		file_close(&fd);
	}
	file_close(&job->ret_object);
	file_close(&job->ret_facts);
}

static int
run_jobs(const struct debugging *it, const struct image *image, struct lower_job *jobs,
	size_t count, struct str *objects)
{
	const struct part *part = pieces_get(image, image->tier, 0);

	TRY(lower_run(part->at[image->tier].target, jobs, count, 0, NULL, NULL));
	for (size_t i = 0; i < count; i++)
		TRY(file_read_fd(it->state->arena, jobs[i].ret_object, FILE_MAX, &objects[i]));
	return 0;
}

/* Lower what the image consists of once more, where it has debug information. */
static int
lower_variants(const struct debugging *it, const struct image *image, struct str **ret_objects,
	size_t *ret_count)
{
	struct arena *arena = it->state->arena;
	size_t most = pieces_count(image, image->tier), count = 0;
	struct lower_job *jobs = arena_array(arena, most, sizeof *jobs);
	int ret = 0;

	for (size_t i = 0; ret >= 0 && i < most; i++) {
		ret = open_job(it, image, i, &jobs[count]);
		count += jobs[count].unit_count > 0;
	}
	*ret_objects = arena_array(arena, count, sizeof **ret_objects);
	*ret_count = count;
	if (ret >= 0)
		ret = run_jobs(it, image, jobs, count, *ret_objects);
	for (size_t i = 0; i < count; i++)
		close_job(&jobs[i]);
	return ret;
}

static void
put_prefix(const struct link_state *state, struct strbuf *copy)
{
	char *at = copy->at, *end = copy->at + copy->len;

	while ((at = memmem(at, (size_t)(end - at), WELD_PREFIX, PREFIX_LENGTH)) != NULL) {
		memcpy(at, state->prefix, PREFIX_LENGTH);
		at += PREFIX_LENGTH;
	}
}

static int
write_copy(const struct debugging *it, const struct image *image, const char *path)
{
	struct arena *arena = it->state->arena;
	struct strbuf copy AUTO(strbuf_free) = { 0 };
	const char *fresh = arena_printf(arena, "%s.new-%d", path, (int)getpid());
	struct str bytes, *objects = NULL;
	size_t count = 0;
	int ret;

	TRY(file_read(arena, AT_FDCWD, image->result.file, FILE_MAX, &bytes));
	TRY(lower_variants(it, image, &objects, &count));
	TRY(err_context(dwarf_append(arena, bytes, objects, count, &copy), "%s", image->name));
	put_prefix(it->state, &copy);
	unlink(fresh);
	ret = file_create(AT_FDCWD, fresh, copy.at, copy.len, 0755);
	if (ret >= 0)
		ret = file_rename(AT_FDCWD, fresh, AT_FDCWD, path);
	if (ret < 0)
		unlink(fresh);
	return ret;
}

/* The name of a copy: by image, and by how many of its units have debug information. */
static char *
copy_name(const struct debugging *it, const struct image *image, size_t variants)
{
	const char *name = strrchr(image->result.name, '/');
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&image->result.digest, hex);
	return arena_printf(it->state->arena, "%s/%.32s-%zu/%s", it->output, hex, variants,
		name != NULL ? name + 1 : image->result.name);
}

/* Whether it is the debug unit that cannot be used: debugging goes on without. */
static bool
is_unusable(int failure)
{
	return failure == ERR_DIGEST || failure == ERR_FORMAT || failure == ERR_PROFILE ||
	       failure == ERR_SYMBOL || failure == ERR_WORKER;
}

static int
copy_image(
	const struct debugging *it, const struct image *image, struct link_debug_image *result)
{
	struct arena *arena = it->state->arena;
	size_t variants = count_variants(it, image, result);
	char *path;
	int ret;

	if (variants == 0) {
		result->why_not = arena_printf(
			arena, "no debug information of %s is installed", result->package);
		return 0;
	}
	path = copy_name(it, image, variants);
	TRY(file_make_dirs(
		AT_FDCWD, arena_copy(arena, path, (size_t)(strrchr(path, '/') - path)), 0755));
	ret = file_exists(AT_FDCWD, path) ? 0 : write_copy(it, image, path);
	if (ret < 0 && !is_unusable(ret))
		return ret;
	if (ret < 0)
		result->why_not = arena_string(arena, err_message());
	else
		result->copy = path;
	return 0;
}

static int
debug_image(const struct debugging *it, const struct image *image, const char *path,
	struct link_debug_image *ret_result)
{
	*ret_result = (struct link_debug_image){ .name = image->result.name,
		.package = image->result.package,
		.path = path,
		.image = image->result.file };
	if (!image->is_settled)
		return err_set(ERR_NOT_FOUND,
			"%s: is not linked as it would be now (run 'weld relink')",
			image->name);
	return copy_image(it, image, ret_result);
}

static const struct program *
find_program(const struct link_state *state, const char *path)
{
	for (size_t i = 0; i < state->program_count; i++)
		if (strcmp(state->programs[i].link->path, path) == 0)
			return &state->programs[i];
	return NULL;
}

int
link_debug(struct arena *arena, const struct link_request *request, const char *program,
	const char *units, const char *output, struct link_debug_image **ret_images,
	size_t *ret_count)
{
	struct debugging it = { .units = units, .output = output };
	const struct program *found;
	struct link_debug_image *images;
	size_t count = 0;

	TRY(link_state_prepare(arena, request, &it.state));
	found = find_program(it.state, program);
	if (found == NULL)
		return err_set(
			ERR_NOT_FOUND, "%s: no program of this name is installed", program);
	images = arena_array(arena, found->image.slot_count + 1, sizeof *images);
	TRY(debug_image(&it, &found->image,
		arena_printf(arena, "%s/current/%s", request->root, program),
		&images[count++]));
	for (size_t i = 0; i < found->image.slot_count; i++) {
		const struct image *slot = &found->image.slots[i]->image;

		TRY(debug_image(&it, slot,
			arena_printf(arena, "%s/current/slots/%s", request->root,
				link_slot_name(
					arena, slot->result.name, &slot->result.layout_id)),
			&images[count++]));
	}
	*ret_images = images;
	*ret_count = count;
	return 0;
}
