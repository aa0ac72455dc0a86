/* SPDX-License-Identifier: MIT */
/* What weld-archive does to a file, without the process that it does it in. */
#include "repo/package/worker/compress.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	int fd AUTO(file_close) = -1;
	int null AUTO(file_close) = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || file_memory("package", &fd) < 0 || file_write_fd(fd, bytes, length) < 0)
		abort();
	(void)compress_unpack(fd, null);
	return 0;
}
