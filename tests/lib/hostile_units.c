/* SPDX-License-Identifier: MIT */
/*
 * hostile_units COUNT SEED FILE.weld ...: damage the units of packages at random, and lower them.
 *
 * Each of them in turn, COUNT times in all: bits and bytes changed, runs overwritten, zeroed, doubled,
 * the end cut off. Whatever comes out is an object that our reader takes, or an error that names the
 * unit; the worker may die, but nothing else may happen. The same seed does the same again.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "linker/lower.h"
#include "repo/package.h"
#include "tests/lib/tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 30000 /* of one unit */
#define LARGE \
	((size_t)256 << 10) /* bytes: what is larger is lowered in the fastest tier only */

struct unit {
	const char *name; /* "lua-5.4.4-1: bin/lua" */
	struct str bytes;
};

struct hostile {
	struct arena *arena;
	struct lower_target target;
	VEC(struct unit) units;
	uint64_t random;
	size_t lowered; /* the damage did not matter */
	size_t refused; /* it was seen */
	size_t died; /* the worker did not end as it should */
	size_t late; /* it hung */
};

static uint64_t
draw(struct hostile *hostile, uint64_t below)
{
	hostile->random ^= hostile->random << 13;
	hostile->random ^= hostile->random >> 7;
	hostile->random ^= hostile->random << 17;
	return below == 0 ? 0 : hostile->random % below;
}

static void
add_unit(struct hostile *hostile, const char *directory, const struct digest *digest,
	const char *name)
{
	char hex[DIGEST_HEX_SIZE];
	struct unit unit = { .name = name };

	if (file_read(hostile->arena, AT_FDCWD,
		    arena_printf(hostile->arena, "%s/objects/%s", directory,
			    digest_hex(digest, hex)),
		    (size_t)1 << 30, &unit.bytes) < 0)
		tap_bail("%s", err_message());
	vec_push(hostile->arena, &hostile->units, unit);
}

static void
add_package(struct hostile *hostile, const char *path)
{
	struct arena *arena = hostile->arena;
	struct manifest *manifest;
	char *directory;
	int fd AUTO(file_close) = -1;
	int dir AUTO(file_close) = -1;

	if (file_temp_dir(arena, "/tmp", &directory) < 0 ||
		file_open(AT_FDCWD, path, &fd) < 0 ||
		file_open_dir(AT_FDCWD, directory, &dir) < 0 ||
		package_unpack(arena, NULL, fd, path, dir, &manifest) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < manifest->library_count; i++)
		add_unit(hostile, directory, &manifest->libraries[i].code.unit,
			arena_printf(arena, "%s: library %s",
				manifest_full_name(arena, manifest),
				manifest->libraries[i].name));
	for (size_t i = 0; i < manifest->program_count; i++)
		add_unit(hostile, directory, &manifest->programs[i].code.unit,
			arena_printf(arena, "%s: %s", manifest_full_name(arena, manifest),
				manifest->programs[i].path));
	(void)file_remove_tree(AT_FDCWD, directory);
}

/* Change a few bytes of a unit; returns its new length. */
static size_t
damage(struct hostile *hostile, unsigned char *bytes, size_t length)
{
	size_t at = (size_t)draw(hostile, length);
	size_t run = 1 + (size_t)draw(hostile, 64);

	run = run > length - at ? length - at : run;
	switch (draw(hostile, 6)) {
	case 0:
		bytes[at] ^= (unsigned char)(1U << draw(hostile, 8));
		return length;
	case 1:
		bytes[at] = (unsigned char)draw(hostile, 256);
		return length;
	case 2:
		for (size_t i = 0; i < run; i++)
			bytes[at + i] = (unsigned char)draw(hostile, 256);
		return length;
	case 3:
		memset(bytes + at, 0, run);
		return length;
	case 4:
		memmove(bytes + at, bytes + draw(hostile, length - run + 1), run);
		return length;
	default:
		return at;
	}
}

/* Whether an error is one that a unit may cause, and names it. */
static bool
is_told(const struct unit *unit, int code)
{
	static const enum err codes[] = { ERR_PROFILE, ERR_SYMBOL, ERR_FORMAT, ERR_WORKER,
		ERR_LIMIT };

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (code == (int)codes[i])
			return strstr(err_message(), unit->name) != NULL;
	return false;
}

static bool
lower_one(struct hostile *hostile, const struct unit *unit, struct str bytes,
	enum lower_tier tier)
{
	int fd AUTO(file_close) = -1;
	struct lower_job job = { .name = unit->name,
		.units = &fd,
		.unit_count = 1,
		.preserve_all = true,
		.tier = tier,
		.timeout_ms = TIMEOUT_MS };
	int ret;

	if (file_memory("unit", &fd) < 0 || file_write_fd(fd, bytes.at, bytes.len) < 0)
		tap_bail("%s", err_message());
	ret = lower_run(&hostile->target, &job, 1, 1, NULL, NULL);
	file_close(&job.ret_object);
	file_close(&job.ret_facts);
	hostile->lowered += ret >= 0;
	if (ret >= 0)
		return true;
	if (strstr(err_message(), "took longer") != NULL)
		hostile->late++;
	else if (ret == ERR_WORKER)
		hostile->died++;
	else
		hostile->refused++;
	return is_told(unit, ret);
}

/* One damaged unit; false, and its number told, when something else than promised happens. */
static bool
try_one(struct hostile *hostile, size_t number)
{
	const struct unit *unit = &hostile->units.at[number % hostile->units.len];
	unsigned char *bytes = malloc(unit->bytes.len + 1);
	enum lower_tier tier =
		unit->bytes.len > LARGE ? LOWER_INSTANT : (enum lower_tier)draw(hostile, 3);
	size_t length = unit->bytes.len;
	size_t changes = 1 + (size_t)draw(hostile, 3);
	bool is_good;

	if (bytes == NULL)
		abort();
	memcpy(bytes, unit->bytes.at, length);
	for (size_t i = 0; i < changes && length > 0; i++)
		length = damage(hostile, bytes, length);
	is_good = lower_one(hostile, unit, (struct str){ (char *)bytes, length }, tier);
	if (!is_good)
		tap_note("damage %zu of %s: %s", number, unit->name, err_message());
	free(bytes);
	return is_good;
}

int
main(int argc, char **argv)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct hostile hostile = { .arena = arena };
	size_t count, wrong = 0;

	if (argc < 4) {
		fputs("usage: hostile_units COUNT SEED FILE.weld ...\n", stderr);
		return 2;
	}
	count = strtoul(argv[1], NULL, 10);
	hostile.random = UINT64_C(0x9e3779b97f4a7c15) ^ strtoull(argv[2], NULL, 10);
	if (lower_find_target(arena, arch_host(), LOWER_NATIVE, &hostile.target) < 0)
		tap_bail("%s", err_message());
	for (int i = 3; i < argc; i++)
		add_package(&hostile, argv[i]);
	for (size_t i = 0; i < count && hostile.units.len > 0; i++)
		wrong += !try_one(&hostile, i);
	tap_ok(wrong == 0 && hostile.units.len > 0,
		"%zu damaged units of %zu: %zu lowered, %zu refused, %zu ended the worker, %zu "
		"late",
		count, hostile.units.len, hostile.lowered, hostile.refused, hostile.died,
		hostile.late);
	return tap_done();
}
