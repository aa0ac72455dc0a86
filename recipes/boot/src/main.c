/* SPDX-License-Identifier: MIT */
/*
 * weld-boot: the first program of a weld machine, and what reports that a generation came up.
 *
 *     /init               bring the machine up (when it is the first program)
 *     weld-boot good      note that the running generation came up
 *     weld-boot status    say what is running
 */
#include "machine.h"
#include "report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	if (getpid() == 1)
		machine_start();
	if (argc == 2 && strcmp(argv[1], "good") == 0) {
		report_good();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "status") == 0) {
		report_status();
		return 0;
	}
	fprintf(stderr, "usage: weld-boot good | status\n");
	return 2;
}
