/* SPDX-License-Identifier: MIT */
/* The texts in weld-boot: GRUB's menu and memory, and the list of generations. */
#include "kernel-iface/boot/menu.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LINE(number) "weld.generation=" number " weld.store=" HEX ",300 panic=10 quiet"

static struct arena *arena;

#define ARGS(number)                                                           \
	" /weld/" HEX ".vmlinuz 'weld.generation=" number "' 'weld.store=" HEX \
	",300' 'panic=10' 'quiet'"
#define LOAD(number)                                                          \
	"	if [ \"$grub_platform\" = pc ]; then\n"                             \
	"		if linux16" ARGS(number) "; then initrd16 /weld/" HEX \
						 ".initrd; boot; fi\n"        \
						 "	fi\n"                      \
						 "	linux" ARGS(number) "\n"

static const char head[] = "# Written by weld. The list of generations is generations.json.\n"
			   "if [ \"$grub_platform\" = pc ]; then\n"
			   "	if serial --unit=0 --speed=115200; then\n"
			   "		terminal_input console serial\n"
			   "		terminal_output console serial\n"
			   "	fi\n"
			   "fi\n"
			   "load_env --file /weld/grubenv weld_good weld_trying weld_older\n";

/* With two generations: the newest is left out when it was tried and is not good. */
static const char two[] =
	"set default=weld-7\n"
	"set timeout=1\n"
	"if [ \"$weld_trying\" = 7 -a \"$weld_good\" != 7 ]; then\n"
	"	set default=weld-5\n"
	"	if [ -n \"$weld_good\" ]; then set default=\"weld-$weld_good\"; fi\n"
	"	set timeout=3\n"
	"	echo \"Generation 7 did not come up: $default is chosen.\"\n"
	"fi\n"
	"menuentry 'weld seven' --id weld-7 {\n"
	"	if [ \"$weld_good\" != 7 ]; then\n"
	"		set weld_trying=7\n"
	"		save_env --file /weld/grubenv weld_trying\n"
	"	fi\n" LOAD("7") "	initrd /weld/" HEX ".initrd\n"
				"}\n"
				"menuentry 'weld five' --id weld-5 {\n"
				"	if [ -z \"$weld_good\" ]; then\n"
				"		set weld_older=5\n"
				"		save_env --file /weld/grubenv weld_older\n"
				"	fi\n" LOAD("5") "	initrd /weld/" HEX ".initrd\n"
							"}\n";

static struct boot_entry
entry(uint64_t number, const char *title, const char *command_line)
{
	struct boot_entry made = { .number = number,
		.title = title,
		.command_line = command_line,
		.block_count = 300,
		.source_date = 1700000000 };

	if (digest_parse(HEX, &made.root_digest) < 0)
		tap_bail("%s", err_message());
	made.kernel = made.root_digest;
	made.initrd = made.root_digest;
	return made;
}

static void
test_menu(const struct boot_entry *entries)
{
	struct strbuf menu AUTO(strbuf_free) = { 0 };

	menu_write(entries, 2, &menu);
	tap_is_string(strbuf_string(&menu), arena_printf(arena, "%s%s", head, two),
		"the menu of two generations");
	strbuf_free(&menu);
	menu_write((struct boot_entry[]){ entry(9, "nine", LINE("9")), entries[0], entries[1] },
		3, &menu);
	tap_ok(strstr(strbuf_string(&menu),
		       "	set default=weld-7\n"
		       "	if [ \"$weld_older\" = 7 ]; then set default=weld-5; fi\n") !=
			NULL,
		"of three: while none is good, one after the other");
	strbuf_free(&menu);
	menu_write(entries + 1, 1, &menu);
	tap_ok(strstr(strbuf_string(&menu), "set default=weld-5\nset timeout=1\nmenuentry") !=
			NULL,
		"of one: nothing else can be chosen");
	tap_ok(strstr(strbuf_string(&menu), "set weld_trying=5") != NULL,
		"but it is written down that it was tried");
}

static const struct {
	const char *title;
	const char *command_line;
	bool is_fine;
} texts[] = {
	{ "weld (new), generation 2; $x", "a=b c", true },
	{ "", "", true },
	{ "it's", "a", false },
	{ "line\nbreak", "a", false },
	{ "t\xc3\xb6", "a", false },
	{ "t", "a='b", false },
	{ "t", "a=\"b", false },
	{ "t", "a\\b", false },
	{ "t", "a\tb", false },
};

static void
test_texts(void)
{
	char *lengthy = arena_alloc(arena, BOOT_TITLE_MAX + 2);

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		tap_ok((menu_check_text(texts[i].title, texts[i].command_line) >= 0) ==
				texts[i].is_fine,
			"text %zu: %s", i, texts[i].is_fine ? "fine" : "refused");
	memset(lengthy, 'x', BOOT_TITLE_MAX + 1);
	tap_is_number(menu_check_text(lengthy, ""), ERR_RANGE, "a title that is too long");
}

static void
test_list(struct boot_entry *entries)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct menu_list list = { .entries = entries,
		.count = 2,
		.menu = entries->kernel,
		.bios_core = entries->kernel,
		.efi = entries->kernel };
	struct menu_list got = { 0 };
	struct str golden;

	menu_write_list(&list, &text);
	if (file_read(arena, AT_FDCWD, GOLDEN "/disk-list-1.json", 1 << 20, &golden) < 0)
		tap_bail("%s", err_message());
	tap_ok(str_equal(golden, strbuf_str(&text)), "today's list is that of schema 1");
	tap_ok(menu_read_list(arena, strbuf_str(&text), &got) >= 0, "the list is read");
	tap_ok(got.count == 2 && got.entries[0].number == 7 && got.entries[1].number == 5 &&
			got.entries[1].block_count == 300 &&
			digest_equal(&got.menu, &list.menu) &&
			digest_equal(&got.entries[0].root_digest, &entries[0].root_digest) &&
			got.entries[0].source_date == 1700000000,
		"as it was written");
	tap_is_string(got.entries[0].command_line, LINE("7"), "command lines, too");
	tap_ok(menu_check_command_line(&got.entries[0]) >= 0, "which name their store");
	got.entries[0].block_count++;
	tap_is_number(menu_check_command_line(&got.entries[0]), ERR_RANGE, "or are refused");
	for (size_t length = 0; length + 1 < text.len; length += 13)
		if (menu_read_list(arena, (struct str){ text.at, length }, &got) >= 0)
			tap_ok(false, "a list cut to %zu bytes was read", length);
	list.count = 0;
	strbuf_free(&text);
	menu_write_list(&list, &text);
	tap_is_number(
		menu_read_list(arena, strbuf_str(&text), &got), ERR_FORMAT, "an empty list");
	list.count = 2;
	list.entries[1].number = 8;
	strbuf_free(&text);
	menu_write_list(&list, &text);
	tap_is_number(
		menu_read_list(arena, strbuf_str(&text), &got), ERR_FORMAT, "out of order");
}

static const struct {
	const char *lines;
	uint64_t good;
	uint64_t trying;
} memories[] = {
	{ "", 0, 0 },
	{ "weld_good=3\n", 3, 0 },
	{ "weld_good=3\nweld_trying=4\n", 3, 4 },
	{ "weld_trying=18\nother=1\n", 0, 18 },
	{ "weld_good=\nweld_trying=x\n", 0, 0 },
	{ "weld_good=99999999999999999999999\n", 0, 0 },
	{ "weld_goodness=3\n", 0, 0 },
};

static void
test_memory(void)
{
	char memory[MENU_MEMORY_SIZE];
	struct str text = { memory, sizeof memory };
	uint64_t good = 1;
	uint64_t trying = 1;
	size_t start;

	menu_empty_memory(memory);
	start = (size_t)((const char *)memchr(memory, '\n', sizeof memory) - memory) + 1;
	for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++) {
		menu_empty_memory(memory);
		memcpy(memory + start, memories[i].lines, strlen(memories[i].lines));
		tap_ok(menu_read_memory(text, &good, &trying) >= 0 &&
				good == memories[i].good && trying == memories[i].trying,
			"memory %zu", i);
	}
	text.len--;
	tap_is_number(menu_read_memory(text, &good, &trying), ERR_FORMAT, "a short memory");
	text.len++;
	memory[0] = ' ';
	tap_is_number(
		menu_read_memory(text, &good, &trying), ERR_FORMAT, "another kind of file");
}

int
main(void)
{
	struct boot_entry entries[2];

	arena = arena_new();
	entries[0] = entry(7, "weld seven", LINE("7"));
	entries[1] = entry(5, "weld five", LINE("5"));
	test_menu(entries);
	test_texts();
	test_list(entries);
	test_memory();
	arena_free(&arena);
	return tap_done();
}
