/* SPDX-License-Identifier: MIT */
/* The digest and the layout ids have their fixed places in the file. */
#include "linker/facts.h"

#include "base/err.h"
#include "linker/facts/format.h"

#include <stddef.h>
#include <string.h>

int
facts_rebind(struct str bytes, const struct digest *image, const struct facts_slot *slots,
	size_t slot_count)
{
	struct facts facts;
	char *at = (char *)bytes.at;

	TRY(facts_open(bytes, &facts));
	if (facts.slot_count != slot_count)
		return err_set(ERR_FORMAT, "facts: of an image with other slots");
	for (uint32_t i = 0; i < slot_count; i++)
		if (strcmp(facts_slot(&facts, i).name, slots[i].name) != 0)
			return err_set(ERR_FORMAT, "facts: of an image with other slots");
	memcpy(at + offsetof(struct facts_header, digest), image->bytes, DIGEST_SIZE);
	for (uint32_t i = 0; i < slot_count; i++)
		memcpy(at + facts.tables[FACTS_TABLE_SLOTS] +
				i * sizeof(struct facts_slot_record) +
				offsetof(struct facts_slot_record, layout_id),
			slots[i].layout_id.bytes, DIGEST_SIZE);
	return 0;
}
