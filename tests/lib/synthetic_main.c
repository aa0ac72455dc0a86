/* SPDX-License-Identifier: MIT */
/*
 * synthetic root DIR COUNT
 * synthetic package DIR INDEX COUNT VERSION [same|vanish|retype|resize [BUILT_WITH]]
 *
 * What synthetic.h makes, for scripts.
 */
#include "base/err.h"
#include "tests/lib/synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
make_package(int argc, char **argv)
{
	static const char *const changes[] = { "same", "vanish", "retype", "resize" };
	size_t change = 0;

	while (argc > 6 && change < 3 && strcmp(argv[6], changes[change]) != 0)
		change++;
	return synthetic_package(argv[2], strtoul(argv[3], NULL, 10),
		strtoul(argv[4], NULL, 10), argv[5], (enum synthetic_change)change,
		argc > 7 ? argv[7] : NULL);
}

int
main(int argc, char **argv)
{
	int ret;

	if (argc == 4 && strcmp(argv[1], "root") == 0)
		ret = synthetic_root(argv[2], strtoul(argv[3], NULL, 10));
	else if (argc >= 6 && strcmp(argv[1], "package") == 0)
		ret = make_package(argc, argv);
	else
		ret = err_set(ERR_USAGE, "usage: synthetic root DIR COUNT | package DIR INDEX "
					 "COUNT VERSION [CHANGE [BUILT_WITH]]");
	if (ret >= 0)
		return 0;
	fprintf(stderr, "synthetic: %s\n", err_message());
	return 1;
}
