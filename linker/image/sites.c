/* SPDX-License-Identifier: MIT */
/*
 * A sites file is a header and five lists: names of slots, bindings, open symbols,
 * sites. Numbers are of 7 bits a byte, the lowest first, names end with a NUL; a
 * site has the distance from the one before. Reading ends with writing the
 * result again, so that what the reader takes is exactly what the writer makes.
 */
#include "linker/image/sites.h"

#include "base/arena.h"
#include "base/err.h"
#include "linker/elf/elf_relocate.h"

#include <elf.h>
#include <string.h>

#define SITES_MAGIC "weldsite"
#define SITES_VERSION 1
#define NUMBER_BYTES_MAX 10

struct header {
	char magic[8];
	uint32_t version;
	uint32_t machine;
	uint8_t link_key[DIGEST_SIZE];
	uint8_t labels[DIGEST_SIZE];
	uint8_t image[DIGEST_SIZE];
};

static void
add_number(struct strbuf *bytes, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		strbuf_add_char(bytes, (char)(number | 0x80));
	strbuf_add_char(bytes, (char)number);
}

static void
add_text(struct strbuf *bytes, const char *text)
{
	strbuf_add(bytes, text, strlen(text) + 1);
}

/* Small numbers of either sign become small ones without. */
static uint64_t
fold_sign(int64_t number)
{
	return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static int64_t
unfold_sign(uint64_t number)
{
	return (int64_t)(number >> 1 ^ ((number & 1) != 0 ? UINT64_MAX : 0));
}

void
sites_pack(const struct sites *sites, struct strbuf *ret_bytes)
{
	struct header header = { .version = SITES_VERSION, .machine = sites->machine };
	struct strbuf bytes = { 0 };
	uint32_t last = 0;

	memcpy(header.magic, SITES_MAGIC, sizeof header.magic);
	memcpy(header.link_key, sites->link_key.bytes, DIGEST_SIZE);
	memcpy(header.labels, sites->labels.bytes, DIGEST_SIZE);
	memcpy(header.image, sites->image.bytes, DIGEST_SIZE);
	strbuf_add(&bytes, &header, sizeof header);
	add_number(&bytes, sites->slot_count);
	for (size_t i = 0; i < sites->slot_count; i++)
		add_text(&bytes, sites->slots[i]);
	add_number(&bytes, sites->binding_count);
	for (size_t i = 0; i < sites->binding_count; i++) {
		const struct sites_binding *binding = &sites->bindings[i];

		add_text(&bytes, binding->symbol);
		add_number(&bytes, (uint64_t)binding->slot << 1 | binding->is_function);
		add_number(&bytes, binding->address);
	}
	add_number(&bytes, sites->open_count);
	for (size_t i = 0; i < sites->open_count; i++)
		add_text(&bytes, sites->open[i]);
	add_number(&bytes, sites->site_count);
	for (size_t i = 0; i < sites->site_count; i++) {
		const struct site *site = &sites->sites[i];

		add_number(&bytes, site->offset - last);
		add_number(&bytes, site->type);
		add_number(&bytes, site->binding);
		add_number(&bytes, fold_sign(site->addend));
		last = site->offset;
	}
	*ret_bytes = bytes;
}

static int
damaged(const char *what)
{
	return err_set(ERR_FORMAT, "sites: %s", what);
}

static int
get_number(struct str *rest, uint64_t limit, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (size_t i = 0; i < NUMBER_BYTES_MAX && i < rest->len; i++) {
		unsigned char byte = (unsigned char)rest->at[i];

		number |= (uint64_t)(byte & 0x7f) << (7 * i);
		if ((byte & 0x80) != 0)
			continue;
		*rest = (struct str){ rest->at + i + 1, rest->len - i - 1 };
		if (number > limit)
			return damaged("a number is out of range");
		*ret_number = number;
		return 0;
	}
	return damaged("a number does not end");
}

/* The length of a list: each of its elements takes a byte at least. */
static int
get_count(struct str *rest, size_t *ret_count)
{
	uint64_t count = 0;

	TRY(get_number(rest, rest->len, &count));
	*ret_count = count;
	return 0;
}

static int
get_text(struct str *rest, const char **ret_text)
{
	const char *end = memchr(rest->at, '\0', rest->len);

	if (end == NULL)
		return damaged("a name does not end");
	*ret_text = rest->at;
	*rest = (struct str){ end + 1, rest->len - (size_t)(end + 1 - rest->at) };
	return 0;
}

static int
get_texts(
	struct arena *arena, struct str *rest, const char *const **ret_texts, size_t *ret_count)
{
	const char **texts;
	size_t count = 0;

	TRY(get_count(rest, &count));
	texts = arena_array(arena, count, sizeof *texts);
	for (size_t i = 0; i < count; i++)
		TRY(get_text(rest, &texts[i]));
	*ret_texts = texts;
	*ret_count = count;
	return 0;
}

static int
get_bindings(struct arena *arena, struct str *rest, struct sites *sites)
{
	struct sites_binding *bindings;

	TRY(get_count(rest, &sites->binding_count));
	bindings = arena_array(arena, sites->binding_count, sizeof *bindings);
	for (size_t i = 0; i < sites->binding_count; i++) {
		uint64_t number = 0;

		TRY(get_text(rest, &bindings[i].symbol));
		TRY(get_number(rest, UINT32_MAX, &number));
		if (number >> 1 >= sites->slot_count)
			return damaged("a binding is of no slot");
		bindings[i].slot = (uint32_t)(number >> 1);
		bindings[i].is_function = (number & 1) != 0;
		TRY(get_number(rest, UINT64_MAX, &bindings[i].address));
	}
	sites->bindings = bindings;
	return 0;
}

static int
get_site(const struct sites *sites, struct str *rest, uint64_t from, struct site *ret_site)
{
	uint64_t distance = 0, type = 0, binding = 0, addend = 0;

	TRY(get_number(rest, UINT32_MAX, &distance));
	TRY(get_number(rest, UINT32_MAX, &type));
	TRY(get_number(rest, UINT32_MAX, &binding));
	TRY(get_number(rest, UINT64_MAX, &addend));
	if (from + distance > UINT32_MAX)
		return damaged("a site is out of range");
	if (binding >= sites->binding_count)
		return damaged("a site is of no binding");
	if (elf_relocate_size(sites->machine, (uint32_t)type) == 0)
		return damaged("a relocation is of no known kind");
	*ret_site = (struct site){ .offset = (uint32_t)(from + distance),
		.type = (uint32_t)type,
		.binding = (uint32_t)binding,
		.addend = unfold_sign(addend) };
	return 0;
}

static int
get_sites(struct arena *arena, struct str *rest, struct sites *sites)
{
	struct site *list;
	uint64_t last = 0, end = 0;

	TRY(get_count(rest, &sites->site_count));
	list = arena_array(arena, sites->site_count, sizeof *list);
	for (size_t i = 0; i < sites->site_count; i++) {
		TRY(get_site(sites, rest, last, &list[i]));
		last = list[i].offset;
		if (last < end)
			return damaged("two sites overlap");
		end = last + elf_relocate_size(sites->machine, list[i].type);
	}
	sites->sites = list;
	return 0;
}

static int
get_header(struct str *rest, struct sites *sites)
{
	struct header header;

	if (rest->len < sizeof header)
		return damaged("it is too short");
	memcpy(&header, rest->at, sizeof header);
	if (memcmp(header.magic, SITES_MAGIC, sizeof header.magic) != 0)
		return damaged("not a sites file");
	if (header.version != SITES_VERSION)
		return err_set(ERR_FORMAT, "sites: version %u, this weld knows version %d",
			header.version, SITES_VERSION);
	if (header.machine > UINT16_MAX)
		return damaged("no such machine");
	sites->machine = (uint16_t)header.machine;
	memcpy(sites->link_key.bytes, header.link_key, DIGEST_SIZE);
	memcpy(sites->labels.bytes, header.labels, DIGEST_SIZE);
	memcpy(sites->image.bytes, header.image, DIGEST_SIZE);
	*rest = (struct str){ rest->at + sizeof header, rest->len - sizeof header };
	return 0;
}

int
sites_unpack(struct arena *arena, struct str bytes, struct sites *ret_sites)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct sites sites = { 0 };
	struct str rest = bytes;

	TRY(get_header(&rest, &sites));
	TRY(get_texts(arena, &rest, &sites.slots, &sites.slot_count));
	TRY(get_bindings(arena, &rest, &sites));
	TRY(get_texts(arena, &rest, &sites.open, &sites.open_count));
	TRY(get_sites(arena, &rest, &sites));
	sites_pack(&sites, &again);
	if (!str_equal(strbuf_str(&again), bytes))
		return damaged("its bytes are not in the one valid form");
	*ret_sites = sites;
	return 0;
}

/* The address that a part of the file has in memory; 0 where it has none. */
static uint64_t
address_at(struct str image, const Elf64_Ehdr *header, uint64_t offset)
{
	for (unsigned i = 0; i < header->e_phnum; i++) {
		uint64_t at = header->e_phoff + (uint64_t)i * sizeof(Elf64_Phdr);
		Elf64_Phdr segment;

		if (at > image.len || sizeof segment > image.len - at)
			return 0;
		memcpy(&segment, image.at + at, sizeof segment);
		if (segment.p_type == PT_LOAD && offset >= segment.p_offset &&
			offset - segment.p_offset < segment.p_filesz)
			return segment.p_vaddr + (offset - segment.p_offset);
	}
	return 0;
}

int
sites_apply(const struct sites *sites, const uint64_t *addresses, struct str image)
{
	Elf64_Ehdr header;

	if (image.len < sizeof header)
		return damaged("the image is too short");
	memcpy(&header, image.at, sizeof header);
	if (header.e_machine != sites->machine || header.e_phoff > image.len)
		return damaged("the image is not for this machine");
	for (size_t i = 0; i < sites->site_count; i++) {
		const struct site *site = &sites->sites[i];
		size_t size = elf_relocate_size(sites->machine, site->type);

		if (site->offset > image.len || size > image.len - site->offset)
			return damaged("a site is not in the image");
		TRY(elf_relocate(sites->machine, site->type,
			addresses[site->binding] + (uint64_t)site->addend,
			address_at(image, &header, site->offset),
			(unsigned char *)image.at + site->offset));
	}
	return 0;
}
