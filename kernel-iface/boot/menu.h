/* SPDX-License-Identifier: MIT */
/*
 * menu: what stands in weld-boot beside kernels: the list of generations, the menu that GRUB
 * shows, and its memory of what was tried.
 */
#ifndef KERNEL_IFACE_BOOT_MENU_H
#define KERNEL_IFACE_BOOT_MENU_H

#include "base/hash.h"
#include "base/str.h"
#include "kernel-iface/boot_disk.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

#define MENU_FILE "weld/grub.cfg"
#define MENU_LIST_FILE "weld/generations.json"
#define MENU_MEMORY_FILE "weld/grubenv"
#define MENU_MEMORY_SIZE 1024u /* bytes: GRUB rewrites them in place */

struct menu_list { /* generations.json */
	struct boot_entry *entries; /* newest first */
	size_t count;
	struct digest menu; /* of grub.cfg */
	struct digest bios_core; /* of the core image as package grub has it */
	struct digest efi; /* of EFI/BOOT/BOOTX64.EFI */
};

/*
 * Check that a title and a command line can stand in a menu.
 *
 * Errors: ERR_RANGE, naming the character
 */
int menu_check_text(const char *title, const char *command_line);

/*
 * Check that a command line begins with the words that name the entry and its very store.
 *
 * Errors: ERR_RANGE
 */
int menu_check_command_line(const struct boot_entry *entry);

/* The names of a kernel and an initrd in weld-boot. Owner: the arena */
char *menu_kernel_name(struct arena *arena, const struct digest *digest);
char *menu_initrd_name(struct arena *arena, const struct digest *digest);

/* Write grub.cfg. Owner: the caller frees ret_text */
void menu_write(const struct boot_entry *entries, size_t count, struct strbuf *ret_text);

/* Write generations.json. Owner: the caller frees ret_text */
void menu_write_list(const struct menu_list *list, struct strbuf *ret_text);

/*
 * Read generations.json; partition and file system of the entries are not set.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int menu_read_list(struct arena *arena, struct str text, struct menu_list *ret_list);

/* An empty grubenv. */
void menu_empty_memory(char ret_memory[MENU_MEMORY_SIZE]);

/*
 * What grubenv remembers; 0 for what it does not.
 *
 * Errors: ERR_FORMAT
 */
int menu_read_memory(struct str memory, uint64_t *ret_good, uint64_t *ret_trying);

#endif
