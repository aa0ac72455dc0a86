/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs LLVM knows. Its C interface has no such question: a target machine for the CPU
 * "help" prints the list on standard error, once in a process, a line "  NAME - Select the NAME
 * processor." each, and behind it one of features; one for an unknown CPU prints a warning there.
 * The list may have CPUs of 32 bits: only compiling tells.
 */
#include "linker/llvm/lower_ir.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/vec.h"
#include "linker/llvm/arches.h"

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX ((size_t)1 << 20) /* bytes */

struct cpu_names {
	VEC(const char *) names;
};

/* A target machine for an architecture's CPU. */
static int
make_machine(enum arch arch, const char *cpu, LLVMTargetMachineRef *ret_machine)
{
	const struct arches_row *row = arches_find(arch);
	LLVMTargetRef target;
	char *message = NULL;
	int ret;

	if (LLVMGetTargetFromTriple(row->triple, &target, &message)) {
		ret = err_set(ERR_NOT_FOUND, "%s: %s", row->triple, message);
		LLVMDisposeMessage(message);
		return ret;
	}
	*ret_machine = LLVMCreateTargetMachine(target, row->triple, cpu, row->features,
		LLVMCodeGenLevelNone, LLVMRelocStatic, LLVMCodeModelSmall);
	return 0;
}

static int
make_nothing(enum arch arch, const char *cpu)
{
	LLVMTargetMachineRef machine;

	TRY(make_machine(arch, cpu, &machine));
	LLVMDisposeTargetMachine(machine);
	return 0;
}

/* What LLVM prints on standard error when it makes a target machine. */
static int
capture(struct arena *arena, enum arch arch, const char *cpu, struct str *ret_text)
{
	int memory AUTO(file_close) = -1;
	int saved AUTO(file_close) = dup(STDERR_FILENO);
	int ret;

	TRY(file_memory("cpu", &memory));
	if (saved < 0 || dup2(memory, STDERR_FILENO) < 0)
		return err_errno("redirect standard error");
	ret = make_nothing(arch, cpu);
	if (dup2(saved, STDERR_FILENO) < 0)
		return err_errno("restore standard error");
	TRY(ret);
	return file_read_fd(arena, memory, LIST_MAX, ret_text);
}

/* The names in the first list: those of CPUs. */
static int
list_names(struct arena *arena, enum arch arch, struct cpu_names *names)
{
	struct str line, text;

	TRY(capture(arena, arch, "help", &text));
	while (str_cut(&text, '\n', &line)) {
		struct str name;

		if (line.len > 2 && line.at[0] == ' ' && line.at[1] == ' ') {
			line = (struct str){ line.at + 2, line.len - 2 };
			if (str_cut(&line, ' ', &name))
				vec_push(arena, &names->names, str_copy(arena, name));
		} else if (names->names.len > 0 && line.len > 0) {
			break;
		}
	}
	return 0;
}

static bool
has_name(const struct cpu_names *names, const char *cpu)
{
	for (size_t i = 0; i < names->names.len; i++)
		if (strcmp(names->names.at[i], cpu) == 0)
			return true;
	return false;
}

/* Compile an empty function: LLVM ends the process when the CPU does not have 64 bits. */
static int
try_cpu(enum arch arch, const char *cpu)
{
	LLVMContextRef context = LLVMContextCreate();
	LLVMModuleRef module = LLVMModuleCreateWithNameInContext("cpu", context);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
	LLVMValueRef function = LLVMAddFunction(
		module, "f", LLVMFunctionType(LLVMVoidTypeInContext(context), NULL, 0, false));
	LLVMTargetMachineRef machine = NULL;
	LLVMMemoryBufferRef buffer;
	char *message = NULL;
	int ret = make_machine(arch, cpu, &machine);

	LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, function, ""));
	LLVMBuildRetVoid(builder);
	if (ret == 0 && LLVMTargetMachineEmitToMemoryBuffer(
				machine, module, LLVMObjectFile, &message, &buffer)) {
		ret = err_set(
			ERR_USAGE, "cpu %s: LLVM cannot compile for it: %s", cpu, message);
		LLVMDisposeMessage(message);
	} else if (ret == 0) {
		LLVMDisposeMemoryBuffer(buffer);
	}
	if (machine != NULL)
		LLVMDisposeTargetMachine(machine);
	LLVMDisposeBuilder(builder);
	LLVMDisposeModule(module);
	LLVMContextDispose(context);
	return ret;
}

/* Say why an architecture has no such CPU: it may be another's. */
static int
fail_unknown(struct arena *arena, enum arch arch, const char *cpu, const char *producer,
	const struct cpu_names *known)
{
	const char *nearest = nearest_name(cpu, known->names.at, known->names.len);

	for (int i = 0; i < ARCH_COUNT; i++) {
		struct str warning;

		TRY(capture(arena, (enum arch)i, cpu, &warning));
		if (warning.len == 0)
			return err_set(ERR_USAGE,
				"cpu %s: is one of %s, not of %s (%s, for example)", cpu,
				arch_name((enum arch)i), arch_name(arch),
				arch_common_cpu(arch));
	}
	return err_set(ERR_USAGE,
		"cpu %s: %s has no such CPU (%s%s%suse %s, or a name "
		"that 'llc-22 -mcpu=help' lists for %s)",
		cpu, producer, nearest == NULL ? "" : "did you mean ",
		nearest == NULL ? "" : nearest, nearest == NULL ? "" : "? ",
		arch == arch_host() ? LOWER_NATIVE : arch_common_cpu(arch), arch_name(arch));
}

int
lower_ir_cpu(
	struct arena *arena, enum arch arch, const char *cpu, struct lower_target *ret_target)
{
	struct cpu_names known = { 0 };
	struct lower_target target;

	lower_ir_host(arena, &target);
	TRY(list_names(arena, arch, &known));
	if (!has_name(&known, cpu))
		return fail_unknown(arena, arch, cpu, target.producer, &known);
	TRY(try_cpu(arch, cpu));
	target.arch = arch;
	target.cpu = arena_string(arena, cpu);
	target.features = arches_find(arch)->features;
	*ret_target = target;
	return 0;
}
