/* SPDX-License-Identifier: MIT */
/*
 * What QEMU is told. Nothing of the user's QEMU configuration is read, so that the machine is the
 * same everywhere; commas in file names are doubled, as QEMU wants them.
 */
#include "kernel-iface/boot_run.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "kernel-iface/boot/menu.h"
#include "kernel-iface/boot/source.h"
#include "kernel-iface/boot/tool.h"
#include "kernel-iface/boot_disk.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRMWARE_CODE "/usr/share/OVMF/OVMF_CODE_4M.fd"
#define FIRMWARE_VARIABLES "/usr/share/OVMF/OVMF_VARS_4M.fd"
#define COMMAND_LINE_FILE_MAX ((size_t)4096) /* bytes */

struct command {
	struct arena *arena;
	VEC(char *) words;
};

static void
add(struct command *command, const char *word)
{
	vec_push(command->arena, &command->words, arena_string(command->arena, word));
}

static void
add_option(struct command *command, const char *option, const char *value)
{
	add(command, option);
	add(command, value);
}

/* A file name as the value of one of QEMU's keys; what stands before a colon would be a protocol. */
static const char *
escape(struct arena *arena, const char *path)
{
	char *escaped;
	size_t at = 0;

	if (path[0] != '/')
		path = arena_printf(arena, "./%s", path);
	escaped = arena_alloc(arena, 2 * strlen(path) + 1);
	for (const char *c = path; *c != '\0'; c++) {
		escaped[at++] = *c;
		if (*c == ',')
			escaped[at++] = ',';
	}
	return escaped;
}

static bool
read_port(struct str text, uint16_t *ret_port)
{
	unsigned port = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || i == 5)
			return false;
		port = port * 10 + (unsigned)(text.at[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)port;
	return true;
}

int
boot_port_parse(const char *text, struct boot_port *ret_port)
{
	struct str guest = str_from(text);
	struct str host;
	struct boot_port port = { 0 };

	if (!str_cut(&guest, ':', &host) || !read_port(host, &port.host) ||
		!read_port(guest, &port.guest))
		return err_set(ERR_USAGE,
			"port %s: not HOST:GUEST, two numbers from 1 to 65535 such as 8080:80",
			text);
	*ret_port = port;
	return 0;
}

static int
add_disk(struct command *command, const struct boot_run *run)
{
	struct boot_disk disk;
	const char *path = escape(command->arena, run->path);

	TRY(boot_disk_read(command->arena, run->path, &disk));
	if (!run->is_snapshot && access(run->path, W_OK) < 0)
		return err_errno(
			"%s: cannot be written, as a running system does (use --snapshot "
			"to forget what it writes)",
			run->path);
	add_option(command, "-drive",
		arena_printf(command->arena, "file=%s,format=raw,if=virtio,snapshot=%s", path,
			run->is_snapshot ? "on" : "off"));
	return 0;
}

static int
read_command_line(struct arena *arena, const char *path, char **ret_line)
{
	struct str text;

	TRY(file_read(arena, AT_FDCWD, path, COMMAND_LINE_FILE_MAX, &text));
	while (text.len > 0 && text.at[text.len - 1] == '\n')
		text.len--;
	*ret_line = str_copy(arena, text);
	return err_context(menu_check_text("", *ret_line), "%s", path);
}

static int
add_directory(struct command *command, const struct boot_run *run)
{
	struct arena *arena = command->arena;
	const char *kernel = arena_printf(arena, "%s/" BOOT_KERNEL_FILE, run->path);
	const char *initrd = arena_printf(arena, "%s/" BOOT_INITRD_FILE, run->path);
	char *line;

	if (access(kernel, F_OK) < 0)
		return err_set(ERR_FORMAT,
			"%s: has no " BOOT_KERNEL_FILE
			" in it: only disks and directories of the format kernel+initrd start",
			run->path);
	TRY(source_check_kernel(kernel));
	if (access(initrd, R_OK) < 0)
		return err_errno("%s", initrd);
	TRY(read_command_line(
		arena, arena_printf(arena, "%s/" BOOT_COMMAND_LINE_FILE, run->path), &line));
	add_option(command, "-kernel", kernel);
	add_option(command, "-initrd", initrd);
	add_option(command, "-append", line);
	return 0;
}

/* The variables are the firmware's own to change: a copy that ends with the machine. */
static int
add_firmware(struct command *command)
{
	int from AUTO(file_close) = -1;
	int copy AUTO(file_close) = -1;

	if (access(FIRMWARE_CODE, R_OK) < 0 ||
		file_open(AT_FDCWD, FIRMWARE_VARIABLES, &from) < 0)
		return err_set(ERR_NOT_FOUND,
			FIRMWARE_CODE ": not installed (install Debian's package ovmf)");
	TRY(file_memory("efi variables", &copy));
	TRY(file_copy(from, copy));
	if (fcntl(copy, F_SETFD, 0) < 0)
		return err_errno("firmware's variables");
	add_option(command, "-drive",
		"if=pflash,unit=0,format=raw,readonly=on,file=" FIRMWARE_CODE);
	add_option(command, "-drive",
		arena_printf(command->arena, "if=pflash,unit=1,format=raw,file=%s",
			tool_fd_path(command->arena, copy)));
	copy = -1;
	return 0;
}

static void
add_machine(struct command *command, const struct boot_run *run)
{
	struct arena *arena = command->arena;
	const char *network = "user,id=net0";

	add(command, "-no-user-config");
	add_option(command, "-machine", arena_printf(arena, "q35,accel=%s", run->accel));
	add_option(command, "-cpu", "max");
	add_option(command, "-smp", arena_printf(arena, "%u", run->cpus));
	add_option(command, "-m", arena_printf(arena, "%uM", run->memory));
	add_option(command, "-display", "none");
	if (run->has_terminal) {
		add_option(command, "-serial", "mon:stdio");
	} else {
		add_option(command, "-serial", "stdio");
		add_option(command, "-monitor", "none");
	}
	for (size_t i = 0; i < run->port_count; i++)
		network = arena_printf(arena, "%s,hostfwd=tcp:127.0.0.1:%u-:%u", network,
			run->ports[i].host, run->ports[i].guest);
	add_option(command, "-netdev", network);
	/* Without its ROM the firmware does not wait for a network to boot from. */
	add_option(command, "-device", "virtio-net-pci,netdev=net0,romfile=");
	add_option(command, "-device", "virtio-rng-pci");
}

int
boot_run_command(struct arena *arena, const struct boot_run *run, char ***ret_argv)
{
	struct command command = { .arena = arena };
	struct stat info;
	char *qemu;

	if (stat(run->path, &info) < 0)
		return err_errno("%s", run->path);
	add(&command, "");
	add_machine(&command, run);
	if (S_ISDIR(info.st_mode))
		TRY(add_directory(&command, run));
	else
		TRY(add_disk(&command, run));
	TRY(tool_find(arena, "qemu-system-x86_64", "qemu-system-x86", &qemu));
	command.words.at[0] = qemu;
	if (run->is_efi)
		TRY(add_firmware(&command));
	for (size_t i = 0; i < run->more_count; i++)
		add(&command, run->more[i]);
	vec_push(arena, &command.words, NULL);
	*ret_argv = command.words.at;
	return 0;
}

int
boot_run_exec(char *const *argv)
{
	execv(argv[0], argv);
	return err_errno("%s: cannot be run", argv[0]);
}
