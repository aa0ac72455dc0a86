/* SPDX-License-Identifier: MIT */
/* The note of a program and its records of slots: image-note(5), version 2. */
#include <elf.h>
#include <stdint.h>
#include <string.h>

struct image_slot {
	uint64_t base; /* the slot's ELF header is there */
	uint64_t size;
	unsigned char layout_id[32];
	unsigned char digest[32];
	uint64_t tls_start; /* bytes from the thread pointer */
	uint64_t tls_size;
	uint32_t name, path, exact_path; /* strings */
	uint32_t tls_align;
} __attribute__((packed, aligned(4), may_alias));

struct image_note {
	uint32_t owner_size, size, type;
	unsigned char owner[8];
	uint32_t version, kind, slot_count, strings_size, name, capabilities;
	unsigned char layout_id[32];
	uint64_t base, memory_size;
	uint64_t init_array, init_count, fini_array, fini_count;
	uint64_t tls_size, tls_align;
	uint64_t tls_start; /* where the ranges of its slots end */
	struct image_slot slots[];
} __attribute__((packed, aligned(4), may_alias));

_Static_assert(sizeof(struct image_note) == 148, "as image-note(5) says");
_Static_assert(sizeof(struct image_slot) == 112, "as image-note(5) says");

static inline const struct image_note *image_note_at(const Elf64_Phdr *header)
{
	const struct image_note *note = (const void *)header->p_vaddr;

	return header->p_type == PT_NOTE && header->p_memsz >= sizeof *note
		&& note->owner_size == 5 && note->type == 1 && note->version == 2
		&& !memcmp(note->owner, "weld", 5) ? note : 0;
}

static inline const char *image_note_string(const struct image_note *note, uint32_t string)
{
	return (const char *)&note->slots[note->slot_count] + string;
}
