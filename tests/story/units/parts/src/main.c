/* SPDX-License-Identifier: MIT */
/*
 * What the assembly leaves to C: `features` is common there, as OpenSSL's OPENSSL_ia32cap_P, so
 * that both must see one variable; `twice` is C's and nobody else's.
 */
#include "parts.h"
#include <dlfcn.h>
#include <stdio.h>

__attribute__((visibility("hidden"))) int features[4] = { 1, 2, 3, 4 };

int
twice(int number)
{
	return 2 * number;
}

#ifndef WITH_ASSEMBLY
int
ask(int index)
{
	return twice(features[index]);
}
#endif

static int
plug(void)
{
	void *plugin = dlopen(PLUGIN, RTLD_NOW);
	int (*plus)(int, int) =
		plugin == NULL ? NULL : (int (*)(int, int))dlsym(plugin, "plus");

	if (plus == NULL)
		fprintf(stderr, "%s\n", dlerror());
	return plus == NULL ? -1 : plus(40, 2);
}

int
main(void)
{
	features[2] = 50;
	printf("%d %d %d %s\n", ask(0), ask(2), plug(), how());
	return 0;
}
