/* SPDX-License-Identifier: MIT */
/*
 * The program and the slots that its image note lists: image-note(5) has the bytes.
 *
 * A slot's ELF header is at its base.
 */
#include <elf.h>
#include <link.h>
#include <string.h>
#include "pthread_impl.h"
#include "libc.h"

#define HEADER_SIZE 140
#define SLOT_SIZE 96
#define SLOT_COUNT 28 /* offsets in the note */
#define SLOT_BASE 0
#define SLOT_PATH 84 /* offsets in a slot's record */

typedef int callback_function(struct dl_phdr_info *, size_t, void *);

static size_t aux_value(size_t tag)
{
	for (size_t *aux = libc.auxv; aux[0]; aux += 2)
		if (aux[0] == tag) return aux[1];
	return 0;
}

static uint32_t number_at(const unsigned char *at)
{
	uint32_t number;
	memcpy(&number, at, sizeof number);
	return number;
}

static const unsigned char *find_note(const ElfW(Phdr) *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const unsigned char *note = (const unsigned char *)headers[i].p_vaddr;
		if (headers[i].p_type == PT_NOTE && headers[i].p_memsz >= HEADER_SIZE
		    && number_at(note) == 5 && number_at(note + 8) == 1
		    && !memcmp(note + 12, "weld", 5) && number_at(note + 20) == 1)
			return note;
	}
	return 0;
}

static int report_slots(const unsigned char *note, callback_function *callback, void *data)
{
	uint32_t count = number_at(note + SLOT_COUNT);
	const char *strings = (const char *)note + HEADER_SIZE + count * SLOT_SIZE;

	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *slot = note + HEADER_SIZE + i * SLOT_SIZE;
		ElfW(Addr) base;
		memcpy(&base, slot + SLOT_BASE, sizeof base);
		const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)base;
		if (memcmp(header->e_ident, ELFMAG, SELFMAG)) continue;
		struct dl_phdr_info info = {
			.dlpi_name = strings + number_at(slot + SLOT_PATH),
			.dlpi_phdr = (const ElfW(Phdr) *)(base + header->e_phoff),
			.dlpi_phnum = header->e_phnum,
		};
		int ret = callback(&info, sizeof info, data);
		if (ret) return ret;
	}
	return 0;
}

int dl_iterate_phdr(callback_function *callback, void *data)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)aux_value(AT_PHDR);
	size_t count = aux_value(AT_PHNUM);
	const unsigned char *note = find_note(headers, count);
	struct dl_phdr_info info = {
		.dlpi_name = "/proc/self/exe",
		.dlpi_phdr = headers,
		.dlpi_phnum = count,
	};

	if (libc.tls_head) {
		info.dlpi_tls_modid = 1;
		info.dlpi_tls_data = __tls_get_addr((tls_mod_off_t[]){1,0});
	}
	int ret = callback(&info, sizeof info, data);
	return ret || !note ? ret : report_slots(note, callback, data);
}
