/* SPDX-License-Identifier: MIT */
/* Sets of defences as text, and the words that stand for types. */
#include "linker/harden.h"

#include "base/arena.h"
#include "base/err.h"
#include "kernel-iface/mapper/type_words.h"
#include "tests/lib/tap.h"

#include <string.h>

static void
test_sets(void)
{
	static const struct {
		const char *text;
		unsigned set;
		const char *again; /* as it is written */
	} rows[] = {
		{ "none", HARDEN_NONE, "none" },
		{ "all", HARDEN_ALL,
			"stack-protector,stack-clash,zero-registers,cfi,bounds,"
			"speculative-loads,shuffle,read-only" },
		{ "shuffle,cfi", HARDEN_SHUFFLE | HARDEN_CFI, "cfi,shuffle" },
		{ "cfi,cfi", HARDEN_CFI, "cfi" },
	};
	struct arena *arena = arena_new();
	unsigned set;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		set = ~0u;
		tap_ok(harden_parse(rows[i].text, &set) == 0 && set == rows[i].set,
			"%s is read", rows[i].text);
		tap_ok(strcmp(harden_text(arena, set), rows[i].again) == 0, "%s is written",
			rows[i].text);
	}
	tap_ok(harden_parse("default", &set) == 0 && set == HARDEN_DEFAULT, "default is read");
	for (unsigned i = 0; i < HARDEN_COUNT; i++)
		tap_ok(harden_parse(harden_name(1u << i), &set) == 0 && set == 1u << i,
			"%s is read", harden_name(1u << i));
	arena_free(&arena);
}

static void
test_mistakes(void)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "stack-protecter", "did you mean 'stack-protector'?" },
		{ "cfi,shufle", "did you mean 'shuffle'?" },
		{ "zzzzz", "there are stack-protector, stack-clash" },
		{ "cfi,", "no defence ''" },
		{ "cfi,,bounds", "no defence ''" },
		{ "", "say 'none'" },
		{ "all,cfi", "no defence 'all'" },
	};
	unsigned set = 7;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		tap_ok(harden_parse(rows[i].text, &set) == ERR_USAGE &&
				strstr(err_message(), rows[i].says) != NULL && set == 7,
			"'%s' is refused: %s", rows[i].text, err_message());
}

static void
test_words(void)
{
	tap_ok(harden_type_word("void (i32, ptr, ptr)") == TYPE_WORD_START,
		"the mapper's word for constructors is that of their type");
	tap_ok(harden_type_word("void ()") == TYPE_WORD_END,
		"the mapper's word for destructors is that of their type");
	tap_ok(harden_type_word("i32 (ptr)") != harden_type_word("ptr (ptr)"),
		"types differ in their words");
}

static void
test_architectures(void)
{
	tap_ok(harden_available(ARCH_X86_64) == HARDEN_ALL &&
			harden_available(ARCH_AARCH64) == HARDEN_ALL,
		"x86-64 and AArch64 have all");
	tap_ok((harden_available(ARCH_RISCV64) | HARDEN_ZERO_REGISTERS |
		       HARDEN_SPECULATIVE_LOADS) == HARDEN_ALL &&
			(harden_available(ARCH_RISCV64) & HARDEN_CFI) != 0,
		"RISC-V lacks two");
	tap_ok((HARDEN_DEFAULT & ~HARDEN_ALL) == 0, "the default is a set");
}

int
main(void)
{
	test_sets();
	test_mistakes();
	test_words();
	test_architectures();
	return tap_done();
}
