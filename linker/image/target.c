/* SPDX-License-Identifier: MIT */
/* One row an architecture. */
#include "linker/image/target.h"

#include <elf.h>

static const struct {
	const char *emulation;
	unsigned page_size;
	unsigned jump_size;
	bool tls_is_above;
	unsigned tls_gap;
} targets[ARCH_COUNT] = {
	[ARCH_X86_64] = { "elf_x86_64", 4096, 5, false, 0 },
	[ARCH_AARCH64] = { "aarch64elf", 65536, 4, true, 16 },
	[ARCH_RISCV64] = { "elf64lriscv", 4096, 8, true, 0 },
};

const char *
target_emulation(enum arch arch)
{
	return targets[arch].emulation;
}

uint64_t
target_page_size(enum arch arch)
{
	return targets[arch].page_size;
}

bool
target_tls_is_above(enum arch arch)
{
	return targets[arch].tls_is_above;
}

uint64_t
target_tls_gap(enum arch arch)
{
	return targets[arch].tls_gap;
}

uint64_t
target_call_reach(enum arch arch)
{
	return arch == ARCH_AARCH64 ? UINT64_C(128) << 20 : UINT64_MAX;
}

uint64_t
target_jump_size(enum arch arch)
{
	return targets[arch].jump_size;
}

void
target_write_jump(enum arch arch, const char *from, const char *to, struct strbuf *script)
{
	switch (arch) {
	case ARCH_X86_64: /* jmp, from the end of the instruction */
		strbuf_printf(script, "BYTE(0xe9) LONG(%s - %s - 5)", to, from);
		return;
	case ARCH_AARCH64: /* b, in instructions: 128 MiB both ways, more than a slot has */
		strbuf_printf(
			script, "LONG(0x14000000 | (((%s - %s) >> 2) & 0x3ffffff))", to, from);
		return;
	default: /* auipc t1; jr t1: what is added at last has a sign */
		strbuf_printf(script,
			"LONG(0x317 | ((%s - %s + 0x800) & 0xfffff000)) "
			"LONG(0x30067 | (((%s - %s) & 0xfff) << 20))",
			to, from, to, from);
		return;
	}
}

/* x86-64: calls and jumps of older assemblers have the relocation of data, too. */
static bool
is_x86_branch(uint32_t relocation, struct str section, uint64_t offset)
{
	const unsigned char *code = (const unsigned char *)section.at;

	if (relocation == R_X86_64_PLT32)
		return true;
	if (relocation != R_X86_64_PC32 || offset < 2 || offset > section.len)
		return false;
	return (code[offset - 1] & 0xfe) == 0xe8 ||
	       (code[offset - 2] == 0x0f && (code[offset - 1] & 0xf0) == 0x80);
}

bool
target_is_branch(enum arch arch, uint32_t relocation, struct str section, uint64_t offset)
{
	switch (arch) {
	case ARCH_X86_64:
		return is_x86_branch(relocation, section, offset);
	case ARCH_AARCH64:
		return relocation == R_AARCH64_CALL26 || relocation == R_AARCH64_JUMP26 ||
		       relocation == R_AARCH64_CONDBR19 || relocation == R_AARCH64_TSTBR14;
	case ARCH_RISCV64:
		return relocation == R_RISCV_CALL || relocation == R_RISCV_CALL_PLT ||
		       relocation == R_RISCV_JAL || relocation == R_RISCV_BRANCH ||
		       relocation == R_RISCV_RVC_JUMP || relocation == R_RISCV_RVC_BRANCH;
	default:
		return false;
	}
}

int64_t
target_addend_bias(enum arch arch, uint32_t relocation)
{
	/* The CPU counts from the end of the instruction, 4 bytes on. */
	return arch == ARCH_X86_64 &&
			       (relocation == R_X86_64_PC32 || relocation == R_X86_64_PLT32 ||
				       relocation == R_X86_64_GOTPCREL ||
				       relocation == R_X86_64_GOTPCRELX ||
				       relocation == R_X86_64_REX_GOTPCRELX)
		       ? 4
		       : 0;
}
