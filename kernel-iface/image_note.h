/* SPDX-License-Identifier: MIT */
/*
 * image_note: the ELF note that tells the mapper what an image is and needs.
 *
 * Owner "weld", type IMAGE_NOTE_TYPE; image-note(5) has the exact bytes. The
 * note of a slot has a fixed size, so that its layout id can be filled in
 * after the slot was linked.
 */
#ifndef KERNEL_IFACE_IMAGE_NOTE_H
#define KERNEL_IFACE_IMAGE_NOTE_H

#include "base/hash.h"
#include "base/str.h"

#include <stdint.h>

#define IMAGE_NOTE_TYPE 1
#define IMAGE_NOTE_VERSION 2
#define IMAGE_NOTE_SECTION ".note.weld"
#define IMAGE_NOTE_SYMBOL "__weld_image_note" /* stands at the first byte of the note header */
#define IMAGE_SLOTS_MAX 256
#define IMAGE_TLS_MAX (UINT64_C(1) << 30) /* bytes */

enum image_kind {
	IMAGE_PROGRAM = 1,
	IMAGE_SLOT = 2,
	IMAGE_PLUGIN = 3,
};

/*
 * Thread-local variables at a fixed distance from the thread pointer: below it on x86-64, above
 * it elsewhere.
 */
struct image_tls {
	uint64_t start; /* bytes between the thread pointer and the range */
	uint64_t size; /* bytes; 0 for none */
	uint64_t align; /* bytes */
};

struct image_slot { /* one slot that an image uses */
	const char *name; /* the library: "z" */
	const char *path; /* ROOT/current/slots/NAME-LAYOUTID */
	const char *exact_path; /* the store path that was current at link time */
	struct digest layout_id;
	struct digest digest; /* of the slot image at link time */
	uint64_t base; /* virtual address */
	uint64_t size; /* bytes */
	struct image_tls tls; /* the range of its thread-local variables */
};

struct image_note {
	enum image_kind kind;
	const char *name; /* "bin/jq", at most 4095 bytes, or "z", at most 64 */
	struct digest layout_id; /* of a slot; of a program that loads plug-ins, else zero;
				    of a plug-in: that of the program it is for */
	uint64_t base; /* not of a program: virtual address */
	uint64_t size; /* not of a program: bytes from base to its end */
	uint64_t init_array; /* not of a program: address of its constructors */
	uint64_t init_count; /* pointers */
	uint64_t fini_array; /* not of a program: address of its destructors */
	uint64_t fini_count; /* pointers */
	struct image_tls tls; /* of a program: `start` is where its slots' ranges end */
	const char *capabilities; /* reserved: "" */
	const struct image_slot
		*slots; /* not of a slot: in dependency order, what is needed first is first */
	size_t slot_count;
};

/*
 * Write the whole note, ELF note header included.
 *
 * Owner: the caller frees ret_bytes with strbuf_free()
 * Errors: ERR_RANGE (a name or path too long, too many slots)
 */
int image_note_pack(const struct image_note *note, struct strbuf *ret_bytes);

/*
 * Read a note, ELF note header included; every length is checked.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int image_note_unpack(struct arena *arena, struct str bytes, struct image_note *ret_note);

/*
 * Find the note in the bytes of an image. The file may be anything.
 *
 * Owner:  *ret_note borrows from `file`
 * Errors: ERR_FORMAT (no ELF file, or none of weld's)
 */
int image_note_find(struct str file, struct str *ret_note);

/* Write the note as text for a person, a line a field. Owner: the caller frees ret_text */
void image_note_dump(const struct image_note *note, struct strbuf *ret_text);

#endif
