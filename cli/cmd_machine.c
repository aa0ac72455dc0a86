/* SPDX-License-Identifier: MIT */
/* weld image show, verify, extract, run: what can be done with an image that is made. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "kernel-iface/boot_disk.h"
#include "kernel-iface/boot_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST_MAX ((size_t)256 << 20) /* bytes */

static json_t *
partition_json(const struct boot_partition *partition)
{
	return json_pack("{s:s, s:s, s:I, s:I}", "name", partition->name, "kind",
		partition->kind, "start", (json_int_t)partition->start, "size",
		(json_int_t)partition->size);
}

static json_t *
entry_json(const struct boot_disk *disk, const struct boot_entry *entry)
{
	const struct boot_partition *partition = &disk->partitions[entry->partition];

	return json_pack("{s:I, s:s, s:s, s:o, s:I, s:s, s:s, s:I, s:o, s:o, s:I, s:b}",
		"number", (json_int_t)entry->number, "title", entry->title, "command_line",
		entry->command_line, "root_digest", json_from_digest(&entry->root_digest),
		"blocks", (json_int_t)entry->block_count, "file_system", entry->file_system,
		"partition", partition->name, "size", (json_int_t)partition->size, "kernel",
		json_from_digest(&entry->kernel), "initrd", json_from_digest(&entry->initrd),
		"source_date", (json_int_t)entry->source_date, "is_good",
		entry->number == disk->good);
}

static json_t *
package_json(const json_t *package)
{
	return json_pack("{s:s, s:s}", "name", reply_text(package, "name"), "version",
		reply_text(package, "version"));
}

static json_t *
slot_json(struct arena *arena, const json_t *slot)
{
	int64_t base = reply_number(slot, "base");

	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:s}", "name", reply_text(slot, "name"),
		"package", reply_text(slot, "package"), "base", (json_int_t)base, "base_hex",
		arena_printf(arena, "0x%" PRIx64, (uint64_t)base), "size",
		(json_int_t)reply_number(slot, "size"), "layout_id",
		reply_text(slot, "layout_id"));
}

/* What is wanted of a generation's manifest: names and versions of packages, and its slots. */
static int
read_manifest(const char *path, uint64_t number, json_t **ret_packages, json_t **ret_slots)
{
	json_t *manifest AUTO(json_release) = NULL;
	struct arena *arena AUTO(arena_free) = arena_new();
	json_t *packages;
	json_t *images;
	json_t *object;
	struct str text;
	size_t i;

	TRY(file_read(arena, AT_FDCWD,
		arena_printf(
			arena, "%s/weld/generations/%" PRIu64 "/manifest.json", path, number),
		MANIFEST_MAX, &text));
	TRY(json_read(text, &manifest));
	TRY(json_get_array(manifest, "packages", &packages));
	TRY(json_get_array(manifest, "images", &images));
	*ret_packages = json_array();
	json_array_foreach(packages, i, object)
	{
		json_array_append_new(*ret_packages, package_json(object));
	}
	*ret_slots = json_array();
	json_array_foreach(images, i, object)
	{
		if (reply_flag(object, "is_slot"))
			json_array_append_new(*ret_slots, slot_json(arena, object));
	}
	return 0;
}

/* The newest generation is unpacked for a look into its manifest. */
static int
look_inside(struct arena *arena, const char *file, const struct boot_disk *disk,
	json_t **ret_packages, json_t **ret_slots)
{
	const char *parent = getenv("TMPDIR");
	struct scratch *scratch AUTO(scratch_free) = NULL;
	const char *tree;

	TRY(scratch_new(parent == NULL ? "/var/tmp" : parent, &scratch));
	tree = arena_printf(arena, "%s/tree", scratch_path(scratch));
	TRY(boot_disk_extract(file, 0, tree));
	return err_context(
		read_manifest(tree, disk->generations[0].number, ret_packages, ret_slots),
		"%s: manifest of generation %" PRIu64, file, disk->generations[0].number);
}

static void
print_partitions(const struct invocation *call, const struct boot_disk *disk)
{
	static const char *const headings[] = { "Partition", "Kind", ">Start", ">Size" };
	struct table table = { .arena = call->arena, .columns = 4, .headings = headings };

	for (size_t i = 0; i < disk->partition_count; i++) {
		const struct boot_partition *partition = &disk->partitions[i];
		const char *cells[4] = { partition->name, partition->kind,
			arena_printf(call->arena, "%" PRIu64, partition->start),
			output_size(call->arena, partition->size) };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
}

static const char *
state_of(const struct boot_disk *disk, const struct boot_entry *entry)
{
	if (entry->number == disk->good)
		return "good";
	return entry->number == disk->trying ? "did not come up" : "-";
}

static void
print_generations(const struct invocation *call, const struct boot_disk *disk)
{
	static const char *const headings[] = { ">Generation", ">Size", "File system", "Date",
		"State", "Root digest", "Title" };
	struct table table = { .arena = call->arena, .columns = 7, .headings = headings };

	for (size_t i = 0; i < disk->generation_count; i++) {
		const struct boot_entry *entry = &disk->generations[i];
		char hex[DIGEST_HEX_SIZE];
		const char *cells[7] = { arena_printf(call->arena, "%" PRIu64, entry->number),
			output_size(call->arena, disk->partitions[entry->partition].size),
			entry->file_system, output_time(call->arena, entry->source_date),
			state_of(disk, entry),
			arena_printf(
				call->arena, "%.16s", digest_hex(&entry->root_digest, hex)),
			entry->title };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
}

static void
print_slots(const struct invocation *call, const json_t *slots)
{
	static const char *const headings[] = { "Address", ">Size", "Library", "Package",
		"Layout" };
	struct table table = { .arena = call->arena, .columns = 5, .headings = headings };
	size_t i;
	json_t *slot;

	json_array_foreach(slots, i, slot)
	{
		const char *cells[5] = { reply_text(slot, "base_hex"),
			output_size(call->arena, (uint64_t)reply_number(slot, "size")),
			reply_text(slot, "name"), reply_text(slot, "package"),
			arena_printf(call->arena, "%.16s", reply_text(slot, "layout_id")) };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
}

static void
show_json(const struct invocation *call, const struct boot_disk *disk, json_t *packages,
	json_t *slots, const char *problem)
{
	json_t *partitions = json_array();
	json_t *generations = json_array();

	for (size_t i = 0; i < disk->partition_count; i++)
		json_array_append_new(partitions, partition_json(&disk->partitions[i]));
	for (size_t i = 0; i < disk->generation_count; i++)
		json_array_append_new(generations, entry_json(disk, &disk->generations[i]));
	output_json(call, json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:O, s:O, s:s?}", "file",
				  call->args[0], "size", (json_int_t)disk->size, "good",
				  (json_int_t)disk->good, "trying", (json_int_t)disk->trying,
				  "partitions", partitions, "generations", generations,
				  "packages", packages, "slots", slots, "problem", problem));
}

int
cmd_image_show(struct invocation *call)
{
	json_t *packages AUTO(json_release) = NULL;
	json_t *slots AUTO(json_release) = NULL;
	const char *problem = NULL;
	struct boot_disk disk;

	TRY(boot_disk_read(call->arena, call->args[0], &disk));
	/* A generation that is damaged takes nothing from what the disk says of itself. */
	if (look_inside(call->arena, call->args[0], &disk, &packages, &slots) < 0) {
		problem = arena_string(call->arena, err_message());
		json_release(&packages);
		json_release(&slots);
		packages = json_array();
		slots = json_array();
	}
	if (call->output->is_json) {
		show_json(call, &disk, packages, slots, problem);
		return 0;
	}
	if (problem != NULL)
		output_warn(call->output, output_clean(call->arena, problem));
	printf("%s: %s; generation %" PRIu64 ": packages %zu, slots %zu\n\n", call->args[0],
		output_size(call->arena, disk.size), disk.generations[0].number,
		json_array_size(packages), json_array_size(slots));
	print_partitions(call, &disk);
	putchar('\n');
	print_generations(call, &disk);
	if (json_array_size(slots) > 0)
		putchar('\n');
	print_slots(call, slots);
	return 0;
}

int
cmd_image_verify(struct invocation *call)
{
	int ret = boot_disk_verify(call->args[0]);

	if (ret == ERR_DIGEST)
		return err_set(ERR_FINDINGS, "%s", err_message());
	TRY(ret);
	if (call->output->is_json)
		output_json(
			call, json_pack("{s:s, s:b}", "file", call->args[0], "is_whole", 1));
	else
		output_say(call->output, "%s is whole", call->args[0]);
	return 0;
}

int
cmd_image_extract(struct invocation *call)
{
	long number;

	TRY(option_number(call, "generation", 1, INT32_MAX, 0, &number));
	return boot_disk_extract(call->args[0], (uint64_t)number, call->args[1]);
}

static int
read_ports(const struct invocation *call, struct boot_run *run)
{
	struct boot_port *ports =
		arena_array(call->arena, call->option_count + 1, sizeof *ports);

	for (size_t i = 0; i < call->option_count; i++)
		if (strcmp(call->options[i].row->name, "port") == 0)
			TRY(boot_port_parse(call->options[i].value, &ports[run->port_count++]));
	run->ports = ports;
	return 0;
}

/* A word as a shell reads it. */
static void
print_word(const char *word, char end)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"%+,-./:=@_";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		printf("%s%c", word, end);
		return;
	}
	putchar('\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	printf("'%c", end);
}

static void
show_command(const struct invocation *call, char *const *argv)
{
	size_t count = 0;

	while (argv[count] != NULL)
		count++;
	if (call->output->is_json) {
		output_json(call, json_pack("{s:o}", "argv", json_from_strings(argv, count)));
		return;
	}
	for (size_t i = 0; i < count; i++)
		print_word(argv[i], i + 1 < count ? ' ' : '\n');
}

int
cmd_image_run(struct invocation *call)
{
	struct boot_run run = { .path = call->args[0],
		.accel = option_value(call, "accel", "tcg"),
		.is_efi = option_given(call, "efi"),
		.is_snapshot = option_given(call, "snapshot"),
		.has_terminal = isatty(STDIN_FILENO) == 1,
		.more = (const char *const *)call->args + 1,
		.more_count = call->arg_count - 1 };
	char **argv;
	long memory;
	long cpus;

	TRY(option_number(call, "memory", 64, 1 << 20, BOOT_RUN_MEMORY, &memory));
	TRY(option_number(call, "cpus", 1, 255, BOOT_RUN_CPUS, &cpus));
	run.memory = (unsigned)memory;
	run.cpus = (unsigned)cpus;
	TRY(read_ports(call, &run));
	TRY(boot_run_command(call->arena, &run, &argv));
	if (option_given(call, "dry-run")) {
		show_command(call, argv);
		return 0;
	}
	if (run.has_terminal)
		output_say(call->output, "Ctrl-A X ends the machine, Ctrl-A H tells more");
	return boot_run_exec(argv);
}
