/* SPDX-License-Identifier: MIT */
/*
 * Strings by blocks of 32 bytes, in portable vector C: each CPU gets its own
 * SIMD instructions when the unit is lowered.
 *
 * Aligned blocks may be read beyond the end of an object, since they never
 * leave its page. hide() keeps the optimizer from knowing which object that is.
 */
#include <stddef.h>
#include <stdint.h>

#define WIDE 32
#define PAGE 4096 /* the smallest page of any machine */

typedef unsigned char wide __attribute__((vector_size(32), may_alias));
typedef unsigned char half __attribute__((vector_size(16), may_alias));
typedef wide wide_unaligned __attribute__((aligned(1), may_alias));
typedef half half_unaligned __attribute__((aligned(1), may_alias));
typedef uint64_t word_unaligned __attribute__((aligned(1), may_alias));
typedef uint32_t word32_unaligned __attribute__((aligned(1), may_alias));
typedef uint16_t word16_unaligned __attribute__((aligned(1), may_alias));
typedef signed char wide_result __attribute__((vector_size(32)));
typedef _Bool wide_bools __attribute__((ext_vector_type(32)));

#define LOAD_WIDE(p) (*(const wide_unaligned *)(p))
#define LOAD_HALF(p) (*(const half_unaligned *)(p))
#define LOAD_64(p) (*(const word_unaligned *)(p))
#define LOAD_32(p) (*(const word32_unaligned *)(p))
#define LOAD_16(p) (*(const word16_unaligned *)(p))
#define STORE_WIDE(p, v) (*(wide_unaligned *)(p) = (v))
#define STORE_HALF(p, v) (*(half_unaligned *)(p) = (v))
#define STORE_64(p, v) (*(word_unaligned *)(p) = (v))
#define STORE_32(p, v) (*(word32_unaligned *)(p) = (v))
#define STORE_16(p, v) (*(word16_unaligned *)(p) = (v))

static inline const unsigned char *hide(const void *p)
{
	__asm__ ("" : "+r"(p));
	return p;
}

/* Bit i is whether byte i of a comparison's result is true. */
static inline uint32_t wide_mask(wide_result result)
{
	wide_bools bools = __builtin_convertvector(result, wide_bools);
	uint32_t mask;

	__builtin_memcpy(&mask, &bools, sizeof mask);
	return mask;
}

static inline wide wide_of(int c)
{
	return (wide){ 0 } + (unsigned char)c;
}

static inline uint32_t wide_equal(wide a, wide b)
{
	return wide_mask((wide_result)(a == b));
}

static inline uint32_t wide_zero(wide a)
{
	return wide_mask((wide_result)(a == 0));
}
