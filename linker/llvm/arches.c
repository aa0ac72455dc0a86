/* SPDX-License-Identifier: MIT */
/* One row an architecture; LLVM starts each target's parts where it is asked for. */
#include "linker/llvm/arches.h"

#include <llvm-c/Target.h>

static void
init_x86_64(void)
{
	LLVMInitializeX86TargetInfo();
	LLVMInitializeX86Target();
	LLVMInitializeX86TargetMC();
	LLVMInitializeX86AsmPrinter();
	LLVMInitializeX86AsmParser(); /* for the templates of system calls */
}

static void
init_aarch64(void)
{
	LLVMInitializeAArch64TargetInfo();
	LLVMInitializeAArch64Target();
	LLVMInitializeAArch64TargetMC();
	LLVMInitializeAArch64AsmPrinter();
	LLVMInitializeAArch64AsmParser();
}

static void
init_riscv64(void)
{
	LLVMInitializeRISCVTargetInfo();
	LLVMInitializeRISCVTarget();
	LLVMInitializeRISCVTargetMC();
	LLVMInitializeRISCVAsmPrinter();
	LLVMInitializeRISCVAsmParser();
}

static const struct {
	struct arches_row row;
	void (*init)(void);
} arches[ARCH_COUNT] = {
	[ARCH_X86_64] = { { "x86_64-unknown-linux-musl", "", "" }, init_x86_64 },
	[ARCH_AARCH64] = { { "aarch64-unknown-linux-musl", "", "" }, init_aarch64 },
	/* RV64GC: the calling convention and the kernel interface's objects need it. */
	[ARCH_RISCV64] = { { "riscv64-unknown-linux-musl", "lp64d", "+m,+a,+f,+d,+c" },
		init_riscv64 },
};

const struct arches_row *
arches_find(enum arch arch)
{
	arches[arch].init();
	return &arches[arch].row;
}
