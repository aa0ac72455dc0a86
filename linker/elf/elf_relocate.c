/* SPDX-License-Identifier: MIT */
/*
 * One row a kind of relocation: how many bytes, and the form in which the value
 * stands there. A form computes its value, checks that it fits, and puts
 * it in place of the old one.
 */
#include "linker/elf/elf_relocate.h"

#include "base/err.h"

#include <assert.h>
#include <elf.h>
#include <stdbool.h>
#include <string.h>

enum form {
	FORM_WORD, /* the target itself, `bits` wide, unsigned */
	FORM_SIGNED, /* the target itself, to be extended by its sign */
	FORM_RELATIVE, /* its distance from the place, signed */
	FORM_A64_BRANCH, /* distance, 26 bits of words */
	FORM_A64_PAGE, /* distance in pages, in an adrp */
	FORM_A64_LOW, /* lowest 12 bits, counted in units of 1 << `bits` bytes */
	FORM_A64_MOVE, /* 16 bits from bit `bits` on */
	FORM_RISCV_CALL, /* distance, in auipc and jalr */
	FORM_RISCV_HIGH, /* upper 20 bits, rounded for what LOW adds */
	FORM_RISCV_LOW_I, /* lowest 12 bits, of an addi or a load */
	FORM_RISCV_LOW_S, /* of a store */
};

struct row {
	uint16_t machine;
	uint16_t type;
	enum form form;
	unsigned size; /* bytes */
	unsigned bits;
};

static const struct row rows[] = {
	{ EM_X86_64, R_X86_64_64, FORM_WORD, 8, 64 },
	{ EM_X86_64, R_X86_64_32, FORM_WORD, 4, 32 },
	{ EM_X86_64, R_X86_64_32S, FORM_SIGNED, 4, 32 },
	{ EM_X86_64, R_X86_64_PC64, FORM_RELATIVE, 8, 64 },
	{ EM_X86_64, R_X86_64_PC32, FORM_RELATIVE, 4, 32 },
	{ EM_X86_64, R_X86_64_PLT32, FORM_RELATIVE, 4, 32 },
	{ EM_AARCH64, R_AARCH64_ABS64, FORM_WORD, 8, 64 },
	{ EM_AARCH64, R_AARCH64_PREL64, FORM_RELATIVE, 8, 64 },
	{ EM_AARCH64, R_AARCH64_PREL32, FORM_RELATIVE, 4, 32 },
	{ EM_AARCH64, R_AARCH64_CALL26, FORM_A64_BRANCH, 4, 0 },
	{ EM_AARCH64, R_AARCH64_JUMP26, FORM_A64_BRANCH, 4, 0 },
	{ EM_AARCH64, R_AARCH64_ADR_PREL_PG_HI21, FORM_A64_PAGE, 4, 0 },
	{ EM_AARCH64, R_AARCH64_ADD_ABS_LO12_NC, FORM_A64_LOW, 4, 0 },
	{ EM_AARCH64, R_AARCH64_LDST8_ABS_LO12_NC, FORM_A64_LOW, 4, 0 },
	{ EM_AARCH64, R_AARCH64_LDST16_ABS_LO12_NC, FORM_A64_LOW, 4, 1 },
	{ EM_AARCH64, R_AARCH64_LDST32_ABS_LO12_NC, FORM_A64_LOW, 4, 2 },
	{ EM_AARCH64, R_AARCH64_LDST64_ABS_LO12_NC, FORM_A64_LOW, 4, 3 },
	{ EM_AARCH64, R_AARCH64_LDST128_ABS_LO12_NC, FORM_A64_LOW, 4, 4 },
	{ EM_AARCH64, R_AARCH64_MOVW_UABS_G0_NC, FORM_A64_MOVE, 4, 0 },
	{ EM_AARCH64, R_AARCH64_MOVW_UABS_G1_NC, FORM_A64_MOVE, 4, 16 },
	{ EM_AARCH64, R_AARCH64_MOVW_UABS_G2_NC, FORM_A64_MOVE, 4, 32 },
	{ EM_AARCH64, R_AARCH64_MOVW_UABS_G3, FORM_A64_MOVE, 4, 48 },
	{ EM_RISCV, R_RISCV_64, FORM_WORD, 8, 64 },
	{ EM_RISCV, R_RISCV_CALL, FORM_RISCV_CALL, 8, 0 },
	{ EM_RISCV, R_RISCV_CALL_PLT, FORM_RISCV_CALL, 8, 0 },
	{ EM_RISCV, R_RISCV_HI20, FORM_RISCV_HIGH, 4, 0 },
	{ EM_RISCV, R_RISCV_LO12_I, FORM_RISCV_LOW_I, 4, 0 },
	{ EM_RISCV, R_RISCV_LO12_S, FORM_RISCV_LOW_S, 4, 0 },
};

#define PAGE UINT64_C(4096) /* bytes, that an adrp counts in */

static const struct row *
find_row(uint16_t machine, uint32_t type)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].machine == machine && rows[i].type == type)
			return &rows[i];
	return NULL;
}

size_t
elf_relocate_size(uint16_t machine, uint32_t type)
{
	const struct row *row = find_row(machine, type);

	return row == NULL ? 0 : row->size;
}

static bool
fits_signed(uint64_t value, unsigned bits)
{
	int64_t number = (int64_t)value;

	return bits >= 64 ||
	       (number >= -(INT64_C(1) << (bits - 1)) && number < INT64_C(1) << (bits - 1));
}

static bool
fits_unsigned(uint64_t value, unsigned bits)
{
	return bits >= 64 || value >> bits == 0;
}

static uint32_t
replace_bits(uint32_t instruction, uint32_t mask, uint32_t bits)
{
	return (instruction & ~mask) | (bits & mask);
}

/* Both halves of auipc and jalr, or of lui and what follows, of a value that fits in 32 bits. */
static uint32_t
riscv_high(uint32_t instruction, uint64_t value)
{
	return replace_bits(instruction, 0xfffff000u, (uint32_t)(value + 0x800));
}

static uint32_t
riscv_low_i(uint32_t instruction, uint64_t value)
{
	return replace_bits(instruction, 0xfff00000u, (uint32_t)value << 20);
}

static uint32_t
riscv_low_s(uint32_t instruction, uint64_t value)
{
	uint32_t low = (uint32_t)value;

	return replace_bits(instruction, 0xfe000f80u, (low & 0xfe0) << 20 | (low & 0x1f) << 7);
}

/* The new contents of a site as a number; false when the target does not fit. */
static bool
encode(const struct row *row, uint64_t target, uint64_t place, uint64_t old, uint64_t *ret_new)
{
	uint32_t instruction = (uint32_t)old;
	uint64_t distance = target - place;

	switch (row->form) {
	case FORM_WORD:
		*ret_new = target;
		return fits_unsigned(target, row->bits);
	case FORM_SIGNED:
		*ret_new = target;
		return fits_signed(target, row->bits);
	case FORM_RELATIVE:
		*ret_new = distance;
		return fits_signed(distance, row->bits);
	case FORM_A64_BRANCH:
		*ret_new = replace_bits(instruction, 0x03ffffffu, (uint32_t)(distance >> 2));
		return distance % 4 == 0 && fits_signed(distance, 28);
	case FORM_A64_PAGE:
		distance = (target & ~(PAGE - 1)) - (place & ~(PAGE - 1));
		*ret_new = replace_bits(instruction, 0x60ffffe0u,
			(uint32_t)(distance >> 12 & 3) << 29 |
				(uint32_t)(distance >> 14 & 0x7ffff) << 5);
		return fits_signed(distance, 33);
	case FORM_A64_LOW:
		*ret_new = replace_bits(
			instruction, 0x003ffc00u, (uint32_t)(target % PAGE >> row->bits) << 10);
		return target % (UINT64_C(1) << row->bits) == 0;
	case FORM_A64_MOVE:
		*ret_new = replace_bits(instruction, 0x001fffe0u,
			(uint32_t)(target >> row->bits & 0xffff) << 5);
		return true;
	case FORM_RISCV_CALL:
		*ret_new = riscv_high(instruction, distance) |
			   (uint64_t)riscv_low_i((uint32_t)(old >> 32), distance) << 32;
		return fits_signed(distance + 0x800, 32);
	case FORM_RISCV_HIGH:
		*ret_new = riscv_high(instruction, target);
		return fits_signed(target + 0x800, 32);
	case FORM_RISCV_LOW_I:
		*ret_new = riscv_low_i(instruction, target);
		return true;
	case FORM_RISCV_LOW_S:
		*ret_new = riscv_low_s(instruction, target);
		return true;
	}
	return false;
}

int
elf_relocate(
	uint16_t machine, uint32_t type, uint64_t target, uint64_t place, unsigned char *site)
{
	const struct row *row = find_row(machine, type);
	uint64_t old = 0, new = 0;

	assert(row != NULL);
	/* All three architectures are little endian, as is whoever runs this. */
	memcpy(&old, site, row->size);
	if (!encode(row, target, place, old, &new))
		return err_set(ERR_RANGE, "a reference does not reach its target");
	memcpy(site, &new, row->size);
	return 0;
}
