/* SPDX-License-Identifier: MIT */
/*
 * What a decompressor could do that a package's contents have taken over: the package is the name of one
 * attempt. It reports "held" when the attempt failed, and "escaped" when it did not.
 */
#include "repo/package/worker/compress.h"

#include "base/err.h"
#include "base/file.h"
#include "tests/hostile/attempts.h"

#include <string.h>
#include <unistd.h>

int
compress_unpack(int input, int output)
{
	char name[32] = "";
	size_t length = 0;

	TRY(file_read_at(input, 0, name, sizeof name - 1, &length));
	if (strcmp(name, "endless") == 0)
		while (write(output, name, sizeof name) > 0)
			;
	if (!attempt_is_known(name))
		return err_set(ERR_FORMAT, "%s: no such attempt", name);
	return err_set(
		ERR_FORMAT, "%s: %s", name, attempt_escapes(name, input) ? "escaped" : "held");
}

int
compress_pack(int input, int output)
{
	(void)input;
	(void)output;
	return err_set(ERR_SIGNATURE, "not what packing can find");
}
