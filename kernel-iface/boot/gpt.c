/* SPDX-License-Identifier: MIT */
/*
 * The GUID partition table: a header of 92 bytes in a sector of its own, and 128 entries of 128
 * bytes; the first copy begins at sector 1, the second ends with the disk. Layouts of both are
 * the offsets below.
 */
#include "kernel-iface/boot/gpt.h"

#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/span.h"

#include <stdio.h>
#include <string.h>

#define SECTOR BOOT_SECTOR_SIZE
#define HEADER_SIZE 92u
#define ENTRY_SIZE 128u
#define ENTRIES_SIZE (GPT_PARTITIONS_MAX * ENTRY_SIZE)
#define REVISION 0x00010000u

enum header_offset {
	HEADER_SIGNATURE = 0,
	HEADER_REVISION = 8,
	HEADER_LENGTH = 12,
	HEADER_CRC = 16,
	HEADER_HERE = 24,
	HEADER_OTHER = 32,
	HEADER_FIRST_USABLE = 40,
	HEADER_LAST_USABLE = 48,
	HEADER_ID = 56,
	HEADER_ENTRIES = 72,
	HEADER_COUNT = 80,
	HEADER_ENTRY_SIZE = 84,
	HEADER_ENTRIES_CRC = 88,
};

enum entry_offset {
	ENTRY_TYPE = 0,
	ENTRY_ID = 16,
	ENTRY_FIRST = 32,
	ENTRY_LAST = 40,
	ENTRY_ATTRIBUTES = 48,
	ENTRY_NAME = 56,
};

enum mbr_offset {
	MBR_PARTITION = 446,
	MBR_SIGNATURE = 510,
};

static const char signature[] = "EFI PART";

const struct gpt_guid gpt_bios_boot = { { 'H', 'a', 'h', '!', 'I', 'd', 'o', 'n', 't', 'N', 'e',
	'e', 'd', 'E', 'F', 'I' } };
const struct gpt_guid gpt_efi_system = { { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba,
	0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b } };
const struct gpt_guid gpt_linux_data = { { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e,
	0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 } };

/* CRC-32 of IEEE 802.3, reflected. */
static uint32_t
crc32_of(const uint8_t *bytes, size_t length)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
	}
	return ~crc;
}

struct gpt_guid
gpt_make_guid(const struct digest *digest, const char *word)
{
	struct hash hash;
	struct digest made;
	struct gpt_guid guid;

	hash_init(&hash);
	hash_add_string(&hash, "weld guid");
	hash_add(&hash, digest->bytes, sizeof digest->bytes);
	hash_add_string(&hash, word);
	made = hash_end(&hash);
	memcpy(guid.bytes, made.bytes, sizeof guid.bytes);
	/* Version 8, made of a hash in a way of its own; the variant of RFC 9562. */
	guid.bytes[7] = (uint8_t)((guid.bytes[7] & 0x0f) | 0x80);
	guid.bytes[8] = (uint8_t)((guid.bytes[8] & 0x3f) | 0x80);
	return guid;
}

bool
gpt_guid_equal(const struct gpt_guid *a, const struct gpt_guid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

char *
gpt_guid_text(const struct gpt_guid *guid, char text[37])
{
	const uint8_t *b = guid->bytes;

	snprintf(text, 37, "%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x", span_u32(b),
		span_u16(b + 4), span_u16(b + 6), b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return text;
}

static void
pack_entries(const struct gpt *gpt, uint8_t entries[ENTRIES_SIZE])
{
	memset(entries, 0, ENTRIES_SIZE);
	for (size_t i = 0; i < gpt->count; i++) {
		const struct gpt_partition *partition = &gpt->partitions[i];
		uint8_t *entry = entries + i * ENTRY_SIZE;

		memcpy(entry + ENTRY_TYPE, partition->type.bytes, 16);
		memcpy(entry + ENTRY_ID, partition->id.bytes, 16);
		span_put_u64(entry + ENTRY_FIRST, partition->first);
		span_put_u64(entry + ENTRY_LAST, partition->last);
		span_put_u64(entry + ENTRY_ATTRIBUTES, partition->attributes);
		for (size_t c = 0; c < GPT_NAME_MAX && partition->name[c] != '\0'; c++)
			entry[ENTRY_NAME + 2 * c] = (uint8_t)partition->name[c];
	}
}

static void
pack_header(const struct gpt *gpt, uint64_t here, uint32_t entries_crc, uint8_t header[SECTOR])
{
	uint64_t end = gpt->sectors - 1;

	memset(header, 0, SECTOR);
	memcpy(header, signature, sizeof signature - 1);
	span_put_u32(header + HEADER_REVISION, REVISION);
	span_put_u32(header + HEADER_LENGTH, HEADER_SIZE);
	span_put_u64(header + HEADER_HERE, here);
	span_put_u64(header + HEADER_OTHER, here == 1 ? end : 1);
	span_put_u64(header + HEADER_FIRST_USABLE, 1 + GPT_TABLE_SECTORS);
	span_put_u64(header + HEADER_LAST_USABLE, end - GPT_TABLE_SECTORS);
	memcpy(header + HEADER_ID, gpt->id.bytes, 16);
	span_put_u64(header + HEADER_ENTRIES, here == 1 ? 2 : end - GPT_TABLE_SECTORS + 1);
	span_put_u32(header + HEADER_COUNT, GPT_PARTITIONS_MAX);
	span_put_u32(header + HEADER_ENTRY_SIZE, ENTRY_SIZE);
	span_put_u32(header + HEADER_ENTRIES_CRC, entries_crc);
	span_put_u32(header + HEADER_CRC, crc32_of(header, HEADER_SIZE));
}

/* One entry over the whole disk, so that what knows no GPT leaves it alone. */
static void
pack_mbr(const struct gpt *gpt, const uint8_t *boot_code, uint8_t mbr[SECTOR])
{
	static const uint8_t entry[8] = { 0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff };
	uint64_t length = gpt->sectors - 1;

	memset(mbr, 0, SECTOR);
	memcpy(mbr, boot_code, GPT_BOOT_CODE_SIZE);
	memcpy(mbr + MBR_PARTITION, entry, sizeof entry);
	span_put_u32(mbr + MBR_PARTITION + 8, 1);
	span_put_u32(
		mbr + MBR_PARTITION + 12, length > UINT32_MAX ? UINT32_MAX : (uint32_t)length);
	span_put_u16(mbr + MBR_SIGNATURE, 0xaa55);
}

int
gpt_write(int fd, const struct gpt *gpt, const uint8_t boot_code[GPT_BOOT_CODE_SIZE])
{
	uint8_t entries[ENTRIES_SIZE];
	uint8_t sector[SECTOR];
	uint64_t end = gpt->sectors - 1;
	uint32_t crc;

	pack_entries(gpt, entries);
	crc = crc32_of(entries, sizeof entries);
	pack_mbr(gpt, boot_code, sector);
	TRY(span_write(fd, 0, sector, sizeof sector));
	pack_header(gpt, 1, crc, sector);
	TRY(span_write(fd, SECTOR, sector, sizeof sector));
	TRY(span_write(fd, UINT64_C(2) * SECTOR, entries, sizeof entries));
	pack_header(gpt, end, crc, sector);
	TRY(span_write(fd, end * SECTOR, sector, sizeof sector));
	return span_write(fd, (end - GPT_TABLE_SECTORS + 1) * SECTOR, entries, sizeof entries);
}

static int
read_header(int fd, uint64_t sectors, uint64_t here, uint8_t header[SECTOR])
{
	uint8_t copy[HEADER_SIZE];
	uint64_t entries = here == 1 ? 2 : sectors - GPT_TABLE_SECTORS;

	TRY(span_read(fd, here * SECTOR, header, SECTOR));
	if (memcmp(header, signature, sizeof signature - 1) != 0)
		return err_set(ERR_FORMAT, "no GPT partition table");
	memcpy(copy, header, sizeof copy);
	span_put_u32(copy + HEADER_CRC, 0);
	if (span_u32(header + HEADER_LENGTH) != HEADER_SIZE ||
		span_u32(header + HEADER_CRC) != crc32_of(copy, sizeof copy))
		return err_set(ERR_FORMAT, "the header's checksum is wrong");
	if (span_u32(header + HEADER_REVISION) != REVISION ||
		span_u64(header + HEADER_HERE) != here ||
		span_u64(header + HEADER_OTHER) != (here == 1 ? sectors - 1 : 1) ||
		span_u64(header + HEADER_ENTRIES) != entries ||
		span_u32(header + HEADER_COUNT) != GPT_PARTITIONS_MAX ||
		span_u32(header + HEADER_ENTRY_SIZE) != ENTRY_SIZE)
		return err_set(ERR_FORMAT,
			"the header does not fit the disk: was the file cut or extended?");
	return 0;
}

static int
read_table(int fd, uint64_t sectors, uint64_t here, uint8_t header[SECTOR],
	uint8_t entries[ENTRIES_SIZE])
{
	TRY(read_header(fd, sectors, here, header));
	TRY(span_read(fd, span_u64(header + HEADER_ENTRIES) * SECTOR, entries, ENTRIES_SIZE));
	if (span_u32(header + HEADER_ENTRIES_CRC) != crc32_of(entries, ENTRIES_SIZE))
		return err_set(ERR_FORMAT, "the entries' checksum is wrong");
	return 0;
}

static void
unpack_entry(const uint8_t *entry, struct gpt_partition *ret)
{
	struct gpt_partition partition = { .first = span_u64(entry + ENTRY_FIRST),
		.last = span_u64(entry + ENTRY_LAST),
		.attributes = span_u64(entry + ENTRY_ATTRIBUTES) };

	memcpy(partition.type.bytes, entry + ENTRY_TYPE, 16);
	memcpy(partition.id.bytes, entry + ENTRY_ID, 16);
	for (size_t i = 0; i < GPT_NAME_MAX; i++) {
		uint16_t c = span_u16(entry + ENTRY_NAME + 2 * i);

		if (c == 0)
			break;
		partition.name[i] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
	}
	*ret = partition;
}

static int
unpack_entries(const uint8_t entries[ENTRIES_SIZE], struct gpt *gpt)
{
	static const struct gpt_guid none = { { 0 } };
	uint64_t free_from = 1 + GPT_TABLE_SECTORS;

	for (size_t i = 0; i < GPT_PARTITIONS_MAX; i++) {
		struct gpt_partition *partition = &gpt->partitions[gpt->count];

		unpack_entry(entries + i * ENTRY_SIZE, partition);
		if (gpt_guid_equal(&partition->type, &none))
			continue;
		if (partition->first < free_from || partition->last < partition->first ||
			partition->last >= gpt->sectors - GPT_TABLE_SECTORS)
			return err_set(ERR_FORMAT,
				"partition %zu does not lie behind the one before it on the "
				"disk",
				i + 1);
		free_from = partition->last + 1;
		gpt->count++;
	}
	return 0;
}

int
gpt_read(int fd, struct gpt *ret_gpt, uint8_t ret_boot_code[GPT_BOOT_CODE_SIZE])
{
	uint8_t entries[ENTRIES_SIZE];
	uint8_t backup[ENTRIES_SIZE];
	uint8_t mbr[SECTOR];
	uint8_t header[SECTOR];
	uint64_t size;

	TRY(file_size(fd, &size));
	if (size < UINT64_C(4) * GPT_TABLE_SECTORS * SECTOR || size % SECTOR != 0)
		return err_set(ERR_FORMAT, "not a disk: %llu bytes", (unsigned long long)size);
	TRY(span_read(fd, 0, mbr, sizeof mbr));
	if (span_u16(mbr + MBR_SIGNATURE) != 0xaa55)
		return err_set(ERR_FORMAT, "the first sector is not a boot sector");
	memset(ret_gpt, 0, sizeof *ret_gpt);
	ret_gpt->sectors = size / SECTOR;
	TRY(err_context(
		read_table(fd, ret_gpt->sectors, 1, header, entries), "partition table"));
	memcpy(ret_gpt->id.bytes, header + HEADER_ID, 16);
	TRY(err_context(read_table(fd, ret_gpt->sectors, ret_gpt->sectors - 1, header, backup),
		"partition table at the end"));
	if (memcmp(entries, backup, sizeof entries) != 0 ||
		memcmp(ret_gpt->id.bytes, header + HEADER_ID, 16) != 0)
		return err_set(ERR_FORMAT, "the two partition tables are not the same");
	memcpy(ret_boot_code, mbr, GPT_BOOT_CODE_SIZE);
	return unpack_entries(entries, ret_gpt);
}
