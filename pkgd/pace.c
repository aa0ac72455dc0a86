/* SPDX-License-Identifier: MIT */
/* One number, ms for each MB; a new measurement counts as much as all before it. */
#include "pkgd/pace.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "store/store.h"

#define PACE_FILE "state/pace.json"
#define PACE_FILE_MAX 4096 /* bytes */
#define PACE_SIZE_MIN 50000u /* bytes: less says little about the pace */
#define PACE_MAX INT64_C(10000000) /* ms for each MB */

/* 0 when nothing usable is there. */
static uint64_t
read_pace(struct arena *arena, const struct store *store)
{
	json_t *values AUTO(json_release) = NULL;
	struct str text;
	int64_t pace;

	if (!file_exists(store_root_dir(store), PACE_FILE) ||
		file_read(arena, store_root_dir(store), PACE_FILE, PACE_FILE_MAX, &text) < 0 ||
		json_read(text, &values) < 0 ||
		json_get_integer(values, "ms_per_mb", &pace) < 0 || pace < 0 || pace > PACE_MAX)
		return 0;
	return (uint64_t)pace;
}

uint64_t
pace_expect(struct arena *arena, const struct store *store, uint64_t size)
{
	return (uint64_t)((double)size / 1e6 * (double)read_pace(arena, store));
}

void
pace_learn(struct arena *arena, struct store *store, uint64_t size, uint64_t time_ms)
{
	uint64_t old = read_pace(arena, store);
	json_t *values AUTO(json_release) = json_object();
	struct strbuf text AUTO(strbuf_free) = { 0 };
	double pace = size < PACE_SIZE_MIN ? 0 : (double)time_ms * 1e6 / (double)size;

	if (pace < 1 || pace > (double)PACE_MAX)
		return;
	if (old != 0)
		pace = (pace + (double)old) / 2;
	json_object_set_new(values, "ms_per_mb", json_integer((json_int_t)pace));
	json_write_pretty(values, &text);
	(void)file_replace(store_root_dir(store), PACE_FILE, text.at, text.len, 0644);
}
