/* SPDX-License-Identifier: MIT */
/*
 * gpt: the partition table of a disk, and the boot code in its first sector.
 *
 * Both copies of the table are always written, and both must be whole to be read.
 */
#ifndef KERNEL_IFACE_BOOT_GPT_H
#define KERNEL_IFACE_BOOT_GPT_H

#include "base/hash.h"
#include "kernel-iface/boot_disk.h"

#include <stdbool.h>
#include <stdint.h>

#define GPT_PARTITIONS_MAX 128u
#define GPT_NAME_MAX 36u /* characters */
#define GPT_TABLE_SECTORS 33u /* at each end: the header and the entries */
#define GPT_BOOT_CODE_SIZE 440u /* bytes */
#define GPT_READ_ONLY (UINT64_C(1) << 60) /* attribute: nobody shall write there */

struct gpt_guid {
	uint8_t bytes[16]; /* as on disk */
};

extern const struct gpt_guid gpt_bios_boot; /* types of partitions */
extern const struct gpt_guid gpt_efi_system;
extern const struct gpt_guid gpt_linux_data;

struct gpt_partition {
	struct gpt_guid type;
	struct gpt_guid id;
	uint64_t first; /* sector */
	uint64_t last; /* sector, belongs to it */
	uint64_t attributes;
	char name[GPT_NAME_MAX + 1]; /* printable ASCII */
};

struct gpt {
	struct gpt_guid id;
	uint64_t sectors; /* of the whole disk */
	struct gpt_partition partitions[GPT_PARTITIONS_MAX];
	size_t count;
};

/* A GUID that is made of a digest and a word: the same ones give the same. */
struct gpt_guid gpt_make_guid(const struct digest *digest, const char *word);

/* Whether two GUIDs are equal. */
bool gpt_guid_equal(const struct gpt_guid *a, const struct gpt_guid *b);

/* The usual form, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"; returns its argument. */
char *gpt_guid_text(const struct gpt_guid *guid, char text[37]);

/*
 * Write both tables, and a first sector with the boot code and one entry that says "GPT".
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 * Source: UEFI specification 2.10, section 5
 */
int gpt_write(int fd, const struct gpt *gpt, const uint8_t boot_code[GPT_BOOT_CODE_SIZE]);

/*
 * Read both tables: checksums, that they agree, and that partitions lie on the disk, apart and in
 * ascending order.
 *
 * Errors: ERR_FORMAT (says what is damaged), ERR_IO
 */
int gpt_read(int fd, struct gpt *ret_gpt, uint8_t ret_boot_code[GPT_BOOT_CODE_SIZE]);

#endif
