/* SPDX-License-Identifier: MIT */
/*
 * The images of a running program: itself, its slots, and what dlopen() brought.
 *
 * image-note(5) has the bytes of a note. All are linked at fixed addresses, so
 * opening one is: check its note, map its segments, run its constructors.
 */
#ifndef WELD_IMAGE_H
#define WELD_IMAGE_H

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include "libc.h"
#include "image_note.h"

#define IMAGE_PROGRAM 1
#define IMAGE_SLOT 2
#define IMAGE_PLUGIN 3
#define IMAGE_SLOTS_MAX 256

struct file { /* mapped to be read */
	const unsigned char *at;
	size_t size;
};

struct image {
	struct link_map map; /* first: what dlinfo() gives out; its list has all images */
	const struct image_note *note; /* of a program it may be missing: NULL */
	const Elf64_Phdr *segments;
	size_t segment_count;
	struct file file; /* for its symbols; empty until they are asked for */
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *names; /* of the symbols */
	size_t names_size;
	int references; /* of what dlopen() brought: a plug-in by handles, a slot by plug-ins */
	char is_brought; /* by dlopen(): else it is there from the start */
	char is_global;
	char is_kept; /* RTLD_NODELETE */
	struct image **needs; /* of a program or plug-in: its slots, as the note has them */
	struct link_map shown; /* to debuggers, of what dlopen() brought */
};

/* What dlopen() did so far. */
hidden extern unsigned long long __weld_adds, __weld_subs;

/* One lock, which its holder may take again: constructors open plug-ins, too. */
hidden void __weld_lock(void);
hidden void __weld_unlock(void);

/* The program's image, first of all; NULL when there is no memory. Under the lock. */
hidden struct image *__weld_program(void);

/* Whether the program loads plug-ins, and so keeps what they may ask for. Under the lock. */
hidden int __weld_program_loads(void);

/* The image that a handle stands for; NULL, and dlerror(), when it is none. Under the lock. */
hidden struct image *__weld_from_handle(void *handle);

/* Map a file to be read; the error is that of errno. */
hidden int __weld_map_file(const char *path, struct file *ret_file);
hidden void __weld_unmap_file(struct file *file);

/* Segments and note of a mapped file; 0, or why not as text for dlerror(). */
hidden const char *__weld_check_file(struct file file, struct image *image);

/* Map the segments of a checked file where they belong; 0, or why not. */
hidden const char *__weld_map_segments(const char *path, struct image *image, uint64_t size);
hidden void __weld_unmap_segments(const struct image *image);

/* The address of an export; NULL when there is none, or it has no address for all threads. */
hidden void *__weld_find_symbol(struct image *image, const char *name);

/* The image that an address lies in; NULL. Under the lock. */
hidden struct image *__weld_find_address(uintptr_t address);

/*
 * Put what dlopen() brought into the list that debuggers read, or take it out. A program whose
 * symbols were taken away has none.
 */
hidden void __weld_show(struct image *image);
hidden void __weld_hide(struct image *image);

/* The place of something of the program's own that it hides from others; NULL. Under the lock. */
hidden void *__weld_find_hidden(const char *name);

/* The symbol that an address lies in; NULL. */
hidden const Elf64_Sym *__weld_find_nearest(struct image *image, uintptr_t address);

static inline uint32_t image_kind(const struct image *image)
{
	return image->note ? image->note->kind : IMAGE_PROGRAM;
}

static inline uint32_t image_slots(const struct image *image)
{
	return image->note ? image->note->slot_count : 0;
}

static inline const char *image_name(const struct image *image)
{
	return image_note_string(image->note, image->note->name);
}

static inline struct image *image_next(const struct image *image)
{
	return (struct image *)image->map.l_next;
}

#endif
