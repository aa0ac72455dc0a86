/* SPDX-License-Identifier: MIT */
/*
 * trust/clock: what time it is at the earliest, whatever the clock that can be set says.
 *
 * A mark is what was believed at one moment. In the same boot of the same machine it goes on by a clock
 * that nobody can set; anywhere else it stands still.
 */
#ifndef REPO_TRUST_CLOCK_H
#define REPO_TRUST_CLOCK_H

#include <stdint.h>

#define CLOCK_BOOT_SIZE 37 /* bytes: a UUID as text */

struct clock_mark { /* { 0 }: none was made */
	int64_t time; /* seconds since the epoch */
	char boot[CLOCK_BOOT_SIZE]; /* which boot of which machine; "": not known */
	int64_t up; /* seconds since then */
};

/*
 * A mark of this moment; the time is the clock's.
 *
 * Source: proc_sys_kernel(5), "random/boot_id"; clock_gettime(2), CLOCK_BOOTTIME
 */
void clock_read(struct clock_mark *ret_mark);

/* The time, in seconds since the epoch, that it is at least: so long after an earlier mark; 0: no idea. */
int64_t clock_earliest(const struct clock_mark *earlier, const struct clock_mark *now);

#endif
