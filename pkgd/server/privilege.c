/* SPDX-License-Identifier: MIT */
/*
 * Nothing of the caller's surroundings decides what the daemon does: the
 * environment is emptied, the directory is "/", the mask is fixed. The
 * capabilities that stay are those by which files of the root get their owners
 * and modes, and by which a worker takes on another user and can still be ended.
 */
#include "pkgd/server/privilege.h"

#include "base/err.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 1024 /* open at once */
#define CAPABILITIES 64 /* numbers that a kernel may know */

static const int kept[] = { CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
	CAP_FSETID, CAP_KILL, CAP_SETGID, CAP_SETUID };

static uint64_t
kept_mask(void)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		mask |= UINT64_C(1) << kept[i];
	return mask;
}

static int
drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	uint64_t mask = kept_mask();

	/* Of a bounding set that we may not change nothing can be gained: no new privileges. */
	for (int i = 0; i < CAPABILITIES; i++)
		if (!(mask & (UINT64_C(1) << i)))
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	if (syscall(SYS_capget, &header, data) < 0)
		return err_errno("capabilities");
	for (int i = 0; i < 2; i++) {
		uint32_t part = (uint32_t)(mask >> (32 * i));

		data[i].permitted &= part;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return err_errno("capabilities");
	return 0;
}

static int
set_limits(void)
{
	const struct rlimit files = { FILES_MAX, FILES_MAX };
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_NOFILE, &files) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return err_errno("limits");
	return 0;
}

int
privilege_drop(void)
{
	umask(022);
	if (clearenv() != 0 || setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) < 0 ||
		chdir("/") < 0)
		return err_errno("environment");
	TRY(set_limits());
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno("no new privileges");
	return drop_capabilities();
}
