/* SPDX-License-Identifier: MIT */
/* One row a defence, in the order of their bits. */
#include "linker/harden.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/nearest.h"
#include "base/str.h"

#include <string.h>

static const char *const names[HARDEN_COUNT] = { "stack-protector", "stack-clash",
	"zero-registers", "cfi", "bounds", "speculative-loads", "shuffle", "read-only" };

const char *
harden_name(unsigned set)
{
	for (unsigned i = 0; i < HARDEN_COUNT; i++)
		if ((set & 1u << i) != 0)
			return names[i];
	return "none";
}

static int
parse_one(struct str word, const char *text, unsigned *set)
{
	struct strbuf copy AUTO(strbuf_free) = { 0 };
	struct strbuf known AUTO(strbuf_free) = { 0 };
	const char *near;

	for (unsigned i = 0; i < HARDEN_COUNT; i++) {
		if (str_is(word, names[i])) {
			*set |= 1u << i;
			return 0;
		}
		strbuf_printf(&known, "%s%s", i == 0 ? "" : ", ", names[i]);
	}
	strbuf_add(&copy, word.at, word.len);
	near = nearest_name(strbuf_string(&copy), names, HARDEN_COUNT);
	if (near != NULL)
		return err_set(ERR_USAGE, "%s: there is no defence '%s' (did you mean '%s'?)",
			text, strbuf_string(&copy), near);
	return err_set(ERR_USAGE,
		"%s: there is no defence '%s' (there are %s; or default, none, all)", text,
		strbuf_string(&copy), strbuf_string(&known));
}

int
harden_parse(const char *text, unsigned *ret_set)
{
	struct str rest = str_from(text);
	struct str word;
	unsigned set = HARDEN_NONE;

	if (strcmp(text, "default") == 0) {
		*ret_set = HARDEN_DEFAULT;
		return 0;
	}
	if (strcmp(text, "all") == 0 || strcmp(text, "none") == 0) {
		*ret_set = text[0] == 'a' ? HARDEN_ALL : HARDEN_NONE;
		return 0;
	}
	if (text[0] == '\0')
		return err_set(ERR_USAGE, "the list of defences is empty (say 'none')");
	while (str_cut(&rest, ',', &word))
		TRY(parse_one(word, text, &set));
	if (str_has_suffix(text, ","))
		TRY(parse_one((struct str){ "", 0 }, text, &set));
	*ret_set = set;
	return 0;
}

char *
harden_text(struct arena *arena, unsigned set)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (unsigned i = 0; i < HARDEN_COUNT; i++)
		if ((set & 1u << i) != 0)
			strbuf_printf(&text, "%s%s", text.len == 0 ? "" : ",", names[i]);
	return arena_string(arena, text.len == 0 ? "none" : strbuf_string(&text));
}

unsigned
harden_available(enum arch arch)
{
	/* LLVM 22 cannot empty registers on RISC-V, and has no masks for its loads. */
	return arch == ARCH_RISCV64 ? HARDEN_ALL & ~(unsigned)(HARDEN_ZERO_REGISTERS |
							       HARDEN_SPECULATIVE_LOADS)
				    : HARDEN_ALL;
}

uint32_t
harden_type_word(const char *type)
{
	struct digest digest = hash_bytes(type, strlen(type));
	uint32_t word = (uint32_t)digest.bytes[0] | (uint32_t)digest.bytes[1] << 8 |
			(uint32_t)digest.bytes[2] << 16 | (uint32_t)digest.bytes[3] << 24;

	/* What is not code has zeros in front of it. */
	return word == 0 ? 1 : word;
}
