/* SPDX-License-Identifier: MIT */
/*
 * For LD_PRELOAD: clocks that are ahead by CLOCK_AHEAD seconds (the one that can be set; behind when that is
 * negative) and CLOCK_UP (the one that counts since the machine started), as these stood in the environment
 * when the program started. Workers start without an environment and have the machine's own clocks.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t ahead; /* seconds */
static time_t up; /* seconds */

static time_t
read_seconds(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtol(text, NULL, 10);
}

__attribute__((constructor)) static void
read_environment(void)
{
	ahead = read_seconds("CLOCK_AHEAD");
	up = read_seconds("CLOCK_UP");
}

int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, ret_time);

	if (ret == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ret_time->tv_sec += ahead;
	if (ret == 0 && clock == CLOCK_BOOTTIME)
		ret_time->tv_sec += up;
	return ret;
}

int
gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	ret_time->tv_sec = now.tv_sec;
	ret_time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t
time(time_t *ret_time)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret_time != NULL)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}
