/* SPDX-License-Identifier: MIT */
/*
 * The menu is a script that GRUB runs. Which entry is the default is decided there, from grubenv:
 * the newest generation is on trial until it reported that it came up (DESIGN.md, "System
 * images"). Titles and command lines are quoted, and what cannot be quoted is refused before.
 */
#include "kernel-iface/boot/menu.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_SCHEMA 1

static const char memory_head[] = "# GRUB Environment Block\n";

static int
check_printable(const char *what, const char *text, size_t max, const char *refused)
{
	if (strlen(text) > max)
		return err_set(ERR_RANGE, "%s: longer than %zu bytes", what, max);
	for (const char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e || strchr(refused, *c) != NULL)
			return err_set(ERR_RANGE, "%s: character 0x%02x cannot stand there",
				what, (unsigned char)*c);
	return 0;
}

int
menu_check_text(const char *title, const char *command_line)
{
	TRY(check_printable("title", title, BOOT_TITLE_MAX, "'"));
	return check_printable(
		"kernel command line", command_line, BOOT_COMMAND_LINE_MAX, "'\"\\");
}

int
menu_check_command_line(const struct boot_entry *entry)
{
	char hex[DIGEST_HEX_SIZE];
	char words[256];
	size_t length = (size_t)snprintf(words, sizeof words,
		"weld.generation=%" PRIu64 " weld.store=%s,%" PRIu64, entry->number,
		digest_hex(&entry->root_digest, hex), entry->block_count);

	if (!str_has_prefix(entry->command_line, words) ||
		(entry->command_line[length] != ' ' && entry->command_line[length] != '\0'))
		return err_set(
			ERR_RANGE, "the kernel command line does not begin with '%s'", words);
	return 0;
}

char *
menu_kernel_name(struct arena *arena, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "weld/%s.vmlinuz", digest_hex(digest, hex));
}

char *
menu_initrd_name(struct arena *arena, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "weld/%s.initrd", digest_hex(digest, hex));
}

/* Where the menu is seen: EFI firmware shows its own screen on serial lines, a BIOS does not. */
static const char menu_head[] =
	"# Written by weld. The list of generations is generations.json.\n"
	"if [ \"$grub_platform\" = pc ]; then\n"
	"	if serial --unit=0 --speed=115200; then\n"
	"		terminal_input console serial\n"
	"		terminal_output console serial\n"
	"	fi\n"
	"fi\n"
	"load_env --file /" MENU_MEMORY_FILE " weld_good weld_trying weld_older\n";

/*
 * The newest, unless it did not come up: then the one that did, or, as long as none ever did, one
 * after the other. On a disk with one generation nothing can be chosen instead.
 */
static void
write_choice(const struct boot_entry *entries, size_t count, struct strbuf *text)
{
	uint64_t newest = entries[0].number;

	strbuf_printf(text, "set default=weld-%" PRIu64 "\nset timeout=1\n", newest);
	if (count < 2)
		return;
	strbuf_printf(text,
		"if [ \"$weld_trying\" = %" PRIu64 " -a \"$weld_good\" != %" PRIu64 " ]; then\n"
		"	set default=weld-%" PRIu64 "\n",
		newest, newest, entries[1].number);
	for (size_t i = 2; i < count; i++)
		strbuf_printf(text,
			"	if [ \"$weld_older\" = %" PRIu64
			" ]; then set default=weld-%" PRIu64 "; fi\n",
			entries[i - 1].number, entries[i].number);
	strbuf_printf(text,
		"	if [ -n \"$weld_good\" ]; then set default=\"weld-$weld_good\"; fi\n"
		"	set timeout=3\n"
		"	echo \"Generation %" PRIu64 " did not come up: $default is chosen.\"\n"
		"fi\n",
		newest);
}

/* What is tried is written down before it starts. */
static void
write_trial(const struct boot_entry *entry, bool is_newest, struct strbuf *text)
{
	if (is_newest)
		strbuf_printf(
			text, "	if [ \"$weld_good\" != %" PRIu64 " ]; then\n", entry->number);
	else
		strbuf_add_string(text, "	if [ -z \"$weld_good\" ]; then\n");
	strbuf_printf(text,
		"		set %s=%" PRIu64 "\n"
		"		save_env --file /" MENU_MEMORY_FILE " %s\n"
		"	fi\n",
		is_newest ? "weld_trying" : "weld_older", entry->number,
		is_newest ? "weld_trying" : "weld_older");
}

/* A command of GRUB that loads the kernel, with its command line. */
static void
write_load(const struct boot_entry *entry, const char *command, struct strbuf *text)
{
	char kernel[DIGEST_HEX_SIZE];
	struct str words = str_from(entry->command_line);
	struct str word;

	strbuf_printf(text, "%s /weld/%s.vmlinuz", command, digest_hex(&entry->kernel, kernel));
	while (str_cut(&words, ' ', &word))
		if (word.len > 0)
			strbuf_printf(text, " '" STR_FMT "'", STR_ARG(word));
}

/*
 * Started by a BIOS, GRUB's `linux` moves all the memory in which the kernel unpacks itself, 54 MiB,
 * byte by byte; `linux16` leaves the kernel where it was loaded, which saves seconds in an emulator.
 */
static void
write_entry(const struct boot_entry *entry, bool is_newest, struct strbuf *text)
{
	char initrd[DIGEST_HEX_SIZE];

	digest_hex(&entry->initrd, initrd);
	strbuf_printf(
		text, "menuentry '%s' --id weld-%" PRIu64 " {\n", entry->title, entry->number);
	write_trial(entry, is_newest, text);
	strbuf_add_string(text, "	if [ \"$grub_platform\" = pc ]; then\n		if ");
	write_load(entry, "linux16", text);
	strbuf_printf(
		text, "; then initrd16 /weld/%s.initrd; boot; fi\n	fi\n	", initrd);
	write_load(entry, "linux", text);
	strbuf_printf(text, "\n	initrd /weld/%s.initrd\n}\n", initrd);
}

void
menu_write(const struct boot_entry *entries, size_t count, struct strbuf *ret_text)
{
	strbuf_add_string(ret_text, menu_head);
	write_choice(entries, count, ret_text);
	for (size_t i = 0; i < count; i++)
		write_entry(&entries[i], i == 0, ret_text);
}

static json_t *
entry_json(const struct boot_entry *entry)
{
	return json_pack("{s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:I}", "number",
		(json_int_t)entry->number, "title", entry->title, "command_line",
		entry->command_line, "root_digest", json_from_digest(&entry->root_digest),
		"blocks", (json_int_t)entry->block_count, "kernel",
		json_from_digest(&entry->kernel), "initrd", json_from_digest(&entry->initrd),
		"source_date", (json_int_t)entry->source_date);
}

void
menu_write_list(const struct menu_list *list, struct strbuf *ret_text)
{
	json_t *value AUTO(json_release) = NULL;
	json_t *entries = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(entries, entry_json(&list->entries[i]));
	value = json_pack("{s:i, s:o, s:o, s:o, s:o}", "schema", LIST_SCHEMA, "menu",
		json_from_digest(&list->menu), "bios_core", json_from_digest(&list->bios_core),
		"efi", json_from_digest(&list->efi), "generations", entries);
	json_write_pretty(value, ret_text);
}

static int
read_entry(struct arena *arena, const json_t *object, struct boot_entry *ret_entry)
{
	struct boot_entry entry = { 0 };
	const char *title;
	const char *command_line;
	int64_t number;
	int64_t blocks;

	TRY(json_get_integer(object, "number", &number));
	TRY(json_get_integer(object, "blocks", &blocks));
	TRY(json_get_string(object, "title", &title));
	TRY(json_get_string(object, "command_line", &command_line));
	TRY(json_get_digest(object, "root_digest", &entry.root_digest));
	TRY(json_get_digest(object, "kernel", &entry.kernel));
	TRY(json_get_digest(object, "initrd", &entry.initrd));
	TRY(json_get_integer(object, "source_date", &entry.source_date));
	if (number < 1 || blocks < 1)
		return err_set(ERR_FORMAT,
			"a generation with number %" PRId64 " and %" PRId64 " blocks", number,
			blocks);
	entry.number = (uint64_t)number;
	entry.block_count = (uint64_t)blocks;
	entry.title = arena_string(arena, title);
	entry.command_line = arena_string(arena, command_line);
	TRY(menu_check_text(entry.title, entry.command_line));
	*ret_entry = entry;
	return 0;
}

static int
read_entries(struct arena *arena, json_t *array, struct menu_list *ret_list)
{
	size_t i;
	json_t *object;

	ret_list->count = json_array_size(array);
	if (ret_list->count == 0 || ret_list->count > BOOT_GENERATIONS_MAX)
		return err_set(ERR_FORMAT, "%zu generations", ret_list->count);
	ret_list->entries = arena_array(arena, ret_list->count, sizeof *ret_list->entries);
	json_array_foreach(array, i, object)
	{
		TRY(read_entry(arena, object, &ret_list->entries[i]));
		if (i > 0 && ret_list->entries[i].number >= ret_list->entries[i - 1].number)
			return err_set(ERR_FORMAT, "generations are not in order");
	}
	return 0;
}

int
menu_read_list(struct arena *arena, struct str text, struct menu_list *ret_list)
{
	json_t *value AUTO(json_release) = NULL;
	struct menu_list list = { 0 };
	json_t *array;
	int64_t schema;

	TRY(json_read(text, &value));
	TRY(json_get_integer(value, "schema", &schema));
	if (schema != LIST_SCHEMA)
		return err_set(
			ERR_FORMAT, "schema %" PRId64 " is not known to this weld", schema);
	TRY(json_get_digest(value, "menu", &list.menu));
	TRY(json_get_digest(value, "bios_core", &list.bios_core));
	TRY(json_get_digest(value, "efi", &list.efi));
	TRY(json_get_array(value, "generations", &array));
	TRY(read_entries(arena, array, &list));
	*ret_list = list;
	return 0;
}

void
menu_empty_memory(char ret_memory[MENU_MEMORY_SIZE])
{
	memset(ret_memory, '#', MENU_MEMORY_SIZE);
	memcpy(ret_memory, memory_head, sizeof memory_head - 1);
}

/* A number that a variable was set to; anything else is no generation. */
static uint64_t
variable(struct str line, const char *name)
{
	size_t length = strlen(name);
	uint64_t number = 0;

	if (line.len <= length + 1 || memcmp(line.at, name, length) != 0 ||
		line.at[length] != '=')
		return 0;
	for (size_t i = length + 1; i < line.len; i++) {
		if (line.at[i] < '0' || line.at[i] > '9' || number > UINT64_MAX / 10 - 9)
			return 0;
		number = number * 10 + (uint64_t)(line.at[i] - '0');
	}
	return number;
}

int
menu_read_memory(struct str memory, uint64_t *ret_good, uint64_t *ret_trying)
{
	struct str line;

	if (memory.len != MENU_MEMORY_SIZE ||
		memcmp(memory.at, memory_head, sizeof memory_head - 1) != 0)
		return err_set(ERR_FORMAT, "not a GRUB environment block");
	*ret_good = 0;
	*ret_trying = 0;
	while (str_cut(&memory, '\n', &line)) {
		uint64_t good = variable(line, "weld_good");
		uint64_t trying = variable(line, "weld_trying");

		*ret_good = good != 0 ? good : *ret_good;
		*ret_trying = trying != 0 ? trying : *ret_trying;
	}
	return 0;
}
