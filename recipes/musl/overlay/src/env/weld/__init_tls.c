/* SPDX-License-Identifier: MIT */
/*
 * The first thread's block of thread-local storage, and copies for others.
 *
 * One code for both layouts: variables below the thread pointer (x86-64) or
 * above it (AArch64, RISC-V); see pthread_arch.h. Those of slots are next to the
 * thread pointer, at the distances that the program's note has; the program's own
 * come behind them. Initial values are taken from the slots that are mapped.
 */
#define SYSCALL_NO_TLS 1
#include <elf.h>
#include <limits.h>
#include <sys/mman.h>
#include <string.h>
#include <stddef.h>
#include "pthread_impl.h"
#include "libc.h"
#include "atomic.h"
#include "syscall.h"
#include "image_note.h"

_Static_assert(sizeof(struct pthread) == PTHREAD_SIZE, "the native objects know this size");

#define GAP ((uintptr_t)__weld_tls_gap - 1)

volatile int __thread_list_lock;

int __init_tp(void *p)
{
	pthread_t td = p;
	td->self = td;
	int r = __set_thread_area(TP_ADJ(p));
	if (r < 0) return -1;
	if (!r) libc.can_do_threads = 1;
	td->detach_state = DT_JOINABLE;
	td->tid = __syscall(SYS_set_tid_address, &__thread_list_lock);
	td->locale = &libc.global_locale;
	td->robust_list.head = &td->robust_list.head;
	td->sysinfo = __sysinfo;
	td->next = td->prev = td;
	return 0;
}

static struct builtin_tls {
	char c;
	struct pthread pt;
	void *space[16];
} builtin_tls[1];
#define MIN_TLS_ALIGN offsetof(struct builtin_tls, pt)

static struct tls_module main_tls;
static const struct image_note *slot_note; /* of a program whose slots have variables; else null */

static void copy_slot(unsigned char *tp, const struct image_slot *slot, const Elf64_Phdr *tls)
{
	size_t rest = tls->p_align - 1;
	unsigned char *first = TLS_IS_ABOVE
		? tp + GAP + ((tls->p_vaddr - GAP) & rest)
		: tp - tls->p_memsz - (-(tls->p_vaddr + tls->p_memsz) & rest);
	size_t skip = TLS_IS_ABOVE ? tp + slot->tls_start - first : 0;

	if (tls->p_filesz > skip)
		memcpy(first + skip, (char *)tls->p_vaddr + skip, tls->p_filesz - skip);
}

static void copy_slots(unsigned char *tp)
{
	for (size_t i = 0; slot_note && i < slot_note->slot_count; i++) {
		const struct image_slot *slot = &slot_note->slots[i];
		const Elf64_Ehdr *header = (const void *)slot->base;
		const Elf64_Phdr *phdr = (const void *)(slot->base + header->e_phoff);

		for (size_t n = slot->tls_size ? header->e_phnum : 0; n; n--, phdr++)
			if (phdr->p_type == PT_TLS)
				copy_slot(tp, slot, phdr);
	}
}

/* What stands before the program's own variables is not part of their initial values. */
static size_t above_skip(void)
{
	return slot_note && slot_note->tls_start > main_tls.offset
		? slot_note->tls_start - main_tls.offset : 0;
}

static pthread_t copy_above(unsigned char *mem)
{
	uintptr_t *dtv = (uintptr_t *)(mem + libc.tls_size) - (libc.tls_cnt + 1);
	pthread_t td;

	mem += -((uintptr_t)mem + sizeof(struct pthread)) & (libc.tls_align - 1);
	td = (pthread_t)mem;
	mem += sizeof(struct pthread);
	if (libc.tls_head) {
		size_t skip = above_skip();
		dtv[1] = (uintptr_t)(mem + main_tls.offset);
		if (main_tls.len > skip)
			memcpy(mem + main_tls.offset + skip, (char *)main_tls.image + skip,
				main_tls.len - skip);
	}
	copy_slots(mem);
	td->dtv = dtv;
	return td;
}

static pthread_t copy_below(unsigned char *mem)
{
	uintptr_t *dtv = (uintptr_t *)mem;
	pthread_t td;

	mem += libc.tls_size - sizeof(struct pthread);
	mem -= (uintptr_t)mem & (libc.tls_align - 1);
	td = (pthread_t)mem;
	if (libc.tls_head) {
		dtv[1] = (uintptr_t)(mem - main_tls.offset);
		memcpy(mem - main_tls.offset, main_tls.image, main_tls.len);
	}
	copy_slots(mem);
	td->dtv = dtv;
	return td;
}

void *__copy_tls(unsigned char *mem)
{
	pthread_t td = TLS_IS_ABOVE ? copy_above(mem) : copy_below(mem);

	td->dtv[0] = libc.tls_cnt;
	return td;
}

/* The program is linked at fixed addresses: its headers need no base. */
static void read_headers(size_t *aux)
{
	Elf64_Phdr *phdr = (void *)aux[AT_PHDR];

	for (size_t n = aux[AT_PHNUM]; n; n--, phdr = (void *)((char *)phdr + aux[AT_PHENT])) {
		if (phdr->p_type == PT_TLS) {
			main_tls.image = (void *)phdr->p_vaddr;
			main_tls.len = phdr->p_filesz;
			main_tls.size = phdr->p_memsz;
			main_tls.align = phdr->p_align;
			libc.tls_cnt = 1;
			libc.tls_head = &main_tls;
		}
		const struct image_note *note = image_note_at(phdr);
		if (note && note->tls_start)
			slot_note = note;
		if (phdr->p_type == PT_GNU_STACK && phdr->p_memsz > __default_stacksize)
			__default_stacksize = phdr->p_memsz < DEFAULT_STACK_MAX
				? phdr->p_memsz : DEFAULT_STACK_MAX;
	}
}

void __init_tls(size_t *aux)
{
	void *mem = builtin_tls;

	read_headers(aux);
	main_tls.size += (-main_tls.size - (uintptr_t)main_tls.image) & (main_tls.align - 1);
	if (TLS_IS_ABOVE) {
		main_tls.offset = GAP;
		main_tls.offset += (-GAP + (uintptr_t)main_tls.image) & (main_tls.align - 1);
	} else {
		main_tls.offset = main_tls.size;
	}
	if (main_tls.align < MIN_TLS_ALIGN) main_tls.align = MIN_TLS_ALIGN;

	size_t extent = main_tls.size + (TLS_IS_ABOVE ? main_tls.offset : 0);
	libc.tls_align = main_tls.align;
	if (slot_note) {
		if (extent < slot_note->tls_start) extent = slot_note->tls_start;
		for (size_t i = 0; i < slot_note->slot_count; i++)
			if (libc.tls_align < slot_note->slots[i].tls_align)
				libc.tls_align = slot_note->slots[i].tls_align;
	}
	libc.tls_size = (2 * sizeof(void *) + sizeof(struct pthread)
		+ extent + libc.tls_align + MIN_TLS_ALIGN - 1) & -MIN_TLS_ALIGN;
	if (libc.tls_size > sizeof builtin_tls)
		mem = (void *)__syscall(SYS_mmap, 0, libc.tls_size, PROT_READ | PROT_WRITE,
			MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	/* Failure to initialize thread pointer is always fatal. */
	if (__init_tp(__copy_tls(mem)) < 0)
		a_crash();
}
