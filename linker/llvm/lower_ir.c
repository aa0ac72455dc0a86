/* SPDX-License-Identifier: MIT */
/*
 * lower_ir: merge, verify, optimize, replace system calls, compile.
 *
 * Phases: read and verify each unit; merge; internalize; add what may be inlined; the tier's pipeline;
 * defences; system calls with a known number become the kernel's instruction; a section
 * for each symbol; code generation into memory.
 *
 * (I1) Everything that LLVM wants files or the environment for is done in
 * lower_ir_new(): lower_ir_run() needs only memory.
 * (I2) Nothing here depends on time, addresses or the order of a hash table.
 */
#include "linker/llvm/lower_ir.h"

#include "base/arena.h"
#include "base/map.h"
#include "kernel-iface/syscall.h"
#include "linker/llvm/arches.h"
#include "linker/llvm/contents.h"
#include "linker/llvm/harden.h"
#include "linker/llvm/module.h"
#include "linker/llvm/object_facts.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Target.h>
#include <stdlib.h>
#include <string.h>

#define UNWIND_ANYWHERE 2 /* a value of the attribute "uwtable": llvm::UWTableKind::Async */

struct lower_ir {
	enum arch arch;
	enum lower_tier tier;
	char *cpu, *features;
	char *triple, *layout; /* of LLVM's allocation */
	LLVMTargetMachineRef machine;
};

void
lower_ir_host(struct arena *arena, struct lower_target *ret_target)
{
	char *cpu = LLVMGetHostCPUName();
	char *features = LLVMGetHostCPUFeatures();
	unsigned major, minor, patch;

	LLVMGetVersion(&major, &minor, &patch);
	*ret_target = (struct lower_target){
		.arch = arch_host(),
		.cpu = arena_string(arena, cpu),
		.features = arena_string(arena, features),
		.producer = arena_printf(arena, "LLVM %u.%u.%u, lowering %d", major, minor,
			patch, LOWER_REVISION),
	};
	LLVMDisposeMessage(cpu);
	LLVMDisposeMessage(features);
}

static LLVMTargetMachineRef
make_machine(LLVMTargetRef target, const struct lower_target *wanted, enum lower_tier tier)
{
	LLVMTargetMachineOptionsRef options = LLVMCreateTargetMachineOptions();
	LLVMTargetMachineRef machine;

	LLVMTargetMachineOptionsSetCPU(options, wanted->cpu);
	LLVMTargetMachineOptionsSetFeatures(options, wanted->features);
	LLVMTargetMachineOptionsSetABI(options, arches_find(wanted->arch)->abi);
	LLVMTargetMachineOptionsSetCodeGenOptLevel(options,
		tier == LOWER_INSTANT ? LLVMCodeGenLevelNone : LLVMCodeGenLevelDefault);
	LLVMTargetMachineOptionsSetRelocMode(options, LLVMRelocStatic);
	LLVMTargetMachineOptionsSetCodeModel(options, LLVMCodeModelSmall);
	machine = LLVMCreateTargetMachineWithOptions(
		target, arches_find(wanted->arch)->triple, options);
	LLVMDisposeTargetMachineOptions(options);
	if (machine != NULL)
		LLVMSetTargetMachineFastISel(machine, tier == LOWER_INSTANT);
	return machine;
}

int
lower_ir_new(
	const struct lower_target *target, enum lower_tier tier, struct lower_ir **ret_lower)
{
	const struct arches_row *arch = arches_find(target->arch);
	LLVMTargetMachineRef machine;
	LLVMTargetDataRef layout;
	LLVMTargetRef found;
	struct lower_ir *lower;
	char *message;
	int ret;

	if (LLVMGetTargetFromTriple(arch->triple, &found, &message)) {
		ret = err_set(ERR_NOT_FOUND, "%s: %s", arch->triple, message);
		LLVMDisposeMessage(message);
		return ret;
	}
	machine = make_machine(found, target, tier);
	if (machine == NULL)
		return err_set(ERR_NOT_FOUND, "%s: LLVM cannot compile for it", arch->triple);
	lower = calloc(1, sizeof *lower);
	if (lower == NULL)
		abort();
	layout = LLVMCreateTargetDataLayout(machine);
	*lower = (struct lower_ir){
		.arch = target->arch,
		.tier = tier,
		.cpu = strdup(target->cpu),
		.features = strdup(target->features),
		.triple = LLVMGetTargetMachineTriple(machine),
		.layout = LLVMCopyStringRepOfTargetData(layout),
		.machine = machine,
	};
	LLVMDisposeTargetData(layout);
	*ret_lower = lower;
	return 0;
}

void
lower_ir_free(struct lower_ir **lower)
{
	if (*lower == NULL)
		return;
	LLVMDisposeTargetMachine((*lower)->machine);
	LLVMDisposeMessage((*lower)->triple);
	LLVMDisposeMessage((*lower)->layout);
	free((*lower)->cpu);
	free((*lower)->features);
	free(*lower);
	*lower = NULL;
}

/* Check that damaged bitcode did not make damaged IR, which would crash LLVM later. */
static int
check_damage(const struct neutral *module)
{
	char *message = NULL, *end;
	int ret = 0;

	if (LLVMVerifyModule(module->module, LLVMReturnStatusAction, &message)) {
		if ((end = strchr(message, '\n')) != NULL)
			*end = '\0';
		ret = err_set(ERR_FORMAT, "%s: damaged IR: %s", module->name, message);
	}
	LLVMDisposeMessage(message);
	return ret;
}

/* Read a unit into the context of the merged module, and check it there. */
static int
read_unit(struct neutral *merged, const struct lower_ir_unit *unit, size_t number,
	LLVMModuleRef *ret_module)
{
	struct neutral part = { .context = merged->context };
	int ret;

	TRY(module_parse(merged, unit->name, unit->bitcode, &part.module));
	part.name = strdup(unit->name);
	if (part.name == NULL)
		abort();
	ret = check_damage(&part);
	if (ret == 0)
		ret = neutral_verify(&part);
	free(part.name);
	if (ret < 0) {
		LLVMDisposeModule(part.module);
		return ret;
	}
	contents_set_unit(merged, part.module, number);
	*ret_module = part.module;
	return 0;
}

static int
merge_unit(struct neutral *merged, const struct lower_ir_unit *unit, size_t number,
	const struct map *first, const struct map *preserved)
{
	LLVMModuleRef part;

	TRY(read_unit(merged, unit, number, &part));
	module_settle_clashes(merged, part, first, preserved);
	return module_link(merged, unit->name, part);
}

/* Only the inliner of the tier full looks at bodies. */
static int
take_bodies(
	const struct lower_ir *lower, struct neutral *merged, const struct lower_ir_job *job)
{
	for (size_t i = 0; lower->tier == LOWER_FULL && i < job->body_count; i++) {
		size_t number = job->unit_count + i;
		LLVMModuleRef unit;

		TRY(read_unit(merged, &job->units[number], number, &unit));
		TRY(module_take_bodies(merged, job->units[number].name, unit, &job->bodies[i]));
	}
	return 0;
}

static int
merge_units(struct neutral *merged, const struct lower_ir_job *job)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct module_hooks *ends = arena_array(arena, job->unit_count, sizeof *ends);
	struct map first = { 0 }, preserved = { 0 };

	for (size_t i = 0; i < job->preserve_count; i++)
		map_set(arena, &preserved, job->preserve[i], NULL);
	for (size_t i = 0; i < job->unit_count; i++) {
		TRY(merge_unit(merged, &job->units[i], i, &first,
			job->preserve_all ? NULL : &preserved));
		if (i == 0)
			module_list_definitions(arena, merged->module, &first);
		ends[i] = module_count_hooks(merged);
	}
	module_order_hooks(merged, ends, job->unit_count);
	return 0;
}

/*
 * The CPU is an attribute of each function, as the compiler would have written it. So is that
 * its frames can be walked from any instruction: by debuggers, profilers and backtrace().
 */
static void
set_target(const struct lower_ir *lower, struct neutral *module)
{
	LLVMAttributeRef cpu = LLVMCreateStringAttribute(
		module->context, "target-cpu", 10, lower->cpu, (unsigned)strlen(lower->cpu));
	LLVMAttributeRef features = LLVMCreateStringAttribute(module->context,
		"target-features", 15, lower->features, (unsigned)strlen(lower->features));
	LLVMAttributeRef unwinding = LLVMCreateEnumAttribute(
		module->context, module_attribute("uwtable"), UNWIND_ANYWHERE);

	LLVMSetTarget(module->module, lower->triple);
	LLVMSetDataLayout(module->module, lower->layout);
	EACH_FUNCTION (function, module->module) {
		if (LLVMIsDeclaration(function))
			continue;
		LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, cpu);
		LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, unwinding);
		if (lower->features[0] != '\0')
			LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, features);
	}
}

/* Whether an instruction is a system call that the kernel takes as it is; its number there. */
static bool
is_direct_call(const struct lower_ir *lower, LLVMValueRef call, LLVMValueRef function,
	unsigned long long *ret_number)
{
	LLVMValueRef number;
	unsigned long long neutral;

	if (LLVMIsACallInst(call) == NULL || module_called_function(call) != function ||
		LLVMGetNumArgOperands(call) != 7)
		return false;
	number = LLVMIsAConstantInt(LLVMGetOperand(call, 0));
	if (number == NULL)
		return false;
	neutral = LLVMConstIntGetZExtValue(number);
	if (neutral >= 0x10000 || !syscall_is_direct(lower->arch, (unsigned)neutral) ||
		syscall_number(lower->arch, (unsigned)neutral) < 0)
		return false;
	*ret_number = (unsigned long long)syscall_number(lower->arch, (unsigned)neutral);
	return true;
}

static void
replace_system_calls(const struct lower_ir *lower, struct neutral *module)
{
	LLVMValueRef function = LLVMGetNamedFunction(module->module, SYSCALL_FUNCTION);
	const char *text = syscall_assembly(lower->arch);
	const char *constraints = syscall_constraints(lower->arch);
	LLVMTypeRef i64 = LLVMInt64TypeInContext(module->context);
	LLVMTypeRef parameters[] = { i64, i64, i64, i64, i64, i64, i64 };
	LLVMTypeRef type = LLVMFunctionType(i64, parameters, 7, false);
	LLVMBuilderRef builder;
	LLVMUseRef use;

	if (function == NULL || !LLVMIsDeclaration(function) || text == NULL)
		return;
	builder = LLVMCreateBuilderInContext(module->context);
	use = LLVMGetFirstUse(function);
	while (use != NULL) {
		LLVMValueRef call = LLVMGetUser(use), values[7], assembly, new;
		unsigned long long number;

		use = LLVMGetNextUse(use);
		if (!is_direct_call(lower, call, function, &number))
			continue;
		values[0] = LLVMConstInt(i64, number, false);
		for (unsigned i = 1; i < 7; i++)
			values[i] = LLVMGetOperand(call, i);
		LLVMPositionBuilderBefore(builder, call);
		assembly = LLVMGetInlineAsm(type, text, strlen(text), constraints,
			strlen(constraints), true, false, LLVMInlineAsmDialectATT, false);
		new = LLVMBuildCall2(builder, type, assembly, values, 7, "");
		LLVMReplaceAllUsesWith(call, new);
		LLVMInstructionEraseFromParent(call);
	}
	LLVMDisposeBuilder(builder);
}

/* What goes into the linker's pool of equal constants keeps the section that LLVM chooses. */
static bool
is_mergeable(LLVMValueRef global)
{
	return LLVMIsGlobalConstant(global) &&
	       LLVMGetUnnamedAddress(global) == LLVMGlobalUnnamedAddr &&
	       LLVMIsConstantString(LLVMGetInitializer(global));
}

static const char *
data_section(LLVMValueRef global)
{
	bool is_zero = LLVMIsNull(LLVMGetInitializer(global));

	if (LLVMIsThreadLocal(global))
		return is_zero ? ".tbss" : ".tdata";
	if (LLVMIsGlobalConstant(global))
		return ".rodata"; /* addresses are fixed: also where it holds some */
	return is_zero ? ".bss" : ".data";
}

static void
set_section(struct strbuf *name, LLVMValueRef global, const char *prefix)
{
	const char *old = LLVMGetSection(global);

	if (old != NULL && old[0] != '\0')
		return;
	strbuf_free(name);
	strbuf_printf(name, "%s.%s", prefix, module_value_name(global));
	LLVMSetSection(global, strbuf_string(name));
}

/* A section for each symbol, so that the linker drops what nobody uses. */
static void
set_sections(struct neutral *module)
{
	struct strbuf name AUTO(strbuf_free) = { 0 };

	EACH_FUNCTION (function, module->module)
		if (!LLVMIsDeclaration(function) &&
			LLVMGetLinkage(function) != LLVMAvailableExternallyLinkage)
			set_section(&name, function, ".text");
	EACH_GLOBAL (global, module->module) {
		LLVMLinkage linkage = LLVMGetLinkage(global);

		if (LLVMIsDeclaration(global) || linkage == LLVMAvailableExternallyLinkage ||
			linkage == LLVMCommonLinkage || linkage == LLVMAppendingLinkage ||
			str_has_prefix(module_value_name(global), "llvm.") ||
			is_mergeable(global))
			continue;
		set_section(&name, global, data_section(global));
	}
}

static int
optimize(const struct lower_ir *lower, struct neutral *module)
{
	switch (lower->tier) {
	case LOWER_FULL:
		return module_run_passes(module, "lto<O2>", lower->machine, true);
	case LOWER_FAST:
		return 0;
	case LOWER_INSTANT:
		module_free_loads(module);
		return 0;
	}
	return 0;
}

static int
emit(const struct lower_ir *lower, struct neutral *module, struct strbuf *ret_object)
{
	LLVMMemoryBufferRef buffer;
	struct strbuf object = { 0 };
	char *message = NULL;
	int ret;

	if (LLVMTargetMachineEmitToMemoryBuffer(
		    lower->machine, module->module, LLVMObjectFile, &message, &buffer)) {
		ret = err_set(ERR_FORMAT, "%s: cannot be compiled: %s", module->name, message);
		LLVMDisposeMessage(message);
		return ret;
	}
	if (module->diagnostic != NULL) {
		LLVMDisposeMemoryBuffer(buffer);
		return err_set(ERR_PROFILE, "%s: cannot be compiled: %s", module->name,
			module->diagnostic);
	}
	strbuf_add(&object, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
	*ret_object = object;
	return 0;
}

/* What cannot be compiled may well be so without its defences: say how. */
static int
blame_defences(int code, const struct harden_job *harden)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *message = arena_string(arena, err_message());

	if (harden->set == HARDEN_NONE)
		return code;
	return err_set((enum err)code,
		"%s (with the defences %s: 'weld policy set harden' can leave one out, "
		"harden_except in its recipe does)",
		message, harden_text(arena, harden->set));
}

/* Pieces leave out names that are numbered over a unit; a section is known by that of its datum. */
static void
name_data(struct neutral *module)
{
	static const char name[] = "unnamed";

	EACH_GLOBAL (global, module->module)
		if (module_value_name(global)[0] == '\0')
			LLVMSetValueName2(global, name, sizeof name - 1);
}

int
lower_ir_run(struct lower_ir *lower, const struct lower_ir_job *job, struct strbuf *ret_object,
	struct strbuf *ret_facts)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct neutral *module AUTO(neutral_free) =
		module_new(job->unit_count > 0 ? job->units[0].name : "nothing");
	struct strbuf object = { 0 }, facts = { 0 };
	struct harden_job harden = { job->harden & harden_available(lower->arch), job->natives,
		job->native_count };
	struct contents *contents;
	int ret;

	TRY(merge_units(module, job));
	name_data(module);
	if (!job->preserve_all)
		TRY(neutral_internalize(module, job->preserve, job->preserve_count));
	TRY(take_bodies(lower, module, job));
	/* From here on there is one module, and it is neutral IR. */
	set_target(lower, module);
	module_harden_natives(module, &harden);
	contents_begin(arena, module);
	TRY(optimize(lower, module));
	contents = contents_end(module);
	if (job->body_count > 0)
		TRY(module_drop_bodies(module));
	TRY(module_harden(module, lower->machine, &harden));
	/* From here on it is IR of the target: nothing may verify it again. */
	replace_system_calls(lower, module);
	set_sections(module);
	module_place_hooks(module);
	module_address_directly(module);
	if (ret_facts != NULL)
		TRY(module_write_facts(module, contents, &facts));
	ret = emit(lower, module, &object);
	if (ret < 0)
		ret = blame_defences(ret, &harden);
	if (ret >= 0)
		ret = module_show_undefined(&object);
	if (ret < 0) {
		strbuf_free(&object);
		strbuf_free(&facts);
		return ret;
	}
	*ret_object = object;
	if (ret_facts != NULL)
		*ret_facts = facts;
	return 0;
}
