/* SPDX-License-Identifier: MIT */
/*
 * assembly: file-scope assembly that only names symbols says nothing of a CPU.
 *
 * Libraries write `.symver`, `.weak` or `.set` that way, since C has no words
 * for them. Each statement that can be said in IR is said there: a default symbol
 * version becomes the plain name, since weld has no versions. If every statement
 * was understood the assembly goes; if one was not all of it stays, and the
 * verifier refuses the unit.
 */
#include "linker/llvm/module.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_LENGTH 255 /* bytes */

struct statement {
	struct str word; /* the directive, ".symver" */
	struct str first, second; /* its first two operands; empty when missing */
};

static struct str
trim(struct str text)
{
	while (text.len > 0 && isspace((unsigned char)text.at[0])) {
		text.at++;
		text.len--;
	}
	while (text.len > 0 && isspace((unsigned char)text.at[text.len - 1]))
		text.len--;
	return text;
}

static struct statement
split(struct str text)
{
	struct statement statement = { 0 };
	struct str rest = trim(text);
	size_t length = 0;

	while (length < rest.len && !isspace((unsigned char)rest.at[length]))
		length++;
	statement.word = (struct str){ rest.at, length };
	rest.at += length;
	rest.len -= length;
	if (str_cut(&rest, ',', &statement.first))
		statement.first = trim(statement.first);
	if (str_cut(&rest, ',', &statement.second))
		statement.second = trim(statement.second);
	return statement;
}

static LLVMValueRef
find(LLVMModuleRef module, struct str name)
{
	char text[NAME_MAX_LENGTH + 1];
	LLVMValueRef found;

	if (name.len > NAME_MAX_LENGTH || name.len == 0)
		return NULL;
	memcpy(text, name.at, name.len);
	text[name.len] = '\0';
	found = LLVMGetNamedFunction(module, text);
	if (found == NULL)
		found = LLVMGetNamedGlobal(module, text);
	return found != NULL ? found : LLVMGetNamedGlobalAlias(module, text, name.len);
}

/* Give a definition one more name; a declaration of that name is replaced by it. */
static bool
add_alias(LLVMModuleRef module, struct str name, struct str target_name)
{
	LLVMValueRef target = find(module, target_name), old = find(module, name), alias;

	if (target == NULL || LLVMIsDeclaration(target) || name.len == 0 ||
		name.len > NAME_MAX_LENGTH)
		return false;
	if (old != NULL && !LLVMIsDeclaration(old))
		return old == target;
	alias = LLVMAddAlias2(module, LLVMGlobalGetValueType(target), 0, target, "");
	if (old != NULL) {
		LLVMReplaceAllUsesWith(old, alias);
		if (LLVMIsAFunction(old) != NULL)
			LLVMDeleteFunction(old);
		else
			LLVMDeleteGlobal(old);
	}
	LLVMSetValueName2(alias, name.at, name.len);
	return true;
}

/* name, name2@@VERSION: name2 is what others call it. name2@VERSION is for old binaries only. */
static bool
translate_version(LLVMModuleRef module, const struct statement *statement)
{
	struct str rest = statement->second, name;

	if (!str_cut(&rest, '@', &name) || rest.len == 0)
		return false;
	if (rest.at[0] != '@')
		return true;
	if (str_equal(name, statement->first))
		return true;
	return add_alias(module, name, statement->first);
}

static bool
translate_weak(LLVMModuleRef module, struct str name)
{
	LLVMValueRef global = find(module, name);

	if (global == NULL)
		return false;
	LLVMSetLinkage(global,
		LLVMIsDeclaration(global) ? LLVMExternalWeakLinkage : LLVMWeakAnyLinkage);
	return true;
}

static bool
translate_hidden(LLVMModuleRef module, struct str name)
{
	LLVMValueRef global = find(module, name);

	if (global == NULL)
		return false;
	LLVMSetVisibility(global, LLVMHiddenVisibility);
	return true;
}

/* Sections that only the linker or a person reads: the note that the stack is not code, warnings. */
static bool
is_idle_section(struct str name)
{
	static const char warning[] = ".gnu.warning.";

	return str_is(name, ".note.GNU-stack") ||
	       (name.len > sizeof warning - 1 &&
		       memcmp(name.at, warning, sizeof warning - 1) == 0);
}

/* Whether a statement was understood; *in_idle tells whether we are in an idle section. */
static bool
translate(LLVMModuleRef module, const struct statement *statement, bool *in_idle)
{
	struct str word = statement->word;

	if (word.len == 0 || str_is(word, ".ident"))
		return true;
	if (str_is(word, ".section") || str_is(word, ".pushsection")) {
		*in_idle = is_idle_section(statement->first);
		return *in_idle;
	}
	if (str_is(word, ".text") || str_is(word, ".previous") || str_is(word, ".popsection")) {
		*in_idle = false;
		return true;
	}
	if (*in_idle)
		return true;
	if (str_is(word, ".symver"))
		return translate_version(module, statement);
	if (str_is(word, ".weak"))
		return translate_weak(module, statement->first);
	if (str_is(word, ".hidden"))
		return translate_hidden(module, statement->first);
	if (str_is(word, ".globl") || str_is(word, ".global"))
		return find(module, statement->first) != NULL;
	if (str_is(word, ".set") || str_is(word, ".equ"))
		return add_alias(module, statement->first, statement->second);
	return false;
}

void
module_translate_assembly(struct neutral *module)
{
	size_t length;
	const char *text = LLVMGetModuleInlineAsm(module->module, &length);
	struct str lines = { text, length }, line, statement_text;
	bool in_idle = false;

	while (str_cut(&lines, '\n', &line))
		while (str_cut(&line, ';', &statement_text)) {
			struct statement statement = split(statement_text);

			if (!translate(module->module, &statement, &in_idle))
				return;
		}
	if (length > 0)
		LLVMSetModuleInlineAsm2(module->module, "", 0);
}
