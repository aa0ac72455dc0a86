/* SPDX-License-Identifier: MIT */
/* Push a byte back into a gzip stream that was just opened: zlib before 1.3 cannot. */
#include <stdio.h>
#include <zlib.h>

int
main(int argc, char **argv)
{
	gzFile file = argc == 2 ? gzopen(argv[1], "rb") : NULL;
	char text[64] = "";
	int pushed;

	if (file == NULL) {
		fprintf(stderr, "usage: gzpush FILE\n");
		return 2;
	}
	pushed = gzungetc('>', file);
	gzgets(file, text, sizeof text);
	gzclose(file);
	printf("%s %s", pushed == '>' ? "pushed" : "refused", text);
	return 0;
}
