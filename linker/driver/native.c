/* SPDX-License-Identifier: MIT */
/*
 * Objects are joined by the static linker as with -r, and checked when they are whole. What the
 * unit's version script or attributes hide of the IR is hidden of machine code, too: a library exports
 * the same with and without assembly.
 */
#include "linker/driver/native.h"

#include "base/arena.h"
#include "base/err.h"
#include "linker/driver/ld.h"
#include "linker/elf/elf_native.h"
#include "linker/elf/elf_symbol.h"
#include "linker/llvm/neutral.h"

#include <elf.h>
#include <stdlib.h>

int
native_target(enum arch *ret_arch)
{
	const char *wanted = getenv("WELD_ARCH");

	if (wanted == NULL || wanted[0] == '\0') {
		*ret_arch = arch_host();
		return 0;
	}
	if (arch_parse(wanted, ret_arch) < 0)
		return err_set(ERR_USAGE, "WELD_ARCH: '%s' is no architecture of weld", wanted);
	return 0;
}

static int
check_machine(struct arena *arena, const struct gather_native *native, enum arch arch)
{
	struct elf_file file;

	TRY(err_context(elf_file_read(arena, native->bytes, &file), "%s", native->name));
	if (file.machine == arch_elf_machine(arch))
		return 0;
	return err_set(ERR_FORMAT,
		"%s: is machine code for another architecture than %s (set WELD_ARCH while it "
		"is made)",
		native->name, arch_name(arch));
}

static int
join(struct gather *gather, struct str *ret_object)
{
	struct arena *arena = gather->arena;
	struct ld_run ld AUTO(ld_end) = ld_begin(arena);

	ld_argue(&ld, "-r");
	for (size_t i = 0; i < gather->natives.len; i++)
		TRY(ld_add(&ld, gather->natives.at[i].name, gather->natives.at[i].bytes));
	return ld_finish_in_memory(&ld, ret_object);
}

int
native_merge(struct gather *gather, const struct map *visible, struct native_code *ret_native)
{
	struct strbuf hidden AUTO(strbuf_free) = { 0 };
	struct native_code native = { 0 };

	TRY(native_target(&native.arch));
	for (size_t i = 0; i < gather->natives.len; i++)
		TRY(check_machine(gather->arena, &gather->natives.at[i], native.arch));
	if (gather->natives.len > 0) {
		native.name = gather->natives.at[0].name;
		TRY(join(gather, &native.object));
	}
	if (native.object.len > 0 && visible != NULL) {
		strbuf_add(&hidden, native.object.at, native.object.len);
		TRY(elf_hide(&hidden, visible));
		native.object = (struct str){ arena_copy(gather->arena, hidden.at, hidden.len),
			hidden.len };
	}
	*ret_native = native;
	return 0;
}

/* One of the object's symbols, against what C says of it. */
static int
check_call(const struct native_code *native, const struct elf_symbol *symbol,
	const struct neutral *module)
{
	if (symbol->binding == STB_LOCAL || !neutral_is_variadic(module, symbol->name))
		return 0;
	if (symbol->section == SHN_UNDEF)
		return err_set(ERR_PROFILE,
			"%s: needs %s, which has variable arguments: machine code passes them "
			"in "
			"another way than IR (let it call a C function with fixed ones)",
			native->name, symbol->name);
	return err_set(ERR_PROFILE,
		"%s: defines %s, which C calls with variable arguments: machine code finds "
		"them in "
		"another place than IR puts them (declare it with fixed ones)",
		native->name, symbol->name);
}

int
native_check(
	struct arena *arena, const struct native_code *native, const struct neutral *module)
{
	struct elf_file file;

	if (native->object.len == 0)
		return 0;
	TRY(err_context(elf_file_read(arena, native->object, &file), "%s", native->name));
	TRY(err_context(
		elf_native_check(&file, arch_elf_machine(native->arch)), "%s", native->name));
	for (size_t i = 0; i < file.symbol_count; i++)
		TRY(check_call(native, &file.symbols[i], module));
	return 0;
}
