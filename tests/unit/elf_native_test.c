/* SPDX-License-Identifier: MIT */
/* What a native object may not be, each tried by changing a good one; damage is never followed. */
#include "base/arena.h"
#include "base/err.h"
#include "kernel-iface/arch.h"
#include "kernel-iface/objects.h"
#include "linker/elf/elf_native.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

struct object { /* a copy of weld's own support object, to be changed */
	char *at;
	size_t len;
	Elf64_Ehdr *header;
	Elf64_Shdr *sections;
	Elf64_Sym *symbols;
	size_t symbol_count;
};

static void
set_up(struct object *object, struct str good)
{
	object->at = malloc(good.len);
	object->len = good.len;
	memcpy(object->at, good.at, good.len);
	object->header = (Elf64_Ehdr *)(void *)object->at;
	object->sections = (Elf64_Shdr *)(void *)(object->at + object->header->e_shoff);
	for (size_t i = 0; i < object->header->e_shnum; i++)
		if (object->sections[i].sh_type == SHT_SYMTAB) {
			object->symbols = (Elf64_Sym *)(void *)(object->at +
								object->sections[i].sh_offset);
			object->symbol_count = object->sections[i].sh_size / sizeof(Elf64_Sym);
		}
}

/* The first section that has all of these flags, and is of this type. */
static Elf64_Shdr *
section(struct object *object, Elf64_Word type, Elf64_Xword flags)
{
	for (size_t i = 0; i < object->header->e_shnum; i++)
		if (object->sections[i].sh_type == type &&
			(object->sections[i].sh_flags & flags) == flags)
			return &object->sections[i];
	tap_bail("the support object has no such section");
}

/* A global function. */
static Elf64_Sym *
function(struct object *object)
{
	for (size_t i = 1; i < object->symbol_count; i++)
		if (ELF64_ST_BIND(object->symbols[i].st_info) == STB_GLOBAL &&
			object->symbols[i].st_shndx != SHN_UNDEF)
			return &object->symbols[i];
	tap_bail("the support object has no function");
}

static void
make_writable(struct object *object)
{
	section(object, SHT_PROGBITS, SHF_EXECINSTR)->sh_flags |= SHF_WRITE;
}

static void
make_thread_local(struct object *object)
{
	section(object, SHT_PROGBITS, SHF_EXECINSTR)->sh_flags |= SHF_TLS;
}

static void
make_constructors(struct object *object)
{
	section(object, SHT_PROGBITS, SHF_EXECINSTR)->sh_type = SHT_INIT_ARRAY;
}

static void
make_executable(struct object *object)
{
	object->header->e_type = ET_EXEC;
}

static void
make_foreign(struct object *object)
{
	object->header->e_machine = EM_SPARCV9;
}

static void
make_ifunc(struct object *object)
{
	function(object)->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC);
}

/* As .symver does: NAME@@VERSION. */
static void
give_version(struct object *object)
{
	for (size_t i = 0; i < object->header->e_shnum; i++)
		if (object->sections[i].sh_type == SHT_SYMTAB) {
			const Elf64_Shdr *names =
				&object->sections[object->sections[i].sh_link];

			object->at[names->sh_offset + function(object)->st_name + 2] = '@';
		}
}

static void
make_tls_symbol(struct object *object)
{
	function(object)->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_TLS);
}

static void
lose_section(struct object *object)
{
	function(object)->st_shndx = 200;
}

static Elf64_Rela *
relocation(struct object *object)
{
	return (Elf64_Rela *)(void *)(object->at + section(object, SHT_RELA, 0)->sh_offset);
}

static void
lead_outside(struct object *object)
{
	relocation(object)->r_offset = UINT64_C(1) << 40;
}

static void
name_no_symbol(struct object *object)
{
	relocation(object)->r_info = ELF64_R_INFO(UINT64_C(9999), 1);
}

static void
be_for_no_section(struct object *object)
{
	section(object, SHT_RELA, 0)->sh_info = 9999;
}

static const struct {
	const char *what;
	void (*change)(struct object *object);
	const char *message; /* a part of the error */
} hostiles[] = {
	{ "code that can be written", make_writable, "writable and executable" },
	{ "thread-local variables", make_thread_local, "thread-local" },
	{ "constructors", make_constructors, "constructors belong" },
	{ "a program", make_executable, "not a relocatable object" },
	{ "another machine", make_foreign, "another machine" },
	{ "a function that is chosen at start", make_ifunc, "IFUNC" },
	{ "a version of a symbol", give_version, "has a version" },
	{ "a thread-local symbol", make_tls_symbol, "thread-local" },
	{ "a symbol without a section", lose_section, "no section" },
	{ "a relocation outside its section", lead_outside, "outside the object" },
	{ "a relocation to no symbol", name_no_symbol, "outside the object" },
	{ "relocations of no section", be_for_no_section, "not for a section" },
};

static void
test_hostile(struct str good)
{
	for (size_t i = 0; i < sizeof hostiles / sizeof hostiles[0]; i++) {
		struct arena *arena AUTO(arena_free) = arena_new();
		struct object object = { 0 };
		struct elf_file file;
		int ret;

		set_up(&object, good);
		hostiles[i].change(&object);
		ret = elf_file_read(arena, (struct str){ object.at, object.len }, &file);
		if (ret >= 0)
			ret = elf_native_check(&file, arch_elf_machine(arch_host()));
		tap_ok(ret < 0 && strstr(err_message(), hostiles[i].message) != NULL,
			"refused: %s (%s)", hostiles[i].what,
			ret < 0 ? err_message() : "no error");
		free(object.at);
	}
}

/* Under ASan this shows that nothing outside the object is read. */
static void
test_damage(struct str good)
{
	size_t refused = 0;

	srandom(11);
	for (int round = 0; round < 3000; round++) {
		struct arena *arena AUTO(arena_free) = arena_new();
		struct object object = { 0 };
		struct elf_file file;

		set_up(&object, good);
		for (int i = 0; i < 4; i++)
			object.at[(size_t)random() % object.len] = (char)random();
		refused += elf_file_read(arena, (struct str){ object.at, object.len }, &file) <
				   0 ||
			   elf_native_check(&file, arch_elf_machine(arch_host())) < 0;
		free(object.at);
	}
	tap_ok(refused > 100, "of 3000 damaged objects %zu are refused", refused);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str support = { 0 };
	struct str start = { 0 };
	struct elf_file file;

	if (kernel_support_object(arch_host(), &support) < 0 ||
		kernel_start_object(arch_host(), &start) < 0)
		tap_bail("%s", err_message());
	tap_ok(elf_file_read(arena, support, &file) == 0 &&
			elf_native_check(&file, arch_elf_machine(arch_host())) == 0,
		"an object as compilers write it is good");
	tap_ok(elf_file_read(arena, start, &file) == 0 &&
			elf_native_check(&file, arch_elf_machine(arch_host())) < 0 &&
			strstr(err_message(), "not a native object's to define") != NULL,
		"one with a program's entry point is not");
	test_hostile(support);
	test_damage(support);
	return tap_done();
}
