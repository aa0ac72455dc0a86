/* SPDX-License-Identifier: MIT */
/*
 * module: what the files of this folder share: the module's body and small
 * helpers around LLVM's C interface.
 */
#ifndef LINKER_LLVM_MODULE_H
#define LINKER_LLVM_MODULE_H

#include "base/err.h"
#include "base/str.h"
#include "linker/llvm/neutral.h"
#include "linker/lower.h"

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct contents;
struct map;

#define MODULE_TRIPLE "riscv64-unknown-linux-musl" /* of the profile's front end */
#define MODULE_LAYOUT "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"
#define MODULE_WCHAR_FLAG "wchar_size" /* the known module flags */
#define MODULE_FLAG "weld" /* requires the other: normalize.c */
#define MODULE_DEBUG_FLAG "Debug Info Version" /* without it LLVM drops debug information */
#define MODULE_DWARF_FLAG "Dwarf Version"
#define MODULE_SOURCE \
	"weld-source" /* function attribute: its file's name, without directories */

#define MODULE_VARIADIC \
	"weld-variadic" /* function attribute: C calls it with variable arguments */

/* In pieces, between a name and what makes it unique: what the unit has internal, and hidden. */
#define MODULE_LOCAL ".weld."
#define MODULE_HIDDEN ".weld_hidden."

struct neutral {
	LLVMContextRef context;
	LLVMModuleRef module;
	char *name;
	char *diagnostic; /* LLVM's last error message, of its own allocation; NULL for none */
	bool keeps_debug; /* debug information is wanted */
	struct contents *contents; /* told what the inliner does; NULL when nobody asks */
};

/* Visit each function, global variable, alias, block or instruction. */
#define EACH_FUNCTION(name, in)                                          \
	for (LLVMValueRef name = LLVMGetFirstFunction(in); name != NULL; \
		name = LLVMGetNextFunction(name))
#define EACH_GLOBAL(name, in)                                          \
	for (LLVMValueRef name = LLVMGetFirstGlobal(in); name != NULL; \
		name = LLVMGetNextGlobal(name))
#define EACH_ALIAS(name, in)                                                \
	for (LLVMValueRef name = LLVMGetFirstGlobalAlias(in); name != NULL; \
		name = LLVMGetNextGlobalAlias(name))
#define EACH_BLOCK(name, in)                                                    \
	for (LLVMBasicBlockRef name = LLVMGetFirstBasicBlock(in); name != NULL; \
		name = LLVMGetNextBasicBlock(name))
#define EACH_INSTRUCTION(name, in)                                          \
	for (LLVMValueRef name = LLVMGetFirstInstruction(in); name != NULL; \
		name = LLVMGetNextInstruction(name))

/* The name of a global value. Owner: LLVM, with a NUL */
const char *module_value_name(LLVMValueRef value);

/* Whether the value is one of LLVM's own functions, llvm.*. */
bool module_is_intrinsic(LLVMValueRef function);

/*
 * The function that an instruction calls by name; NULL for other calls and other instructions.
 */
LLVMValueRef module_called_function(LLVMValueRef instruction);

/* The attribute kind of a name, 0 when LLVM does not know it. */
unsigned module_attribute(const char *name);

/*
 * Record a failure in a function of the module: "NAME: function 'f': ...".
 */
int module_error(const struct neutral *module, LLVMValueRef function, enum err code,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * Make an empty module in a context of its own, or read bitcode into an existing context.
 *
 * Owner: the caller: neutral_free()
 */
struct neutral *module_new(const char *name);

/*
 * Read bitcode into the context of a module.
 *
 * Owner:  the caller disposes of *ret_module
 * Errors: ERR_FORMAT
 */
int module_parse(
	struct neutral *owner, const char *name, struct str bitcode, LLVMModuleRef *ret_module);

/*
 * Link another module of the same context into this one.
 *
 * Owner:  takes `other` in any case
 * Errors: ERR_SYMBOL (both define a name), ERR_FORMAT
 */
int module_link(struct neutral *module, const char *other_name, LLVMModuleRef other);

/*
 * Run a pass pipeline.
 *
 * Units:  `machine` may be NULL: nothing is known of the CPU then
 * Errors: ERR_FAILED (no such pipeline)
 */
int module_run_passes(struct neutral *module, const char *pipeline,
	LLVMTargetMachineRef machine, bool vectorize);

/* Drop debug information unless it is to be kept. */
void module_drop_debug(struct neutral *module);

/* Make fast instruction selection give the code that it gives without debug information. */
void module_free_loads(struct neutral *module);

/* Write a type structurally: without the names of structs. */
void module_write_type(struct strbuf *text, LLVMTypeRef type);

/* Whether code generation may call a function of this name by itself. */
bool module_is_runtime_function(const char *name);

/*
 * Settle which definition serves where a unit about to be merged defines what is defined
 * already, as clash.c says.
 *
 * `first` has the names that the first unit defines; `preserved` is NULL when all are.
 */
void module_settle_clashes(struct neutral *merged, LLVMModuleRef part, const struct map *first,
	const struct map *preserved);

/* Add the names that a module defines for others. Owner: the arena */
void module_list_definitions(struct arena *arena, LLVMModuleRef module, struct map *names);

/* Undo to the merged pieces of a unit what cutting did to names: the part in cut.c. */
void module_take_back_names(LLVMModuleRef unit);

/*
 * Make the functions of a unit of bodies available for inlining, where the merged units call them and
 * do not define them.
 *
 * Owner:  takes `unit` in any case
 * Errors: ERR_PROFILE (it has anything else than `bodies` names)
 */
int module_take_bodies(struct neutral *merged, const char *name, LLVMModuleRef unit,
	const struct lower_bodies *bodies);

/* Leave declarations of such functions, once what was to be inlined is. */
int module_drop_bodies(struct neutral *merged);

/* Make code generation address what other objects define directly, not through a table. */
void module_address_directly(struct neutral *module);

/*
 * Take back what module_address_directly() did to the symbols of the object.
 *
 * Errors: ERR_FORMAT
 */
int module_show_undefined(struct strbuf *object);

/* Say file-scope assembly in IR where it only names symbols; the part in assembly.c. */
void module_translate_assembly(struct neutral *module);

/* Rewrite variadic functions and calls: the part of neutral_normalize() in variadic.c. */
int module_rewrite_variadics(struct neutral *module);

struct module_hooks { /* how many entries the two lists have */
	int constructors;
	int destructors;
};

/* Count the constructors and destructors that are there so far. */
struct module_hooks module_count_hooks(const struct neutral *module);

/*
 * Put the hooks of merged units into the order that dynamic linking has: all of a library's
 * before those of the units that were merged before it, whatever their priorities.
 *
 * `ends` has the counts after each unit was merged.
 */
void module_order_hooks(struct neutral *module, const struct module_hooks *ends, size_t count);

/* Turn the lists of constructors and destructors into .init_array and .fini_array. */
void module_place_hooks(struct neutral *module);

#endif
