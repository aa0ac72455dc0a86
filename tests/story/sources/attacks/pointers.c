/* SPDX-License-Identifier: MIT */
/* Pointers to functions that are written over: one that is called soon, one that exit() calls. */
#include "attack.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

static struct guest {
	char name[16];
	void (*greet)(const char *name);
} guest;

static int is_granted;

static void
greet(const char *name)
{
	(void)name;
}

/* Of another type than what guests are greeted with. */
static int
grant(int level, int user)
{
	is_granted = level != user;
	return is_granted;
}

static int (*volatile granting)(int, int) = grant;

/* The name of a guest, as long as it may be, reaches the pointer behind it. */
static __attribute__((noinline)) void
set_name(char *to, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		to[i] = name[i];
}

void
attack_pointer(void)
{
	char name[sizeof guest];
	int (*target)(int, int) = granting;

	guest.greet = greet;
	memset(name, 'n', sizeof name);
	memcpy(name + offsetof(struct guest, greet), &target, sizeof target);
	set_name((char *)&guest, name, sizeof name + nothing);
	(*(void (*volatile *)(const char *)) & guest.greet)(guest.name);
	if (is_granted)
		reached("the function that grants rights");
}

static volatile int is_ending;

__attribute__((destructor)) static void
end(void)
{
	is_ending = 1;
}

/* Where a pointer to a function stands in the program: NULL when nowhere. */
static uintptr_t *
find_pointer(void (*function)(void))
{
	const Elf64_Phdr *segment = (const Elf64_Phdr *)getauxval(AT_PHDR);

	for (size_t i = 0; i < getauxval(AT_PHNUM); i++) {
		uintptr_t *at = (uintptr_t *)segment[i].p_vaddr;
		uintptr_t *end = at + segment[i].p_filesz / sizeof *at;

		for (; segment[i].p_type == PT_LOAD && at < end; at++)
			if (*at == (uintptr_t)function)
				return at;
	}
	return NULL;
}

/* The list of destructors, which the linker made: exit() goes through it. */
void
attack_destructors(void)
{
	volatile uintptr_t *entry = find_pointer(end);

	if (entry != NULL)
		*entry = (uintptr_t)forbidden;
	exit(1);
}
