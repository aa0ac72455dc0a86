/* SPDX-License-Identifier: MIT */
#include "attack.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

volatile size_t nothing;

static const struct {
	const char *name;
	void (*run)(void);
} attacks[] = {
	{ "return-address", attack_return_address },
	{ "guard-page", attack_guard_page },
	{ "overread", attack_overread },
	{ "pointer", attack_pointer },
	{ "destructors", attack_destructors },
	{ "registers", attack_registers },
};

_Noreturn void
reached(const char *what)
{
	/* No more of libc than that: the stack may be anything. */
	(void)!write(STDOUT_FILENO, what, strlen(what));
	(void)!write(STDOUT_FILENO, "\n", 1);
	_exit(0);
}

_Noreturn void
forbidden(void)
{
	reached("the forbidden function");
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "where") == 0) {
		printf("%p %p %p\n", (void *)main, (void *)look_up, (void *)printf);
		return look_up(nothing);
	}
	for (size_t i = 0; argc == 2 && i < sizeof attacks / sizeof attacks[0]; i++)
		if (strcmp(argv[1], attacks[i].name) == 0) {
			attacks[i].run();
			puts("nothing");
			return 1;
		}
	fputs("usage: attack where|return-address|guard-page|overread|pointer|destructors|"
	      "registers\n",
		stderr);
	return 2;
}
