/* SPDX-License-Identifier: MIT */
/*
 * Distances follow the static linker's rule: the thread pointer is aligned as the image's
 * storage is; below it, the storage ends at the pointer, rounded away from it; above it, the
 * storage begins behind a gap that belongs to libc.
 *
 * (I1) Starts and sizes of ranges are multiples of their alignment, so an image's variables
 * begin exactly at their range's start, whatever they are.
 */
#include "linker/image/tls.h"

#include "base/err.h"
#include "linker/image/target.h"

#include <inttypes.h>
#include <string.h>

#define ALIGN_LEAST UINT64_C(16) /* bytes */

static uint64_t
align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) / align * align;
}

uint64_t
tls_object_align(const struct elf_file *object)
{
	uint64_t align = 0;

	for (size_t i = 0; i < object->section_count; i++) {
		const struct elf_section *section = &object->sections[i];

		if ((section->flags & SHF_TLS) == 0 || (section->flags & SHF_ALLOC) == 0)
			continue;
		if (align < 1)
			align = 1;
		if (align < section->align)
			align = section->align;
	}
	return align;
}

uint64_t
tls_padding(enum arch arch, uint64_t start, uint64_t align)
{
	uint64_t first = target_tls_is_above(arch) ? align_up(target_tls_gap(arch), align) : 0;
	uint64_t wanted = align_up(start, align);

	return wanted > first ? wanted - first : 0;
}

void
tls_measure(enum arch arch, const struct elf_file *image, struct image_tls *ret_tls)
{
	*ret_tls = (struct image_tls){ 0 };
	for (size_t i = 0; i < image->segment_count; i++) {
		const Elf64_Phdr *segment = &image->segments[i];
		uint64_t gap = target_tls_gap(arch);
		uint64_t rest;

		if (segment->p_type != PT_TLS || segment->p_memsz == 0)
			continue;
		ret_tls->align = segment->p_align > 0 ? segment->p_align : 1;
		rest = ret_tls->align - 1;
		if (target_tls_is_above(arch))
			ret_tls->size =
				gap + ((segment->p_vaddr - gap) & rest) + segment->p_memsz;
		else
			ret_tls->size = segment->p_memsz +
					(-(segment->p_vaddr + segment->p_memsz) & rest);
	}
}

static bool
overlaps(const struct tls_taken *taken, const char *library, const struct image_tls *tls)
{
	return taken->tls.size > 0 && strcmp(taken->library, library) != 0 &&
	       taken->tls.start < tls->start + tls->size &&
	       tls->start < taken->tls.start + taken->tls.size;
}

int
tls_reserve(enum arch arch, const struct tls_taken *taken, size_t taken_count,
	const char *library, const struct image_tls *wanted, struct image_tls *ret_tls)
{
	uint64_t align = wanted->align > ALIGN_LEAST ? wanted->align : ALIGN_LEAST;
	uint64_t first = target_tls_is_above(arch) ? align_up(target_tls_gap(arch), align) : 0;
	uint64_t size = wanted->size > first ? wanted->size - first : 0;
	struct image_tls tls = {
		.start = first, .size = align_up(size + size / 4, align), .align = align
	};

	for (size_t i = 0; i < taken_count;) {
		if (!overlaps(&taken[i], library, &tls)) {
			i++;
			continue;
		}
		/* Behind what is in the way; then all others are asked again. */
		tls.start = align_up(taken[i].tls.start + taken[i].tls.size, align);
		i = 0;
	}
	if (tls.start + tls.size > TLS_WINDOW)
		return err_set(ERR_SLOT_FULL,
			"the thread-local variables of all slots are more than %" PRIu64
			" bytes (run 'weld gc' to free old slots)",
			TLS_WINDOW);
	*ret_tls = tls;
	return 0;
}

bool
tls_fits(const struct image_tls *measured, const struct image_tls *range)
{
	return measured->align <= range->align && measured->size <= range->start + range->size;
}
