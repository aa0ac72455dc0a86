/* SPDX-License-Identifier: MIT */
/*
 * dlopen() finds the image that a plug-in has for exactly this program, maps the slots that it
 * brings and then itself, and runs the constructors of what is new. dlclose() takes
 * back what nobody has open any more, in the opposite order.
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dynlink.h"
#include "image.h"
#include "prefix.h"

#define malloc __libc_malloc
#define calloc __libc_calloc
#define free __libc_free

typedef void constructor(int, char **, char **);
typedef void destructor(void);

hidden extern int __weld_argc;
hidden extern char **__weld_argv;
hidden extern void (*__weld_close_all)(void);
hidden void __weld_finalize(uintptr_t start, uintptr_t end);

static void construct(const struct image *image)
{
	constructor *const *at = (constructor *const *)(uintptr_t)image->note->init_array;

	for (uint64_t i = 0; i < image->note->init_count; i++)
		at[i](__weld_argc, __weld_argv, __environ);
}

static void destruct(const struct image *image)
{
	destructor *const *at = (destructor *const *)(uintptr_t)image->note->fini_array;

	/* What it registered with atexit() cannot wait for the exit: then it is gone. */
	__weld_finalize(image->note->base, image->note->base + image->note->memory_size);
	for (uint64_t i = image->note->fini_count; i--; )
		at[i]();
}

/* At exit: the destructors of what is open, the newest first. Nothing is unmapped any more. */
static void close_all(void)
{
	struct image *last;

	__weld_lock();
	last = __weld_program();
	while (last && image_next(last)) last = image_next(last);
	for (; last && last->is_brought; last = (struct image *)last->map.l_prev)
		destruct(last);
	__weld_unlock();
}

static void forget(struct image *image)
{
	__weld_hide(image);
	__weld_unmap_segments(image);
	if (image->map.l_prev) image->map.l_prev->l_next = image->map.l_next;
	if (image->map.l_next) image->map.l_next->l_prev = image->map.l_prev;
	__weld_unmap_file(&image->file);
	free(image->needs);
	free(image->map.l_name);
	free(image);
	__weld_subs++;
}

/* Give back the slots that a plug-in brought, from `count` on down; run_fini as the plug-in's ran. */
static void release_slots(struct image *plugin, uint32_t count, int run_fini)
{
	while (count--) {
		struct image *slot = plugin->needs[count];
		if (!slot->is_brought || --slot->references > 0) continue;
		if (run_fini) destruct(slot);
		forget(slot);
	}
}

static struct image *new_image(const char *path)
{
	struct image *image = calloc(1, sizeof *image);
	size_t size = strlen(path) + 1;

	if (!image) return 0;
	image->is_brought = 1;
	/* Not strdup(): a program may have an allocator of its own. */
	image->map.l_name = calloc(1, size);
	image->needs = calloc(IMAGE_SLOTS_MAX, sizeof *image->needs);
	if (image->map.l_name && image->needs) {
		memcpy(image->map.l_name, path, size);
		return image;
	}
	free(image->map.l_name);
	free(image->needs);
	free(image);
	return 0;
}

static void drop(struct image *image)
{
	__weld_unmap_file(&image->file);
	free(image->needs);
	free(image->map.l_name);
	free(image);
}

static struct image *find_base(uint64_t base)
{
	for (struct image *i = __weld_program(); i; i = image_next(i))
		if (image_kind(i) != IMAGE_PROGRAM && i->note->base == base) return i;
	return 0;
}

static struct image *map_slot(const char *plugin, const struct image_note *note,
	const struct image_slot *slot)
{
	const char *name = image_note_string(note, slot->name);
	const char *path = image_note_string(note, slot->path);
	struct image *image = new_image(path);
	const char *why;

	if (!image) {
		__dl_seterr("%s: out of memory", plugin);
		return 0;
	}
	if (__weld_map_file(path, &image->file) < 0
	    && __weld_map_file(path = image_note_string(note, slot->exact_path), &image->file) < 0) {
		__dl_seterr("%s: slot %s: cannot open %s: %s (run 'weld relink')", plugin, name,
			image_note_string(note, slot->path), strerror(errno));
		drop(image);
		return 0;
	}
	why = __weld_check_file(image->file, image);
	if (!why && (image->note->kind != IMAGE_SLOT || image->note->base != slot->base
	    || image->note->memory_size > slot->size
	    || memcmp(image->note->layout_id, slot->layout_id, sizeof slot->layout_id)))
		why = "has not the layout that the plug-in was linked with";
	if (!why) why = __weld_map_segments(path, image, slot->size);
	if (why) {
		__dl_seterr("%s: slot %s: %s %s (run 'weld relink')", plugin, name, path, why);
		drop(image);
		return 0;
	}
	__weld_adds++;
	__weld_show(image);
	return image;
}

/* The slots of a plug-in, those that are new mapped; their number, or -1 with none of them held. */
static int hold_slots(struct image *plugin, const char *path, struct image **fresh, int *ret_fresh)
{
	*ret_fresh = 0;
	for (uint32_t i = 0; i < plugin->note->slot_count; i++) {
		const struct image_slot *record = &plugin->note->slots[i];
		struct image *slot = find_base(record->base);
		if (slot && memcmp(slot->note->layout_id, record->layout_id,
		    sizeof record->layout_id)) {
			__dl_seterr("%s: is linked for another version of slot %s "
				"(start the program again)", path,
				image_note_string(plugin->note, record->name));
			slot = 0;
		} else if (!slot) {
			if (record->tls_size)
				__dl_seterr("%s: slot %s has thread-local variables, which a "
					"program that runs cannot take in", path,
					image_note_string(plugin->note, record->name));
			else slot = map_slot(path, plugin->note, record);
			if (slot) fresh[(*ret_fresh)++] = slot;
		}
		if (!slot) {
			release_slots(plugin, i, 0);
			return -1;
		}
		slot->references++;
		plugin->needs[i] = slot;
	}
	return 0;
}

static const char *refuse_kind(uint32_t kind)
{
	return kind == IMAGE_PROGRAM ? "is a program" : kind == IMAGE_SLOT ? "is a slot"
		: "is of a kind that this libc does not know";
}

int __weld_program_loads(void)
{
	const struct image_note *note = __weld_program()->note;

	for (size_t i = 0; note && i < sizeof note->layout_id; i++)
		if (note->layout_id[i]) return 1;
	return 0;
}

/* Where the image of a plug-in for this very program stands, by its path in a root: two parts. */
static void own_path(const char *directory, const char *name, char *ret_path)
{
	const unsigned char *id = __weld_program()->note->layout_id;
	char hex[17];

	for (int i = 0; i < 8; i++) snprintf(hex + 2 * i, 3, "%02x", id[i]);
	/* What is too long is cut, and not found. */
	snprintf(ret_path, PATH_MAX, PREFIX "/plugins/%s/%s%s", hex, directory, name);
}

static int is_for_this_program(const struct image_note *note)
{
	return !memcmp(note->layout_id, __weld_program()->note->layout_id, sizeof note->layout_id);
}

/* Map a plug-in's file to be read and check that it is this program's; NULL with dlerror() set. */
static struct image *read_plugin(const char *path)
{
	struct image *image = new_image(path);
	const char *why;

	if (!image) {
		__dl_seterr("%s: out of memory", path);
		return 0;
	}
	if (__weld_map_file(path, &image->file) < 0) why = strerror(errno);
	else why = __weld_check_file(image->file, image);
	if (!why && image->note->kind != IMAGE_PLUGIN) why = refuse_kind(image->note->kind);
	if (!why) return image;
	__dl_seterr("%s: %s", path, why);
	drop(image);
	return 0;
}

static struct image *find_plugin(const char *file)
{
	struct image *image = 0;
	char path[PATH_MAX];

	if (!__weld_program_loads()) {
		__dl_seterr("%s: this program does not load plug-ins (its package does not say so)",
			file);
		return 0;
	}
	if (strchr(file, '/')) {
		image = read_plugin(file);
		if (!image || is_for_this_program(image->note)) return image;
		own_path("", image_name(image), path);
		drop(image);
	} else {
		own_path("lib/", file, path);
	}
	image = read_plugin(path);
	if (image && is_for_this_program(image->note)) return image;
	if (image) drop(image);
	__dl_seterr(strchr(file, '/')
		? "%s: is not linked for this program (run 'weld relink', and start the program again)"
		: "%s: no plug-in or slot has this name", file);
	return 0;
}

/* A slot that is mapped, by the file name that its library has elsewhere: "libz.so.1". */
static struct image *find_slot(const char *file)
{
	size_t length;

	if (strncmp(file, "lib", 3) || strchr(file, '/')) return 0;
	for (struct image *i = __weld_program(); i; i = image_next(i)) {
		if (image_kind(i) != IMAGE_SLOT) continue;
		length = strlen(image_name(i));
		if (!strncmp(file + 3, image_name(i), length) && !strncmp(file + 3 + length, ".so", 3)
		    && (!file[length + 6] || file[length + 6] == '.'))
			return i;
	}
	return 0;
}

static struct image *find_open(const struct image *image)
{
	struct image *open = find_base(image->note->base);

	return open && image_kind(open) == IMAGE_PLUGIN
		&& !strcmp(image_name(open), image_name(image)) ? open : 0;
}

static struct image *load(struct image *image)
{
	struct image *fresh[IMAGE_SLOTS_MAX];
	const char *path = image->map.l_name;
	const char *why = 0;
	int fresh_count;

	if (image->note->tls_size) why = "has thread-local variables, which a plug-in cannot have";
	if (why) {
		__dl_seterr("%s: %s", path, why);
		drop(image);
		return 0;
	}
	if (hold_slots(image, path, fresh, &fresh_count) < 0) {
		drop(image);
		return 0;
	}
	why = __weld_map_segments(path, image, image->note->memory_size);
	if (why) {
		__dl_seterr("%s: %s", path, why);
		release_slots(image, image_slots(image), 0);
		drop(image);
		return 0;
	}
	__weld_adds++;
	__weld_show(image);
	__weld_close_all = close_all;
	image->references = 1; /* its constructors may open it again */
	for (int i = 0; i < fresh_count; i++) construct(fresh[i]);
	construct(image);
	return image;
}

static struct image *open_file(const char *file, int mode)
{
	struct image *image = find_slot(file), *open;

	if (image) {
		if (image->is_brought) image->references++;
		return image;
	}
	image = find_plugin(file);
	if (!image) return 0;
	open = find_open(image);
	if (open) {
		drop(image);
		open->references++;
		return open;
	}
	if (mode & RTLD_NOLOAD) {
		__dl_seterr("%s: is not open", file);
		drop(image);
		return 0;
	}
	return load(image);
}

void *dlopen(const char *file, int mode)
{
	struct image *image;

	if (!(mode & (RTLD_LAZY | RTLD_NOW | RTLD_NOLOAD))) {
		__dl_seterr("%s: invalid mode for dlopen", file ? file : "");
		return 0;
	}
	__weld_lock();
	image = __weld_program();
	if (!image) __dl_seterr("dlopen: out of memory");
	else if (file) image = open_file(file, mode);
	if (image) {
		image->is_global |= (mode & RTLD_GLOBAL) != 0;
		image->is_kept |= (mode & RTLD_NODELETE) != 0;
	}
	__weld_unlock();
	return image;
}

static void close_image(struct image *image)
{
	if (!image->is_brought || (image->is_kept && image->references == 1)) return;
	if (image->references > 1) {
		image->references--;
		return;
	}
	/* While destructors run it cannot be found any more. */
	image->references = 0;
	destruct(image);
	if (image_kind(image) == IMAGE_PLUGIN) release_slots(image, image_slots(image), 1);
	forget(image);
}

int dlclose(void *handle)
{
	struct image *image;

	__weld_lock();
	image = __weld_from_handle(handle);
	if (image) close_image(image);
	__weld_unlock();
	return image ? 0 : -1;
}
