/* SPDX-License-Identifier: MIT */
/*
 * Decimal numbers without binary128 arithmetic, which is done in software.
 *
 * Results are exactly those of the general algorithms: what cannot be done
 * exactly here is left to them. Rounding is to nearest, the only mode there is.
 */
#include <stdint.h>

#define DECIMAL_DIGITS 19 /* that always fit 64 bits */
#define DECIMAL_POWERS 28 /* powers of 5 that fit 64 bits with a bit to spare */

static inline double power_of_2(int e)
{
	union { uint64_t bits; double value; } u = { (uint64_t)(1023 + e) << 52 };
	return u.value;
}

/* n * 2^e rounded to so many bits; the exponent of the result is far from both ends. */
static inline double round_to_bits(unsigned __int128 n, int e, int bits)
{
	uint64_t high = n >> 64;
	int length = high ? 128 - __builtin_clzl(high) : 64 - __builtin_clzl((uint64_t)n);
	int shift = length - bits;

	if (shift > 0) {
		unsigned __int128 half = (unsigned __int128)1 << (shift - 1);
		unsigned __int128 rest = n & (half * 2 - 1);
		n >>= shift;
		e += shift;
		if (rest > half || (rest == half && (n & 1))) n++;
	}
	return (double)(uint64_t)n * power_of_2(e);
}

/*
 * digits * 10^e to 24 or 53 bits of precision, when that is easy: digits is not
 * 0, and the result is neither huge nor tiny for a float. Returns 0 otherwise.
 */
static inline int decimal_quick(uint64_t digits, long long e, int bits, double *result)
{
	static const uint64_t powers[DECIMAL_POWERS] = {
		1u, 5u, 25u, 125u, 625u, 3125u, 15625u, 78125u, 390625u, 1953125u, 9765625u,
		48828125u, 244140625u, 1220703125u, 6103515625u, 30517578125u, 152587890625u,
		762939453125u, 3814697265625u, 19073486328125u, 95367431640625u,
		476837158203125u, 2384185791015625u, 11920928955078125u, 59604644775390625u,
		298023223876953125u, 1490116119384765625u, 7450580596923828125u,
	};
	static const double tens[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
		1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};
	unsigned __int128 n;
	uint64_t divisor;
	int shift;

	if (bits == 53 && digits >> 53 == 0 && e >= -22 && e <= 22) {
		*result = e < 0 ? digits / tens[-e] : digits * tens[e];
		return 1;
	}
	if ((bits != 53 && bits != 24) || e <= -DECIMAL_POWERS || e >= DECIMAL_POWERS)
		return 0;
	if (bits == 24 && e > 18)
		return 0;
	if (e >= 0) {
		*result = round_to_bits((unsigned __int128)digits * powers[e], e, bits);
		return 1;
	}
	/* At least 64 bits of quotient; the remainder lives on in the lowest one. */
	divisor = powers[-e];
	shift = 64 + __builtin_clzl(digits);
	n = (unsigned __int128)digits << shift;
	*result = round_to_bits(n / divisor | (n % divisor != 0), (int)e - shift, bits);
	return 1;
}

/* The 113 bits of a long double's significand as an integer; 0 for 0. */
static inline unsigned __int128 significand_bits(long double normal)
{
	union { long double value; unsigned __int128 bits; } u = { normal };
	unsigned __int128 one = (unsigned __int128)1 << 112;

	return u.bits << 1 ? (u.bits & (one - 1)) | one : 0;
}
