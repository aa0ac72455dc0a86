/* SPDX-License-Identifier: MIT */
/*
 * note_layout: the bytes of an image note, as image-note(5) has them.
 *
 * Included by the reader and writer in kernel-iface and by the freestanding
 * mapper. All numbers are little endian; nothing is aligned to more than 4.
 * Strings are offsets into the string area, which begins and ends with a NUL.
 */
#ifndef KERNEL_IFACE_MAPPER_NOTE_LAYOUT_H
#define KERNEL_IFACE_MAPPER_NOTE_LAYOUT_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "image notes are read and written in place on little-endian machines"
#endif

#define NOTE_OWNER "weld\0\0\0" /* 5 bytes count, 8 are written */
#define NOTE_OWNER_SIZE 5 /* bytes, the NUL included */
#define NOTE_VERSION 2
#define NOTE_ELF_HEADER 20 /* bytes before the descriptor */
#define NOTE_SLOT_STRINGS 68 /* bytes of the string area of every slot's note */
#define NOTE_STRINGS_UNIT 64 /* bytes; that of other notes is a multiple */

struct note_header {
	uint32_t owner_size; /* NOTE_OWNER_SIZE */
	uint32_t size; /* bytes from `version` to the end of the string area */
	uint32_t type; /* IMAGE_NOTE_TYPE */
	uint8_t owner[8]; /* NOTE_OWNER */
	uint32_t version; /* NOTE_VERSION */
	uint32_t kind; /* enum image_kind */
	uint32_t slot_count; /* records that follow the header */
	uint32_t strings_size; /* bytes, a multiple of 4 */
	uint32_t name; /* string */
	uint32_t capabilities; /* string */
	uint8_t layout_id[32];
	uint64_t base;
	uint64_t size_in_memory;
	uint64_t init_array;
	uint64_t init_count;
	uint64_t fini_array;
	uint64_t fini_count;
	uint64_t tls_size;
	uint64_t tls_align;
	uint64_t tls_start;
} __attribute__((packed, may_alias));

struct note_slot {
	uint64_t base;
	uint64_t size;
	uint8_t layout_id[32];
	uint8_t digest[32];
	uint64_t tls_start;
	uint64_t tls_size;
	uint32_t name; /* string */
	uint32_t path; /* string */
	uint32_t exact_path; /* string */
	uint32_t tls_align;
} __attribute__((packed, may_alias));

_Static_assert(sizeof(struct note_header) == 148, "the header has no padding");
_Static_assert(sizeof(struct note_slot) == 112, "a record has no padding");

#endif
