/* SPDX-License-Identifier: MIT */
/* One number for each tier, ms for each MB; a new measurement counts as much as all before it. */
#include "pkgd/pace.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "store/store.h"

#include <stdlib.h>

#define PACE_FILE "state/pace.json"
#define PACE_FILE_MAX 4096 /* bytes */
#define PACE_SIZE_MIN 50000u /* bytes: less says little about the pace */
#define PACE_MAX INT64_C(10000000) /* ms for each MB */

/* Two cores of a small server; what matters before anything is measured is how the tiers compare. */
static const double common_paces[LOWER_TIERS] = {
	[LOWER_INSTANT] = 450, [LOWER_FAST] = 2000, [LOWER_FULL] = 4000
};

/* What was measured, 0 for nothing usable. */
static void
read_paces(struct arena *arena, const struct store *store, double *ret_paces)
{
	json_t *values AUTO(json_release) = NULL;
	struct str text;

	for (enum lower_tier tier = LOWER_INSTANT; tier <= LOWER_FULL; tier++)
		ret_paces[tier] = 0;
	if (!file_exists(store_root_dir(store), PACE_FILE) ||
		file_read(arena, store_root_dir(store), PACE_FILE, PACE_FILE_MAX, &text) < 0 ||
		json_read(text, &values) < 0)
		return;
	for (enum lower_tier tier = LOWER_INSTANT; tier <= LOWER_FULL; tier++) {
		int64_t pace;

		if (json_get_integer(values, lower_tier_name(tier), &pace) >= 0 && pace > 0 &&
			pace <= PACE_MAX)
			ret_paces[tier] = (double)pace;
	}
}

uint64_t
pace_expect(struct arena *arena, const struct store *store, enum lower_tier tier, uint64_t size)
{
	double paces[LOWER_TIERS];
	double pace = common_paces[tier];

	read_paces(arena, store, paces);
	/* The nearest tier that was measured says how much faster or slower this machine is. */
	for (int distance = LOWER_TIERS - 1; distance >= 0; distance--)
		for (int other = 0; other < LOWER_TIERS; other++)
			if (paces[other] > 0 && abs(other - (int)tier) == distance)
				pace = paces[other] * common_paces[tier] / common_paces[other];
	return (uint64_t)((double)size / 1e6 * pace);
}

void
pace_learn(struct arena *arena, struct store *store, enum lower_tier tier, uint64_t size,
	uint64_t time_ms)
{
	double paces[LOWER_TIERS];
	json_t *values AUTO(json_release) = json_object();
	struct strbuf text AUTO(strbuf_free) = { 0 };
	double pace = size < PACE_SIZE_MIN ? 0 : (double)time_ms * 1e6 / (double)size;

	if (pace < 1 || pace > (double)PACE_MAX)
		return;
	read_paces(arena, store, paces);
	paces[tier] = paces[tier] > 0 ? (pace + paces[tier]) / 2 : pace;
	for (enum lower_tier each = LOWER_INSTANT; each <= LOWER_FULL; each++)
		if (paces[each] > 0)
			json_object_set_new(values, lower_tier_name(each),
				json_integer((json_int_t)paces[each]));
	json_write_pretty(values, &text);
	(void)file_replace(store_root_dir(store), PACE_FILE, text.at, text.len, 0644);
}
