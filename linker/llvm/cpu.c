/* SPDX-License-Identifier: MIT */
/*
 * Which CPUs LLVM knows. Its C interface has no such question: a target machine for the CPU
 * "help" prints the list on standard error, a line "  NAME - Select the NAME processor." each, and
 * behind it one of features.
 */
#include "linker/llvm/lower_ir.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/vec.h"

#include <llvm-c/Core.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX ((size_t)1 << 20) /* bytes */

struct cpu_names {
	VEC(const char *) names;
};

/* Have LLVM print its list. */
static int
print_list(void)
{
	char *triple = LLVMGetDefaultTargetTriple();
	LLVMTargetRef target;
	char *message = NULL;
	int ret = 0;

	LLVMInitializeNativeTarget();
	if (LLVMGetTargetFromTriple(triple, &target, &message)) {
		ret = err_set(ERR_NOT_FOUND, "%s: %s", triple, message);
		LLVMDisposeMessage(message);
	} else {
		LLVMDisposeTargetMachine(LLVMCreateTargetMachine(target, triple, "help", "",
			LLVMCodeGenLevelNone, LLVMRelocStatic, LLVMCodeModelSmall));
	}
	LLVMDisposeMessage(triple);
	return ret;
}

/* What LLVM prints on standard error meanwhile. */
static int
capture_list(struct arena *arena, struct str *ret_text)
{
	int memory AUTO(file_close) = -1;
	int saved AUTO(file_close) = dup(STDERR_FILENO);
	int ret;

	TRY(file_memory("cpus", &memory));
	if (saved < 0 || dup2(memory, STDERR_FILENO) < 0)
		return err_errno("redirect standard error");
	ret = print_list();
	if (dup2(saved, STDERR_FILENO) < 0)
		return err_errno("restore standard error");
	TRY(ret);
	return file_read_fd(arena, memory, LIST_MAX, ret_text);
}

/* The names in the first list: those of CPUs. */
static void
read_names(struct arena *arena, struct str text, struct cpu_names *names)
{
	struct str line;

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
}

int
lower_ir_cpu(struct arena *arena, const char *cpu, struct lower_target *ret_target)
{
	struct cpu_names known = { 0 };
	struct lower_target target;
	const char *nearest;
	struct str text;

	TRY(capture_list(arena, &text));
	read_names(arena, text, &known);
	lower_ir_host(arena, &target);
	for (size_t i = 0; i < known.names.len; i++)
		if (strcmp(known.names.at[i], cpu) == 0) {
			target.cpu = arena_string(arena, cpu);
			target.features = "";
			*ret_target = target;
			return 0;
		}
	nearest = nearest_name(cpu, known.names.at, known.names.len);
	return err_set(ERR_USAGE,
		"cpu %s: %s has no such CPU (%s%s%suse " LOWER_NATIVE ", or a name "
		"that 'llc-22 -mcpu=help' lists for %s)",
		cpu, target.producer, nearest == NULL ? "" : "did you mean ",
		nearest == NULL ? "" : nearest, nearest == NULL ? "" : "? ",
		arch_name(target.arch));
}
