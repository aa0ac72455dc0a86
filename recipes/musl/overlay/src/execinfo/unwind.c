/* SPDX-License-Identifier: MIT */
/*
 * The interpreter of call frame information: DWARF 5, section 6.4, as .eh_frame has it
 * (Linux Standard Base Core 5.0, section 10.6).
 *
 * No memory is allocated and nothing locked: it may run in a signal handler. DWARF
 * expressions are not needed for what compilers make of C; a frame that has
 * them ends the walk. What differs per CPU is in native/.
 */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include "unwind.h"

/* Encodings of pointers: the only ones that linkers write. */
#define PCREL_SDATA4 0x1b
#define DATAREL_SDATA4 0x3b
#define UDATA4 0x03

#define STATES 8 /* remembered at one time */

enum rule { SAME, UNDEFINED, AT_OFFSET, IS_OFFSET, IN_REGISTER };

struct rules {
	struct {
		unsigned char rule;
		long value;
	} of[REGISTERS];
	unsigned long cfa_register;
	long cfa_offset;
};

struct table { /* what is known of one function */
	const unsigned char *common, *common_end;
	const unsigned char *own, *own_end;
	unsigned long start; /* address of the function */
	unsigned long code_unit;
	long data_unit;
	unsigned long return_register;
	int has_data; /* the length of augmentation data */
};

struct search {
	unsigned long pc;
	const unsigned char *header; /* .eh_frame_hdr of the object that has pc */
	int is_code;
};

/* Of each CPU: its native object. */
hidden extern const char __weld_unwind_sp[]; /* the number of the stack pointer */
hidden extern const char __weld_signal_code_size[];
hidden extern const unsigned char __weld_signal_code[];
hidden extern const short __weld_signal_registers[]; /* from sp; 0: not there */
hidden extern const char __weld_signal_pc[];

static uint32_t u32(const unsigned char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

static unsigned long relative(const unsigned char *at, const unsigned char *base)
{
	return (unsigned long)base + (long)(int32_t)u32(at);
}

static unsigned long read_unsigned(const unsigned char **at)
{
	unsigned long value = 0;
	unsigned shift = 0;
	unsigned char byte;

	do {
		byte = *(*at)++;
		if (shift < 64) value |= (unsigned long)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static long read_signed(const unsigned char **at)
{
	unsigned long value = 0;
	unsigned shift = 0;
	unsigned char byte;

	do {
		byte = *(*at)++;
		if (shift < 64) value |= (unsigned long)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40)) value |= -1UL << shift;
	return (long)value;
}

static int match(struct search *search, const ElfW(Phdr) *headers, size_t count,
	unsigned long bias)
{
	const unsigned char *header = 0;
	int is_here = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned long start = bias + headers[i].p_vaddr;

		if (headers[i].p_type == PT_GNU_EH_FRAME)
			header = (const unsigned char *)start;
		if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_X)
		    && search->pc - start < headers[i].p_memsz)
			is_here = 1;
	}
	if (!is_here) return 0;
	search->is_code = 1;
	search->header = header;
	return 1;
}

static int match_object(struct dl_phdr_info *info, size_t size, void *search)
{
	return match(search, info->dlpi_phdr, info->dlpi_phnum, info->dlpi_addr);
}

/* The kernel's own object returns from signals on some CPUs. */
static void match_vdso(struct search *search)
{
	const ElfW(Ehdr) *object = (const ElfW(Ehdr) *)getauxval(AT_SYSINFO_EHDR);
	const ElfW(Phdr) *headers;

	if (!object) return;
	headers = (const ElfW(Phdr) *)((const char *)object + object->e_phoff);
	for (size_t i = 0; i < object->e_phnum; i++)
		if (headers[i].p_type == PT_LOAD) {
			match(search, headers, object->e_phnum,
				(unsigned long)object - headers[i].p_vaddr);
			return;
		}
}

/* The last function that begins at or before pc, by the sorted index. */
static const unsigned char *find_entry(const struct search *search)
{
	const unsigned char *header = search->header, *rows = header + 12;
	size_t low = 0, high;

	if (!header || header[0] != 1 || header[1] != PCREL_SDATA4 || header[2] != UDATA4
	    || header[3] != DATAREL_SDATA4)
		return 0;
	high = u32(header + 8);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (relative(rows + 8 * middle, header) <= search->pc) low = middle + 1;
		else high = middle;
	}
	return low ? (const unsigned char *)relative(rows + 8 * (low - 1) + 4, header) : 0;
}

/* What all functions of one kind share. */
static int read_common(const unsigned char *at, struct table *table)
{
	const char *augmentation = (const char *)at + 9;
	const unsigned char *end = at + 4 + u32(at);

	if (u32(at + 4) || (at[8] != 1 && at[8] != 3)) return 0;
	at = (const unsigned char *)augmentation + strlen(augmentation) + 1;
	table->code_unit = read_unsigned(&at);
	table->data_unit = read_signed(&at);
	table->return_register = read_unsigned(&at);
	for (; *augmentation; augmentation++) {
		switch (*augmentation) {
		case 'z':
			read_unsigned(&at);
			table->has_data = 1;
			break;
		case 'R':
			if (*at++ != PCREL_SDATA4) return 0;
			break;
		case 'S': break; /* of a signal frame, which is known by its code */
		default:
			return 0;
		}
	}
	table->common = at;
	table->common_end = end;
	return 1;
}

static int read_entry(const unsigned char *at, unsigned long pc, struct table *table)
{
	const unsigned char *end = at + 4 + u32(at);

	if (!u32(at) || u32(at) == 0xffffffff || !u32(at + 4)) return 0;
	if (!read_common(at + 4 - u32(at + 4), table)) return 0;
	table->start = relative(at + 8, at + 8);
	if (pc - table->start >= u32(at + 12)) return 0;
	at += 16;
	if (table->has_data) {
		unsigned long length = read_unsigned(&at);
		at += length;
	}
	table->own = at;
	table->own_end = end;
	return 1;
}

static void set(struct rules *rules, unsigned long number, enum rule rule, long value)
{
	if (number >= REGISTERS) return;
	rules->of[number].rule = rule;
	rules->of[number].value = value;
}

static void reset(struct rules *rules, const struct rules *initial, unsigned long number)
{
	if (number < REGISTERS) rules->of[number] = initial->of[number];
}

/* An instruction with its operand in the low bits; 0: has none. */
static int run_short(const struct table *table, const unsigned char **at, unsigned long *where,
	struct rules *rules, const struct rules *initial)
{
	unsigned char byte = **at, low = byte & 0x3f;

	switch (byte >> 6) {
	case 1: ++*at; *where += low * table->code_unit; return 1;
	case 2:
		++*at;
		set(rules, low, AT_OFFSET, read_unsigned(at) * table->data_unit);
		return 1;
	case 3: ++*at; reset(rules, initial, low); return 1;
	}
	return 0;
}

/* Run instructions up to pc; 0 when there is one that we do not know. */
static int run(const struct table *table, const unsigned char *at, const unsigned char *end,
	unsigned long pc, struct rules *rules, const struct rules *initial)
{
	struct rules states[STATES];
	unsigned long where = table->start, number;
	int depth = 0;

	while (at < end && where <= pc) {
		if (run_short(table, &at, &where, rules, initial)) continue;
		switch (*at++) {
		case 0x00: break; /* nop */
		case 0x02: where += at[0] * table->code_unit; at += 1; break;
		case 0x03: where += (at[0] | at[1] << 8) * table->code_unit; at += 2; break;
		case 0x04: where += u32(at) * table->code_unit; at += 4; break;
		case 0x05: /* offset_extended */
			number = read_unsigned(&at);
			set(rules, number, AT_OFFSET, read_unsigned(&at) * table->data_unit);
			break;
		case 0x06: reset(rules, initial, read_unsigned(&at)); break;
		case 0x07: set(rules, read_unsigned(&at), UNDEFINED, 0); break;
		case 0x08: set(rules, read_unsigned(&at), SAME, 0); break;
		case 0x09: /* register */
			number = read_unsigned(&at);
			set(rules, number, IN_REGISTER, read_unsigned(&at));
			break;
		case 0x0a: /* remember_state */
			if (depth == STATES) return 0;
			states[depth++] = *rules;
			break;
		case 0x0b: /* restore_state */
			if (!depth) return 0;
			*rules = states[--depth];
			break;
		case 0x0c: /* def_cfa */
			rules->cfa_register = read_unsigned(&at);
			rules->cfa_offset = read_unsigned(&at);
			break;
		case 0x0d: rules->cfa_register = read_unsigned(&at); break;
		case 0x0e: rules->cfa_offset = read_unsigned(&at); break;
		case 0x11: /* offset_extended_sf */
			number = read_unsigned(&at);
			set(rules, number, AT_OFFSET, read_signed(&at) * table->data_unit);
			break;
		case 0x12: /* def_cfa_sf */
			rules->cfa_register = read_unsigned(&at);
			rules->cfa_offset = read_signed(&at) * table->data_unit;
			break;
		case 0x13: rules->cfa_offset = read_signed(&at) * table->data_unit; break;
		case 0x14: /* val_offset */
			number = read_unsigned(&at);
			set(rules, number, IS_OFFSET, read_unsigned(&at) * table->data_unit);
			break;
		case 0x2d: break; /* AArch64: the return address is signed from here on */
		case 0x2e: read_unsigned(&at); break; /* GNU_args_size */
		default: return 0;
		}
	}
	return 1;
}

/* The registers of the caller, by the rules for this place. */
static int apply(struct frame *frame, const struct table *table, const struct rules *rules)
{
	unsigned long sp = (unsigned long)__weld_unwind_sp, cfa;
	struct frame caller = *frame;

	if (rules->cfa_register >= REGISTERS || table->return_register >= REGISTERS) return 0;
	cfa = frame->at[rules->cfa_register] + rules->cfa_offset;
	/* A stack only grows downwards: what goes the other way is damaged. */
	if (cfa % 8 || (cfa <= frame->at[sp] && rules->cfa_offset)) return 0;
	caller.at[sp] = cfa;
	for (int i = 0; i < REGISTERS; i++) {
		long value = rules->of[i].value;

		switch (rules->of[i].rule) {
		case AT_OFFSET: caller.at[i] = *(unsigned long *)(cfa + value); break;
		case IS_OFFSET: caller.at[i] = cfa + value; break;
		case IN_REGISTER:
			if (value < 0 || value >= REGISTERS) return 0;
			caller.at[i] = frame->at[value];
			break;
		case UNDEFINED: caller.at[i] = 0; break;
		}
	}
	caller.pc = caller.at[table->return_register];
	caller.is_interrupted = 0;
	if (!caller.pc || (caller.pc == frame->pc && caller.at[sp] == frame->at[sp])) return 0;
	*frame = caller;
	return 1;
}

/* A frame that the kernel made for a signal: all registers are in it. */
static int step_over_signal(struct frame *frame)
{
	unsigned long sp = frame->at[(unsigned long)__weld_unwind_sp];

	if (memcmp((void *)frame->pc, __weld_signal_code, (size_t)__weld_signal_code_size))
		return 0;
	for (int i = 0; i < REGISTERS; i++)
		if (__weld_signal_registers[i])
			frame->at[i] = *(unsigned long *)(sp + __weld_signal_registers[i]);
	frame->pc = *(unsigned long *)(sp + (unsigned long)__weld_signal_pc);
	frame->is_interrupted = 1;
	return 1;
}

int __unwind_step(struct frame *frame)
{
	struct search search = { .pc = frame->pc };
	const struct rules nothing = { .cfa_register = REGISTERS };
	struct rules initial = nothing, rules;
	struct table table = { 0 };
	const unsigned char *entry;

	dl_iterate_phdr(match_object, &search);
	if (!search.is_code) match_vdso(&search);
	if (!search.is_code) return 0;
	if (step_over_signal(frame)) return 1;
	/* A call may be the last instruction of its function. */
	search.pc -= !frame->is_interrupted;
	entry = find_entry(&search);
	if (!entry || !read_entry(entry, search.pc, &table)) return 0;
	if (!run(&table, table.common, table.common_end, table.start, &initial, &nothing))
		return 0;
	rules = initial;
	if (!run(&table, table.own, table.own_end, search.pc, &rules, &initial)) return 0;
	return apply(frame, &table, &rules);
}
