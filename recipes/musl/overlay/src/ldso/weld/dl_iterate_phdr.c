/* SPDX-License-Identifier: MIT */
/*
 * The program, the slots that its image note lists, and what dlopen() brought.
 *
 * A slot's thread-local variables are a module of their own, whose data is the slot's range.
 */
#include <elf.h>
#include <link.h>
#include "image.h"
#include "pthread_impl.h"

static void add_tls(const struct image *image, const struct image *program, struct dl_phdr_info *info)
{
	if (image == program && libc.tls_head) {
		info->dlpi_tls_modid = 1;
		info->dlpi_tls_data = __tls_get_addr((tls_mod_off_t[]){1,0});
	}
	for (uint32_t i = 0; i < image_slots(program); i++) {
		const struct image_slot *slot = &program->note->slots[i];
		char *tp = (char *)__get_tp();
		if (program->needs[i] != image || !slot->tls_size) continue;
		info->dlpi_tls_modid = i + 2;
		info->dlpi_tls_data = TLS_IS_ABOVE ? tp + slot->tls_start
			: tp - slot->tls_start - slot->tls_size;
	}
}

int dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
	struct image *program;
	int ret = 0;

	__weld_lock();
	program = __weld_program();
	for (struct image *i = program; i && !ret; i = image_next(i)) {
		struct dl_phdr_info info = {
			.dlpi_name = *i->map.l_name ? i->map.l_name : "/proc/self/exe",
			.dlpi_phdr = i->segments,
			.dlpi_phnum = i->segment_count,
			.dlpi_adds = __weld_adds,
			.dlpi_subs = __weld_subs,
		};
		add_tls(i, program, &info);
		ret = callback(&info, sizeof info, data);
	}
	__weld_unlock();
	return ret;
}
