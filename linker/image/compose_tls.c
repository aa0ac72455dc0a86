/* SPDX-License-Identifier: MIT */
/* Where the thread-local variables of one image stand: before it is linked, and after. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/elf/elf_padding.h"
#include "linker/image/composition.h"
#include "linker/image/target.h"

int
compose_pad(struct link_state *state, struct composition *composition)
{
	enum arch arch = state->target.arch;
	struct elf_padding padding = { .align = composition->tls_align,
		.is_first = target_tls_is_above(arch) };
	struct strbuf object AUTO(strbuf_free) = { 0 };

	if (composition->tls_align > 0)
		padding.size =
			tls_padding(arch, composition->note.tls.start, composition->tls_align);
	if (padding.size == 0)
		return 0;
	elf_padding_write(arch_elf_machine(arch), &padding, &object);
	composition->padding = arena_printf(state->arena, "%s.padding.o", composition->output);
	return file_create(AT_FDCWD, composition->padding, object.at, object.len, 0600);
}

void
compose_complete_tls(const struct link_state *state, struct composition *composition,
	const struct elf_file *file)
{
	struct image_note *note = &composition->note;
	struct image_tls tls;

	tls_measure(state->target.arch, file, &tls);
	if (composition->library == NULL) {
		note->tls.size = tls.size > note->tls.start ? tls.size - note->tls.start : 0;
		note->tls.align = tls.align;
		return;
	}
	if (tls.size == 0 || !tls_fits(&tls, &composition->tls))
		composition->tls = tls;
	note->tls = composition->tls;
}
