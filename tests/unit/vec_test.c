/* SPDX-License-Identifier: MIT */
/* vec: growth keeps the elements, and the loop visits each once. */
#include "base/vec.h"
#include "tests/lib/tap.h"

struct pair {
	int a;
	int b;
};

int
main(void)
{
	struct arena *arena = arena_new();
	VEC(struct pair) pairs = { 0 };
	VEC(int) none = { 0 };
	long long sum = 0;
	int visits = 0;

	VEC_EACH (int, number, &none)
		visits += 1 + *number;
	tap_is_number(visits, 0, "an empty vector has no element");
	for (int i = 0; i < 1000; i++)
		vec_push(arena, &pairs, (struct pair){ .a = i, .b = -i });
	tap_is_number((long long)pairs.len, 1000, "length");
	VEC_EACH (struct pair, pair, &pairs)
		sum += pair->a - pair->b;
	tap_is_number(sum, 999000, "every element is visited once");
	tap_is_number(pairs.at[731].b, -731, "elements stay through growth");
	arena_free(&arena);
	return tap_done();
}
