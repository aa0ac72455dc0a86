/* SPDX-License-Identifier: MIT */
/*
 * Two tables: options of the compiler, options of the linker (which reach the
 * compiler as -Wl,...). The first row that matches counts, so a special option
 * stands before the prefix that would match it, too. What no compiler row
 * matches goes to clang, which knows best whether it is wrong; what no linker
 * row matches goes to ld.lld for the same reason.
 */
#include "linker/driver/options.h"

#include "base/err.h"
#include "base/str.h"

#include <string.h>

enum shape {
	FLAG, /* the name alone */
	PREFIX, /* the name and anything behind it */
	NEXT, /* the name, its value is the next argument */
	JOINED, /* the value follows directly, or is the next argument */
	EQUALS, /* linker: the value follows behind "=", or is the next argument */
};

enum action {
	DROP,
	COMPILE, /* hand to clang */
	LANGUAGE,
	LEVEL,
	MODE_OBJECT,
	MODE_TEXT,
	MODE_FRONT_END,
	DEPENDENCIES,
	DEPENDENCY_FILE,
	DEPENDENCY_TARGET,
	NO_HEADERS,
	VERBOSE,
	QUESTION,
	REFUSE,
	LINKER_LIST, /* -Wl,a,b */
	LINKER_ONE, /* -Xlinker a */
	LINKER_KEYWORD, /* -z a */
	LINK, /* hand to the native link */
	OUTPUT,
	LIBRARY,
	DIRECTORY,
	UNDEFINED,
	EXCLUDED,
	SONAME,
	VERSION_SCRIPT,
	RETAIN_FILE,
	SHARED,
	PARTIAL,
	STATIC,
	NO_LIBRARY,
	NO_START,
	NO_STANDARD,
	NO_UNDEFINED,
	EXPORT_ALL,
	WHOLE_ON,
	WHOLE_OFF,
	NEEDED_ON,
	NEEDED_OFF,
	STATIC_ON,
	STATIC_OFF,
};

struct rule {
	const char *name;
	enum shape shape;
	enum action action;
};

static const struct rule compiler_rules[] = {
	{ "-o", JOINED, OUTPUT },
	{ "-c", FLAG, MODE_OBJECT },
	{ "-S", FLAG, MODE_TEXT },
	{ "-E", FLAG, MODE_FRONT_END },
	{ "-M", FLAG, MODE_FRONT_END },
	{ "-MM", FLAG, MODE_FRONT_END },
	{ "-fsyntax-only", FLAG, MODE_FRONT_END },
	{ "-MD", FLAG, DEPENDENCIES },
	{ "-MMD", FLAG, DEPENDENCIES },
	{ "-MF", JOINED, DEPENDENCY_FILE },
	{ "-MT", JOINED, DEPENDENCY_TARGET },
	{ "-MQ", JOINED, DEPENDENCY_TARGET },
	{ "-x", JOINED, LANGUAGE },
	{ "-O0", FLAG, LEVEL },
	{ "-Og", FLAG, LEVEL },
	{ "-O", PREFIX, LEVEL },
	{ "-v", FLAG, VERBOSE },
	/* questions */
	{ "-dumpmachine", FLAG, QUESTION },
	{ "-dumpversion", FLAG, QUESTION },
	{ "-dumpfullversion", FLAG, QUESTION },
	{ "-dumpspecs", FLAG, QUESTION },
	{ "--version", FLAG, QUESTION },
	{ "-version", FLAG, QUESTION },
	{ "--help", FLAG, QUESTION },
	{ "-print-", PREFIX, QUESTION },
	{ "--print-", PREFIX, QUESTION },
	{ "-###", FLAG, QUESTION },
	/* linking */
	{ "-Wl,", PREFIX, LINKER_LIST },
	{ "-Xlinker", NEXT, LINKER_ONE },
	{ "-z", JOINED, LINKER_KEYWORD },
	{ "-shared-libgcc", FLAG, DROP },
	{ "-static-libstdc++", FLAG, DROP },
	{ "-static-libgcc", FLAG, DROP },
	{ "-shared", FLAG, SHARED },
	{ "-static", FLAG, STATIC },
	{ "-static-pie", FLAG, STATIC },
	{ "-r", FLAG, PARTIAL },
	{ "-rdynamic", FLAG, EXPORT_ALL },
	{ "-nostdlib", FLAG, NO_STANDARD },
	{ "-nodefaultlibs", FLAG, NO_LIBRARY },
	{ "-nolibc", FLAG, NO_LIBRARY },
	{ "-nostartfiles", FLAG, NO_START },
	{ "-pie", FLAG, DROP },
	{ "-no-pie", FLAG, DROP },
	{ "-nopie", FLAG, DROP },
	{ "-s", FLAG, DROP },
	{ "-T", JOINED, LINK },
	{ "-undef", FLAG, COMPILE },
	{ "-u", JOINED, UNDEFINED },
	{ "-e", NEXT, LINK },
	{ "-l", JOINED, LIBRARY },
	{ "-L", JOINED, DIRECTORY },
	{ "--library-path=", PREFIX, DIRECTORY },
	/* what another CPU or the host's headers would need */
	{ "-m32", FLAG, REFUSE },
	{ "-mx32", FLAG, REFUSE },
	{ "-m16", FLAG, REFUSE },
	{ "-target", NEXT, REFUSE },
	{ "--target=", PREFIX, REFUSE },
	{ "-mllvm", NEXT, DROP },
	{ "-m", PREFIX, DROP },
	{ "--sysroot=", PREFIX, DROP },
	{ "--sysroot", NEXT, DROP },
	{ "-isysroot", JOINED, DROP },
	{ "-B", JOINED, DROP },
	{ "--gcc-toolchain=", PREFIX, DROP },
	{ "-rtlib=", PREFIX, DROP },
	{ "--rtlib=", PREFIX, DROP },
	{ "-unwindlib=", PREFIX, DROP },
	{ "--unwindlib=", PREFIX, DROP },
	{ "-stdlib=", PREFIX, DROP },
	/* decided when the unit is lowered, or by the profile */
	{ "-fPIC", FLAG, DROP },
	{ "-fpic", FLAG, DROP },
	{ "-fPIE", FLAG, DROP },
	{ "-fpie", FLAG, DROP },
	{ "-fno-PIC", FLAG, DROP },
	{ "-fno-pic", FLAG, DROP },
	{ "-fno-PIE", FLAG, DROP },
	{ "-fno-pie", FLAG, DROP },
	{ "-fno-plt", FLAG, DROP },
	{ "-fplt", FLAG, DROP },
	{ "-flto", PREFIX, DROP },
	{ "-fno-lto", FLAG, DROP },
	{ "-ffat-lto-objects", FLAG, DROP },
	{ "-fno-fat-lto-objects", FLAG, DROP },
	{ "-fuse-linker-plugin", FLAG, DROP },
	{ "-fno-use-linker-plugin", FLAG, DROP },
	{ "-fwhole-program", FLAG, DROP },
	{ "-fuse-ld=", PREFIX, DROP },
	{ "-fstack-protector", PREFIX, DROP },
	{ "-fno-stack-protector", PREFIX, DROP },
	{ "-fstack-clash-protection", FLAG, DROP },
	{ "-fno-stack-clash-protection", FLAG, DROP },
	{ "-fcf-protection", PREFIX, DROP },
	{ "-ffunction-sections", FLAG, DROP },
	{ "-fdata-sections", FLAG, DROP },
	{ "-fno-function-sections", FLAG, DROP },
	{ "-fno-data-sections", FLAG, DROP },
	{ "-ffp-contract=", PREFIX, DROP },
	{ "-funroll-loops", FLAG, DROP },
	{ "-funroll-all-loops", FLAG, DROP },
	{ "-ftree-vectorize", FLAG, DROP },
	{ "-fvectorize", FLAG, DROP },
	{ "-fslp-vectorize", FLAG, DROP },
	{ "-funsigned-char", FLAG, COMPILE },
	{ "-fdebug-", PREFIX, DROP },
	/* C has nothing to unwind, and no runtime that would. */
	{ "-fexceptions", FLAG, DROP },
	{ "-specs=", PREFIX, DROP },
	{ "--specs=", PREFIX, DROP },
	{ "-fvar-tracking", PREFIX, DROP },
	{ "-fno-var-tracking", PREFIX, DROP },
	{ "-feliminate-unused-debug-", PREFIX, DROP },
	{ "-ftls-model=", PREFIX, DROP },
	{ "-fno-integrated-as", FLAG, DROP },
	{ "-fintegrated-as", FLAG, DROP },
	{ "-save-temps", PREFIX, DROP },
	{ "--save-temps", PREFIX, DROP },
	{ "-pipe", FLAG, DROP },
	{ "-gz", PREFIX, DROP },
	{ "-g", PREFIX, DROP },
	{ "-Wa,", PREFIX, DROP },
	{ "-Xassembler", NEXT, DROP },
	{ "-nostdinc", FLAG, NO_HEADERS },
	/* what clang wants, with a value of its own */
	{ "-D", JOINED, COMPILE },
	{ "-U", JOINED, COMPILE },
	{ "-include-pch", NEXT, COMPILE },
	{ "-include", JOINED, COMPILE },
	{ "-imacros", JOINED, COMPILE },
	{ "-isystem-after", JOINED, COMPILE },
	{ "-isystem", JOINED, COMPILE },
	{ "-idirafter", JOINED, COMPILE },
	{ "-iquote", JOINED, COMPILE },
	{ "-iprefix", JOINED, COMPILE },
	{ "-iwithprefixbefore", JOINED, COMPILE },
	{ "-iwithprefix", JOINED, COMPILE },
	{ "-I", JOINED, COMPILE },
	{ "-Xclang", NEXT, COMPILE },
	{ "-Xpreprocessor", NEXT, COMPILE },
	{ "--param", NEXT, COMPILE },
	{ "-A", JOINED, COMPILE },
};

static const struct rule linker_rules[] = {
	{ "o", JOINED, OUTPUT },
	{ "output", EQUALS, OUTPUT },
	{ "soname", EQUALS, SONAME },
	{ "h", JOINED, SONAME },
	{ "version-script", EQUALS, VERSION_SCRIPT },
	{ "retain-symbols-file", EQUALS, RETAIN_FILE },
	{ "dynamic-list", EQUALS, DROP },
	{ "dynamic-list-data", FLAG, DROP },
	{ "export-dynamic-symbol", EQUALS, DROP },
	{ "export-dynamic-symbol-list", EQUALS, DROP },
	{ "exclude-libs", EQUALS, EXCLUDED },
	{ "rpath", EQUALS, DIRECTORY },
	{ "rpath-link", EQUALS, DIRECTORY },
	{ "R", JOINED, DROP },
	{ "as-needed", FLAG, NEEDED_OFF },
	{ "no-as-needed", FLAG, NEEDED_ON },
	{ "whole-archive", FLAG, WHOLE_ON },
	{ "no-whole-archive", FLAG, WHOLE_OFF },
	{ "start-group", FLAG, DROP },
	{ "end-group", FLAG, DROP },
	{ "(", FLAG, DROP },
	{ ")", FLAG, DROP },
	{ "undefined", EQUALS, UNDEFINED },
	{ "u", JOINED, UNDEFINED },
	{ "export-dynamic", FLAG, EXPORT_ALL },
	{ "E", FLAG, EXPORT_ALL },
	{ "no-export-dynamic", FLAG, DROP },
	{ "relocatable", FLAG, PARTIAL },
	{ "r", FLAG, PARTIAL },
	{ "i", FLAG, PARTIAL },
	{ "shared", FLAG, SHARED },
	{ "Bshareable", FLAG, SHARED },
	{ "nostdlib", FLAG, NO_STANDARD },
	{ "pie", FLAG, DROP },
	{ "no-pie", FLAG, DROP },
	{ "pic-executable", FLAG, DROP },
	{ "Bstatic", FLAG, STATIC_ON },
	{ "static", FLAG, STATIC_ON },
	{ "dn", FLAG, STATIC_ON },
	{ "non_shared", FLAG, STATIC_ON },
	{ "Bdynamic", FLAG, STATIC_OFF },
	{ "dy", FLAG, STATIC_OFF },
	{ "call_shared", FLAG, STATIC_OFF },
	{ "no-undefined", FLAG, NO_UNDEFINED },
	{ "z", JOINED, LINKER_KEYWORD },
	{ "Bsymbolic", PREFIX, DROP },
	{ "build-id", PREFIX, DROP },
	{ "hash-style", EQUALS, DROP },
	{ "eh-frame-hdr", FLAG, DROP },
	{ "no-eh-frame-hdr", FLAG, DROP },
	{ "dynamic-linker", EQUALS, DROP },
	{ "no-dynamic-linker", FLAG, DROP },
	{ "I", JOINED, DROP },
	{ "m", JOINED, DROP },
	{ "plugin", EQUALS, DROP },
	{ "plugin-opt", EQUALS, DROP },
	{ "sort-common", PREFIX, DROP },
	{ "sort-section", EQUALS, DROP },
	{ "gc-sections", FLAG, DROP },
	{ "no-gc-sections", FLAG, DROP },
	{ "print-gc-sections", FLAG, DROP },
	{ "icf", EQUALS, DROP },
	{ "strip-all", FLAG, DROP },
	{ "strip-debug", FLAG, DROP },
	{ "discard-all", FLAG, DROP },
	{ "discard-locals", FLAG, DROP },
	{ "s", FLAG, DROP },
	{ "S", FLAG, DROP },
	{ "x", FLAG, DROP },
	{ "X", FLAG, DROP },
	{ "d", FLAG, DROP },
	{ "q", FLAG, DROP },
	{ "emit-relocs", FLAG, DROP },
	{ "EL", FLAG, DROP },
	{ "allow-shlib-undefined", FLAG, DROP },
	{ "no-allow-shlib-undefined", FLAG, DROP },
	{ "add-needed", FLAG, DROP },
	{ "no-add-needed", FLAG, DROP },
	{ "copy-dt-needed-entries", FLAG, DROP },
	{ "no-copy-dt-needed-entries", FLAG, DROP },
	{ "enable-new-dtags", FLAG, DROP },
	{ "disable-new-dtags", FLAG, DROP },
	{ "default-symver", FLAG, DROP },
	{ "default-imported-symver", FLAG, DROP },
	{ "no-undefined-version", FLAG, DROP },
	{ "undefined-version", FLAG, DROP },
	{ "warn-", PREFIX, DROP },
	{ "no-warn-", PREFIX, DROP },
	{ "fatal-warnings", FLAG, DROP },
	{ "no-fatal-warnings", FLAG, DROP },
	{ "color-diagnostics", PREFIX, DROP },
	{ "compress-debug-sections", EQUALS, DROP },
	{ "init", EQUALS, DROP },
	{ "fini", EQUALS, DROP },
	{ "image-base", EQUALS, DROP },
	{ "stats", FLAG, DROP },
	{ "trace", FLAG, DROP },
	{ "t", FLAG, DROP },
	{ "relax", FLAG, DROP },
	{ "no-relax", FLAG, DROP },
	{ "O", PREFIX, DROP },
	{ "Map", EQUALS, LINK },
	{ "defsym", EQUALS, LINK },
	{ "wrap", EQUALS, LINK },
	{ "entry", EQUALS, LINK },
	{ "script", EQUALS, LINK },
	{ "unresolved-symbols", EQUALS, LINK },
	{ "e", JOINED, LINK },
	{ "T", JOINED, LINK },
	{ "library-path", EQUALS, DIRECTORY },
	{ "library", EQUALS, LIBRARY },
	{ "sysroot", EQUALS, DROP },
	{ "L", JOINED, DIRECTORY },
	{ "l", JOINED, LIBRARY },
	{ "version", FLAG, QUESTION },
	{ "v", FLAG, QUESTION },
	{ "V", FLAG, QUESTION },
	{ "help", FLAG, QUESTION },
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

struct reader { /* one pass over one argument list */
	struct arena *arena;
	const struct strings *arguments;
	size_t next; /* index of the argument behind the current one */
	const char *language;
	struct strings linker; /* what -Wl, and -Xlinker gave, to be read at the same place */
	struct options *options;
};

static void
add_item(struct reader *reader, enum item_kind kind, const char *text)
{
	struct options *options = reader->options;
	struct item item = { kind, text, kind == ITEM_FILE ? reader->language : NULL };
	struct {
		struct item *at;
		size_t len;
		size_t cap;
	} items = { options->items, options->item_count, options->item_cap };

	vec_push(reader->arena, &items, item);
	options->items = items.at;
	options->item_count = items.len;
	options->item_cap = items.cap;
}

/* Whether a rule matches the text; *ret_value is what is joined to the name, or NULL. */
static bool
rule_matches(const struct rule *rule, const char *text, const char **ret_value)
{
	size_t len = strlen(rule->name);

	if (strncmp(text, rule->name, len) != 0)
		return false;
	*ret_value = NULL;
	if (rule->shape == PREFIX) {
		*ret_value = text + len;
		return true;
	}
	if (text[len] == '\0')
		return true;
	if (rule->shape == EQUALS && text[len] == '=')
		*ret_value = text + len + 1;
	else if (rule->shape == JOINED)
		*ret_value = text + len;
	return *ret_value != NULL;
}

static const struct rule *
find_rule(const struct rule *rules, size_t count, const char *text, const char **ret_value)
{
	for (size_t i = 0; i < count; i++)
		if (rule_matches(&rules[i], text, ret_value))
			return &rules[i];
	return NULL;
}

static bool
takes_value(const struct rule *rule)
{
	return rule->shape == NEXT || rule->shape == JOINED || rule->shape == EQUALS;
}

/* The value of a matched option, from the next argument when it is not joined. */
static int
fetch_value(
	struct reader *reader, const struct rule *rule, const char *text, const char **value)
{
	if (*value != NULL || !takes_value(rule))
		return 0;
	if (reader->next >= reader->arguments->len)
		return err_set(
			ERR_USAGE, "argument to '%s' is missing (expected 1 value)", text);
	*value = reader->arguments->at[reader->next++];
	return 0;
}

static void
set_language(struct reader *reader, const char *value)
{
	reader->language = strcmp(value, "none") == 0 ? NULL : value;
}

/* Without any optimization IR is unfit for later stages: at least -O1. */
static void
set_level(struct reader *reader, const char *text)
{
	struct options *options = reader->options;

	options->has_level = true;
	if (strcmp(text, "-O0") == 0 || strcmp(text, "-Og") == 0)
		text = "-O1";
	vec_push(reader->arena, &options->compile, text);
}

static void
split_list(struct reader *reader, const char *value)
{
	struct str rest = str_from(value);
	struct str field;

	while (str_cut(&rest, ',', &field))
		vec_push(reader->arena, &reader->linker, str_copy(reader->arena, field));
}

/* -z KEYWORD: only "defs" changes anything in a file that is not loaded dynamically. */
static void
set_keyword(struct reader *reader, const char *value)
{
	if (strcmp(value, "defs") == 0)
		reader->options->no_undefined = true;
	else if (strcmp(value, "undefs") == 0)
		reader->options->no_undefined = false;
}

static void
keep_for_clang(
	struct reader *reader, const struct rule *rule, const char *text, const char *value)
{
	struct strings *compile = &reader->options->compile;

	vec_push(reader->arena, compile, text);
	if (takes_value(rule) && strcmp(text, rule->name) == 0)
		vec_push(reader->arena, compile, value);
}

static void
keep_for_linker(
	struct reader *reader, const struct rule *rule, const char *text, const char *value)
{
	struct strings *linker = &reader->options->linker;

	vec_push(reader->arena, linker, text);
	if (takes_value(rule) && !str_has_suffix(text, value))
		vec_push(reader->arena, linker, value);
}

static int
apply(struct reader *reader, const struct rule *rule, const char *text, const char *value)
{
	struct options *options = reader->options;

	switch (rule->action) {
	case DROP:
		break;
	case COMPILE:
		keep_for_clang(reader, rule, text, value);
		break;
	case LANGUAGE:
		set_language(reader, value);
		break;
	case LEVEL:
		set_level(reader, text);
		break;
	case MODE_OBJECT:
		if (options->mode == OPTIONS_LINK)
			options->mode = OPTIONS_OBJECT;
		break;
	case MODE_TEXT:
		if (options->mode != OPTIONS_FRONT_END)
			options->mode = OPTIONS_TEXT;
		break;
	case MODE_FRONT_END:
		options->mode = OPTIONS_FRONT_END;
		keep_for_clang(reader, rule, text, value);
		break;
	case DEPENDENCIES:
		options->has_dependencies = true;
		keep_for_clang(reader, rule, text, value);
		break;
	case DEPENDENCY_FILE:
		options->has_dependency_file = true;
		keep_for_clang(reader, rule, text, value);
		break;
	case DEPENDENCY_TARGET:
		options->has_dependency_target = true;
		keep_for_clang(reader, rule, text, value);
		break;
	case NO_HEADERS:
		options->no_system_headers = true;
		break;
	case VERBOSE:
		options->is_verbose = true;
		break;
	case QUESTION:
		if (options->question == NULL)
			options->question = text;
		break;
	case REFUSE:
		return err_set(ERR_USAGE,
			"unsupported option '%s' (neutral IR is made for every 64-bit CPU)",
			text);
	case LINKER_LIST:
		split_list(reader, value);
		break;
	case LINKER_ONE:
		vec_push(reader->arena, &reader->linker, value);
		break;
	case LINKER_KEYWORD:
		set_keyword(reader, value);
		break;
	case LINK:
		keep_for_linker(reader, rule, text, value);
		break;
	case OUTPUT:
		options->output = value;
		break;
	case LIBRARY:
		add_item(reader, ITEM_LIBRARY, value);
		break;
	case DIRECTORY:
		vec_push(reader->arena, &options->directories, value);
		break;
	case UNDEFINED:
		vec_push(reader->arena, &options->undefined, value);
		break;
	case EXCLUDED:
		vec_push(reader->arena, &options->excluded, value);
		break;
	case SONAME:
		options->soname = value;
		break;
	case VERSION_SCRIPT:
		options->version_script = value;
		break;
	case RETAIN_FILE:
		options->retain_file = value;
		break;
	case SHARED:
		options->kind = OPTIONS_SHARED;
		break;
	case PARTIAL:
		options->kind = OPTIONS_PARTIAL;
		break;
	case STATIC:
	case STATIC_ON:
		add_item(reader, ITEM_STATIC_ON, NULL);
		break;
	case STATIC_OFF:
		add_item(reader, ITEM_STATIC_OFF, NULL);
		break;
	case NO_STANDARD:
		options->no_library = true;
		options->no_start = true;
		break;
	case NO_LIBRARY:
		options->no_library = true;
		break;
	case NO_START:
		options->no_start = true;
		break;
	case NO_UNDEFINED:
		options->no_undefined = true;
		break;
	case EXPORT_ALL:
		options->export_all = true;
		break;
	case WHOLE_ON:
		add_item(reader, ITEM_WHOLE_ON, NULL);
		break;
	case WHOLE_OFF:
		add_item(reader, ITEM_WHOLE_OFF, NULL);
		break;
	case NEEDED_ON:
		add_item(reader, ITEM_NEEDED_ON, NULL);
		break;
	case NEEDED_OFF:
		add_item(reader, ITEM_NEEDED_OFF, NULL);
		break;
	}
	return 0;
}

static int
read_linker_option(struct reader *reader, const char *text)
{
	const char *name = text + (text[1] == '-' ? 2 : 1);
	const char *value = NULL;
	const struct rule *rule = find_rule(linker_rules, COUNT(linker_rules), name, &value);

	/* A joined one-letter option has one dash: "--orphan-handling" is not -o. */
	if (rule != NULL && rule->shape == JOINED && value != NULL && text[1] == '-')
		rule = NULL;
	if (rule == NULL) {
		vec_push(reader->arena, &reader->options->linker, text);
		return 0;
	}
	TRY(fetch_value(reader, rule, text, &value));
	return apply(reader, rule, text, value);
}

static int
read_linker_arguments(struct reader *reader)
{
	while (reader->next < reader->arguments->len) {
		const char *text = reader->arguments->at[reader->next++];

		if (text[0] == '-' && text[1] != '\0')
			TRY(read_linker_option(reader, text));
		else if (text[0] != '\0')
			add_item(reader, ITEM_FILE, text);
	}
	return 0;
}

/*
 * Read what -Wl, gave so far, in the place where it stood. A value may come in
 * the next -Wl, ("-Wl,-soname -Wl,libz.so.1"): then the next call sees both.
 */
static int
read_collected(struct reader *reader, bool is_last)
{
	struct reader inner = *reader;
	struct strings collected = reader->linker;
	const char *value = NULL;
	const char *text;
	const struct rule *rule;

	if (collected.len == 0)
		return 0;
	text = collected.at[collected.len - 1];
	if (!is_last && text[0] == '-' && text[1] != '\0') {
		rule = find_rule(linker_rules, COUNT(linker_rules),
			text + (text[1] == '-' ? 2 : 1), &value);
		if (rule != NULL && takes_value(rule) && value == NULL)
			return 0;
	}
	inner.arguments = &collected;
	inner.next = 0;
	inner.linker = (struct strings){ 0 };
	TRY(read_linker_arguments(&inner));
	reader->linker = (struct strings){ 0 };
	return 0;
}

static int
read_compiler_option(struct reader *reader, const char *text)
{
	const char *value = NULL;
	const struct rule *rule =
		find_rule(compiler_rules, COUNT(compiler_rules), text, &value);

	if (rule == NULL) {
		vec_push(reader->arena, &reader->options->compile, text);
		return 0;
	}
	TRY(fetch_value(reader, rule, text, &value));
	TRY(apply(reader, rule, text, value));
	return read_collected(reader, false);
}

int
options_read_compiler(
	struct arena *arena, const struct strings *arguments, struct options *ret_options)
{
	struct options options = { 0 };
	struct reader reader = { .arena = arena, .arguments = arguments, .options = &options };

	while (reader.next < arguments->len) {
		const char *text = arguments->at[reader.next++];

		if (text[0] == '-' && text[1] != '\0')
			TRY(read_compiler_option(&reader, text));
		else
			add_item(&reader, ITEM_FILE, text);
	}
	TRY(read_collected(&reader, true));
	*ret_options = options;
	return 0;
}

int
options_read_linker(
	struct arena *arena, const struct strings *arguments, struct options *ret_options)
{
	struct options options = { .no_library = true, .no_start = true };
	struct reader reader = { .arena = arena, .arguments = arguments, .options = &options };

	TRY(read_linker_arguments(&reader));
	*ret_options = options;
	return 0;
}

bool
options_is_source(const struct item *item)
{
	static const char *const suffixes[] = { ".c", ".i", ".s", ".S", ".sx", ".h", ".cc",
		".cpp", ".cxx", ".C", ".ll" };

	if (item->kind != ITEM_FILE)
		return false;
	if (item->language != NULL || strcmp(item->text, "-") == 0)
		return true;
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (str_has_suffix(item->text, suffixes[i]))
			return true;
	return false;
}
