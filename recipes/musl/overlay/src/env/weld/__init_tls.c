/* SPDX-License-Identifier: MIT */
/*
 * The first thread's block of thread-local storage, and copies for others.
 *
 * One code for both layouts: variables below the thread pointer (x86-64) or
 * above it (AArch64, RISC-V); see pthread_arch.h.
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

static pthread_t copy_above(unsigned char *mem)
{
	uintptr_t *dtv = (uintptr_t *)(mem + libc.tls_size) - (libc.tls_cnt + 1);
	pthread_t td;

	mem += -((uintptr_t)mem + sizeof(struct pthread)) & (libc.tls_align - 1);
	td = (pthread_t)mem;
	mem += sizeof(struct pthread);
	if (libc.tls_head) {
		dtv[1] = (uintptr_t)(mem + main_tls.offset);
		memcpy(mem + main_tls.offset, main_tls.image, main_tls.len);
	}
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

	libc.tls_align = main_tls.align;
	libc.tls_size = (2 * sizeof(void *) + sizeof(struct pthread)
		+ (TLS_IS_ABOVE ? main_tls.offset : 0)
		+ main_tls.size + main_tls.align
		+ MIN_TLS_ALIGN - 1) & -MIN_TLS_ALIGN;
	if (libc.tls_size > sizeof builtin_tls)
		mem = (void *)__syscall(SYS_mmap, 0, libc.tls_size, PROT_READ | PROT_WRITE,
			MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	/* Failure to initialize thread pointer is always fatal. */
	if (__init_tp(__copy_tls(mem)) < 0)
		a_crash();
}
