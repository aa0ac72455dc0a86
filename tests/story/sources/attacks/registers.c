/* SPDX-License-Identifier: MIT */
/* What a function leaves in registers, and a check that speculation runs past. */
#include "attack.h"

#define SECRET UINT64_C(0x5ec2e75ec2e75ec2)

static volatile uint64_t key[4] = { SECRET, SECRET + 1, SECRET + 2, SECRET + 3 };
static volatile uint64_t copy[4];
static uint64_t left[6];

/* Has the key in registers while it works. */
static __attribute__((noinline)) void
use_key(void)
{
	uint64_t a = key[0], b = key[1], c = key[2], d = key[3];

	copy[0] = a ^ 1;
	copy[1] = b ^ a;
	copy[2] = c ^ b;
	copy[3] = d ^ c;
	copy[0] = a;
	copy[1] = b;
	copy[2] = c;
	copy[3] = d;
}

/* Called without arguments: what it takes for them is what is in the registers. */
static void
keep_arguments(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
	left[0] = a;
	left[1] = b;
	left[2] = c;
	left[3] = d;
	left[4] = e;
	left[5] = f;
}

static void (*volatile keeper)(
	uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t) = keep_arguments;

void
attack_registers(void)
{
	void (*read_registers)(void) = (void (*)(void))keeper;

	use_key();
	read_registers();
	for (int i = 0; i < 6; i++)
		if (left[i] - SECRET < 4)
			reached("the key in a register");
}

static volatile unsigned char table[16], lines[256 * 64];

__attribute__((noinline)) int
look_up(size_t index)
{
	return index < sizeof table ? lines[table[index] * 64] : -1;
}
