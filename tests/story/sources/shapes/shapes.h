/* SPDX-License-Identifier: MIT */
#ifndef SHAPES_H
#define SHAPES_H

struct point {
	double x;
	double y;
};

struct box { /* passed and returned by value */
	struct point low;
	struct point high;
	float weight;
};

struct box box_join(struct box a, struct box b);
double box_area(struct box box);
unsigned long box_checksum(const struct box *boxes, int count);
double box_total(const struct box *boxes, int count); /* by two threads */

#endif
