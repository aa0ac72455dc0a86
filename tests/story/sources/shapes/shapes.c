/* SPDX-License-Identifier: MIT */
#include "shapes.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

struct box
box_join(struct box a, struct box b)
{
	return (struct box){
		.low = { fmin(a.low.x, b.low.x), fmin(a.low.y, b.low.y) },
		.high = { fmax(a.high.x, b.high.x), fmax(a.high.y, b.high.y) },
		.weight = a.weight + b.weight,
	};
}

double
box_area(struct box box)
{
	return (box.high.x - box.low.x) * (box.high.y - box.low.y);
}

unsigned long
box_checksum(const struct box *boxes, int count)
{
	unsigned long sum = crc32(0, NULL, 0);
	char text[100];

	for (int i = 0; i < count; i++) {
		snprintf(text, sizeof text, "%g,%g,%g,%g", boxes[i].low.x, boxes[i].low.y,
			boxes[i].high.x, boxes[i].high.y);
		sum = crc32(sum, (const unsigned char *)text, (unsigned)strlen(text));
	}
	return sum;
}

struct half {
	const struct box *boxes;
	int count;
	double sum;
};

static _Thread_local int boxes_seen;

static void *
add_half(void *data)
{
	struct half *half = data;

	for (boxes_seen = 0; boxes_seen < half->count; boxes_seen++)
		half->sum += box_area(half->boxes[boxes_seen]);
	return NULL;
}

double
box_total(const struct box *boxes, int count)
{
	struct half halves[2] = { { boxes, count / 2, 0 },
		{ boxes + count / 2, count - count / 2, 0 } };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, add_half, &halves[i]) != 0)
			return -1;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return halves[0].sum + halves[1].sum;
}
