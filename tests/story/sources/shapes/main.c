/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <stdio.h>
#include <string.h>

static int
self_test(void)
{
	struct box a = { { 0, 0 }, { 1, 1 }, 1 };
	struct box b = { { 2, 3 }, { 4, 5 }, 2.5f };
	struct box both = box_join(a, b);

	return box_area(both) == 20 && both.weight == 3.5f ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct box boxes[64];
	int count = 0;
	FILE *file;

	if (argc > 1 && strcmp(argv[1], "--test") == 0)
		return self_test();
	file = fopen(DATA_DIR "/shapes.txt", "r");
	if (file == NULL) {
		perror(DATA_DIR "/shapes.txt");
		return 1;
	}
	while (count < 64 &&
		fscanf(file, "%lf %lf %lf %lf", &boxes[count].low.x, &boxes[count].low.y,
			&boxes[count].high.x, &boxes[count].high.y) == 4)
		count++;
	fclose(file);
	printf("%d boxes, total %.3f, checksum %08lx\n", count, box_total(boxes, count),
		box_checksum(boxes, count));
	return 0;
}
