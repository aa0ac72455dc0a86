/* SPDX-License-Identifier: MIT */
/*
 * boot_run: a machine in QEMU for an image, which is checked before.
 */
#ifndef KERNEL_IFACE_BOOT_RUN_H
#define KERNEL_IFACE_BOOT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define BOOT_RUN_MEMORY 512u /* MiB, unless told */
#define BOOT_RUN_CPUS 1u

struct boot_port { /* a TCP port of the machine, reached on this host's loopback */
	uint16_t host;
	uint16_t guest;
};

struct boot_run {
	const char *path; /* a disk, or a directory of the format kernel+initrd */
	unsigned memory; /* MiB */
	unsigned cpus;
	const struct boot_port *ports;
	size_t port_count;
	const char *accel; /* QEMU's word: "tcg" is software emulation */
	bool is_efi; /* start a disk by EFI, not by BIOS */
	bool is_snapshot; /* what is written is forgotten at the end */
	bool has_terminal; /* standard input is one: QEMU's own keys work (Ctrl-A X ends it) */
	const char *const *more; /* further arguments for QEMU */
	size_t more_count;
};

/*
 * Read "HOST:GUEST".
 *
 * Errors: ERR_USAGE
 */
int boot_port_parse(const char *text, struct boot_port *ret_port);

/*
 * Check the image, find QEMU, and give its command line: NULL-terminated, the first is a path.
 *
 * The serial line is on standard input and output. With EFI the firmware's variables are a file in
 * memory that this process holds open and hands on: the command line is good here, once.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (the image is damaged or none), as boot_disk_read(); ERR_NOT_FOUND (the image,
 *         QEMU or the firmware: names the Debian package), ERR_IO (the image cannot be written)
 */
int boot_run_command(struct arena *arena, const struct boot_run *run, char ***ret_argv);

/*
 * Become QEMU. Returns only when that fails.
 *
 * Errors: ERR_IO
 */
int boot_run_exec(char *const *argv);

#endif
