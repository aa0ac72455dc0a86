/* SPDX-License-Identifier: MIT */
/*
 * The program and the slots that its image note lists: image-note(5) has the bytes.
 *
 * A slot's ELF header is at its base; its thread-local variables are a module of their own, whose
 * data is the slot's range.
 */
#include <elf.h>
#include <link.h>
#include <string.h>
#include "pthread_impl.h"
#include "libc.h"
#include "image_note.h"

typedef int callback_function(struct dl_phdr_info *, size_t, void *);

static size_t aux_value(size_t tag)
{
	for (size_t *aux = libc.auxv; aux[0]; aux += 2)
		if (aux[0] == tag) return aux[1];
	return 0;
}

static const struct image_note *find_note(const ElfW(Phdr) *headers, size_t count)
{
	const struct image_note *note = 0;

	for (size_t i = 0; i < count && !note; i++)
		note = image_note_at(&headers[i]);
	return note;
}

static int report_slots(const struct image_note *note, callback_function *callback, void *data)
{
	for (uint32_t i = 0; i < note->slot_count; i++) {
		const struct image_slot *slot = &note->slots[i];
		const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)slot->base;
		if (memcmp(header->e_ident, ELFMAG, SELFMAG)) continue;
		struct dl_phdr_info info = {
			.dlpi_name = image_note_string(note, slot->path),
			.dlpi_phdr = (const ElfW(Phdr) *)(slot->base + header->e_phoff),
			.dlpi_phnum = header->e_phnum,
		};
		if (slot->tls_size) {
			char *tp = (char *)__get_tp();
			info.dlpi_tls_modid = i + 2;
			info.dlpi_tls_data = TLS_IS_ABOVE ? tp + slot->tls_start
				: tp - slot->tls_start - slot->tls_size;
		}
		int ret = callback(&info, sizeof info, data);
		if (ret) return ret;
	}
	return 0;
}

int dl_iterate_phdr(callback_function *callback, void *data)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)aux_value(AT_PHDR);
	size_t count = aux_value(AT_PHNUM);
	const struct image_note *note = find_note(headers, count);
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
