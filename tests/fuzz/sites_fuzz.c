/* SPDX-License-Identifier: MIT */
/*
 * Binding again, whatever a sites file and an image say: four bytes with the length of the sites file, the file,
 * the image. What is read can be written, as it was; other addresses do not change the image's
 * length, and the same ones again change nothing.
 */
#include "linker/image/sites.h"
#include "tests/fuzz/fuzz.h"

#include <elf.h>
#include <string.h>

/* Where the image's program headers end, or the file's own header does. */
static uint64_t
end_of_headers(struct str image)
{
	Elf64_Ehdr header;
	uint64_t end;

	memcpy(&header, image.at, sizeof header);
	end = header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr);
	return end < sizeof header ? sizeof header : end;
}

static void
bind(struct arena *arena, const struct sites *sites, struct str image, uint64_t distance)
{
	uint64_t *addresses = arena_array(arena, sites->binding_count, sizeof *addresses);
	struct str once = { arena_copy(arena, image.at, image.len), image.len };
	struct str twice;

	for (size_t i = 0; i < sites->binding_count; i++)
		addresses[i] = sites->bindings[i].address + distance;
	if (sites_apply(sites, addresses, once) < 0)
		return;
	twice = (struct str){ arena_copy(arena, once.at, once.len), once.len };
	/* A site in the headers may move the others; then there is nothing to compare. */
	if (sites->site_count > 0 && sites->sites[0].offset < end_of_headers(image))
		return;
	if (sites_apply(sites, addresses, twice) < 0 || !str_equal(once, twice))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct sites sites;
	struct str file, image;
	uint32_t size;

	if (length < sizeof size)
		return 0;
	memcpy(&size, bytes, sizeof size);
	bytes += sizeof size;
	length -= sizeof size;
	if (size > length)
		return 0;
	/* Copies of their exact length: what reads behind them is seen. */
	file = (struct str){ arena_copy(arena, bytes, size), size };
	image = (struct str){ arena_copy(arena, bytes + size, length - size), length - size };
	if (sites_unpack(arena, file, &sites) < 0)
		return 0;
	sites_pack(&sites, &again);
	if (!str_equal(strbuf_str(&again), file))
		abort();
	bind(arena, &sites, image, 0);
	bind(arena, &sites, image, 0x10000);
	return 0;
}
