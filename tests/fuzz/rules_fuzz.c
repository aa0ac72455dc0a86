/* SPDX-License-Identifier: MIT */
/*
 * Texts that people write, and what the rules of pkgd make of them: the same text says the same twice, and no
 * text gives anybody the right to have files of his own believed.
 */
#include "base/json.h"
#include "base/ucl.h"
#include "pkgd/server/access.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/stat.h>

static void
try_ucl(struct str text)
{
	json_t *first AUTO(json_release) = NULL;
	json_t *second AUTO(json_release) = NULL;

	if (ucl_read(text, &first) < 0)
		return;
	if (ucl_read(text, &second) < 0 || !json_equal(first, second))
		abort();
}

static void
try_rules(struct str text)
{
	struct access *access AUTO(access_free) = NULL;
	struct peer stranger = { .pid = 1, .uid = 4000000000, .gid = 4000000000 };
	char path[64];
	int fd AUTO(file_close) = -1;

	if (file_memory("rules", &fd) < 0 || fchmod(fd, 0600) < 0 ||
		file_write_fd(fd, text.at, text.len) < 0)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (access_read(path, &access) < 0)
		return;
	(void)access_allows(access, &stranger, "install");
	if (access_allows(access, &stranger, ACCESS_LOCAL_FILES))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct str text = { .at = (const char *)bytes, .len = length };

	try_ucl(text);
	try_rules(text);
	return 0;
}
