/* SPDX-License-Identifier: MIT */
/*
 * A line of modules.dep is "FILE: NEEDED ...", all that a module needs, directly or not; the last
 * one named is loaded first.
 */
#include "kernel-iface/boot/modules.h"

#include "base/err.h"
#include "base/map.h"

#include <string.h>

#define SPACE " \t\r"

struct known { /* what a kernel has */
	struct arena *arena;
	struct map lines; /* by module name: struct str, its line of modules.dep */
	struct map builtin; /* names */
	struct map taken; /* files that are in the list */
	struct module_list *list;
};

static struct str
trim(struct str text)
{
	while (text.len > 0 && strchr(SPACE, text.at[0]) != NULL)
		text = (struct str){ text.at + 1, text.len - 1 };
	while (text.len > 0 && strchr(SPACE, text.at[text.len - 1]) != NULL)
		text.len--;
	return text;
}

char *
module_name(struct arena *arena, struct str file)
{
	const char *slash = memrchr(file.at, '/', file.len);
	char *name;

	if (slash != NULL)
		file = (struct str){ slash + 1, (size_t)(file.at + file.len - slash - 1) };
	name = str_copy(arena, file);
	if (strstr(name, ".ko") != NULL)
		*strstr(name, ".ko") = '\0';
	for (char *c = name; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	return name;
}

static int
read_dep(struct known *known, struct str dep)
{
	struct str line;

	while (str_cut(&dep, '\n', &line)) {
		struct str *copy = ARENA_NEW(known->arena, struct str);
		const char *colon = line.len == 0 ? NULL : memchr(line.at, ':', line.len);

		if (line.len == 0)
			continue;
		if (colon == NULL)
			return err_set(ERR_FORMAT, "modules.dep: a line without ':': " STR_FMT,
				STR_ARG(line));
		*copy = line;
		map_set(known->arena, &known->lines,
			module_name(known->arena,
				(struct str){ line.at, (size_t)(colon - line.at) }),
			copy);
	}
	return 0;
}

static void
read_builtin(struct known *known, struct str builtin)
{
	struct str line;

	while (str_cut(&builtin, '\n', &line))
		if (line.len > 0)
			map_set(known->arena, &known->builtin, module_name(known->arena, line),
				NULL);
}

static void
take_file(struct known *known, struct str file)
{
	char *path = str_copy(known->arena, file);

	if (map_has(&known->taken, path))
		return;
	map_set(known->arena, &known->taken, path, NULL);
	vec_push(known->arena, &known->list->files, path);
}

/* What a module needs, from the last to the first, then the module. */
static void
take_line(struct known *known, struct str line)
{
	VEC(struct str) needed = { 0 };
	struct str file;
	struct str part;

	(void)str_cut(&line, ':', &file);
	while (str_cut(&line, ' ', &part))
		if (part.len > 0)
			vec_push(known->arena, &needed, part);
	for (size_t i = needed.len; i > 0; i--)
		take_file(known, needed.at[i - 1]);
	take_file(known, file);
}

static int
take_module(struct known *known, const char *name, const char *kernel)
{
	const struct str *line = map_get(&known->lines, name);

	if (line != NULL) {
		take_line(known, *line);
		return 0;
	}
	if (map_has(&known->builtin, name))
		return 0;
	return err_set(ERR_NOT_FOUND,
		"%s: has no kernel module %s, which is needed to start (build the kernel's "
		"package "
		"with it, or take another)",
		kernel, name);
}

int
modules_find(struct arena *arena, struct str wanted, struct str dep, struct str builtin,
	const char *kernel, struct module_list *ret_list)
{
	struct module_list list = { 0 };
	struct known known = { .arena = arena, .list = &list };
	struct str line;

	TRY(read_dep(&known, dep));
	read_builtin(&known, builtin);
	while (str_cut(&wanted, '\n', &line)) {
		struct str name = { 0 };

		(void)str_cut(&line, '#', &name);
		name = trim(name);
		if (name.len > 0)
			TRY(take_module(&known, module_name(arena, name), kernel));
	}
	*ret_list = list;
	return 0;
}
