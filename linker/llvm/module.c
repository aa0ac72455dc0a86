/* SPDX-License-Identifier: MIT */
/*
 * module: reading, writing, merging and internalizing modules, and helpers.
 *
 * LLVM reports errors through a handler of the context; the handler keeps the
 * last message in the module, and whoever sees a call fail makes our error of
 * it. Bitcode has no target, so the data layout is set when it is read and
 * taken off when it is written: constants are folded with the right sizes.
 */
#include "linker/llvm/module.h"

#include "base/arena.h"
#include "base/map.h"
#include "linker/llvm/contents.h"
#include "linker/bodies.h"
#include "linker/unit.h"

#include <ctype.h>
#include <llvm-c/BitReader.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/Comdat.h>
#include <llvm-c/Error.h>
#include <llvm-c/Linker.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
keep_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
	struct neutral *module = data;
	LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);

	if (severity == LLVMDSRemark && module->contents != NULL) {
		char *remark = LLVMGetDiagInfoDescription(info);

		contents_note(module->contents, remark);
		LLVMDisposeMessage(remark);
	}
	if (severity != LLVMDSError)
		return;
	LLVMDisposeMessage(module->diagnostic);
	module->diagnostic = LLVMGetDiagInfoDescription(info);
}

/* LLVM's last message as one line. */
static const char *
diagnostic(const struct neutral *module)
{
	if (module->diagnostic == NULL || module->diagnostic[0] == '\0')
		return "damaged";
	for (char *c = module->diagnostic; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	return module->diagnostic;
}

const char *
module_value_name(LLVMValueRef value)
{
	size_t length;

	return LLVMGetValueName2(value, &length);
}

bool
module_is_intrinsic(LLVMValueRef function)
{
	return LLVMIsAFunction(function) != NULL && LLVMGetIntrinsicID(function) != 0;
}

LLVMValueRef
module_called_function(LLVMValueRef instruction)
{
	LLVMOpcode opcode = LLVMGetInstructionOpcode(instruction);

	if (opcode != LLVMCall && opcode != LLVMInvoke)
		return NULL;
	return LLVMIsAFunction(LLVMGetCalledValue(instruction));
}

unsigned
module_attribute(const char *name)
{
	return LLVMGetEnumAttributeKindForName(name, strlen(name));
}

int
module_error(const struct neutral *module, LLVMValueRef function, enum err code,
	const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (function == NULL)
		return err_set(code, "%s: %s", module->name, text);
	return err_set(
		code, "%s: function '%s': %s", module->name, module_value_name(function), text);
}

struct neutral *
module_new(const char *name)
{
	struct neutral *module = calloc(1, sizeof *module);

	if (module == NULL || (module->name = strdup(name)) == NULL)
		abort();
	module->context = LLVMContextCreate();
	/* Names of values inside functions say nothing: a tenth of a unit, and of the time. */
	LLVMContextSetDiscardValueNames(module->context, true);
	LLVMContextSetDiagnosticHandler(module->context, keep_diagnostic, module);
	module->module = LLVMModuleCreateWithNameInContext("weld", module->context);
	LLVMSetSourceFileName(module->module, "", 0);
	LLVMSetDataLayout(module->module, MODULE_LAYOUT);
	return module;
}

void
neutral_free(struct neutral **module)
{
	if (*module == NULL)
		return;
	LLVMDisposeModule((*module)->module);
	LLVMContextDispose((*module)->context);
	LLVMDisposeMessage((*module)->diagnostic);
	free((*module)->name);
	free(*module);
	*module = NULL;
}

static int
parse_one(
	struct neutral *owner, const char *name, struct str bitcode, LLVMModuleRef *ret_module)
{
	LLVMMemoryBufferRef buffer;
	LLVMModuleRef parsed;
	LLVMBool failed;

	buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(bitcode.at, bitcode.len, "");
	failed = LLVMParseBitcodeInContext2(owner->context, buffer, &parsed);
	LLVMDisposeMemoryBuffer(buffer);
	if (failed)
		return err_set(ERR_FORMAT, "%s: cannot be read as LLVM bitcode: %s", name,
			diagnostic(owner));
	if (LLVMGetDataLayoutStr(parsed)[0] == '\0')
		LLVMSetDataLayout(parsed, MODULE_LAYOUT);
	*ret_module = parsed;
	return 0;
}

/* Link the pieces of a unit behind its first one. */
static int
join_pieces(struct neutral *owner, const char *name, struct str file,
	const struct unit_piece *pieces, size_t count, LLVMModuleRef unit)
{
	for (size_t i = 1; i < count; i++) {
		struct str bytes = { file.at + pieces[i].offset, pieces[i].size };
		LLVMModuleRef piece;

		TRY(parse_one(owner, name, bytes, &piece));
		if (LLVMLinkModules2(unit, piece))
			return err_set(ERR_FORMAT, "%s: its pieces do not fit: %s", name,
				diagnostic(owner));
	}
	return 0;
}

int
module_parse(
	struct neutral *owner, const char *name, struct str bitcode, LLVMModuleRef *ret_module)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct unit_piece *pieces = NULL;
	LLVMModuleRef unit;
	uint64_t start;
	size_t count;
	int ret;

	TRY(err_context(unit_parse_head(arena, bitcode, &pieces, &count), "%s", name));
	if (count == 0) {
		TRY(bodies_skip(bitcode, &start));
		return parse_one(owner, name,
			(struct str){ bitcode.at + start, bitcode.len - start }, ret_module);
	}
	TRY(parse_one(owner, name,
		(struct str){ bitcode.at + pieces[0].offset, pieces[0].size }, &unit));
	ret = join_pieces(owner, name, bitcode, pieces, count, unit);
	if (ret < 0) {
		LLVMDisposeModule(unit);
		return ret;
	}
	module_take_back_names(unit);
	*ret_module = unit;
	return 0;
}

int
neutral_read(const char *name, struct str bitcode, struct neutral **ret_module)
{
	struct neutral *module AUTO(neutral_free) = module_new(name);
	LLVMModuleRef parsed;

	TRY(module_parse(module, name, bitcode, &parsed));
	LLVMDisposeModule(module->module);
	module->module = parsed;
	*ret_module = module;
	module = NULL;
	return 0;
}

void
neutral_write(const struct neutral *module, struct strbuf *ret_bitcode)
{
	LLVMMemoryBufferRef buffer;
	struct strbuf bitcode = { 0 };
	bool has_target = LLVMGetTarget(module->module)[0] != '\0';

	if (!has_target)
		LLVMSetDataLayout(module->module, "");
	LLVMSetModuleIdentifier(module->module, "weld", 4);
	buffer = LLVMWriteBitcodeToMemoryBuffer(module->module);
	strbuf_add(&bitcode, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
	LLVMDisposeMemoryBuffer(buffer);
	if (!has_target)
		LLVMSetDataLayout(module->module, MODULE_LAYOUT);
	*ret_bitcode = bitcode;
}

void
neutral_print(const struct neutral *module, struct strbuf *ret_text)
{
	struct strbuf copy = { 0 };
	char *text = LLVMPrintModuleToString(module->module);

	strbuf_add_string(&copy, text);
	LLVMDisposeMessage(text);
	*ret_text = copy;
}

void
neutral_set_target(struct neutral *module)
{
	LLVMSetTarget(module->module, MODULE_TRIPLE);
	LLVMSetDataLayout(module->module, MODULE_LAYOUT);
}

int
module_link(struct neutral *module, const char *other_name, LLVMModuleRef other)
{
	if (!LLVMLinkModules2(module->module, other))
		return 0;
	if (strstr(diagnostic(module), "multiply defined") != NULL)
		return err_set(
			ERR_SYMBOL, "%s: %s: %s", module->name, other_name, diagnostic(module));
	return err_set(ERR_FORMAT, "%s: cannot merge %s: %s", module->name, other_name,
		diagnostic(module));
}

int
neutral_merge(struct neutral *module, struct neutral **other)
{
	struct neutral *owned AUTO(neutral_free) = *other;
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	LLVMModuleRef copy;

	*other = NULL;
	/* Modules of different contexts cannot be linked: the bitcode is what travels. */
	neutral_write(owned, &bitcode);
	TRY(module_parse(module, owned->name, strbuf_str(&bitcode), &copy));
	return module_link(module, owned->name, copy);
}

int
module_run_passes(struct neutral *module, const char *pipeline, LLVMTargetMachineRef machine,
	bool vectorize)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error;
	char *text;
	int ret;

	LLVMPassBuilderOptionsSetLoopVectorization(options, vectorize);
	LLVMPassBuilderOptionsSetLoopInterleaving(options, vectorize);
	LLVMPassBuilderOptionsSetSLPVectorization(options, vectorize);
	LLVMPassBuilderOptionsSetLoopUnrolling(options, vectorize);
	error = LLVMRunPasses(module->module, pipeline, machine, options);
	LLVMDisposePassBuilderOptions(options);
	if (error == NULL)
		return 0;
	text = LLVMGetErrorMessage(error);
	ret = err_set(ERR_FAILED, "%s: pass pipeline %s: %s", module->name, pipeline, text);
	LLVMDisposeErrorMessage(text);
	return ret;
}

/* Names that code generation calls for operations that the CPU lacks. */
static const char *const runtime_functions[] = { "abort", "acos", "asin", "atan", "atan2",
	"bcmp", "cbrt", "ceil", "copysign", "cos", "cosh", "exp", "exp10", "exp2", "fabs",
	"floor", "fma", "fmax", "fmaximum", "fmaximum_num", "fmin", "fminimum", "fminimum_num",
	"fmod", "frexp", "ldexp", "llrint", "llround", "log", "log10", "log2", "lrint",
	"lround", "memcmp", "memcpy", "memmove", "memset", "modf", "nearbyint", "pow", "rint",
	"round", "roundeven", "sin", "sincos", "sinh", "sqrt", "stpcpy", "strlen", "tan",
	"tanh", "trunc" };

static int
compare_name(const void *name, const void *element)
{
	return strcmp(name, *(const char *const *)element);
}

static bool
is_listed(const char *name)
{
	return bsearch(name, runtime_functions,
		       sizeof runtime_functions / sizeof runtime_functions[0],
		       sizeof runtime_functions[0], compare_name) != NULL;
}

bool
module_is_runtime_function(const char *name)
{
	/* What ends the names of GCC's run-time library: __addtf3, __udivti3, __powidf2. */
	static const char *const modes[] = { "hf", "bf", "sf", "df", "xf", "tf", "hc", "sc",
		"dc", "xc", "tc", "si", "di", "ti" };
	size_t length = strlen(name);
	char stem[32];

	if (is_listed(name) || strcmp(name, "__stack_chk_fail") == 0 ||
		strcmp(name, "__stack_chk_guard") == 0)
		return true;
	if (length < sizeof stem && length > 1 && strchr("fl", name[length - 1]) != NULL) {
		memcpy(stem, name, length);
		stem[length - 1] = '\0';
		if (is_listed(stem))
			return true;
	}
	if (strncmp(name, "__", 2) != 0)
		return false;
	if (strncmp(name, "__atomic_", 9) == 0 || strncmp(name, "__sync_", 7) == 0)
		return true;
	if (length > 2 && strchr("0123456789", name[length - 1]) != NULL)
		length--;
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (length > 4 && memcmp(name + length - 2, modes[i], 2) == 0)
			return true;
	return false;
}

/* Whether a section's start and end have names (__start_NAME): all of it may be used by them. */
static bool
is_in_named_section(LLVMValueRef global)
{
	const char *section =
		LLVMIsAGlobalObject(global) != NULL ? LLVMGetSection(global) : NULL;

	return section != NULL && (isalpha((unsigned char)section[0]) || section[0] == '_');
}

/* Make one definition internal unless its name is to be kept. */
static void
internalize(LLVMValueRef global, const struct map *kept)
{
	const char *name = module_value_name(global);
	LLVMLinkage linkage = LLVMGetLinkage(global);

	if (LLVMIsDeclaration(global) || linkage == LLVMInternalLinkage ||
		linkage == LLVMPrivateLinkage || linkage == LLVMAppendingLinkage ||
		linkage == LLVMAvailableExternallyLinkage)
		return;
	if (strncmp(name, "llvm.", 5) == 0 || map_has(kept, name) ||
		module_is_runtime_function(name) || is_in_named_section(global))
		return;
	LLVMSetVisibility(global, LLVMDefaultVisibility);
	LLVMSetLinkage(global, LLVMInternalLinkage);
	if (LLVMIsAGlobalObject(global) != NULL)
		LLVMSetComdat(global, NULL);
}

int
neutral_internalize(struct neutral *module, const char *const *preserve, size_t count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct map kept = { 0 };

	for (size_t i = 0; i < count; i++)
		map_set(arena, &kept, preserve[i], NULL);
	EACH_FUNCTION (function, module->module)
		internalize(function, &kept);
	EACH_GLOBAL (global, module->module)
		internalize(global, &kept);
	EACH_ALIAS (alias, module->module)
		internalize(alias, &kept);
	return module_run_passes(module, "globaldce", NULL, false);
}
